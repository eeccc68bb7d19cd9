/** Boxes: pure arithmetic, pixels, top-left origin. */
import type { Box } from '../detect/port.ts';

export const areaOf = (box: Box): number => box.w * box.h;

/** Mean side: what "its own size" means for gates and margins; plates are four times as wide as high. */
export const sizeOf = (box: Box): number => (box.w + box.h) / 2;

export const centreOf = (box: Box): { x: number; y: number } => ({ x: box.x + box.w / 2, y: box.y + box.h / 2 });

export function intersectionArea(a: Box, b: Box): number {
  const w = Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x);
  const h = Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y);
  return w > 0 && h > 0 ? w * h : 0;
}

export function iou(a: Box, b: Box): number {
  const inter = intersectionArea(a, b);
  return inter === 0 ? 0 : inter / (areaOf(a) + areaOf(b) - inter);
}

/** Smallest box that holds both. */
export function hull(a: Box, b: Box): Box {
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  return { x, y, w: Math.max(a.x + a.w, b.x + b.w) - x, h: Math.max(a.y + a.h, b.y + b.h) - y };
}

/** Grown by `dx` at the left and right and by `dy` at the top and bottom. */
export const inflate = (box: Box, dx: number, dy: number): Box => ({
  x: box.x - dx,
  y: box.y - dy,
  w: box.w + 2 * dx,
  h: box.h + 2 * dy,
});

export const shift = (box: Box, dx: number, dy: number): Box => ({ ...box, x: box.x + dx, y: box.y + dy });

/** Linear between `a` (u = 0) and `b` (u = 1). */
export const lerpBox = (a: Box, b: Box, u: number): Box => ({
  x: a.x + (b.x - a.x) * u,
  y: a.y + (b.y - a.y) * u,
  w: a.w + (b.w - a.w) * u,
  h: a.h + (b.h - a.h) * u,
});

/** The part inside the picture, or undefined when nothing is. */
export function clipBox(box: Box, widthPx: number, heightPx: number): Box | undefined {
  const x = Math.max(0, box.x);
  const y = Math.max(0, box.y);
  const w = Math.min(widthPx, box.x + box.w) - x;
  const h = Math.min(heightPx, box.y + box.h) - y;
  return w > 0 && h > 0 ? { x, y, w, h } : undefined;
}
