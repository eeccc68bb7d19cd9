/** How well covers hide labelled boxes: the measures that all of `garim evaluate` shares. */
import type { Box } from '../detect/port.ts';
import { inflate } from '../track/geometry.ts';

/** Share of a box from which it counts as covered. */
const COVERED_SHARE_MIN = 0.8;
/** A labelled box grown by this share of its size on each side is no place of over-cover. */
const NEAR = 0.5;
const GRID_LONG_SIDE = 512;

/** Share of the box under the union of the covers, exactly: the area is cut along all edges. */
export function hiddenShare(box: Box, covers: readonly Box[]): number {
  const parts = covers
    .map((c) => ({
      x0: Math.max(c.x, box.x),
      y0: Math.max(c.y, box.y),
      x1: Math.min(c.x + c.w, box.x + box.w),
      y1: Math.min(c.y + c.h, box.y + box.h),
    }))
    .filter((p) => p.x1 > p.x0 && p.y1 > p.y0);
  const xs = [...new Set(parts.flatMap((p) => [p.x0, p.x1]))].sort((a, b) => a - b);
  let area = 0;
  for (let i = 0; i + 1 < xs.length; i++) {
    const spans = parts.filter((p) => p.x0 <= xs[i]! && p.x1 >= xs[i + 1]!).sort((a, b) => a.y0 - b.y0);
    let end = Number.NEGATIVE_INFINITY;
    for (const { y0, y1 } of spans) {
      area += (xs[i + 1]! - xs[i]!) * Math.max(0, y1 - Math.max(y0, end));
      end = Math.max(end, y1);
    }
  }
  return area / (box.w * box.h);
}

export const isHidden = (box: Box, covers: readonly Box[]): boolean => hiddenShare(box, covers) >= COVERED_SHARE_MIN;

/** Share of the picture that is hidden away from every labelled box. */
export function overCover(
  { width, height, boxes }: { width: number; height: number; boxes: readonly Box[] },
  covers: readonly Box[],
): number {
  const k = GRID_LONG_SIDE / Math.max(width, height);
  const w = Math.max(1, Math.round(width * k));
  const h = Math.max(1, Math.round(height * k));
  const grid = new Uint8Array(w * h);
  const fill = (box: Box, value: number): void => {
    const x0 = Math.max(0, Math.round(box.x * k));
    const x1 = Math.min(w, Math.round((box.x + box.w) * k));
    for (let y = Math.max(0, Math.round(box.y * k)); y < Math.min(h, Math.round((box.y + box.h) * k)); y++) {
      if (x1 > x0) grid.fill(value, y * w + x0, y * w + x1);
    }
  };
  for (const cover of covers) fill(cover, 1);
  for (const box of boxes) fill(inflate(box, NEAR * box.w, NEAR * box.h), 0);
  return grid.reduce((sum, value) => sum + value, 0) / grid.length;
}

/** Heights of boxes, in pixels of the picture as stored, at which one band ends and the next begins. */
export const BANDS_PX = [0, 12, 16, 24, 48] as const;
export const BAND_NAMES = BANDS_PX.map((from, i) => {
  const to = BANDS_PX[i + 1];
  return to === undefined ? `>=${from}` : from === 0 ? `<${to}` : `${from}-${to}`;
});

/** Number of the band. */
export const bandOf = (heightPx: number): number => BANDS_PX.findLastIndex((px) => heightPx >= px);

/** Boxes, or frames of objects, and how many of them are covered. */
export interface Tally {
  covered: number;
  total: number;
}

/** One tally for each band. */
export type Bands = Tally[];

export const emptyBands = (): Bands => BANDS_PX.map(() => ({ covered: 0, total: 0 }));

export function count(bands: Bands, heightPx: number, isCovered: boolean): void {
  const tally = bands[bandOf(heightPx)]!;
  tally.total++;
  if (isCovered) tally.covered++;
}

/** All boxes from a height on. */
export function tallyFrom(bands: Bands, heightPxMin: number): Tally {
  const sum = { covered: 0, total: 0 };
  for (const [i, { covered, total }] of bands.entries()) {
    if (BANDS_PX[i]! < heightPxMin) continue;
    sum.covered += covered;
    sum.total += total;
  }
  return sum;
}
