/**
 * The referee of temporal leaks: the simulated street goes through the real pipeline at the defaults of a live camera, and every plan is
 * compared with the exact truth of its frame. The detector is the real one, or a stub that knows the truth of the frames that it is shown
 * (and of no other). Frames are looked at every `intervalMs`, which is as seldom as a live camera may.
 */
import { systemClock } from '../../base/clock.ts';
import type { StreetOptions } from '../../config/simulated.ts';
import { createStreet, type StreetTruth } from '../capture/simulated/street.ts';
import type { Box, Detection, Detector } from '../detect/port.ts';
import type { DetectSettings } from '../detection-loop.ts';
import { Pipeline } from '../pipeline.ts';
import type { CoverPlan } from '../redact/plan.ts';
import type { CoveredLabel } from './annotations.ts';
import { barcodeHeightPx } from './barcode.ts';
import { type Bands, count, emptyBands, hiddenShare, isHidden, overCover } from './coverage.ts';
import { LIVE } from './live.ts';
import { counts, StreetCapture, TruthDetector, type TruthObject } from './street-capture.ts';

/** An object that was out of sight for longer than this many frames appears anew: what is judged is the appearance, not the object. */
const GAP_FRAMES_MAX = 5;
/** Share of an object that a detection must hold to be its sighting. */
const SEEN_SHARE_MIN = 0.5;

/** One object from coming into sight to going out of it. */
export interface Appearance {
  id: number;
  label: CoveredLabel;
  firstFrame: number;
  lastFrame: number;
  /** The largest that it was. */
  heightPx: number;
  /** Reported at least once by the detector. */
  isFound: boolean;
  /** On which it was judged. */
  frames: number;
  uncoveredFrames: number;
  /** Frames from coming into sight to the first cover; undefined when there was none. */
  framesToCover: number | undefined;
  /** How often it was covered and then was not. */
  flickers: number;
}

export interface StreetReport {
  frames: number;
  wholeFrames: number;
  appearances: Appearance[];
  /** Frames of objects by height. */
  bands: Record<CoveredLabel, Bands>;
  /** Mean share of the picture that is covered without need. */
  overCover: number;
}

export interface StreetEvaluation {
  street: Partial<StreetOptions>;
  seconds: number;
  /** The real one; without it the stub that knows the truth. */
  detector?: Detector | undefined;
  detect?: DetectSettings;
}

export async function evaluateStreet(options: StreetEvaluation): Promise<StreetReport> {
  const street = await createStreet(options.street);
  const { frameRate } = street.options;
  const isStub = options.detector === undefined;
  const capture = new StreetCapture(street, Math.round(options.seconds * frameRate), isStub);
  const plans: CoverPlan[] = [];
  const sightings = new Map<number, readonly Detection[]>();
  const pipeline = new Pipeline({
    capture,
    detector: options.detector ?? new TruthDetector(capture, street.options.widthPx),
    secondOpinion: LIVE.secondOpinion,
    look: 'solid',
    masks: [],
    // The stub reads a number that shows on whole frames only.
    detect: isStub ? { ...LIVE.detect, tiles: 'off' } : (options.detect ?? LIVE.detect),
    delayMs: LIVE.delayMs,
    pacing: 'unpaced',
    clock: systemClock,
    sink: {
      async frame(frame, plan, seq) {
        plans[seq] = plan;
        frame[Symbol.dispose]();
      },
      connected() {},
      lost() {},
      looked: (ms, detections) => sightings.set(Math.round((ms * frameRate) / 1000), detections),
    },
  });
  await pipeline.run();
  const topPx = isStub ? barcodeHeightPx(street.options.widthPx) : 0; // nothing is judged under the drawn number
  return judge(capture.truths, plans, sightings, { ...street.options, topPx });
}

function judge(
  truths: readonly StreetTruth[],
  plans: readonly CoverPlan[],
  sightings: ReadonlyMap<number, readonly Detection[]>,
  { widthPx, heightPx, topPx }: { widthPx: number; heightPx: number; topPx: number },
): StreetReport {
  const whole = [{ x: 0, y: 0, w: widthPx, h: heightPx }];
  const report: StreetReport = {
    frames: truths.length,
    wholeFrames: plans.filter((plan) => plan.kind === 'whole-frame').length,
    appearances: [],
    bands: { face: emptyBands(), plate: emptyBands() },
    overCover: 0,
  };
  const current = new Map<number, { appearance: Appearance; wasCovered: boolean }>();
  for (const { frame, objects } of truths) {
    const plan = plans[frame];
    const covers: readonly Box[] = plan === undefined ? [] : plan.kind === 'regions' ? plan.regions : whole;
    const wanted = objects.filter(({ label }) => label === 'face' || label === 'plate');
    report.overCover += overCover({ width: widthPx, height: heightPx, boxes: wanted }, covers) / truths.length;
    for (const o of objects.filter(counts)) {
      let life = current.get(o.id);
      if (life === undefined || frame - life.appearance.lastFrame > GAP_FRAMES_MAX) {
        life = { appearance: appearanceOf(o, frame), wasCovered: false };
        current.set(o.id, life);
        report.appearances.push(life.appearance);
      }
      const { appearance } = life;
      appearance.lastFrame = frame;
      appearance.heightPx = Math.max(appearance.heightPx, o.h);
      appearance.isFound ||= isSeen(o, sightings.get(frame) ?? []);
      if (o.y < topPx) continue;
      const isCovered = isHidden(o, covers);
      count(report.bands[appearance.label], o.h, isCovered);
      appearance.frames++;
      if (isCovered) appearance.framesToCover ??= frame - appearance.firstFrame;
      else {
        appearance.uncoveredFrames++;
        if (life.wasCovered) appearance.flickers++;
      }
      life.wasCovered = isCovered;
    }
  }
  return report;
}

function appearanceOf(o: TruthObject, frame: number): Appearance {
  return {
    id: o.id,
    label: o.label as CoveredLabel, // `counts` lets no other through
    firstFrame: frame,
    lastFrame: frame,
    heightPx: o.h,
    isFound: false,
    frames: 0,
    uncoveredFrames: 0,
    framesToCover: undefined,
    flickers: 0,
  };
}

function isSeen(o: TruthObject, detections: readonly Detection[]): boolean {
  return detections.some((d) => d.label === o.label && hiddenShare(o, [d]) >= SEEN_SHARE_MIN);
}
