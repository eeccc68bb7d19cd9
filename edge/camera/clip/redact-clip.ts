/** One video file through the filter: capture, pipeline, clip writer. Nothing is written under the target's name before it is whole. */
import { pathToFileURL } from 'node:url';
import { systemClock } from '../../base/clock.ts';
import { UserError } from '../../base/errors.ts';
import type { Look } from '../../config/schema.ts';
import { openCapture } from '../capture/open.ts';
import type { Detector } from '../detect/port.ts';
import { ClipWriter } from '../encode/clip-writer.ts';
import { Pipeline } from '../pipeline.ts';
import type { CoverPlan } from '../redact/plan.ts';
import { UprightCapture } from './upright.ts';

/** Time between looks at a file. See the measurement in the header of perf/clips.ts. */
const DETECT = { longSidePx: 640, intervalMs: 0 };

export interface ClipFrame {
  index: number;
  ptsMs: number;
  widthPx: number;
  heightPx: number;
  plan: CoverPlan;
}

export interface ClipOptions {
  detector: Detector;
  look: Look;
  /** Awaited; called once per frame, in order. */
  onFrame(frame: ClipFrame): Promise<void>;
  signal: AbortSignal;
}

export interface ClipOutcome {
  frames: number;
  /** What of the file could not be read; what could is in the output. */
  damage: string | undefined;
}

/** @throws UserError when the file holds no video; WorldError when it can't be written; the signal's reason when aborted */
export async function redactClip(input: string, target: string, options: ClipOptions): Promise<ClipOutcome> {
  const { detector, look, onFrame, signal } = options;
  signal.throwIfAborted();
  const capture = new UprightCapture(
    openCapture({ url: pathToFileURL(input).href, transport: 'tcp', pacing: 'unpaced', motionVectors: true }),
  );
  let writer: ClipWriter | undefined;
  let frameRate = 25;
  let frames = 0;
  let lost: string | undefined;
  const pipeline = new Pipeline({
    capture,
    detector,
    look,
    masks: [],
    detect: DETECT,
    delayMs: 0,
    pacing: 'unpaced',
    clock: systemClock,
    sink: {
      async frame(frame, plan) {
        const { widthPx, heightPx, ptsUs } = frame;
        writer ??= new ClipWriter(target, frameRate);
        await writer.write(frame);
        await onFrame({ index: frames++, ptsMs: ptsUs / 1000, widthPx, heightPx, plan });
      },
      connected(info) {
        frameRate = info.frameRate;
      },
      lost(event) {
        lost = event.error;
      },
    },
  });
  const stop = (): void => pipeline.stop();
  signal.addEventListener('abort', stop);
  try {
    await pipeline.run();
    signal.throwIfAborted();
    if (writer === undefined) throw new UserError(lost ?? 'it holds no video that can be read');
    await writer.finish();
    return { frames, damage: damageOf(lost, capture.counts.decodeErrors) };
  } catch (error) {
    await writer?.abandon();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function damageOf(lost: string | undefined, decodeErrors: number): string | undefined {
  if (lost !== undefined) return `it breaks off: ${lost}`;
  return decodeErrors > 0 ? `it is damaged: ${decodeErrors} faults while decoding` : undefined;
}
