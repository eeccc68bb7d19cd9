/**
 * A still that has been through the filter: the only thing that the picture writer takes. As with FilteredFrame, only this folder can
 * make one, and a private brand is checked at run time.
 */
import type { CoverPlan } from './plan.ts';

const token = Symbol('made by redact/');

export class FilteredPicture {
  readonly #rgb: Uint8Array;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly cover: CoverPlan['kind'];

  constructor(made: symbol, rgb: Uint8Array, widthPx: number, heightPx: number, cover: CoverPlan['kind']) {
    if (made !== token) throw new TypeError('a FilteredPicture is made by redact/ only');
    this.#rgb = rgb;
    this.widthPx = widthPx;
    this.heightPx = heightPx;
    this.cover = cover;
  }

  static isFiltered(value: unknown): value is FilteredPicture {
    return typeof value === 'object' && value !== null && #rgb in value;
  }

  /** RGB, 8 bit, row-major without padding. */
  get rgb(): Uint8Array {
    return this.#rgb;
  }
}

/** For picture-redactor.ts alone. */
export function markFilteredPicture(
  rgb: Uint8Array,
  widthPx: number,
  heightPx: number,
  cover: CoverPlan['kind'],
): FilteredPicture {
  return new FilteredPicture(token, rgb, widthPx, heightPx, cover);
}
