/** What is said of a camera whose process shows nothing, and what a camera process says of itself without its credentials. Pure. */
import { scrub } from '../base/secrets.ts';
import type { CameraHealth, SlateReason } from '../camera/messages.ts';
import type { SupervisionState } from './supervision.ts';

/** Why a slate stands in for the camera. */
export function slateReason({ camera, cameraLost }: SupervisionState): SlateReason {
  const isFirstStart = camera.phase === 'running' && camera.pictureMs === undefined && !cameraLost;
  return isFirstStart ? 'source-connecting' : 'camera-process-lost';
}

/** `lastExit`: how the last camera process ended; empty when it hangs. `last`: what was said of the camera before. */
export function slateHealth(reason: SlateReason, lastExit: string, last: CameraHealth | undefined): CameraHealth {
  const isLost = reason === 'camera-process-lost';
  return {
    state: 'slate',
    reason,
    advice: isLost
      ? 'The process that filters this camera ended and is being started again. If this goes on, read the log of the agent.'
      : 'The camera process is starting.',
    source: {
      state: isLost ? 'lost' : 'connecting',
      description: last?.source.description ?? '',
      lastError: isLost ? `camera process: ${lastExit || 'does not answer'}` : '',
      reconnects: last?.source.reconnects ?? 0,
    },
    detector: {
      state: 'starting',
      models: last?.detector.models ?? [],
      digests: [],
      inferenceMsP50: 0,
      cadenceFrames: 0,
    },
    encoder: last?.encoder ?? '',
    coveredNow: {},
    delayLineFrames: 0,
    uncounted: [],
  };
}

/** A hostile process may repeat its source URL in any text. */
export function scrubbed(health: CameraHealth): CameraHealth {
  const { detector, source } = health;
  return {
    ...health,
    advice: scrub(health.advice),
    encoder: scrub(health.encoder),
    detector: { ...detector, models: detector.models.map(scrub) },
    source: { ...source, description: scrub(source.description), lastError: scrub(source.lastError) },
  };
}
