/** Colours as they are written into SVG. */
import type { Rgb } from '../../draw/primitives.ts';

export function css(color: Rgb): string {
  return `rgb(${color.map((value) => Math.round(Math.max(0, Math.min(255, value)))).join(',')})`;
}

/** The colour made lighter (factor above 1) or darker. */
export function shade(color: Rgb, factor: number): Rgb {
  return [color[0] * factor, color[1] * factor, color[2] * factor];
}

export function mix(a: Rgb, b: Rgb, share: number): Rgb {
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share];
}
