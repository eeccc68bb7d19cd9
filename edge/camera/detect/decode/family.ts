/** What the decoders share: the shape of their inputs, and collecting candidates until non-maximum suppression. */
import type { ModelEntry } from '../manifest.ts';
import type { Detection, DetectionLabel, VehicleKind } from '../port.ts';

/** One output of a network, in the order in which the network declares them. */
export interface OutputTensor {
  name: string;
  data: Float32Array;
}

/** Size of the tensor that the network saw. */
interface TensorSize {
  widthPx: number;
  heightPx: number;
}

type Thresholds = ModelEntry['thresholds'];

/** Outputs to boxes in tensor pixels, at or above the thresholds, after suppression. Throws when the numbers can't be trusted. */
export type Decode = (
  outputs: readonly OutputTensor[],
  size: TensorSize,
  thresholds: Thresholds,
  nmsIou: number,
) => Detection[];

/** More candidates than any street holds: the network is fed with nonsense or broken. Bounds suppression to about 0.1 s. */
const CANDIDATES_MAX = 8192;

/**
 * Boxes over the threshold, before suppression. Decoders compare with `!(score < threshold)`, so that a score that is not a
 * number arrives here and fails the whole answer: dropping it would turn a broken network into an empty street.
 */
export class Candidates {
  readonly #byLabel = new Map<DetectionLabel, Detection[]>();
  #count = 0;

  add(label: DetectionLabel, score: number, x: number, y: number, w: number, h: number, kind?: VehicleKind): void {
    if (!Number.isFinite(score + x + y + w + h))
      throw new Error('the network answered with numbers that are not finite');
    if (w < 0 || h < 0) throw new Error('the network answered with a box of negative size');
    if (++this.#count > CANDIDATES_MAX) throw new Error(`the network answered with more than ${CANDIDATES_MAX} boxes`);
    const detection = { label, score, x, y, w, h, ...(kind && { kind }) };
    const list = this.#byLabel.get(label);
    if (list === undefined) this.#byLabel.set(label, [detection]);
    else list.push(detection);
  }

  suppress(nmsIou: number): Detection[] {
    return [...this.#byLabel.values()].flatMap((list) => nonMaximumSuppression(list, nmsIou));
  }
}

/** Greedy suppression within one label: the best box stays, those that overlap it by more than `iouMax` go. Best first. */
export function nonMaximumSuppression<T extends Detection>(boxes: readonly T[], iouMax: number): T[] {
  const sorted = [...boxes].sort((a, b) => b.score - a.score);
  const kept: T[] = [];
  for (const box of sorted) {
    let isNew = true;
    for (let i = 0; i < kept.length && isNew; i++) isNew = iou(kept[i]!, box) <= iouMax;
    if (isNew) kept.push(box);
  }
  return kept;
}

/** Intersection over union of two boxes, 0 to 1. */
export function iou(a: Detection, b: Detection): number {
  const w = Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x);
  const h = Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y);
  if (w <= 0 || h <= 0) return 0;
  const both = w * h;
  return both / (a.w * a.h + b.w * b.h - both);
}

/** Values of a named output; throws unless it has `length` of them. */
export function outputOf(outputs: readonly OutputTensor[], name: string, length: number): Float32Array {
  const data = outputs.find((output) => output.name === name)?.data;
  if (data === undefined) throw new Error(`the network has no output ${name}`);
  return checkLength(data, name, length);
}

export function checkLength(data: Float32Array, name: string, length: number): Float32Array {
  if (data.length !== length) throw new Error(`output ${name} has ${data.length} values instead of ${length}`);
  return data;
}
