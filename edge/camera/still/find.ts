/**
 * Finds faces and plates in a still: recall first, at several scales, since a picture gets one chance and no track.
 *
 * Each pass scales the whole picture to a long side; what is then larger than the networks' input is cut into overlapping tiles. The boxes
 * of all passes count (their union covers more than the best of them), and boxes that agree become one. Which count: detect/thresholds.ts.
 *
 * Measured with `garim evaluate`; the tables are in models/cards. Pictures of several times the area of 1080p cost
 * seconds. One call at a time, as the detector's.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { type Letterbox, letterboxSize } from '../detect/letterbox.ts';
import type { Box, Detection, Detector, DetectorPicture, Verdict } from '../detect/port.ts';
import type { Thresholds } from '../detect/store.ts';
import { isCounted, STILL_RULES } from '../detect/thresholds.ts';
import { areaOf, hull, intersectionArea, iou } from '../track/geometry.ts';
import type { RawPicture } from './raw-picture.ts';

/** Long sides of the passes. Large objects are found at the small ones, far objects of large pictures in tiles of the others. */
const STILL_PASSES_PX: readonly number[] = [288, 416, 640, 1024, 1792, 3584, 7168];
/** The first four see every picture, enlarged if need be; the others only pictures that they don't enlarge by much. */
const ENLARGED_LONG_SIDE_PX_MAX = 1024;
const ENLARGEMENT_MAX = 1.18;
/** What the networks take at once (`maxLongSidePx` of the manifest). */
const TILE_PX = 1024;
/** An object up to this size is whole in one tile at least. */
const TILE_OVERLAP_PX = 192;
/** Boxes of different passes that overlap by more, or of which the smaller lies in the other by more, are one object. */
const SAME_IOU_MIN = 0.6;
const SAME_INSIDE_MIN = 0.9;
/** Inferences on a busy box may take seconds; beyond this the detector is stalled. */
const STALL_MS = 30_000;
const ATTEMPTS_MAX = 6;
const RETRY_MS = 500;

export interface FindOptions {
  detector: Detector;
  /** The manifest's, from which the size dependence goes out. */
  thresholds: Thresholds;
}

/** Boxes in pixels of the picture. */
type Found = { kind: 'found'; detections: Detection[] } | Extract<Verdict, { kind: 'unavailable' }>;
type Looked =
  | { kind: 'looked'; detections: Detection[]; inferenceMs: number }
  | Extract<Verdict, { kind: 'unavailable' }>;

export async function findInPicture(picture: RawPicture, options: FindOptions): Promise<Found> {
  const looked = await lookAtPicture(picture, options.detector);
  if (looked.kind === 'unavailable') return looked;
  return { kind: 'found', detections: chooseBoxes(looked.detections, picture, options.thresholds) };
}

/** What all passes see, weak and double boxes too. One pass without an answer is no answer. */
export async function lookAtPicture(picture: RawPicture, detector: Detector): Promise<Looked> {
  const { widthPx, heightPx } = picture;
  const all: Detection[] = [];
  let inferenceMs = 0;
  for (const longSidePx of STILL_PASSES_PX) {
    const isEnlarged = longSidePx > ENLARGEMENT_MAX * Math.max(widthPx, heightPx);
    if (isEnlarged && longSidePx > ENLARGED_LONG_SIDE_PX_MAX) continue;
    const { contentWidthPx, contentHeightPx } = letterboxSize(widthPx, heightPx, longSidePx);
    const scaled = await scale(picture, contentWidthPx, contentHeightPx);
    const scaleX = widthPx / contentWidthPx;
    const scaleY = heightPx / contentHeightPx;
    for (const y0 of offsets(contentHeightPx)) {
      for (const x0 of offsets(contentWidthPx)) {
        const verdict = await ask(detector, () => cut(scaled, contentWidthPx, contentHeightPx, x0, y0));
        if (verdict.kind === 'unavailable') return verdict;
        inferenceMs += verdict.inferenceMs;
        for (const d of verdict.detections) {
          all.push({ ...d, x: (d.x + x0) * scaleX, y: (d.y + y0) * scaleY, w: d.w * scaleX, h: d.h * scaleY });
        }
      }
    }
  }
  return { kind: 'looked', detections: all, inferenceMs };
}

/** The boxes that count, one for each object. */
export function chooseBoxes(
  all: readonly Detection[],
  picture: { widthPx: number; heightPx: number },
  thresholds: Thresholds,
): Detection[] {
  return merge(all.filter((d) => isCounted(d, picture, thresholds, STILL_RULES)));
}

/** Asks again while a worker that crashed is being replaced. The picture is made anew, since the detector takes its memory. */
async function ask(detector: Detector, make: () => DetectorPicture): Promise<Verdict> {
  for (let attempt = 1; ; attempt++) {
    const verdict = await detector.detect(make(), STALL_MS);
    const isFinal = verdict.kind === 'detected' || verdict.reason === 'model-missing' || attempt >= ATTEMPTS_MAX;
    if (isFinal) return verdict;
    await sleep(RETRY_MS);
  }
}

/** Boxes of one label that agree become the box that holds them. Best first. */
function merge(detections: readonly Detection[]): Detection[] {
  const merged: Detection[] = [];
  for (const d of [...detections].sort((a, b) => b.score - a.score)) {
    const at = merged.findIndex((m) => m.label === d.label && isSame(m, d));
    if (at < 0) merged.push(d);
    else merged[at] = { ...merged[at]!, ...hull(merged[at]!, d) };
  }
  return merged;
}

function isSame(a: Box, b: Box): boolean {
  return iou(a, b) > SAME_IOU_MIN || intersectionArea(a, b) > SAME_INSIDE_MIN * Math.min(areaOf(a), areaOf(b));
}

async function scale(
  { rgb, widthPx, heightPx }: RawPicture,
  toWidthPx: number,
  toHeightPx: number,
): Promise<Uint8Array> {
  if (toWidthPx === widthPx && toHeightPx === heightPx) return rgb;
  return await sharp(rgb, { raw: { width: widthPx, height: heightPx, channels: 3 }, limitInputPixels: false })
    .resize(toWidthPx, toHeightPx, { fit: 'fill', kernel: 'linear' })
    .raw()
    .toBuffer();
}

/** Where tiles begin on a side. */
function offsets(lengthPx: number): number[] {
  if (lengthPx <= TILE_PX) return [0];
  const count = Math.ceil((lengthPx - TILE_OVERLAP_PX) / (TILE_PX - TILE_OVERLAP_PX));
  return Array.from({ length: count }, (_, i) => Math.round(((lengthPx - TILE_PX) * i) / (count - 1)));
}

function cut(rgb: Uint8Array, widthPx: number, heightPx: number, x0: number, y0: number): DetectorPicture {
  const w = Math.min(TILE_PX, widthPx);
  const h = Math.min(TILE_PX, heightPx);
  const letterbox: Letterbox = letterboxSize(w, h, Math.max(w, h));
  const tile = new Uint8Array(letterbox.widthPx * letterbox.heightPx * 3);
  for (let y = 0; y < h; y++) {
    const from = ((y0 + y) * widthPx + x0) * 3;
    tile.set(rgb.subarray(from, from + w * 3), y * letterbox.widthPx * 3);
  }
  return { rgb: tile, ...letterbox };
}
