/** Canaries over a camera, a clip or the simulated street, in a pipeline of their own: what `garim canary` does. Nothing is encoded. */
import { systemClock } from '../../base/clock.ts';
import type { CameraSettings } from '../../config/schema.ts';
import { openCapture } from '../capture/open.ts';
import { createCast } from '../capture/simulated/cast.ts';
import type { Detector } from '../detect/port.ts';
import type { CanaryTally } from '../messages.ts';
import { Pipeline } from '../pipeline.ts';
import { Canaries } from './canaries.ts';

export interface CanaryRun {
  /** With credentials; never logged. */
  url: string;
  /** A camera is looked at as it comes, with its deadlines; a file or the drawn street as fast as it goes. */
  pacing: 'live' | 'unpaced';
  seed: number;
  /** Of the picture's own time; a clip may end before. */
  seconds: number;
  settings: Pick<CameraSettings, 'detect' | 'delayMs' | 'secondOpinion' | 'transport'>;
  detector: Detector;
  signal: AbortSignal;
  onLost(error: string): void;
}

export interface CanaryReport {
  tallies: CanaryTally[];
  frames: number;
  wholeFrames: number;
  /** Of the picture's time that was measured. */
  seconds: number;
}

export async function runCanaries(options: CanaryRun): Promise<CanaryReport> {
  const { url, pacing, seconds, detector, signal } = options;
  const { detect, delayMs, secondOpinion, transport } = options.settings;
  const cast = await createCast(options.seed, { markers: false });
  const takeBuffer = (lengthBytes: number): Uint8Array<ArrayBuffer> =>
    detector.takeBuffer?.(lengthBytes) ?? new Uint8Array(lengthBytes);
  using canaries = new Canaries({ cast, longSidePx: detect.longSidePx, takeBuffer, zones: secondOpinion });
  const report: CanaryReport = { tallies: [], frames: 0, wholeFrames: 0, seconds: 0 };
  let firstMs: number | undefined;
  const pipeline = new Pipeline({
    capture: openCapture({ url, transport, pacing, motionVectors: false }),
    detector,
    planted: canaries,
    secondOpinion,
    // Nobody in these pictures can ask to be left out, and a frame that is covered for want of that answer would hide a miss.
    markers: { seek: async () => ({ markers: [], lookMs: 0 }), close: async () => {} },
    look: 'solid',
    masks: [],
    detect,
    delayMs,
    pacing,
    clock: systemClock,
    sink: {
      async frame(frame, plan) {
        const ms = frame.ptsUs / 1000;
        frame[Symbol.dispose]();
        firstMs ??= ms;
        report.frames++;
        if (plan.kind === 'whole-frame') report.wholeFrames++;
        report.seconds = (ms - firstMs) / 1000;
        if (report.seconds >= seconds) pipeline.stop();
      },
      connected() {},
      lost: ({ error }) => options.onLost(error),
    },
  });
  const stop = (): void => pipeline.stop();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    await pipeline.run();
  } finally {
    signal.removeEventListener('abort', stop);
  }
  canaries.reset();
  report.tallies = canaries.take();
  return report;
}
