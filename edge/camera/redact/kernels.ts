/**
 * The cover kernels: they overwrite a rectangle of one plane.
 *
 * What stays of the hidden pixels is at most CELLS x CELLS mean values per component, quantised to whole steps of 8 bit and noised:
 * `reduceToCells()` is the only reader of the pixels, `paintCells()` sees nothing but its result. Small regions keep fewer cells, so
 * that a cell is never finer than CELL_PX_MIN. Blur alone does not hide (Gaussian-blurred faces are re-identified, see
 * docs in edge/ARCHITECTURE.md); the loss of information here comes from the cells, and the smooth look only from their upsampling.
 *
 * The noise is a function of a key that never leaves the process, the track, the sample and the cell. How often a track is sampled at
 * all, and so how much many frames tell together, is track-cells.ts's business.
 */
import type { Look } from '../../config/schema.ts';
import type { Plane } from './planes.ts';

/** Cells per side, at most. */
export const CELLS = 4;
/** A cell covers at least this many luma pixels in each direction. */
const CELL_PX_MIN = 6;
/** Noise: uniform in +-NOISE_STEPS of 255. */
const NOISE_STEPS = 10;
/** From this size on (samples) each second row of a cover repeats the one above: nobody sees the difference, and it halves the work. */
const DOUBLED_FROM = 48;
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

/** Adds the track's noise. `component` tells the planes, and the samples of a track, from each other. */
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
  const { columns, rows, values } = cells;
  const runs = look === 'blur' ? slopes(width, columns) : tiles(width, columns);
  const line = new Float64Array(columns);
  const isDoubled = stepBytes === 1 && width >= DOUBLED_FROM && height >= DOUBLED_FROM;
  for (let y = 0; y < height; y++) {
    if (isDoubled && y % 2 === 1) {
      const from = plane.offset + (rect.y0 + y - 1) * strideBytes + rect.x0;
      data.copyWithin(from + strideBytes, from, from + width);
      continue;
    }
    const { index, fraction } = position(y, height, rows, look);
    const top = index * columns;
    const bottom = Math.min(rows - 1, index + 1) * columns;
    for (let c = 0; c < columns; c++) line[c] = values[top + c]! + (values[bottom + c]! - values[top + c]!) * fraction;
    let at = plane.offset + (rect.y0 + y) * strideBytes + rect.x0 * stepBytes;
    for (const { left, right, first, step, length } of runs) {
      // 16.16 fixed point: one addition and one shift per sample.
      const span = (line[right]! - line[left]!) * 65536;
      let value = Math.round(line[left]! * 65536 + span * first + 32768);
      const slope = Math.round(span * step);
      for (const end = at + length * stepBytes; at < end; at += stepBytes) {
        data[at] = value >> 16;
        value += slope;
      }
    }
  }
}

/** Samples in a row that lie between the same two cell centres: value = left + (right - left) * (first + i * step). */
interface Run {
  left: number;
  right: number;
  first: number;
  step: number;
  length: number;
}

function tiles(width: number, columns: number): Run[] {
  return Array.from({ length: columns }, (_, c) => {
    const length = cut(0, width, c + 1, columns) - cut(0, width, c, columns);
    return { left: c, right: c, first: 0, step: 0, length };
  });
}

function slopes(width: number, columns: number): Run[] {
  const runs: Run[] = [];
  const step = columns / width;
  for (let x = 0; x < width; x++) {
    const { index, fraction } = position(x, width, columns, 'blur');
    const last = runs.at(-1);
    const isFlat = (x + 0.5) * step <= 0.5;
    if (last && last.left === index && isFlat === (last.step === 0 && index === 0 && columns > 1)) last.length++;
    else {
      const right = Math.min(columns - 1, index + 1);
      runs.push({ left: index, right: isFlat ? index : right, first: fraction, step: isFlat ? 0 : step, length: 1 });
    }
  }
  return runs;
}

/** The cell before sample `i` of `length`, and how far it is towards the next one. */
function position(i: number, length: number, cells: number, look: Look): { index: number; fraction: number } {
  const at = ((i + 0.5) * cells) / length;
  if (look === 'mosaic') return { index: Math.min(cells - 1, Math.floor(at)), fraction: 0 };
  const centred = Math.max(0, Math.min(cells - 1, at - 0.5));
  return { index: Math.floor(centred), fraction: centred - Math.floor(centred) };
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
