/** garim-street: `boxes` [N,4] as corners in tensor pixels, `scores` [N,4] for face, plate, person, vehicle; strides 8, 16, 32. */
import type { DetectionLabel } from '../port.ts';
import { Candidates, type Decode, outputOf } from './family.ts';

const LABELS: readonly DetectionLabel[] = ['face', 'plate', 'person', 'vehicle'];

export const decodeStreet: Decode = (outputs, { widthPx, heightPx }, thresholds, nmsIou) => {
  const cells = (widthPx * heightPx) / 1024;
  const rows = cells * 21; // 16 + 4 + 1 cells of stride 8, 16 and 32 per 32 x 32 px
  const scores = outputOf(outputs, 'scores', rows * 4);
  const boxes = outputOf(outputs, 'boxes', rows * 4);
  const found = new Candidates();
  for (let k = 0; k < 4; k++) {
    const label = LABELS[k]!;
    const threshold = thresholds[label];
    if (threshold === undefined) continue;
    for (let at = k; at < scores.length; at += 4) {
      const score = scores[at]!;
      if (score < threshold) continue;
      const b = at - k;
      const x = boxes[b]!;
      const y = boxes[b + 1]!;
      found.add(label, score, x, y, boxes[b + 2]! - x, boxes[b + 3]! - y);
    }
  }
  return found.suppress(nmsIou);
};
