/**
 * Text without a font file: strokes of our own, drawn anti-aliased on a `Surface`, or given as SVG paths. A fresh box has no fonts, and
 * libraries that look for them draw nothing at all then.
 */
import { CAP_HEIGHT, glyphOf } from './glyphs.ts';
import { type Rgb, strokeLines } from './primitives.ts';
import type { Surface } from './surface.ts';

export interface TextStyle {
  /** Left edge, centre or right edge of the text, by `align`. */
  x: number;
  /** Top of the capitals. */
  y: number;
  /** Height of a capital letter. */
  heightPx: number;
  color: Rgb;
  /** Thickness of a stroke; by default a ninth of the height. */
  weightPx?: number;
  align?: 'left' | 'center' | 'right';
  /** 0 to 1, default 1. */
  opacity?: number;
}

const SPACING = 1.5;

/** Width of a line of text in pixels. */
export function measureText(text: string, heightPx: number): number {
  let width = 0;
  for (const character of text) width += glyphOf(character).width + SPACING;
  return (Math.max(0, width - SPACING) * heightPx) / CAP_HEIGHT;
}

/** Strokes of a line of text: polylines in pixels, capitals from y 0 to `heightPx`, starting at x 0. */
export function textPaths(text: string, heightPx: number): [x: number, y: number][][] {
  const scale = heightPx / CAP_HEIGHT;
  const paths: [number, number][][] = [];
  let left = 0;
  for (const character of text) {
    const glyph = glyphOf(character);
    for (const stroke of glyph.strokes) paths.push(stroke.map(([x, y]) => [(left + x) * scale, y * scale]));
    left += glyph.width + SPACING;
  }
  return paths;
}

/** Draws one line of text; what falls outside the surface is cut off. */
export function drawText(surface: Surface, text: string, style: TextStyle): void {
  const { heightPx, align = 'left' } = style;
  const shift = align === 'left' ? 0 : measureText(text, heightPx) * (align === 'center' ? 0.5 : 1);
  const paths = textPaths(text, heightPx);
  for (const path of paths) {
    for (const point of path) {
      point[0] += style.x - shift;
      point[1] += style.y;
    }
  }
  strokeLines(surface, paths, style.weightPx ?? heightPx / 9, style.color, style.opacity ?? 1);
}
