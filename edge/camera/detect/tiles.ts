/** How a frame is divided for a closer look: a grid of overlapping tiles, and which of their boxes count. Pure. */
import { areaOf, hull, intersectionArea, iou } from '../track/geometry.ts';
import { type Letterbox, letterboxSize, toFrame } from './letterbox.ts';
import type { Box, Detection } from './port.ts';

/** A tile's picture may be so much longer than the picture of the whole frame: 1280 px make two tiles of 688. */
const LENGTHENED = 1.1;
/** Tiles shrink a frame at least so much less than the look at the whole of it, or they are not worth it. */
const GAIN_MIN = 1.7;
/** Per side. More are seldom seen again: at 25 looks a second, nine take 0.4 s. */
const PER_SIDE_MAX = 3;
/** Of neighbouring tiles, in pixels of their pictures: wide, since plates are. */
const OVERLAP_PX = { x: 96, y: 48 } as const;
/** A box this near to an inner edge may be cut: the neighbour sees it whole. */
const EDGE_PX = 3;
/** Larger boxes are left to the look at the whole frame. Whatever is smaller lies whole and off the edges in one tile at least. */
const OBJECT_PX_MAX = { w: OVERLAP_PX.x - 2 * EDGE_PX, h: OVERLAP_PX.y - 2 * EDGE_PX } as const;
/** Boxes that overlap by more, or of which the smaller lies in the other by more, are one object. */
const SAME_IOU_MIN = 0.4;
const SAME_INSIDE_MIN = 0.8;

/** Part of a frame, in its pixels; all even, for subsampled chroma. */
export interface Tile extends Box {
  letterbox: Letterbox;
}

/** Tiles per side that a frame is worth; 1 where the look at the whole frame shows nearly all there is. */
export function tilesPerSide(frameWidthPx: number, frameHeightPx: number, longSidePx: number): number {
  const gain = Math.max(frameWidthPx, frameHeightPx) / longSidePx;
  return gain < GAIN_MIN ? 1 : Math.min(PER_SIDE_MAX, Math.max(2, Math.floor(gain)));
}

/** `perSide` x `perSide` tiles that cover the frame and overlap. */
export function tilesOf(frameWidthPx: number, frameHeightPx: number, longSidePx: number, perSide: number): Tile[] {
  const longFramePx = Math.max(frameWidthPx, frameHeightPx);
  const tileLongPx = LENGTHENED * longSidePx;
  // Solved for the scale at which tiles of that length cover the frame.
  const scale = Math.min(1, (perSide * tileLongPx - (perSide - 1) * OVERLAP_PX.x) / longFramePx);
  const xs = spans(frameWidthPx, perSide, OVERLAP_PX.x / scale);
  const ys = spans(frameHeightPx, perSide, OVERLAP_PX.y / scale);
  return ys.flatMap(([y, h]) =>
    xs.map(([x, w]) => ({ x, y, w, h, letterbox: letterboxSize(w, h, Math.round(scale * Math.max(w, h))) })),
  );
}

/** Where each span begins and how long it is; even numbers. */
function spans(lengthPx: number, count: number, overlapPx: number): [number, number][] {
  const even = (px: number): number => 2 * Math.floor(px / 2);
  const span = Math.min(even(lengthPx), even((lengthPx + (count - 1) * overlapPx) / count) + 2);
  return Array.from({ length: count }, (_, i) => [even(((lengthPx - span) * i) / (count - 1)), span]);
}

/** Faces and plates of a tile's picture that count, in pixels of the frame. */
export function boxesOfTile(
  detections: readonly Detection[],
  tile: Tile,
  frame: { widthPx: number; heightPx: number },
): Detection[] {
  const { contentWidthPx, contentHeightPx } = tile.letterbox;
  const isInner = {
    left: tile.x > 0,
    top: tile.y > 0,
    right: tile.x + tile.w < frame.widthPx - 2,
    bottom: tile.y + tile.h < frame.heightPx - 2,
  };
  const counting = detections.filter(({ label, x, y, w, h }) => {
    if (label !== 'face' && label !== 'plate') return false;
    if (w > OBJECT_PX_MAX.w || h > OBJECT_PX_MAX.h) return false;
    return !(
      (isInner.left && x < EDGE_PX) ||
      (isInner.top && y < EDGE_PX) ||
      (isInner.right && x + w > contentWidthPx - EDGE_PX) ||
      (isInner.bottom && y + h > contentHeightPx - EDGE_PX)
    );
  });
  return toFrame(counting, tile.letterbox, tile.w, tile.h).map((d) => ({ ...d, x: d.x + tile.x, y: d.y + tile.y }));
}

/** Boxes of two looks at one frame: those that agree become the box that holds both. */
export function mergeLooks(whole: readonly Detection[], close: readonly Detection[]): Detection[] {
  const merged = [...whole];
  for (const d of close) {
    const at = merged.findIndex((m) => m.label === d.label && isSame(m, d));
    if (at < 0) merged.push(d);
    else merged[at] = { ...merged[at]!, ...hull(merged[at]!, d), score: Math.max(merged[at]!.score, d.score) };
  }
  return merged;
}

function isSame(a: Box, b: Box): boolean {
  return iou(a, b) > SAME_IOU_MIN || intersectionArea(a, b) > SAME_INSIDE_MIN * Math.min(areaOf(a), areaOf(b));
}
