/** YuNet: per stride a class score, an objectness, and a box as centre offset and log size, one point per cell. */
import { Candidates, type Decode, outputOf } from './family.ts';

const STRIDES_PX = [8, 16, 32];

export const decodeYunet: Decode = (outputs, { widthPx, heightPx }, thresholds, nmsIou) => {
  const threshold = thresholds.face ?? 1;
  const productMin = threshold * threshold; // score = sqrt(cls * obj), compared before the root
  const found = new Candidates();
  for (const stride of STRIDES_PX) {
    const columns = widthPx / stride;
    const rows = heightPx / stride;
    const cls = outputOf(outputs, `cls_${stride}`, columns * rows);
    const obj = outputOf(outputs, `obj_${stride}`, columns * rows);
    const box = outputOf(outputs, `bbox_${stride}`, columns * rows * 4);
    for (let i = 0; i < cls.length; i++) {
      const product = cls[i]! * obj[i]!;
      if (product < productMin) continue;
      const w = Math.exp(box[4 * i + 2]!) * stride;
      const h = Math.exp(box[4 * i + 3]!) * stride;
      const x = ((i % columns) + box[4 * i]!) * stride - w / 2;
      const y = (Math.floor(i / columns) + box[4 * i + 1]!) * stride - h / 2;
      found.add('face', Math.sqrt(product), x, y, w, h);
    }
  }
  return found.suppress(nmsIou);
};
