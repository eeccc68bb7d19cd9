/**
 * PicoDet: four class tensors, then four box tensors, for strides 8, 16, 32, 64, told apart by position. A side of a box is the
 * expected value of a distribution over 8 distances from the cell's centre.
 */
import { COCO_CLASSES, COCO_LABELS } from './coco.ts';
import { Candidates, checkLength, type Decode } from './family.ts';

const STRIDES_PX = [8, 16, 32, 64];
const BINS = 8;

export const decodePicodet: Decode = (outputs, { widthPx, heightPx }, thresholds, nmsIou) => {
  const found = new Candidates();
  for (const [level, stride] of STRIDES_PX.entries()) {
    const columns = Math.ceil(widthPx / stride);
    const cells = columns * Math.ceil(heightPx / stride);
    const classes = outputs[level];
    const boxes = outputs[level + STRIDES_PX.length];
    if (classes === undefined || boxes === undefined) throw new Error('the network has fewer than 8 outputs');
    const scores = checkLength(classes.data, classes.name, cells * COCO_CLASSES);
    const bins = checkLength(boxes.data, boxes.name, cells * 4 * BINS);
    for (let cell = 0; cell < cells; cell++) {
      for (let k = 0; k < COCO_LABELS.length; k++) {
        const { index, label, kind } = COCO_LABELS[k]!;
        const score = scores[cell * COCO_CLASSES + index]!;
        if (score < (thresholds[label] ?? 1)) continue;
        const at = cell * 4 * BINS;
        const x = ((cell % columns) + 0.5 - expected(bins, at)) * stride;
        const y = (Math.floor(cell / columns) + 0.5 - expected(bins, at + BINS)) * stride;
        const right = ((cell % columns) + 0.5 + expected(bins, at + 2 * BINS)) * stride;
        const bottom = (Math.floor(cell / columns) + 0.5 + expected(bins, at + 3 * BINS)) * stride;
        found.add(label, score, x, y, right - x, bottom - y, kind);
      }
    }
  }
  return found.suppress(nmsIou);
};

/** Expected bin under the softmax of the 8 values from `at`. */
function expected(bins: Float32Array, at: number): number {
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < BINS; i++) max = Math.max(max, bins[at + i]!);
  let sum = 0;
  let weighted = 0;
  for (let i = 0; i < BINS; i++) {
    const e = Math.exp(bins[at + i]! - max);
    sum += e;
    weighted += i * e;
  }
  return weighted / sum;
}
