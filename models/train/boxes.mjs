// Boxes as [x1, y1, x2, y2, score, label]: overlap and greedy non-maximum suppression, shared by the teacher and the evaluation.

/** Intersection over union of two boxes, 0..1. */
export function iou(a, b) {
  const w = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
  const h = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  const both = w * h;
  return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both + 1e-9);
}

/** Keeps the best box of every group of the same label that overlaps by more than `iouMax`; best first. */
export function suppress(boxes, iouMax) {
  const kept = [];
  for (const box of [...boxes].sort((p, q) => q[4] - p[4])) {
    if (!kept.some((k) => k[5] === box[5] && iou(box, k) > iouMax)) kept.push(box);
  }
  return kept;
}
