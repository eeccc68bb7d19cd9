/**
 * One window of one stream while it is open: who contributed to which cells, under the contribution cap, in bounded memory.
 *
 * Contributions stay apart by contributor until the window ends, so that whoever opts out later in the window leaves it as a whole, and so
 * that one contributor's sum can be clamped. When CONTRIBUTORS_PER_WINDOW_MAX is reached, further contributors are dropped and counted and
 * the window is `saturated`: its figures are then lower bounds. A sketch such as HyperLogLog would go on counting, but it can neither take
 * anybody out again nor say who is in which cell, and its error is no noise that a proof could use.
 */
import { contributorKey, type Pseudonym, PseudonymWindow } from './pseudonym.ts';

/** About 5 MB a window with c = 4 (measured); ten times the devices that one scanner hears in a quarter of an hour on a busy square. */
export const CONTRIBUTORS_PER_WINDOW_MAX = 65_536;

/** Cells of one window, so that made-up places or classes can't fill the memory: about 17 MB (measured). */
export const CELLS_PER_WINDOW_MAX = 65_536;

/** The largest contribution cap: a contributor who is in more cells than this stands out however much noise is added. */
export const CELLS_PER_CONTRIBUTOR_MAX = 16;

/** A label is a cell, a band or the name of a class. */
const LABEL_CHARS_MAX = 128;

const LABEL_SEPARATOR = '\u001f';
const CONTRIBUTORS_FIRST = 256;

/** Sums stay exact integers below this. */
const TOTAL_MAX = 2 ** 52;

export type ContributionDrop =
  | 'contributors-full'
  | 'cells-full'
  | 'over-contribution-cap'
  | 'opted-out'
  | 'label-refused'
  | 'value-refused';

export interface ClampedSum {
  /** What one unit of the sum is worth: values are rounded to whole units, since exact noise needs integers. */
  readonly unit: number;
  /** Least and most that one contributor adds to one cell, in units. */
  readonly unitsMin: number;
  readonly unitsMax: number;
}

export interface ClosedCell {
  readonly labels: readonly string[];
  /** Distinct contributors of this cell who did not opt out; a lower bound when the window is saturated. */
  readonly contributors: number;
  /** In units of the recipe; undefined when none was asked for. */
  readonly sumUnits: number | undefined;
}

export interface ClosedTable {
  /** At least one contributor each, in the order of their labels, which says nothing about who came first. */
  readonly cells: readonly ClosedCell[];
  readonly isSaturated: boolean;
  /** Places taken in the two bounded tables, opted-out contributors included. */
  readonly contributorsSeen: number;
  readonly cellsSeen: number;
}

interface Cell {
  readonly key: string;
  readonly labels: readonly string[];
  /** Contributors of whom nothing is known but that they passed. */
  passages: number;
  passagesUnits: number;
}

export class OpenWindow implements Disposable {
  readonly #pseudonyms = new PseudonymWindow();
  readonly #cap: number;
  readonly #sum: ClampedSum | undefined;
  readonly #contributors = new Map<string, number>();
  readonly #cellIndex = new Map<string, number>();
  readonly #cells: Cell[] = [];
  /** By contributor: cells used so far, or OPTED_OUT. */
  #used = new Uint8Array(CONTRIBUTORS_FIRST);
  /** By contributor, `cap` places each: which cell, and the units given to it. */
  #slots: Int32Array;
  #units: Float64Array;
  #isSaturated = false;
  /** Readings taken in so far. */
  readings = 0;

  constructor(cellsPerContributorMax: number, sum: ClampedSum | undefined) {
    this.#cap = cellsPerContributorMax;
    this.#sum = sum;
    this.#slots = new Int32Array(CONTRIBUTORS_FIRST * this.#cap);
    this.#units = new Float64Array(sum === undefined ? 0 : CONTRIBUTORS_FIRST * this.#cap);
  }

