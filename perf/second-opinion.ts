/**
 * What the rules of detect/second/zones.ts gain and cost, on annotated still pictures: coverage of faces and plates, and how much of the
 * picture is covered beside them. Each picture is one frame: first detector, tracker, zones, as in the pipeline.
 *
 * Usage: node dist/perf/second-opinion.js IMAGES-DIR [SECOND-MODEL]   (faces/ and plates/ below it; models from GARIM_MODELS)
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { createOnnxDetector } from '../edge/camera/detect/detector.ts';
import { letterboxSize, toFrame } from '../edge/camera/detect/letterbox.ts';
import type { Box, Detection, Detector } from '../edge/camera/detect/port.ts';
import { unseenZones, type ZoneRules } from '../edge/camera/detect/second/zones.ts';
import { type ModelStore, openModelStore } from '../edge/camera/detect/store.ts';
import { planCover } from '../edge/camera/redact/plan.ts';
import { inflate } from '../edge/camera/track/geometry.ts';
import { type TrackedRegion, Tracker } from '../edge/camera/track/tracker.ts';
import { pictureOf } from '../test/support/evaluation.ts';

const LONG_SIDE_PX = 640;
/** Side of the raster on which areas are counted. */
const RASTER_PX = 400;
const COVERED_SHARE_MIN = 0.8;
const HEIGHTS_PX_MIN = [24, 16, 1];

const ROWS: [string, ZoneRules, boolean][] = [
  ['no rules', { people: 'off', vehicles: 'off' }, false],
  ['plate band, first network alone', { people: 'off', vehicles: 'plate-band' }, false],
  ['plate band, with the second', { people: 'off', vehicles: 'plate-band' }, true],
  ['head, with the second', { people: 'head', vehicles: 'off' }, true],
  ['both, with the second', { people: 'head', vehicles: 'plate-band' }, true],
];

interface Item {
  image: string;
  width: number;
  height: number;
  boxes: (Box & { ignore?: true })[];
}

interface Sum {
  covered: number[];
  total: number[];
  over: number;
  zones: number;
}

const silent = pino({ level: 'silent' });

function detectorOf(store: ModelStore, name: string): Detector {
  const { labels } = store.entryOf(name);
  const selectModels = async () => ({ models: [await store.resolve(name)], missing: [] });
  return createOnnxDetector({ store: { selectModels }, categories: labels, log: silent });
}

async function look(detector: Detector, file: string, item: Item): Promise<Detection[]> {
  const letterbox = letterboxSize(item.width, item.height, LONG_SIDE_PX);
  const verdict = await detector.detect(await pictureOf(file, letterbox), 60_000);
  if (verdict.kind !== 'detected') throw new Error(`${file}: ${verdict.detail}`);
  return toFrame(verdict.detections, letterbox, item.width, item.height);
}

function trackedOnce(detections: readonly Detection[], { width, height }: Item): TrackedRegion[] {
  const tracker = new Tracker();
  tracker.picture = { widthPx: width, heightPx: height };
  tracker.update(0, detections);
  return tracker.regionsAt(0);
}

/** One byte for each cell of a raster over the picture. */
function rasterOf(boxes: readonly Box[], { width, height }: Item): Uint8Array {
  const cell = Math.max(1, Math.max(width, height) / RASTER_PX);
  const columns = Math.ceil(width / cell);
  const rows = Math.ceil(height / cell);
  const raster = new Uint8Array(columns * rows);
  const at = (px: number, end: number) => Math.min(end, Math.max(0, Math.round(px / cell)));
  for (const { x, y, w, h } of boxes) {
    for (let row = at(y, rows); row < at(y + h, rows); row++) {
      raster.fill(1, row * columns + at(x, columns), row * columns + at(x + w, columns));
    }
  }
  return raster;
}

