/** Anti-aliased primitives on a `Surface`. Everything is clipped to the surface; nothing allocates in proportion to it. */
import type { Surface } from './surface.ts';

/** Red, green, blue, 0 to 255. */
export type Rgb = readonly [r: number, g: number, b: number];
export type Point = readonly [x: number, y: number];

export function fillRect(surface: Surface, x: number, y: number, w: number, h: number, color: Rgb, opacity = 1): void {
  fillPolygon(
    surface,
    [
      [x, y],
      [x + w, y],
      [x + w, y + h],
      [x, y + h],
    ],
    color,
    opacity,
  );
}

const SUBROWS = 4;

/** Fills a polygon (even-odd rule); edges are anti-aliased, exactly along x and by four sub-rows along y. */
export function fillPolygon(surface: Surface, points: readonly Point[], color: Rgb, opacity = 1): void {
  const { widthPx, heightPx, rgb } = surface;
  let top = Number.POSITIVE_INFINITY;
  let bottom = Number.NEGATIVE_INFINITY;
  let left = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  for (const [x, y] of points) {
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
    left = Math.min(left, x);
    right = Math.max(right, x);
  }
  const y0 = Math.max(0, Math.floor(top));
  const y1 = Math.min(heightPx, Math.ceil(bottom));
  const x0 = Math.max(0, Math.floor(left));
  const x1 = Math.min(widthPx, Math.ceil(right));
  if (!(y1 > y0 && x1 > x0)) return;
  const coverage = new Float32Array(x1 - x0 + 2);
  const crossings: number[] = [];
  for (let y = y0; y < y1; y++) {
    coverage.fill(0);
    for (let sub = 0; sub < SUBROWS; sub++) {
      const sampleY = y + (sub + 0.5) / SUBROWS;
      crossings.length = 0;
      for (let i = 0; i < points.length; i++) {
        const [ax, ay] = points[i]!;
        const [bx, by] = points[(i + 1) % points.length]!;
        if (ay <= sampleY !== by <= sampleY) crossings.push(ax + ((sampleY - ay) / (by - ay)) * (bx - ax));
      }
      crossings.sort((a, b) => a - b);
      for (let i = 0; i + 1 < crossings.length; i += 2) {
        addSpan(coverage, Math.max(crossings[i]!, x0) - x0, Math.min(crossings[i + 1]!, x1) - x0);
      }
    }
    let running = 0;
    let at = (y * widthPx + x0) * 3;
    for (let x = 0; x < x1 - x0; x++, at += 3) {
      running += coverage[x]!;
      const alpha = Math.min(1, running / SUBROWS) * opacity;
      if (alpha > 0.002) blend(rgb, at, color, alpha);
    }
  }
}

/** Adds a span of one sub-row to a difference array, with exact shares at both ends. */
function addSpan(coverage: Float32Array, from: number, to: number): void {
  if (!(to > from)) return;
  addEdge(coverage, from, 1);
  addEdge(coverage, to, -1);
}

function addEdge(coverage: Float32Array, x: number, sign: number): void {
  const whole = Math.floor(x);
  const inside = 1 - (x - whole);
  coverage[whole] = coverage[whole]! + sign * inside;
  coverage[whole + 1] = coverage[whole + 1]! + sign * (1 - inside);
}

/** Strokes polylines with round caps and joins. Overlapping strokes are painted once, so a translucent colour stays even. */
export function strokeLines(
  surface: Surface,
  lines: readonly (readonly Point[])[],
  weightPx: number,
  color: Rgb,
  opacity = 1,
): void {
  const radius = Math.max(0.35, weightPx / 2);
  const reach = radius + 1;
  let top = Number.POSITIVE_INFINITY;
  let bottom = Number.NEGATIVE_INFINITY;
  let left = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  for (const line of lines) {
    for (const [x, y] of line) {
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
      left = Math.min(left, x);
      right = Math.max(right, x);
    }
  }
  const x0 = Math.max(0, Math.floor(left - reach));
  const y0 = Math.max(0, Math.floor(top - reach));
  const x1 = Math.min(surface.widthPx, Math.ceil(right + reach));
  const y1 = Math.min(surface.heightPx, Math.ceil(bottom + reach));
  const width = x1 - x0;
  if (!(width > 0 && y1 > y0)) return;
  const coverage = new Float32Array(width * (y1 - y0));
  const area = { x0, y0, x1, y1, coverage };
  for (const line of lines) {
    for (let i = 0; i + 1 < line.length; i++) coverSegment(area, line[i]!, line[i + 1]!, radius);
  }
  for (let y = y0; y < y1; y++) {
    for (let x = x0; x < x1; x++) {
      const alpha = coverage[(y - y0) * width + x - x0]! * opacity;
      if (alpha > 0.002) blend(surface.rgb, (y * surface.widthPx + x) * 3, color, alpha);
    }
  }
}

interface CoverageArea {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
  coverage: Float32Array;
}

function coverSegment(area: CoverageArea, a: Point, b: Point, radius: number): void {
  const reach = radius + 1;
  const width = area.x1 - area.x0;
  const dx = b[0] - a[0];
  const dy = b[1] - a[1];
  const squared = dx * dx + dy * dy;
  const fromX = Math.max(area.x0, Math.floor(Math.min(a[0], b[0]) - reach));
  const toX = Math.min(area.x1, Math.ceil(Math.max(a[0], b[0]) + reach));
  const fromY = Math.max(area.y0, Math.floor(Math.min(a[1], b[1]) - reach));
  const toY = Math.min(area.y1, Math.ceil(Math.max(a[1], b[1]) + reach));
  for (let y = fromY; y < toY; y++) {
    for (let x = fromX; x < toX; x++) {
      const px = x + 0.5 - a[0];
      const py = y + 0.5 - a[1];
      const along = squared === 0 ? 0 : Math.max(0, Math.min(1, (px * dx + py * dy) / squared));
      const cover = Math.min(1, radius + 0.5 - Math.hypot(px - along * dx, py - along * dy));
      const at = (y - area.y0) * width + x - area.x0;
      if (cover > area.coverage[at]!) area.coverage[at] = cover;
    }
  }
}

function blend(rgb: Uint8Array, at: number, color: Rgb, alpha: number): void {
  if (alpha > 0.998) {
    rgb[at] = color[0];
    rgb[at + 1] = color[1];
    rgb[at + 2] = color[2];
    return;
  }
  rgb[at] = rgb[at]! + (color[0] - rgb[at]!) * alpha + 0.5;
  rgb[at + 1] = rgb[at + 1]! + (color[1] - rgb[at + 1]!) * alpha + 0.5;
  rgb[at + 2] = rgb[at + 2]! + (color[2] - rgb[at + 2]!) * alpha + 0.5;
}
