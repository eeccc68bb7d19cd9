// Measures a street network on annotated pictures: the share of boxes covered, the over-cover, and the time per picture.
//
// A labelled box counts as covered when at least 80 % of its area lies under the union of the widened detections. Over-cover is the share
// of the picture area that is hidden away from every labelled box: outside each box grown by half its size on every side. A picture set
// is annotated for one class only, so each class is measured on its own set.
//
// usage: node evaluate.mjs MODEL.onnx LONG_SIDE face|plate THRESHOLD[,THRESHOLD...] ANNOTATIONS.jsonl [ANNOTATIONS.jsonl ...]
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { suppress } from './boxes.mjs';
import { detect, openNetwork } from './street.mjs';

/** Share of the box added on every side before hiding. */
const WIDEN = { face: 0.15, plate: 0.2 };
const NMS_IOU_MAX = 0.45;
const COVERED_SHARE_MIN = 0.8;
/** A labelled box grown by this share of its size on every side does not count as over-cover. */
const NEAR = 0.5;
/** Where the annotation says who wears a mask, faces at least this high are also counted by that. */
const MASK_HEIGHT_MIN_PX = 16;
const BANDS_PX = [0, 12, 16, 24, 48, Number.POSITIVE_INFINITY];
/** Covered area is counted on a grid of at most this many cells on the long side. */
const GRID_LONG = 512;

function grown([x1, y1, x2, y2], share) {
  const dx = (x2 - x1) * share;
  const dy = (y2 - y1) * share;
  return [x1 - dx, y1 - dy, x2 + dx, y2 + dy];
}

/** Share of `box` under the union of `covers`, exactly: the area is cut along all edges. */
function coveredShare(box, covers) {
  const parts = covers
    .map((c) => [Math.max(c[0], box[0]), Math.max(c[1], box[1]), Math.min(c[2], box[2]), Math.min(c[3], box[3])])
    .filter((c) => c[2] > c[0] && c[3] > c[1]);
  const xs = [...new Set(parts.flatMap((c) => [c[0], c[2]]))].sort((a, b) => a - b);
  let area = 0;
  for (let i = 0; i + 1 < xs.length; i++) {
    const spans = parts.filter((c) => c[0] <= xs[i] && c[2] >= xs[i + 1]).sort((a, b) => a[1] - b[1]);
    let end = Number.NEGATIVE_INFINITY;
    for (const c of spans) {
      area += (xs[i + 1] - xs[i]) * Math.max(0, c[3] - Math.max(c[1], end));
      end = Math.max(end, c[3]);
    }
  }
  return area / ((box[2] - box[0]) * (box[3] - box[1]));
}

/** Share of the picture that `covers` hide away from the `labelled` boxes. */
function overCover(width, height, covers, labelled) {
  const k = GRID_LONG / Math.max(width, height);
  const w = Math.max(1, Math.round(width * k));
  const h = Math.max(1, Math.round(height * k));
  const grid = new Uint8Array(w * h);
  const fill = (box, value) => {
    const x1 = Math.max(0, Math.round(box[0] * k));
    const x2 = Math.min(w, Math.round(box[2] * k));
    for (let y = Math.max(0, Math.round(box[1] * k)); y < Math.min(h, Math.round(box[3] * k)); y++) {
      if (x2 > x1) grid.fill(value, y * w + x1, y * w + x2);
    }
  };
  for (const box of covers) fill(box, 1);
  for (const box of labelled) fill(grown(box, NEAR), 0);
  return grid.reduce((sum, v) => sum + v, 0) / grid.length;
}

const [modelFile, longText, label, thresholdText, ...lists] = process.argv.slice(2);
const thresholds = thresholdText.split(',').map(Number);
const session = await openNetwork(modelFile);
const tallies = thresholds.map(() => ({ seen: BANDS_PX.map(() => 0), hit: BANDS_PX.map(() => 0), over: 0, masked: {} }));
const times = [];
for (const list of lists) {
  for (const line of readFileSync(list, 'utf8').split('\n').filter(Boolean)) {
    const picture = JSON.parse(line);
    const file = path.join(path.dirname(list), picture.image);
    const { width, height, found, networkMs } = await detect(session, file, +longText, { [label]: Math.min(...thresholds) });
    times.push(networkMs);
    const boxes = picture.boxes.map((b) => ({ corners: [b.x, b.y, b.x + b.w, b.y + b.h], ignore: b.ignore === true, masked: b.masked }));
    for (const [t, threshold] of thresholds.entries()) {
      const kept = suppress(found.filter((b) => b[4] >= threshold), NMS_IOU_MAX);
      const covers = kept.map((b) => grown(b, WIDEN[label]));
      tallies[t].over += overCover(width, height, covers, boxes.map((b) => b.corners));
      for (const { corners, ignore, masked } of boxes) {
        if (ignore) continue;
        const heightPx = corners[3] - corners[1];
        const band = BANDS_PX.findLastIndex((px) => heightPx >= px);
        const covered = coveredShare(corners, covers) >= COVERED_SHARE_MIN;
        tallies[t].seen[band]++;
        if (covered) tallies[t].hit[band]++;
        if (masked === undefined || heightPx < MASK_HEIGHT_MIN_PX) continue;
        tallies[t].masked[masked] ??= { seen: 0, hit: 0 };
        tallies[t].masked[masked].seen++;
        if (covered) tallies[t].masked[masked].hit++;
      }
    }
  }
}
const from = (counts, px) => counts.reduce((sum, n, i) => sum + (BANDS_PX[i] >= px ? n : 0), 0);
const percent = (share) => `${(100 * share).toFixed(1)} %`;
times.sort((a, b) => a - b);
console.log(`${path.basename(modelFile)} ${label} long side ${longText}: ${times.length} pictures, ${times[times.length >> 1].toFixed(1)} ms each (median)`);
for (const [t, { seen, hit, over, masked }] of tallies.entries()) {
  const masks = Object.entries(masked).map(([label, m]) => `masked ${label} ${m.hit}/${m.seen}`);
  const bands = seen.slice(0, -1).map((n, i) => `${hit[i]}/${n}`);
  console.log(
    [
      `threshold ${thresholds[t]}`,
      `>= 24 px ${percent(from(hit, 24) / from(seen, 24))}`,
      `>= 16 px ${percent(from(hit, 16) / from(seen, 16))}`,
      `over-cover ${percent(over / times.length)}`,
      `bands ${bands.join(' ')}`,
      ...masks,
    ].join('  '),
  );
}
