/**
 * Finds faces and plates in a still: recall first, at several scales, since a picture gets one chance and no track.
 *
 * Each pass scales the whole picture to a long side; what is then larger than the networks' input is cut into overlapping tiles. The boxes
 * of all passes count (their union covers more than the best of them), and boxes that agree become one. A box counts from its label's
 * threshold in the manifest, lowered for small boxes and raised for large ones: a small false cover costs little, a large one much.
 *
 * Measured with perf/stills.ts; the table is in models/cards/garim-street-v2.md. Pictures of several times the area of 1080p cost
 * seconds. One call at a time, as the detector's.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { type Letterbox, letterboxSize } from '../detect/letterbox.ts';
import type { Box, Detection, DetectionLabel, Detector, DetectorPicture, Verdict } from '../detect/port.ts';
import { areaOf, hull, intersectionArea, iou } from '../track/geometry.ts';
import type { RawPicture } from './raw-picture.ts';

/** Long sides of the passes. Large objects are found at the small ones, far objects of large pictures in tiles of the others. */
export const STILL_PASSES_PX: readonly number[] = [416, 640, 1024, 1792, 3584, 7168];
/** The first three see every picture, enlarged if need be; the others only pictures that they don't enlarge by much. */
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

/** Change of the threshold per tenfold area, around boxes of this share of the picture, at which the manifest's holds. */
const THRESHOLD_STEP = 0.08;
const AREA_SHARE_NEUTRAL: Readonly<Record<DetectionLabel, number>> = {
  face: 7e-4,
  plate: 1e-3,
  person: 1e-3,
  vehicle: 1e-3,
};
/** The most that a small box's threshold is lowered by; the detector must answer with boxes from there on. */
export const STILL_THRESHOLD_OFFSET = -THRESHOLD_STEP;

export interface FindOptions {
  detector: Detector;
  /** The manifest's thresholds, from which the size dependence goes out. */
  thresholds: Partial<Record<Detection['label'], number>>;
  passesPx?: readonly number[];
}

type Found = { kind: 'found'; detections: Detection[] } | Extract<Verdict, { kind: 'unavailable' }>;

/** Boxes in pixels of the picture. One pass without an answer is no answer. */
export async function findInPicture(picture: RawPicture, options: FindOptions): Promise<Found> {
  const { detector, thresholds, passesPx = STILL_PASSES_PX } = options;
  const { widthPx, heightPx } = picture;
  const all: Detection[] = [];
  for (const longSidePx of passesPx) {
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
        for (const d of verdict.detections) {
          all.push({ ...d, x: (d.x + x0) * scaleX, y: (d.y + y0) * scaleY, w: d.w * scaleX, h: d.h * scaleY });
        }
      }
    }
  }
  const area = widthPx * heightPx;
  const counted = all.filter((d) => d.score >= (thresholds[d.label] ?? 0) + sizePenalty(d.label, (d.w * d.h) / area));
  return { kind: 'found', detections: merge(counted) };
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

/** Added to the threshold. From a tenth of the neutral area on downwards it stays at the least. */
function sizePenalty(label: DetectionLabel, areaShare: number): number {
  return THRESHOLD_STEP * Math.log10(Math.max(areaShare / AREA_SHARE_NEUTRAL[label], 0.1));
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
