/**
 * The cover kernels: they overwrite a rectangle of one plane.
 *
 * What stays of the hidden pixels is at most CELLS x CELLS mean values per component, quantised to whole steps of 8 bit and noised:
 * `reduceToCells()` is the only reader of the pixels, `paintCells()` sees nothing but its result. Small regions keep fewer cells, so
 * that a cell is never finer than CELL_PX_MIN. Blur alone does not hide (Gaussian-blurred faces are re-identified, see
 * docs in edge/ARCHITECTURE.md); the loss of information here comes from the cells, and the smooth look only from their upsampling.
 *
 * The noise is a function of a key that never leaves the process, the track and the cell: frozen per track, so that averaging
 * many frames does not remove it.
 */
import type { Look } from '../../config/schema.ts';
import type { Plane } from './planes.ts';

/** Cells per side, at most. */
export const CELLS = 4;
/** A cell covers at least this many luma pixels in each direction. */
const CELL_PX_MIN = 6;
/** Noise: uniform in +-NOISE_STEPS of 255. */
const NOISE_STEPS = 10;
/** Value of a solid cover: dark neutral grey. */
export const SOLID_LUMA = 48;
export const NEUTRAL_CHROMA = 128;

/** Samples, right and bottom exclusive. */
export interface PlaneRect {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

/** All that survives of a region: `columns` x `rows` values, row-major. */
export interface Cells {
  columns: number;
  rows: number;
  values: Uint8Array;
}

/** Cells for a side of so many luma pixels: 1 to CELLS. */
export function cellCount(lumaPx: number): number {
  return Math.max(1, Math.min(CELLS, Math.floor(lumaPx / CELL_PX_MIN)));
}

/** Bounds of part `i` of `n` of [from, to); never empty while to - from >= n. */
const cut = (from: number, to: number, i: number, n: number): number => from + Math.floor(((to - from) * i) / n);

/** Mean of each cell, rounded. The rectangle must lie inside the plane and not be empty. */
export function reduceToCells(plane: Plane, rect: PlaneRect): Cells {
  const columns = Math.min(cellCount((rect.x1 - rect.x0) * plane.subsampling), rect.x1 - rect.x0);
  const rows = Math.min(cellCount((rect.y1 - rect.y0) * plane.subsampling), rect.y1 - rect.y0);
  const values = new Uint8Array(columns * rows);
  const { data, stepBytes, strideBytes } = plane;
  for (let r = 0; r < rows; r++) {
    const yEnd = cut(rect.y0, rect.y1, r + 1, rows);
    for (let c = 0; c < columns; c++) {
      const xStart = cut(rect.x0, rect.x1, c, columns);
      const xEnd = cut(rect.x0, rect.x1, c + 1, columns);
      let sum = 0;
      let count = 0;
      for (let y = cut(rect.y0, rect.y1, r, rows); y < yEnd; y++) {
        let at = plane.offset + y * strideBytes + xStart * stepBytes;
        const end = plane.offset + y * strideBytes + xEnd * stepBytes;
        count += xEnd - xStart;
        for (; at < end; at += stepBytes) sum += data[at]!;
      }
      values[r * columns + c] = Math.round(sum / count);
    }
  }
  return { columns, rows, values };
}

/** Adds the track's frozen noise. `component` tells luma from the two chroma planes. */
export function noiseCells(cells: Cells, key: Uint32Array, track: number, component: number): Cells {
  const values = cells.values.map((value, i) => {
    const noise = (hash(key, track, component * 16 + i) % (2 * NOISE_STEPS + 1)) - NOISE_STEPS;
    return Math.max(0, Math.min(255, value + noise));
  });
  return { ...cells, values };
}

/** Paints the cells over the rectangle: bilinear between cell centres (`blur`) or as flat tiles (`mosaic`). */
export function paintCells(plane: Plane, rect: PlaneRect, cells: Cells, look: Exclude<Look, 'solid'>): void {
  const width = rect.x1 - rect.x0;
  const height = rect.y1 - rect.y0;
  const { data, stepBytes, strideBytes } = plane;
  const across = samplePositions(width, cells.columns, look);
  const down = samplePositions(height, cells.rows, look);
  const line = new Float64Array(cells.columns);
  for (let y = 0; y < height; y++) {
    const row = down.index[y]! * cells.columns;
    const nextRow = Math.min(cells.rows - 1, down.index[y]! + 1) * cells.columns;
    const v = down.fraction[y]!;
    for (let c = 0; c < cells.columns; c++) {
      const top = cells.values[row + c]!;
      line[c] = top + (cells.values[nextRow + c]! - top) * v;
    }
    let at = plane.offset + (rect.y0 + y) * strideBytes + rect.x0 * stepBytes;
    for (let x = 0; x < width; x++, at += stepBytes) {
      const c = across.index[x]!;
      const left = line[c]!;
      data[at] = left + (line[Math.min(cells.columns - 1, c + 1)]! - left) * across.fraction[x]! + 0.5;
    }
  }
}

/** For each sample: the cell to its left (or its own), and how far it is towards the next. */
function samplePositions(length: number, cells: number, look: Look): { index: Uint8Array; fraction: Float32Array } {
  const index = new Uint8Array(length);
  const fraction = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    const position = ((i + 0.5) * cells) / length;
    if (look === 'mosaic') {
      index[i] = Math.min(cells - 1, Math.floor(position));
    } else {
      const centred = Math.max(0, Math.min(cells - 1, position - 0.5));
      index[i] = Math.floor(centred);
      fraction[i] = centred - Math.floor(centred);
    }
  }
  return { index, fraction };
}

/** One value over the rectangle. */
export function fillRect(plane: Plane, rect: PlaneRect, value: number): void {
  const { data, stepBytes, strideBytes, offset } = plane;
  for (let y = rect.y0; y < rect.y1; y++) {
    const from = offset + y * strideBytes + rect.x0 * stepBytes;
    const to = offset + y * strideBytes + rect.x1 * stepBytes;
    if (stepBytes === 1) data.fill(value, from, to);
    else for (let at = from; at < to; at += stepBytes) data[at] = value;
  }
}

/** 32-bit mix of key and counters (the finaliser of MurmurHash3, keyed). Not a cipher: the key only has to be unknown. */
function hash(key: Uint32Array, a: number, b: number): number {
  let h = (key[0]! ^ Math.imul(a, 0x9e3779b1)) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b) ^ key[1]!;
  h = Math.imul(h ^ (h >>> 13) ^ Math.imul(b, 0xc2b2ae35), 0x27d4eb2f) ^ key[2]!;
  h = Math.imul(h ^ (h >>> 16), 0x165667b1) ^ key[3]!;
  return (h ^ (h >>> 15)) >>> 0;
}