  /** The first `cap` cells of a contributor count; later ones are dropped. */
  add(
    identifier: string | Uint8Array,
    labels: readonly string[],
    value: number | undefined,
  ): ContributionDrop | undefined {
    const units = this.#unitsOf(value);
    if (units === undefined) return 'value-refused';
    const contributor = this.#contributorOf(this.#pseudonyms.of(identifier));
    if (contributor === undefined) return 'contributors-full';
    const used = this.#used[contributor]!;
    if (used === OPTED_OUT) return 'opted-out';
    const start = contributor * this.#cap;
    const known = this.#knownCell(labels);
    let slot = start;
    while (slot < start + used && this.#slots[slot] !== known) slot++;
    if (slot === start + used) {
      // Before a new cell is made: a contributor can make no more than `cap` of them.
      if (used === this.#cap) return 'over-contribution-cap';
      const cell = known ?? this.#newCell(labels);
      if (typeof cell === 'string') return cell;
      this.#slots[slot] = cell;
      this.#used[contributor] = used + 1;
    }
    if (this.#sum !== undefined) this.#units[slot] = clamp(this.#units[slot]! + units, -TOTAL_MAX, TOTAL_MAX);
    this.readings++;
    return undefined;
  }

  /** `count` contributors, each of whom passed once and is nothing more; a value can be given for a single one only, or it could not be clamped. */
  addPassages(count: number, labels: readonly string[], value: number | undefined): ContributionDrop | undefined {
    const units = this.#unitsOf(value);
    const isCount = Number.isInteger(count) && count >= 1 && count <= PASSAGES_PER_READING_MAX;
    if (!isCount || units === undefined || (this.#sum !== undefined && count > 1)) return 'value-refused';
    const index = this.#knownCell(labels) ?? this.#newCell(labels);
    if (typeof index === 'string') return index;
    const cell = this.#cells[index]!;
    cell.passages += count;
    if (this.#sum !== undefined) {
      const clamped = clamp(units, this.#sum.unitsMin, this.#sum.unitsMax);
      cell.passagesUnits = clamp(cell.passagesUnits + clamped, -TOTAL_MAX, TOTAL_MAX);
    }
    this.readings++;
    return undefined;
  }

  /** Takes a contributor out of the whole window, what was already counted included. Who finds no place any more is not in it either. */
  optOut(identifier: string | Uint8Array): void {
    const contributor = this.#contributorOf(this.#pseudonyms.of(identifier));
    if (contributor !== undefined) this.#used[contributor] = OPTED_OUT;
  }

  /** The table without pseudonyms; the window is over. */
  close(): ClosedTable {
    const contributors = new Float64Array(this.#cells.length);
    const sums = new Float64Array(this.#cells.length);
    for (let i = 0; i < this.#cells.length; i++) {
      contributors[i] = this.#cells[i]!.passages;
      sums[i] = this.#cells[i]!.passagesUnits;
    }
    for (let contributor = 0; contributor < this.#contributors.size; contributor++) {
      const used = this.#used[contributor]!;
      if (used === OPTED_OUT) continue;
      for (let slot = contributor * this.#cap; slot < contributor * this.#cap + used; slot++) {
        const cell = this.#slots[slot]!;
        contributors[cell] = contributors[cell]! + 1;
        if (this.#sum !== undefined)
          sums[cell] = sums[cell]! + clamp(this.#units[slot]!, this.#sum.unitsMin, this.#sum.unitsMax);
      }
    }
    const order = this.#cells.map((_, i) => i).filter((i) => contributors[i]! > 0);
    order.sort((a, b) => (this.#cells[a]!.key < this.#cells[b]!.key ? -1 : 1));
    const table: ClosedTable = {
      cells: order.map((i) => ({
        labels: this.#cells[i]!.labels,
        contributors: contributors[i]!,
        sumUnits: this.#sum === undefined ? undefined : sums[i]!,
      })),
      isSaturated: this.#isSaturated,
      contributorsSeen: this.#contributors.size,
      cellsSeen: this.#cells.length,
    };
    this[Symbol.dispose]();
    return table;
  }

  [Symbol.dispose](): void {
    this.#pseudonyms[Symbol.dispose]();
    this.#contributors.clear();
  }

  #unitsOf(value: number | undefined): number | undefined {
    if (this.#sum === undefined) return 0;
    return value === undefined || !Number.isFinite(value) ? undefined : Math.round(value / this.#sum.unit);
  }

  #contributorOf(pseudonym: Pseudonym): number | undefined {
    const key = contributorKey(pseudonym);
    const known = this.#contributors.get(key);
    if (known !== undefined) return known;
    const next = this.#contributors.size;
    if (next === CONTRIBUTORS_PER_WINDOW_MAX) {
      this.#isSaturated = true;
      return undefined;
    }
    if (next === this.#used.length) this.#grow();
    this.#contributors.set(key, next);
    return next;
  }

  #knownCell(labels: readonly string[]): number | undefined {
    const known = this.#cellIndex.get(labels.join(LABEL_SEPARATOR));
    return known !== undefined && this.#cells[known]!.labels.length === labels.length ? known : undefined;
  }

  #newCell(labels: readonly string[]): number | ContributionDrop {
    if (labels.some((label) => label.length > LABEL_CHARS_MAX || label.includes(LABEL_SEPARATOR)))
      return 'label-refused';
    const next = this.#cells.length;
    if (next === CELLS_PER_WINDOW_MAX) {
      this.#isSaturated = true;
      return 'cells-full';
    }
    const key = labels.join(LABEL_SEPARATOR);
    this.#cellIndex.set(key, next);
    this.#cells.push({ key, labels: [...labels], passages: 0, passagesUnits: 0 });
    return next;
  }

  #grow(): void {
    const size = Math.min(CONTRIBUTORS_PER_WINDOW_MAX, this.#used.length * 2);
    this.#used = grown(this.#used, new Uint8Array(size));
    this.#slots = grown(this.#slots, new Int32Array(size * this.#cap));
    if (this.#sum !== undefined) this.#units = grown(this.#units, new Float64Array(size * this.#cap));
  }
}

/** In place of the number of cells used. */
const OPTED_OUT = 255;

/** A counter that reports more at once is broken. */
const PASSAGES_PER_READING_MAX = 100_000;

function grown<T extends Uint8Array | Int32Array | Float64Array>(from: T, into: T): T {
  into.set(from);
  return into;
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}
