/**
 * LPD-YuNet: priors of several side lengths per cell; the plate is a quadrilateral of which the axis-aligned hull is taken.
 *
 * Its largest priors give false boxes at the borders, so hulls wider than 40 % of the tensor and shapes that no plate has are dropped.
 */
import { Candidates, type Decode, outputOf } from './family.ts';

const LEVELS = [
  { stride: 8, sidesPx: [10, 16, 24] },
  { stride: 16, sidesPx: [32, 48] },
  { stride: 32, sidesPx: [64, 96] },
  { stride: 64, sidesPx: [128, 192, 256] },
];
const VARIANCE = 0.1;
const WIDTH_SHARE_MAX = 0.4;
const ASPECT_MIN = 0.9;
const ASPECT_MAX = 8;

export const decodeLpdYunet: Decode = (outputs, { widthPx, heightPx }, thresholds, nmsIou) => {
  const threshold = thresholds.plate ?? 1;
  const levels = levelSizes(widthPx, heightPx);
  const priors = levels.reduce((sum, level) => sum + level.columns * level.rows * level.sidesPx.length, 0);
  const conf = outputOf(outputs, 'conf', priors * 2);
  const iou = outputOf(outputs, 'iou', priors);
  const loc = outputOf(outputs, 'loc', priors * 14);
  const found = new Candidates();
  let at = 0;
  for (const { stride, sidesPx, columns, rows } of levels) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        for (let k = 0; k < sidesPx.length; k++, at++) {
          const product = conf[2 * at + 1]! * Math.min(1, Math.max(0, iou[at]!));
          if (product < threshold * threshold) continue;
          const reach = VARIANCE * sidesPx[k]!;
          const o = at * 14;
          const x1 = Math.min(loc[o + 4]!, loc[o + 6]!, loc[o + 10]!, loc[o + 12]!) * reach;
          const x2 = Math.max(loc[o + 4]!, loc[o + 6]!, loc[o + 10]!, loc[o + 12]!) * reach;
          const y1 = Math.min(loc[o + 5]!, loc[o + 7]!, loc[o + 11]!, loc[o + 13]!) * reach;
          const y2 = Math.max(loc[o + 5]!, loc[o + 7]!, loc[o + 11]!, loc[o + 13]!) * reach;
          const w = x2 - x1;
          const h = y2 - y1;
          const isPlateLike = w <= WIDTH_SHARE_MAX * widthPx && w >= ASPECT_MIN * h && w <= ASPECT_MAX * h;
          if (!isPlateLike && Number.isFinite(product + w + h)) continue;
          found.add('plate', Math.sqrt(product), (column + 0.5) * stride + x1, (row + 0.5) * stride + y1, w, h);
        }
      }
    }
  }
  return found.suppress(nmsIou);
};

/** Cells per level: the first halving rounds up, the others down. */
function levelSizes(widthPx: number, heightPx: number) {
  let columns = Math.floor(Math.floor((widthPx + 1) / 2) / 2);
  let rows = Math.floor(Math.floor((heightPx + 1) / 2) / 2);
  return LEVELS.map((level) => {
    columns = Math.floor(columns / 2);
    rows = Math.floor(rows / 2);
    return { ...level, columns, rows };
  });
}
