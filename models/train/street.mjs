// Runs a street network over one picture, the way the product feeds it: long side scaled, padded right and bottom with black.
import ort from 'onnxruntime-node';
import sharp from 'sharp';

/** Column of `scores` per class. */
export const CLASS_INDEX = { face: 0, plate: 1, person: 2, vehicle: 3 };
const MULTIPLE_PX = 32;

sharp.concurrency(1);

export function openNetwork(file) {
  return ort.InferenceSession.create(file, { intraOpNumThreads: 1, interOpNumThreads: 1, graphOptimizationLevel: 'all', logSeverityLevel: 3 });
}

/** Boxes [x1, y1, x2, y2, score, label] in pixels of the picture, per label at or above its score, before suppression. */
export async function detect(session, file, longPx, scoreMinByLabel) {
  const { width, height } = await sharp(file, { failOn: 'none' }).metadata();
  const scale = longPx / Math.max(width, height);
  const wide = Math.round(width * scale);
  const high = Math.round(height * scale);
  const right = (MULTIPLE_PX - (wide % MULTIPLE_PX)) % MULTIPLE_PX;
  const bottom = (MULTIPLE_PX - (high % MULTIPLE_PX)) % MULTIPLE_PX;
  const pixels = await sharp(file, { failOn: 'none' })
    .removeAlpha()
    .toColourspace('srgb')
    .resize(wide, high, { fit: 'fill', kernel: 'linear' })
    .extend({ right, bottom, background: { r: 0, g: 0, b: 0 } })
    .raw()
    .toBuffer();
  const start = performance.now();
  const out = await session.run({ image: new ort.Tensor('uint8', pixels, [1, high + bottom, wide + right, 3]) });
  const networkMs = performance.now() - start;
  const scores = out.scores.data;
  const found = [];
  for (const [label, scoreMin] of Object.entries(scoreMinByLabel)) {
    for (let i = 0; i < scores.length / 4; i++) {
      const score = scores[4 * i + CLASS_INDEX[label]];
      if (score < scoreMin) continue;
      const [x1, y1, x2, y2] = out.boxes.data.subarray(4 * i, 4 * i + 4);
      const corners = [Math.max(0, x1), Math.max(0, y1), Math.min(wide, x2), Math.min(high, y2)];
      found.push([...corners.map((v) => v / scale), score, label]);
    }
  }
  return { width, height, found, networkMs };
}
