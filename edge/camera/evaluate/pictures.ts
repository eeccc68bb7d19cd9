/** Labelled pictures through the product's own path, up to the painted picture, which is thrown away. */

import type { Thresholds } from '../detect/store.ts';
import { redactPicture } from '../redact/picture-redactor.ts';
import type { CoverPlan } from '../redact/plan.ts';
import { type RawPicture, readPicture } from '../still/raw-picture.ts';
import type { LabelledBox, LabelledPicture, LabelledSet } from './annotations.ts';
import { BANDS_PX, type Tally, tallyFrom } from './coverage.ts';
import type { Looked, PictureLook } from './looks.ts';
import { Scorer, type SetScore } from './score.ts';

/** Steps of the curve around the thresholds of the manifest. */
export const CURVE_OFFSETS = [-0.12, -0.08, -0.04, -0.02, 0, 0.02, 0.04, 0.08, 0.12] as const;

export interface EvaluationOptions {
  look: PictureLook;
  /** Every n-th picture. */
  every: number;
  withCurve: boolean;
  onPicture(done: number, all: number): void;
  /** A picture with boxes that are not covered, before it is painted. */
  onMiss?(
    set: string,
    picture: LabelledPicture,
    raw: RawPicture,
    missed: readonly LabelledBox[],
    plan: CoverPlan,
  ): Promise<void>;
}

export interface CurvePoint {
  /** Added to all thresholds of the manifest. */
  offset: number;
  thresholds: Thresholds;
  /** Boxes from so many pixels on. */
  from24: Tally;
  from16: Tally;
  all: Tally;
  overCover: number;
}

export interface SetEvaluation {
  score: SetScore;
  curve: CurvePoint[];
}

export async function evaluateSets(sets: readonly LabelledSet[], options: EvaluationOptions): Promise<SetEvaluation[]> {
  const chosen = sets.map((set) => ({ ...set, pictures: set.pictures.filter((_, i) => i % options.every === 0) }));
  const all = chosen.reduce((sum, { pictures }) => sum + pictures.length, 0);
  const evaluations: SetEvaluation[] = [];
  let done = 0;
  for (const set of chosen) {
    const scorer = new Scorer(set);
    const points = options.withCurve ? CURVE_OFFSETS.map((offset) => pointFor(set, options.look, offset)) : [];
    for (const picture of set.pictures) {
      await evaluatePicture(picture, scorer, points, options);
      options.onPicture(++done, all);
    }
    evaluations.push({ score: scorer.score, curve: points.map(toPoint) });
  }
  return evaluations;
}

interface OpenPoint {
  offset: number;
  thresholds: Thresholds;
  scorer: Scorer;
}

async function evaluatePicture(
  labelled: LabelledPicture,
  scorer: Scorer,
  points: readonly OpenPoint[],
  { look, onMiss }: EvaluationOptions,
): Promise<void> {
  const startMs = performance.now();
  const { picture } = await readPicture(labelled.file);
  const readMs = performance.now();
  const looked: Looked = await look.look(picture);
  const plan = look.plan(looked.detections, picture, look.thresholds);
  const lookedMs = performance.now();
  for (const point of points) point.scorer.add(labelled, look.plan(looked.detections, picture, point.thresholds));
  const missed = scorer.add(labelled, plan);
  if (missed.length > 0) await onMiss?.(scorer.score.set, labelled, picture, missed, plan);
  const paintMs = performance.now();
  redactPicture(picture, plan, 'blur');
  scorer.score.stageTimes.push({
    read: readMs - startMs,
    look: lookedMs - readMs - looked.inferenceMs,
    inference: looked.inferenceMs,
    cover: performance.now() - paintMs,
  });
}

function pointFor(set: LabelledSet, { thresholds }: PictureLook, offset: number): OpenPoint {
  const moved = Object.entries(thresholds).map(([label, threshold]) => [label, threshold + offset] as const);
  return { offset, thresholds: Object.fromEntries(moved), scorer: new Scorer(set) };
}

function toPoint({ offset, thresholds, scorer }: OpenPoint): CurvePoint {
  const { bands, overCover } = scorer.score.total;
  return {
    offset,
    thresholds,
    from24: tallyFrom(bands, 24),
    from16: tallyFrom(bands, 16),
    all: tallyFrom(bands, BANDS_PX[0]),
    overCover,
  };
}
