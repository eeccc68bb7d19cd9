/**
 * A picture that has been through the filter: the only thing that the encoder and the snapshot maker take.
 *
 * It can be made in this folder only: the constructor asks for a token that this module keeps, and `isFiltered()` checks a private
 * brand at run time, so neither a cast nor an object that looks alike gets past it. (A brand does not survive `postMessage`, so
 * redaction and encoding live in the process that decoded.)
 */
import type { Frame } from 'node-av/lib';
import type { CoverPlan } from './plan.ts';

const token = Symbol('made by redact/');

export class FilteredFrame implements Disposable {
  readonly #av: Frame;
  readonly ptsUs: number;
  readonly capturedMs: number;
  readonly cover: CoverPlan['kind'] | 'slate';
  readonly #release: () => void;
  #disposed = false;

  constructor(
    made: symbol,
    av: Frame,
    release: () => void,
    ptsUs: number,
    capturedMs: number,
    cover: CoverPlan['kind'] | 'slate',
  ) {
    if (made !== token) throw new TypeError('a FilteredFrame is made by redact/ only');
    this.#av = av;
    this.#release = release;
    this.ptsUs = ptsUs;
    this.capturedMs = capturedMs;
    this.cover = cover;
  }

  static isFiltered(value: unknown): value is FilteredFrame {
    return typeof value === 'object' && value !== null && #av in value;
  }

  /** The native frame, for encoders; do not keep it. */
  get av(): Frame {
    return this.#av;
  }

  get widthPx(): number {
    return this.#av.width;
  }

  get heightPx(): number {
    return this.#av.height;
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#release();
  }
}

/** For redactor.ts alone; the import-graph test forbids any other importer. `release` is called once, at disposal. */
export function markFiltered(
  av: Frame,
  release: () => void,
  ptsUs: number,
  capturedMs: number,
  cover: CoverPlan['kind'] | 'slate',
): FilteredFrame {
  return new FilteredFrame(token, av, release, ptsUs, capturedMs, cover);
}
