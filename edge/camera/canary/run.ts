/** Canaries over a camera, a clip or the simulated street, in a pipeline of their own: what `garim canary` does. Nothing is encoded. */
import { systemClock } from '../../base/clock.ts';
import type { CameraSettings } from '../../config/schema.ts';
import { parseSimulated } from '../../config/simulated.ts';
import { openCapture } from '../capture/open.ts';
import type { Capture } from '../capture/port.ts';
import { createCast } from '../capture/simulated/cast.ts';
import { createStreet } from '../capture/simulated/street.ts';
import type { Detector } from '../detect/port.ts';
import { StreetCapture } from '../evaluate/street-capture.ts';
import type { CanaryTally } from '../messages.ts';
import { Pipeline } from '../pipeline.ts';
import { Canaries } from './canaries.ts';
import { KnownStreet, plantedTogether } from './known-street.ts';
import { CANARY_CAST } from './set.ts';

export interface CanaryRun {
  /** With credentials; never logged. */
  url: string;
  /** A camera is looked at as it comes, with its deadlines; a file or the drawn street as fast as it goes. */
  pacing: 'live' | 'unpaced';
  seed: number;
  /** Of the picture's own time; a clip may end before. */
  seconds: number;
  /** Of a simulated street: also judge its own people and vehicles, whose places are known. */
  isStreetJudged?: boolean;
  settings: Pick<CameraSettings, 'detect' | 'delayMs' | 'secondOpinion' | 'transport' | 'tls'>;
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
  /** The street's own: as canaries are judged, and as the feed really left. */
  street?: { tallies: CanaryTally[]; feed: CanaryTally[] };
}

export async function runCanaries(options: CanaryRun): Promise<CanaryReport> {
  const { url, pacing, seconds, detector, signal } = options;
  const { detect, delayMs, secondOpinion, transport, tls } = options.settings;
  const cast = await createCast(options.seed, CANARY_CAST);
  const takeBuffer = (lengthBytes: number): Uint8Array<ArrayBuffer> =>
    detector.takeBuffer?.(lengthBytes) ?? new Uint8Array(lengthBytes);
  using canaries = new Canaries({ cast, longSidePx: detect.longSidePx, takeBuffer, zones: secondOpinion });
  const known = options.isStreetJudged ? await knownStreetOf(options) : undefined;
  const report: CanaryReport = { tallies: [], frames: 0, wholeFrames: 0, seconds: 0 };
  let firstMs: number | undefined;
  const pipeline = new Pipeline({
    capture: known?.capture ?? openCapture({ url, transport, ca: tls?.ca, pacing, motionVectors: false }),
    detector,
    planted: known === undefined ? canaries : plantedTogether(canaries, known.street),
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
        known?.street.out(ms, plan);
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
  if (known === undefined) return report;
  known.street.reset();
  return { ...report, street: { tallies: known.street.take(), feed: known.street.takeFeed() } };
}

async function knownStreetOf({
  url,
  seconds,
  settings,
}: CanaryRun): Promise<{ capture: Capture; street: KnownStreet }> {
  const street = await createStreet(parseSimulated(url).street);
  const { frameRate, widthPx, heightPx, night } = street.options;
  const capture = new StreetCapture(street, Math.ceil(seconds * frameRate) + 1, false);
  const size = { widthPx, heightPx };
  const zones = settings.secondOpinion;
  return { capture, street: new KnownStreet({ truths: capture.truths, frameRate, size, isNight: night, zones }) };
}
