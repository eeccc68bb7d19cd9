/** Static masks: polygons of the configuration as row spans of a plane. */
import type { Plane } from './planes.ts';

export interface Point {
  x: number;
  y: number;
}

/**
 * Fills a polygon (luma pixels) on one plane, also where its outline runs over itself (nonzero winding rule): a hand-drawn loop leaves no
 * hole. Each sample row takes the union of the spans at its top, middle and bottom, and spans are rounded outwards: a mask never leaves a
 * rim of what it hides.
 */
export function fillPolygon(plane: Plane, polygon: readonly Point[], value: number): void {
  const s = plane.subsampling;
  const { data, stepBytes, strideBytes, offset } = plane;
  for (let y = 0; y < plane.heightPx; y++) {
    for (const at of [0.001, 0.5, 0.999]) {
      let winding = 0;
      let from = 0;
      for (const { x, direction } of crossings(polygon, (y + at) * s)) {
        if (winding === 0) from = x;
        winding += direction;
        if (winding !== 0) continue;
        const x0 = Math.max(0, Math.floor(from / s));
        const x1 = Math.min(plane.widthPx, Math.ceil(x / s));
        for (let i = x0; i < x1; i++) data[offset + y * strideBytes + i * stepBytes] = value;
      }
    }
  }
}

/** Where the outline crosses a row, from left to right, and whether it goes down (1) or up (-1) there. */
function crossings(polygon: readonly Point[], y: number): { x: number; direction: 1 | -1 }[] {
  const found: { x: number; direction: 1 | -1 }[] = [];
  for (let i = 0; i < polygon.length; i++) {
    const a = polygon[i]!;
    const b = polygon[(i + 1) % polygon.length]!;
    if (a.y <= y === b.y <= y) continue;
    found.push({ x: a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x), direction: a.y <= y ? 1 : -1 });
  }
  return found.sort((a, b) => a.x - b.x);
}