/** Share of the box that the covers hide together. */
function shareHidden(box: Box, covers: readonly Box[]): number {
  const steps = 24;
  let hidden = 0;
  for (let i = 0; i < steps * steps; i++) {
    const x = box.x + (((i % steps) + 0.5) / steps) * box.w;
    const y = box.y + ((Math.floor(i / steps) + 0.5) / steps) * box.h;
    if (covers.some((c) => x >= c.x && x < c.x + c.w && y >= c.y && y < c.y + c.h)) hidden++;
  }
  return hidden / steps ** 2;
}

function judge(sum: Sum, item: Item, covers: readonly Box[], zones: number): void {
  for (const box of item.boxes) {
    if (box.ignore) continue;
    const isCovered = shareHidden(box, covers) >= COVERED_SHARE_MIN;
    for (const [i, heightPx] of HEIGHTS_PX_MIN.entries()) {
      if (box.h < heightPx) continue;
      sum.total[i]!++;
      if (isCovered) sum.covered[i]!++;
    }
  }
  const covered = rasterOf(covers, item);
  const near = rasterOf(
    item.boxes.map((box) => inflate(box, box.w / 2, box.h / 2)),
    item,
  );
  sum.over += covered.reduce((cells, isCovered, i) => cells + (isCovered && !near[i] ? 1 : 0), 0) / covered.length;
  sum.zones += zones;
}

const [dir, secondName = 'picodet-s-dyn'] = process.argv.slice(2);
if (dir === undefined) throw new Error('name the folder with faces/ and plates/');
const stateDir = mkdtempSync(path.join(os.tmpdir(), 'garim-perf-'));
const store = openModelStore({ stateDir, env: process.env });
const firstModels = (await store.selectModels()).models.map(({ entry }) => entry.name);
const first = detectorOf(store, firstModels[0] ?? '');
const second = detectorOf(store, secondName);
const black = { rgb: new Uint8Array(640 * 384 * 3), widthPx: 640, heightPx: 384 };
for (const detector of [first, second]) {
  while (detector.state.state === 'starting') await new Promise((resolve) => setTimeout(resolve, 50));
  const verdict = await detector.detect(
    { ...black, rgb: black.rgb.slice(), contentWidthPx: 640, contentHeightPx: 360 },
    60_000,
  );
  const boxes =
    verdict.kind === 'detected'
      ? verdict.detections.map(({ label, score }) => `${label} ${score.toFixed(2)}`)
      : [verdict.detail];
  console.log(`${detector.state.models.join()}: on a black picture ${boxes.join(', ') || 'nothing'}`);
}
for (const kind of ['faces', 'plates']) {
  const lines = readFileSync(path.join(dir, kind, 'annotations.jsonl'), 'utf8')
    .split('\n')
    .filter(Boolean);
  const sums = ROWS.map((): Sum => ({ covered: [0, 0, 0], total: [0, 0, 0], over: 0, zones: 0 }));
  for (const line of lines) {
    const item = JSON.parse(line) as Item;
    const file = path.join(dir, kind, item.image);
    const tracked = trackedOnce(await look(first, file, item), item);
    const hints = trackedOnce(await look(second, file, item), item);
    for (const [i, [, rules, isSecondUsed]] of ROWS.entries()) {
      const zones = unseenZones(tracked, isSecondUsed ? hints : [], rules, item.width);
      const plan = planCover(tracked, [], item.width, item.height, zones);
      judge(sums[i]!, item, plan.kind === 'regions' ? plan.regions : [], zones.length);
    }
  }
  console.log(`\n${kind}, ${lines.length} pictures: covered at >= ${HEIGHTS_PX_MIN.join(', ')} px; over-cover; zones`);
  for (const [i, [name]] of ROWS.entries()) {
    const { covered, total, over, zones } = sums[i]!;
    const shares = covered.map((n, k) => `${((100 * n) / total[k]!).toFixed(1)} %`.padStart(7)).join(' ');
    console.log(`${name.padEnd(34)} ${shares}  ${((100 * over) / lines.length).toFixed(2)} %  ${zones}`);
  }
}
await Promise.all([first.close(), second.close()]);
rmSync(stateDir, { recursive: true, force: true });
