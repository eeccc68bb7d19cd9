/** The simulated street, where some persons show the common marker, through the real pipeline; what came of it beside the truth. */
import { systemClock } from '../../edge/base/clock.ts';
import type { Capture } from '../../edge/camera/capture/port.ts';
import { createStreet, type Street, type StreetTruth } from '../../edge/camera/capture/simulated/street.ts';
import type { Detection, Detector, DetectorPicture, Verdict } from '../../edge/camera/detect/port.ts';
import { readBarcode } from '../../edge/camera/evaluate/barcode.ts';
import { hiddenShare } from '../../edge/camera/evaluate/coverage.ts';
import { StreetCapture, type TruthObject } from '../../edge/camera/evaluate/street-capture.ts';
import type { CountedCrossing } from '../../edge/camera/messages.ts';
import { Pipeline } from '../../edge/camera/pipeline.ts';
import type { CoverPlan } from '../../edge/camera/redact/plan.ts';
import type { CountLine } from '../../edge/config/schema.ts';
import type { StreetOptions } from '../../edge/config/simulated.ts';

/** What can be asked of a marker: all of it in sight, high enough and not turned away (cosine of the angle). */
const READABLE_PX_MIN = 20;
const READABLE_TURN_MIN = 0.75;
const COVERED_SHARE_MIN = 0.95;

export interface MarkedRun {
  street: Street;
  truths: readonly StreetTruth[];
  plans: readonly CoverPlan[];
  crossings: readonly CountedCrossing[];
}

/** Persons and vehicles of the truth of the frame whose number it reads, if enough of them shows. */
class PresenceDetector implements Detector {
  readonly state = { state: 'ready' as const, models: ['truth'], digests: [], advice: '' };
  readonly #capture: StreetCapture;
  readonly #widthPx: number;

  constructor(capture: StreetCapture, widthPx: number) {
    this.#capture = capture;
    this.#widthPx = widthPx;
  }

  async detect(picture: DetectorPicture): Promise<Verdict> {
    const index = readBarcode(picture.rgb, picture.widthPx, picture.contentWidthPx);
    const scale = picture.contentWidthPx / this.#widthPx;
    const detections: Detection[] = [];
    for (const { label, visible, x, y, w, h } of this.#capture.truths[index ?? -1]?.objects ?? []) {
      if ((label !== 'person' && label !== 'vehicle') || visible < 0.3) continue;
      detections.push({ label, score: 0.9, x: x * scale, y: y * scale, w: w * scale, h: h * scale });
    }
    return { kind: 'detected', detections, inferenceMs: 1 };
  }

  async close(): Promise<void> {}
}

export async function runMarkedStreet(options: {
  street: Partial<StreetOptions>;
  fromSeconds: number;
  seconds: number;
  lines?: readonly CountLine[];
  /** Another one than that which knows the truth. */
  detector?: Detector;
}): Promise<MarkedRun> {
  const whole = await createStreet({ markers: true, ...options.street });
  const { frameRate, widthPx } = whole.options;
  const first = Math.round(options.fromSeconds * frameRate);
  const street: Street = { ...whole, renderInto: (index, surface) => whole.renderInto(first + index, surface) };
  const capture = new StreetCapture(street, Math.round(options.seconds * frameRate), options.detector === undefined);
  const plans: CoverPlan[] = [];
  const crossings: CountedCrossing[] = [];
  const pipeline = new Pipeline({
    capture: capture satisfies Capture,
    detector: options.detector ?? new PresenceDetector(capture, widthPx),
    second: new PresenceDetector(capture, widthPx),
    look: 'solid',
    masks: [],
    countLines: options.lines,
    detect: { longSidePx: 640, intervalMs: 120, tiles: 'off' },
    delayMs: 300,
    pacing: 'unpaced',
    clock: systemClock,
    sink: {
      async frame(frame, plan, seq) {
        plans[seq] = plan;
        frame[Symbol.dispose]();
      },
      connected() {},
      lost() {},
      crossed: (some) => crossings.push(...some),
    },
  });
  await pipeline.run();
  return { street, truths: capture.truths, plans, crossings };
}

const isReadable = ({ visible, w, h }: TruthObject): boolean =>
  visible >= 0.95 && h >= READABLE_PX_MIN && w >= READABLE_TURN_MIN * h;

/** Somebody who showed a readable marker: frames from the first such moment until the person is gone from sight. */
export interface Bearer {
  id: number;
  firstFrame: number;
  frames: number;
  coveredFrames: number;
  /** From the first readable marker to the first frame on which the whole body is covered. */
  framesToCover: number | undefined;
}

export function judgeBearers({ truths, plans }: Pick<MarkedRun, 'truths' | 'plans'>): Bearer[] {
  const bearers = new Map<number, Bearer>();
  for (const [frame, { objects }] of truths.entries()) {
    const plan = plans[frame];
    if (plan === undefined) continue;
    for (const marker of objects) {
      const id = Math.floor(marker.id / 10);
      if (marker.label !== 'marker' || (!isReadable(marker) && !bearers.has(id))) continue;
      const body = objects.find((o) => o.label === 'person' && Math.floor(o.id / 10) === id);
      if (body === undefined || body.visible < 0.3) continue;
      let bearer = bearers.get(id);
      if (bearer === undefined) {
        bearer = { id, firstFrame: frame, frames: 0, coveredFrames: 0, framesToCover: undefined };
        bearers.set(id, bearer);
      }
      bearer.frames++;
      const isCovered = plan.kind === 'whole-frame' || hiddenShare(body, plan.regions) >= COVERED_SHARE_MIN;
      if (!isCovered) continue;
      bearer.coveredFrames++;
      bearer.framesToCover ??= frame - bearer.firstFrame;
    }
  }
  return [...bearers.values()];
}

/** Who really went over a line, by the middle of the lower edge: a marked person may not be counted. */
export function trueCrossings({ truths, street }: MarkedRun, line: CountLine): { isMarked: boolean; label: string }[] {
  const { widthPx, heightPx } = street.options;
  const marked = new Set<number>();
  for (const { objects } of truths) {
    for (const o of objects) if (o.label === 'marker' && isReadable(o)) marked.add(Math.floor(o.id / 10));
  }
  const sides = new Map<number, number>();
  const crossings: { isMarked: boolean; label: string }[] = [];
  for (const { label, id, x, y, w, h } of truths.flatMap(({ objects }) => objects)) {
    if (label !== 'person' && label !== 'vehicle') continue;
    const px = (x + w / 2) / widthPx;
    const py = (y + h) / heightPx;
    const [dx, dy] = [line.to[0] - line.from[0], line.to[1] - line.from[1]];
    const side = Math.sign(dx * (py - line.from[1]) - dy * (px - line.from[0]));
    const along = (dx * (px - line.from[0]) + dy * (py - line.from[1])) / (dx * dx + dy * dy);
    const before = sides.get(id) ?? 0;
    if (side !== 0) sides.set(id, side);
    if (side * before < 0 && along >= 0 && along <= 1)
      crossings.push({ isMarked: marked.has(Math.floor(id / 10)), label });
  }
  return crossings;
}
