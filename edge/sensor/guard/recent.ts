/**
 * Exact cells that were released lately, since later ones can be subtracted from them. Bounded; what was forgotten is known. It dies with the
 * process, which loses nothing: windows that began before the process are never released, and those that a released window holds
 * are over before it is.
 */
import type { Release } from '../messages.ts';
import { DAY_MS } from '../transform/generalise.ts';

/** The longest window, and as long again: what lies in it can still be part of a window that is released now. */
const RECENT_MS_MAX = 2 * DAY_MS;

/** About 10 MB: a day of five-minute windows of 16 sensors with 14 cells each. */
const RECENT_CELLS_MAX = 65_536;

/** One released figure of contributors, passages or things. */
export interface ExactCell {
  readonly sensor: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly group: Release['cells'][number]['group'];
  /** Which figure of its cell: `contributors`, or the field whose things are counted. */
  readonly figure: string;
  readonly count: number;
  /** Of its release. */
  readonly index: number;
}

export class RecentCells {
  #cells: ExactCell[] = [];
  #forgottenBeforeMs = Number.NEGATIVE_INFINITY;

  /** Cells whose time touches the window, and those that touch these; undefined when some that did are forgotten. */
  around(window: Release['window']): readonly ExactCell[] | undefined {
    const touching = this.#during(window);
    const startMs = touching.reduce((least, cell) => Math.min(least, cell.startMs), window.startMs);
    const endMs = touching.reduce((most, cell) => Math.max(most, cell.endMs), window.endMs);
    return startMs < this.#forgottenBeforeMs ? undefined : this.#during({ startMs, endMs });
  }

  /** What is added now is the present: cells far ahead of it come from a clock that was, and would push out all that is to come. */
  add(cells: readonly ExactCell[]): void {
    if (cells.length === 0) return;
    this.#cells.push(...cells);
    const newestMs = cells.reduce((newest, { endMs }) => Math.max(newest, endMs), Number.NEGATIVE_INFINITY);
    this.#cells = this.#cells.filter(({ endMs }) => Math.abs(newestMs - endMs) < RECENT_MS_MAX);
    for (const { endMs } of this.#cells.splice(0, Math.max(0, this.#cells.length - RECENT_CELLS_MAX)))
      this.#forgottenBeforeMs = Math.max(this.#forgottenBeforeMs, endMs);
  }

  #during({ startMs, endMs }: Release['window']): ExactCell[] {
    return this.#cells.filter((cell) => cell.startMs < endMs && startMs < cell.endMs);
  }
}
