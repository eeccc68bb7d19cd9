/**
 * Coarser values: a place becomes an H3 cell, a time a bucket, a number a band. Each result is one of a fixed set that does not depend on
 * the data, so that two releases never differ by where a boundary was drawn.
 */
import { cellToParent, getResolution, isValidCell, latLngToCell } from 'h3-js';
import { UserError } from '../../base/errors.ts';

/** Finest cell: an edge of 76 m, about one section of a street. Anything finer is a position. */
export const H3_RESOLUTION_MAX = 10;

/** Bands of one field: more make a number readable again. */
export const BANDS_MAX = 64;

export const DAY_MS = 86_400_000;

/** The H3 cell of a WGS 84 place in degrees; undefined for what is no place on Earth. Throws a RangeError for a resolution out of 0 ... H3_RESOLUTION_MAX. */
export function h3CellOf(latitudeDeg: number, longitudeDeg: number, resolution: number): string | undefined {
  checkResolution(resolution);
  // Beyond these bounds h3-js wraps round instead of refusing.
  const isPlace = Math.abs(latitudeDeg) <= 90 && Math.abs(longitudeDeg) <= 180;
  return isPlace ? latLngToCell(latitudeDeg, longitudeDeg, resolution) : undefined;
}

/**
 * The ancestor of a cell. Cells of H3 do not nest exactly on the ground, so a coarser cell is always made from the finer one: made from the
 * place, it could hold what the finer cell's parent does not, and the difference of the two would show a strip along the edge. Throws a
 * RangeError for what is no cell and for a resolution finer than the cell's own.
 */
export function coarserCell(cell: string, resolution: number): string {
  checkResolution(resolution);
  if (!isValidCell(cell)) throw new RangeError('not an H3 cell');
  if (getResolution(cell) < resolution) throw new RangeError('a cell can be made coarser only');
  return cellToParent(cell, resolution);
}

/** Start of the bucket that holds a time (ms since 1970). `sizeMs` must divide a day, so that buckets of nested sizes nest. */
export function timeBucketStart(wallMs: number, sizeMs: number): number {
  checkBucket(sizeMs, 'the time bucket');
  return Math.floor(wallMs / sizeMs) * sizeMs;
}

/** Throws a UserError that names `what` unless the size is a whole number of milliseconds that divides a UTC day. */
export function checkBucket(sizeMs: number, what: string): void {
  if (!Number.isInteger(sizeMs) || sizeMs < 1 || DAY_MS % sizeMs !== 0)
    throw new UserError(`${what} does not divide a day`, {
      fix: 'use a length such as 1 min, 5 min, 15 min, 30 min, 1 h or 24 h',
    });
}

/** Half-open bands [a, b) between fixed edges, with one open band at either end: every number lies in exactly one. */
export class NumericBands {
  readonly #edges: readonly number[];
  /** In rising order, for example `(-inf,0)`, `[0,10)`, `[10,+inf)`. */
  readonly labels: readonly string[];

  /** Throws a UserError unless the edges are finite and rise. */
  constructor(edges: readonly number[]) {
    const rises = edges.every((edge, i) => Number.isFinite(edge) && (i === 0 || edge > edges[i - 1]!));
    if (edges.length === 0 || edges.length >= BANDS_MAX || !rises)
      throw new UserError('the edges of the bands are not a rising list of numbers', {
        fix: `write 1 to ${BANDS_MAX - 1} rising numbers, for example [0, 10, 20]`,
      });
    this.#edges = [...edges];
    this.labels = [...edges, Number.POSITIVE_INFINITY].map((edge, i) =>
      i === 0 ? `(-inf,${edge})` : `[${edges[i - 1]},${edge === Number.POSITIVE_INFINITY ? '+inf' : edge})`,
    );
  }

  /** Undefined for NaN, which is no number. */
  of(value: number): string | undefined {
    if (Number.isNaN(value)) return undefined;
    const above = this.#edges.findIndex((edge) => value < edge);
    return this.labels[above === -1 ? this.#edges.length : above];
  }
}

function checkResolution(resolution: number): void {
  if (!Number.isInteger(resolution) || resolution < 0 || resolution > H3_RESOLUTION_MAX)
    throw new RangeError(`an H3 resolution is a whole number from 0 to ${H3_RESOLUTION_MAX}`);
}
