/**
 * Contact sheets: many small crops on one picture, for a person to look at. They show people and plates uncovered; whoever asks for them
 * is told so.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { messageOf, WorldError } from '../../base/errors.ts';
import type { Box } from '../detect/port.ts';
import { drawText } from '../draw/font.ts';
import { fillRect, type Rgb, strokeLines } from '../draw/primitives.ts';
import { createSurface, type Surface } from '../draw/surface.ts';
import type { RawPicture } from '../still/raw-picture.ts';
import { centreOf } from '../track/geometry.ts';

/** Side of a crop unless another is asked for. */
const CROP_PX = 200;
const CAPTION_LINES = 3;
const LINE_PX = 14;
const CAPITAL_PX = 8;
const GAP_PX = 4;
const JPEG_QUALITY = 85;
const INK: Rgb = [235, 235, 235];
/** Colours of outlines. */
export const TRUTH: Rgb = [60, 255, 90];
export const COVER: Rgb = [255, 90, 60];

export interface Outline {
  box: Box;
  colour: Rgb;
}

export interface Cell {
  surface: Surface;
  /** Up to three lines. */
  caption: readonly string[];
}

/** A part of the picture in a square, outlines drawn in. What lies outside of the picture is black. */
export async function cropOf(
  picture: RawPicture,
  part: Box,
  outlines: readonly Outline[],
  sidePx = CROP_PX,
): Promise<Surface> {
  const surface = createSurface(sidePx, sidePx);
  const left = Math.max(0, Math.floor(part.x));
  const top = Math.max(0, Math.floor(part.y));
  const right = Math.min(picture.widthPx, Math.ceil(part.x + part.w));
  const bottom = Math.min(picture.heightPx, Math.ceil(part.y + part.h));
  if (right <= left || bottom <= top) return surface;
  const scale = sidePx / Math.max(part.w, part.h);
  const width = Math.max(1, Math.min(sidePx, Math.round((right - left) * scale)));
  const height = Math.max(1, Math.min(sidePx, Math.round((bottom - top) * scale)));
  const { rgb, widthPx, heightPx } = picture;
  const pixels = await sharp(rgb, { raw: { width: widthPx, height: heightPx, channels: 3 }, limitInputPixels: false })
    .extract({ left, top, width: right - left, height: bottom - top })
    .resize(width, height, { fit: 'fill' })
    .raw()
    .toBuffer();
  const atX = Math.max(0, Math.min(sidePx - width, Math.round((left - part.x) * scale)));
  const atY = Math.max(0, Math.min(sidePx - height, Math.round((top - part.y) * scale)));
  for (let y = 0; y < height; y++) {
    surface.rgb.set(pixels.subarray(y * width * 3, (y + 1) * width * 3), ((atY + y) * sidePx + atX) * 3);
  }
  for (const { box, colour } of outlines) {
    const x0 = (box.x - part.x) * scale;
    const y0 = (box.y - part.y) * scale;
    const x1 = x0 + box.w * scale;
    const y1 = y0 + box.h * scale;
    const corners: [number, number][] = [
      [x0, y0],
      [x1, y0],
      [x1, y1],
      [x0, y1],
      [x0, y0],
    ];
    strokeLines(surface, [corners], 1.5, colour);
  }
  return surface;
}

/** A square around a box, with some surroundings. */
export function around(box: Box, sizes = 3, sidePxMin = 48): Box {
  const side = Math.max(sidePxMin, sizes * Math.max(box.w, box.h));
  const { x, y } = centreOf(box);
  return { x: x - side / 2, y: y - side / 2, w: side, h: side };
}

/** Cells of one size in rows, as many sheets as it takes: `<dir>/<name>-1.jpg` and so on. Returns their paths. */
export async function writeSheets(
  dir: string,
  name: string,
  cells: readonly Cell[],
  { columns, rowsMax }: { columns: number; rowsMax: number },
): Promise<string[]> {
  const files: string[] = [];
  const perSheet = columns * rowsMax;
  try {
    await mkdir(dir, { recursive: true });
    for (let from = 0; from < cells.length; from += perSheet) {
      const file = path.join(dir, `${name}-${from / perSheet + 1}.jpg`);
      const sheet = drawSheet(cells.slice(from, from + perSheet), columns);
      await sharp(sheet.rgb, { raw: { width: sheet.widthPx, height: sheet.heightPx, channels: 3 } })
        .jpeg({ quality: JPEG_QUALITY })
        .toFile(file);
      files.push(file);
    }
  } catch (error) {
    throw new WorldError('disk-failed', `can't write contact sheets to ${dir}: ${messageOf(error)}`, { cause: error });
  }
  return files;
}

function drawSheet(cells: readonly Cell[], columns: number): Surface {
  const sidePx = cells[0]?.surface.widthPx ?? 0;
  const pitchX = sidePx + GAP_PX;
  const pitchY = sidePx + CAPTION_LINES * LINE_PX + GAP_PX;
  const sheet = createSurface(columns * pitchX, Math.ceil(cells.length / columns) * pitchY);
  fillRect(sheet, 0, 0, sheet.widthPx, sheet.heightPx, [24, 24, 24]);
  for (const [i, { surface, caption }] of cells.entries()) {
    const x = (i % columns) * pitchX;
    const y = Math.floor(i / columns) * pitchY;
    for (let row = 0; row < sidePx; row++) {
      const pixels = surface.rgb.subarray(row * sidePx * 3, (row + 1) * sidePx * 3);
      sheet.rgb.set(pixels, ((y + row) * sheet.widthPx + x) * 3);
    }
    for (const [line, text] of caption.entries()) {
      const top = y + sidePx + 4 + line * LINE_PX;
      drawText(sheet, text, { x: x + 2, y: top, heightPx: CAPITAL_PX, color: INK, weightPx: 1.1 });
    }
  }
  return sheet;
}
