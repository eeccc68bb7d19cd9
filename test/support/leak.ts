/**
 * The referee of temporal leaks: the simulated street goes through the real pipeline, and every plan is compared with the exact truth of
 * its frame. The detector is the real one, or a stub that knows the truth of the frames that it is shown (and of no other).
 */
import { AV_PIX_FMT_RGB24, AV_PIX_FMT_YUV420P, Frame, SoftwareScaleContext, SWS_BILINEAR } from 'node-av';
import { systemClock } from '../../edge/base/clock.ts';
import type { Capture, CaptureEvent } from '../../edge/camera/capture/port.ts';
import {
  createStreet,
  type Street,
  type StreetOptions,
  type StreetTruth,
} from '../../edge/camera/capture/simulated/street.ts';
import type { Detection, Detector, DetectorPicture, Verdict } from '../../edge/camera/detect/port.ts';
import { createSurface } from '../../edge/camera/draw/surface.ts';
import { RawFrame } from '../../edge/camera/frame.ts';
import { Pipeline } from '../../edge/camera/pipeline.ts';
import type { CoverPlan } from '../../edge/camera/redact/plan.ts';
import { barcodeHeightPx, drawBarcode, readBarcode } from './barcode.ts';

/** An object counts where so much of it shows, and from this height on. */
const VISIBLE_MIN = 0.25;
const HEIGHT_PX_MIN = 8;
/** An object that was out of sight for longer than this many frames appears anew: what is judged is the appearance, not the object. */
const GAP_FRAMES_MAX = 5;
/** A box counts as covered from this share on. */
const COVERED_SHARE = 0.8;

export interface LeakReport {
  frames: number;
  wholeFrames: number;
  /** Appearances of faces and plates, from coming into sight to going out of it; `found`: reported at least once by the detector. */
  appearances: number;
  found: number;
  objectFrames: number;
  objectFramesOfFound: number;
  /** Frames of found objects whose box is covered by less than COVERED_SHARE. */
  leaks: Leak[];
  /** The same over all objects, found or not. */
  leaksOfAll: number;
  /** Mean share of the picture that is covered without need. */
  overCover: number;
}

interface Leak {
  frame: number;
  id: number;
  label: string;
  heightPx: number;
  covered: number;
  firstFrame: number;
  lastFrame: number;
}

type Truth = StreetTruth['objects'][number];

const counts = (o: Truth): boolean =>
  (o.label === 'face' || o.label === 'plate') && o.visible >= VISIBLE_MIN && o.h >= HEIGHT_PX_MIN;

/** Frames of the street, each with its number drawn in, as fast as they are pulled. */
class StreetCapture implements Capture {
  readonly counts = { framesDecoded: 0, framesDropped: 0, decodeErrors: 0, reconnects: 0 };
  readonly truths: StreetTruth[] = [];
  readonly #street: Street;
  readonly #frames: number;
  #next = -1;

  constructor(street: Street, frames: number) {
    this.#street = street;
    this.#frames = frames;
  }

