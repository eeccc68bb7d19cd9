/**
 * A number drawn into a picture, so that a test knows which frame it is looking at after scaling, coding or both: 24 bits and 4 check
 * bits as black and white squares along the top edge, sized so that they survive a reduction to half.
 */
import type { Surface } from '../draw/surface.ts';

const BITS = 24;
const CHECK_BITS = 4;
const CELLS = BITS + CHECK_BITS;
/** Side of a square as a share of the picture's width. */
const CELL_SHARE = 1 / 80;

/** Height of the strip in pixels: what lies under it is not the picture any more. */
export const barcodeHeightPx = (widthPx: number): number => Math.ceil(widthPx * CELL_SHARE);

const checkOf = (value: number): number =>
  (value ^ (value >> 4) ^ (value >> 8) ^ (value >> 12) ^ (value >> 16) ^ (value >> 20)) & 15;

export function drawBarcode(surface: Surface, value: number): void {
  const side = surface.widthPx * CELL_SHARE;
  const word = value * 2 ** CHECK_BITS + checkOf(value);
  for (let y = 0; y < barcodeHeightPx(surface.widthPx); y++) {
    for (let x = 0; x < Math.floor(side * CELLS); x++) {
      const bit = Math.floor(word / 2 ** (CELLS - 1 - Math.floor(x / side))) % 2;
      surface.rgb.fill(bit ? 235 : 20, (y * surface.widthPx + x) * 3, (y * surface.widthPx + x) * 3 + 3);
    }
  }
}

/** The number, or undefined when the strip can't be read (covered, slate, broken). `contentWidthPx` is the width that the picture takes. */
export function readBarcode(
  rgb: Uint8Array,
  strideWidthPx: number,
  contentWidthPx = strideWidthPx,
): number | undefined {
  const side = contentWidthPx * CELL_SHARE;
  let word = 0;
  for (let i = 0; i < CELLS; i++) {
    const at = (Math.floor(side / 2) * strideWidthPx + Math.floor((i + 0.5) * side)) * 3;
    const level = (rgb[at]! + rgb[at + 1]! + rgb[at + 2]!) / 3;
    if (level > 80 && level < 170) return undefined;
    word = word * 2 + (level >= 170 ? 1 : 0);
  }
  const value = Math.floor(word / 2 ** CHECK_BITS);
  return checkOf(value) === word % 2 ** CHECK_BITS ? value : undefined;
}
