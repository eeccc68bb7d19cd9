/** Static masks: polygons of the configuration as row spans of a plane. */
import type { Plane } from './planes.ts';

export interface Point {
  x: number;
  y: number;
}

/**
 * Fills a polygon (luma pixels, even-odd rule) on one plane. Each sample row takes the union of the spans at its top, middle and
 * bottom, and spans are rounded outwards: a mask never leaves a rim of what it hides.
 */
export function fillPolygon(plane: Plane, polygon: readonly Point[], value: number): void {
  const s = plane.subsampling;
  const { data, stepBytes, strideBytes, offset } = plane;
  for (let y = 0; y < plane.heightPx; y++) {
    for (const at of [0.001, 0.5, 0.999]) {
      const xs = crossings(polygon, (y + at) * s);
      for (let i = 0; i + 1 < xs.length; i += 2) {
        const x0 = Math.max(0, Math.floor(xs[i]! / s));
        const x1 = Math.min(plane.widthPx, Math.ceil(xs[i + 1]! / s));
        for (let x = x0; x < x1; x++) data[offset + y * strideBytes + x * stepBytes] = value;
      }
    }
  }
}

function crossings(polygon: readonly Point[], y: number): number[] {
  const xs: number[] = [];
  for (let i = 0; i < polygon.length; i++) {
    const a = polygon[i]!;
    const b = polygon[(i + 1) % polygon.length]!;
    if (a.y <= y !== b.y <= y) xs.push(a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x));
  }
  return xs.sort((a, b) => a - b);
}