  async next(): Promise<CaptureEvent> {
    await new Promise((resolve) => setImmediate(resolve));
    const { widthPx, heightPx, frameRate } = this.#street.options;
    if (this.#next < 0) {
      this.#next = 0;
      return { kind: 'connected', info: { codec: 'simulated', widthPx, heightPx, frameRate } };
    }
    if (this.#next >= this.#frames) return { kind: 'ended' };
    const index = this.#next++;
    const surface = createSurface(widthPx, heightPx);
    this.truths.push(this.#street.renderInto(index, surface));
    drawBarcode(surface, index);
    const av = new Frame();
    av.alloc();
    av.format = AV_PIX_FMT_YUV420P;
    av.width = widthPx;
    av.height = heightPx;
    av.getBuffer();
    using scaler = new SoftwareScaleContext();
    scaler.getContext(widthPx, heightPx, AV_PIX_FMT_RGB24, widthPx, heightPx, AV_PIX_FMT_YUV420P, SWS_BILINEAR);
    scaler.scaleSync([Buffer.from(surface.rgb.buffer)], [widthPx * 3], 0, heightPx, av.data!, av.linesize);
    const frame = new RawFrame(av, index, Math.round((index * 1e6) / frameRate), systemClock.monotonicMs());
    return { kind: 'frame', frame };
  }

  async close(): Promise<void> {}
}

/** Answers with the truth of the frame whose number it reads. */
class TruthDetector implements Detector {
  readonly state = { state: 'ready' as const, models: ['truth'], digests: [], confirmScores: {}, advice: '' };
  readonly #capture: StreetCapture;
  readonly #widthPx: number;

  constructor(capture: StreetCapture, widthPx: number) {
    this.#capture = capture;
    this.#widthPx = widthPx;
  }

  async detect(picture: DetectorPicture): Promise<Verdict> {
    const index = readBarcode(picture.rgb, picture.widthPx, picture.contentWidthPx);
    const truth = index === undefined ? undefined : this.#capture.truths[index];
    if (truth === undefined)
      return { kind: 'unavailable', reason: 'detector-unavailable', detail: 'frame number unreadable' };
    const scale = picture.contentWidthPx / this.#widthPx;
    const detections = truth.objects.filter(counts).map(
      (o): Detection => ({
        label: o.label,
        score: 1,
        x: o.x * scale,
        y: o.y * scale,
        w: o.w * scale,
        h: o.h * scale,
      }),
    );
    return { kind: 'detected', detections, inferenceMs: 1 };
  }

  async close(): Promise<void> {}
}

export interface LeakOptions {
  street: Partial<StreetOptions>;
  seconds: number;
  intervalMs: number;
  /** Real detector, watched; without it the stub that knows the truth. */
  detector?: Detector;
  longSidePx?: number;
}

export async function measureLeaks(options: LeakOptions): Promise<LeakReport> {
  const street = await createStreet(options.street);
  const { widthPx, frameRate } = street.options;
  const capture = new StreetCapture(street, Math.round(options.seconds * frameRate));
  const plans: CoverPlan[] = [];
  const detected: Sighting[] = [];
  const inner = options.detector ?? new TruthDetector(capture, widthPx);
  const watched: Detector = {
    get state() {
      return inner.state;
    },
    async detect(picture, timeoutMs) {
      const index = readBarcode(picture.rgb, picture.widthPx, picture.contentWidthPx);
      const scale = widthPx / picture.contentWidthPx;
      const verdict = await inner.detect(picture, timeoutMs);
      const truth = index === undefined ? undefined : capture.truths[index];
      if (verdict.kind === 'detected' && truth) {
        for (const o of truth.objects.filter(counts)) {
          const boxes = verdict.detections.filter((d) => d.label === o.label).map((d) => times(d, scale));
          if (boxes.some((box) => shareCovered(o, [box]) >= 0.5)) detected.push({ id: o.id, frame: truth.frame });
        }
      }
      return verdict;
    },
    close: () => inner.close(),
  };
  const pipeline = new Pipeline({
    capture,
    detector: watched,
    look: 'solid',
    masks: [],
    detect: { longSidePx: options.longSidePx ?? 640, intervalMs: options.intervalMs },
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
    },
  });
  await pipeline.run();
  return judge(capture.truths, plans, detected, street.options);
}

interface Sighting {
  id: number;
  frame: number;
}

/** Frames from `first` to `last` in which an object is in sight without a longer gap. */
interface Appearance {
  first: number;
  last: number;
  isFound: boolean;
}

function appearancesOf(truths: StreetTruth[], detected: Sighting[]): Map<number, Appearance[]> {
  const all = new Map<number, Appearance[]>();
  for (const { frame, objects } of truths) {
    for (const o of objects.filter(counts)) {
      const list = all.get(o.id) ?? [];
      all.set(o.id, list);
      const current = list.at(-1);
      if (current && frame - current.last <= GAP_FRAMES_MAX) current.last = frame;
      else list.push({ first: frame, last: frame, isFound: false });
    }
  }
  for (const { id, frame } of detected) {
    const appearance = all.get(id)?.find((a) => frame >= a.first && frame <= a.last);
    if (appearance) appearance.isFound = true;
  }
  return all;
}

function judge(truths: StreetTruth[], plans: CoverPlan[], detected: Sighting[], street: StreetOptions): LeakReport {
  const strip = barcodeHeightPx(street.widthPx);
  const lives = appearancesOf(truths, detected);
  const appearances = [...lives.values()].flat();
  const report: LeakReport = {
    frames: truths.length,
    wholeFrames: plans.filter((p) => p.kind === 'whole-frame').length,
    appearances: appearances.length,
    found: appearances.filter((a) => a.isFound).length,
    objectFrames: 0,
    objectFramesOfFound: 0,
    leaks: [],
    leaksOfAll: 0,
    overCover: 0,
  };
  for (const { frame, objects } of truths) {
    const plan = plans[frame];
    const covers = plan?.kind === 'regions' ? plan.regions : [{ x: 0, y: 0, w: street.widthPx, h: street.heightPx }];
    report.overCover += overCover(covers, objects, street) / truths.length;
    for (const o of objects.filter(counts)) {
      if (o.y < strip) continue;
      report.objectFrames++;
      const covered = plan === undefined ? 0 : shareCovered(o, covers);
      if (covered < COVERED_SHARE) report.leaksOfAll++;
      const appearance = lives.get(o.id)!.find((a) => frame >= a.first && frame <= a.last)!;
      if (!appearance.isFound) continue;
      report.objectFramesOfFound++;
      if (covered < COVERED_SHARE) {
        const { first, last } = appearance;
        report.leaks.push({
          frame,
          id: o.id,
          label: o.label,
          heightPx: o.h,
          covered,
          firstFrame: first,
          lastFrame: last,
        });
      }
    }
  }
  return report;
}

interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

const times = (b: Box, s: number): Box => ({ x: b.x * s, y: b.y * s, w: b.w * s, h: b.h * s });
const holds = (b: Box, x: number, y: number): boolean => x >= b.x && x < b.x + b.w && y >= b.y && y < b.y + b.h;

/** Share of a box under the union of the covers, on a grid of 20 x 20 points. */
export function shareCovered(box: Box, covers: readonly Box[]): number {
  const near = covers.filter(
    (c) => c.x < box.x + box.w && c.x + c.w > box.x && c.y < box.y + box.h && c.y + c.h > box.y,
  );
  if (near.length === 0) return 0;
  let hits = 0;
  for (let i = 0; i < 20; i++) {
    for (let j = 0; j < 20; j++) {
      const x = box.x + ((i + 0.5) * box.w) / 20;
      const y = box.y + ((j + 0.5) * box.h) / 20;
      if (near.some((c) => holds(c, x, y))) hits++;
    }
  }
  return hits / 400;
}

/** Share of the picture that is covered and holds neither a face nor a plate nor their surroundings (half their size), 80 x 45 points. */
function overCover(covers: readonly Box[], objects: readonly Truth[], { widthPx, heightPx }: StreetOptions): number {
  const wanted = objects
    .filter((o) => o.label === 'face' || o.label === 'plate')
    .map((o) => ({ x: o.x - o.w / 2, y: o.y - o.h / 2, w: o.w * 2, h: o.h * 2 }));
  let hits = 0;
  for (let i = 0; i < 80; i++) {
    for (let j = 0; j < 45; j++) {
      const x = ((i + 0.5) * widthPx) / 80;
      const y = ((j + 0.5) * heightPx) / 45;
      if (covers.some((c) => holds(c, x, y)) && !wanted.some((w) => holds(w, x, y))) hits++;
    }
  }
  return hits / 3600;
}
