/** YOLOX: one tensor [1,N,85] over strides 8, 16, 32: centre offset, log size, objectness, 80 class scores. */
import { COCO_CLASSES, COCO_LABELS } from './coco.ts';
import { Candidates, type Decode, outputOf } from './family.ts';

const STRIDES_PX = [8, 16, 32];
const COLUMNS = 5 + COCO_CLASSES;

export const decodeYolox: Decode = (outputs, { widthPx, heightPx }, thresholds, nmsIou) => {
  const cells = STRIDES_PX.reduce((sum, stride) => sum + (widthPx / stride) * (heightPx / stride), 0);
  const data = outputOf(outputs, 'output', cells * COLUMNS);
  const lowest = Math.min(thresholds.person ?? 1, thresholds.vehicle ?? 1);
  const found = new Candidates();
  let first = 0;
  for (const stride of STRIDES_PX) {
    const columns = widthPx / stride;
    const count = columns * (heightPx / stride);
    for (let cell = 0; cell < count; cell++) {
      const at = (first + cell) * COLUMNS;
      const objectness = data[at + 4]!;
      if (objectness < lowest) continue; // a class score is at most 1
      for (let k = 0; k < COCO_LABELS.length; k++) {
        const { index, label, kind } = COCO_LABELS[k]!;
        const score = objectness * data[at + 5 + index]!;
        if (score < (thresholds[label] ?? 1)) continue;
        const w = Math.exp(data[at + 2]!) * stride;
        const h = Math.exp(data[at + 3]!) * stride;
        const x = ((cell % columns) + data[at]!) * stride - w / 2;
        const y = (Math.floor(cell / columns) + data[at + 1]!) * stride - h / 2;
        found.add(label, score, x, y, w, h, kind);
      }
    }
    first += count;
  }
  return found.suppress(nmsIou);
};
