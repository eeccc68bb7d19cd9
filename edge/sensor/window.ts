/**
 * One window of one sensor while it is open. It ends as a table, or is discarded; nothing else can leave it.
 *
 * About people: counts of contributors by group, and a sum per measure, each in an `OpenWindow` with a key of its own. About things:
 * plain figures by group, in as many groups as fit.
 */
import type { GroupPlan, MeasurePlan, SensorPlan } from './plan.ts';
import type { Reading } from './reading.ts';
import {
  CELLS_PER_WINDOW_MAX,
  type ClampedSum,
  type ClosedTable,
  type ContributionDrop,
  OpenWindow,
} from './transform/open-window.ts';

/** What a sum is counted in: a thousandth of the field's unit, since exact sums need whole numbers. */
const MEASURE_UNIT = 0.001;

/** Bound of one contributor's part of a mean, in units: no bound but that of exact sums. Its values are clamped one by one. */
const MEAN_UNITS_MAX = 2 ** 31;
const READINGS: ClampedSum = { unit: 1, unitsMin: 0, unitsMax: MEAN_UNITS_MAX };

export type WindowDrop = ContributionDrop | 'no-contributor';

/** Contributors, and what they add up to, behind k or noise. */
export interface ProtectedTable {
  /** Figure of the count: `contributors`, or the field whose things are counted. Unset where only the sum is of interest. */
  count: string | undefined;
  /** Figure of the sum. */
  sum: { name: string; recipe: ClampedSum; divisor: ReadonlyMap<string, number> | undefined } | undefined;
  table: ClosedTable;
}

/** Figures that say nothing about a person. */
interface PlainCell {
  labels: readonly string[];
  figures: Readonly<Record<string, number>>;
}

export interface SensorTables {
  protected: readonly ProtectedTable[];
  plain: readonly PlainCell[];
}

export interface SensorWindow extends Disposable {
  readonly startMs: number;
  readonly readings: number;
  add(reading: Reading): WindowDrop | undefined;
  /** Whoever the reading is of leaves the window, with what was already counted. */
  leaveOut(reading: Reading): void;
  /** The window is over, and its keys are gone. */
  close(): SensorTables;
}

export function openSensorWindow(plan: SensorPlan, startMs: number, contributionsMax: number): SensorWindow {
  return plan.kind === 'people' ? new PeopleWindow(plan, startMs, contributionsMax) : new ThingsWindow(plan, startMs);
}

/** What sums of a measure are bounded by: of a sum each contributor's part, of a mean each value, before it comes here. */
export function sumRecipeOf({ statistic, min, max }: MeasurePlan): ClampedSum {
  if (statistic === 'mean') return { unit: MEASURE_UNIT, unitsMin: -MEAN_UNITS_MAX, unitsMax: MEAN_UNITS_MAX };
  return { unit: MEASURE_UNIT, unitsMin: Math.ceil(min / MEASURE_UNIT), unitsMax: Math.floor(max / MEASURE_UNIT) };
}

interface MeasureWindows {
  measure: MeasurePlan;
  sum: OpenWindow;
  /** Readings behind a mean. */
  count: OpenWindow | undefined;
}

class PeopleWindow implements SensorWindow {
  readonly startMs: number;
  readings = 0;
  readonly #plan: SensorPlan;
  readonly #counts: OpenWindow;
  readonly #measures: MeasureWindows[];

  constructor(plan: SensorPlan, startMs: number, contributionsMax: number) {
    this.#plan = plan;
    this.startMs = startMs;
    this.#counts = new OpenWindow(contributionsMax, undefined);
    this.#measures = plan.measures.map((measure) => ({
      measure,
      sum: new OpenWindow(contributionsMax, sumRecipeOf(measure)),
      count: measure.statistic === 'mean' ? new OpenWindow(contributionsMax, READINGS) : undefined,
    }));
  }

  add(reading: Reading): WindowDrop | undefined {
    const { contributor, groups } = this.#plan;
    const identity = contributor.length === 0 ? undefined : identityOf(contributor, reading);
    if (contributor.length > 0 && identity === undefined) return 'no-contributor';
    const labels = labelsOf(groups, reading);
    const put = (window: OpenWindow, value?: number): ContributionDrop | undefined =>
      identity === undefined ? window.addPassages(1, labels, value) : window.add(identity, labels, value);
    const drop = put(this.#counts);
    if (drop !== undefined) return drop;
    this.readings++;
    for (const { measure, sum, count } of this.#measures) {
      const value = reading.fields[measure.field];
      if (typeof value !== 'number' || !Number.isFinite(value)) continue;
      put(sum, Math.min(measure.max, Math.max(measure.min, value)));
      if (count !== undefined) put(count, 1);
    }
    return undefined;
  }

  leaveOut(reading: Reading): void {
    const identity = identityOf(this.#plan.contributor, reading);
    if (identity === undefined) return;
    for (const window of this.#all()) window.optOut(identity);
  }

  close(): SensorTables {
    const contributors: ProtectedTable = { count: 'contributors', sum: undefined, table: this.#counts.close() };
    const measures = this.#measures.map(({ measure, sum, count }): ProtectedTable => {
      const readings = count
        ?.close()
        .cells.map(({ labels, sumUnits = 0 }): [string, number] => [keyOf(labels), sumUnits]);
      const divisor = readings === undefined ? undefined : new Map(readings);
      const recipe = sumRecipeOf(measure);
      return { count: undefined, sum: { name: measure.field, recipe, divisor }, table: sum.close() };
    });
    return { protected: [contributors, ...measures], plain: [] };
  }

  [Symbol.dispose](): void {
    for (const window of this.#all()) window[Symbol.dispose]();
  }

  *#all(): Generator<OpenWindow> {
    yield this.#counts;
    for (const { sum, count } of this.#measures) {
      yield sum;
      if (count !== undefined) yield count;
    }
  }
}

interface Figure {
  count: number;
  sum: number;
  min: number;
  max: number;
  last: number;
  lastMs: number;
}

class ThingsWindow implements SensorWindow {
  readonly startMs: number;
  readings = 0;
  readonly #plan: SensorPlan;
  readonly #cells = new Map<string, { labels: string[]; readings: number; figures: Map<string, Figure> }>();
  /** Things and people that were counted without being told apart: held to k. */
  readonly #counts: readonly { field: string; max: number; window: OpenWindow }[];

  constructor(plan: SensorPlan, startMs: number) {
    this.#plan = plan;
    this.startMs = startMs;
    this.#counts = plan.measures
      .filter(({ isCount }) => isCount)
      .map(({ field, max }) => ({ field, max, window: new OpenWindow(1, undefined) }));
  }

  add(reading: Reading): WindowDrop | undefined {
    const labels = labelsOf(this.#plan.groups, reading);
    const key = keyOf(labels);
    let cell = this.#cells.get(key);
    if (cell === undefined) {
      if (this.#cells.size === CELLS_PER_WINDOW_MAX) return 'cells-full';
      cell = { labels, readings: 0, figures: new Map() };
      this.#cells.set(key, cell);
    }
    cell.readings++;
    this.readings++;
    for (const { field, max, window } of this.#counts) {
      const value = reading.fields[field];
      if (typeof value === 'number' && value >= 1)
        window.addPassages(Math.round(Math.min(max, value)), labels, undefined);
    }
    for (const { field, min, max, isCount } of this.#plan.measures) {
      const raw = reading.fields[field];
      if (isCount || typeof raw !== 'number' || !Number.isFinite(raw)) continue;
      const value = Math.min(max, Math.max(min, raw));
      const figure = cell.figures.get(field);
      if (figure === undefined) {
        cell.figures.set(field, { count: 1, sum: value, min: value, max: value, last: value, lastMs: reading.atMs });
        continue;
      }
      figure.count++;
      figure.sum += value;
      figure.min = Math.min(figure.min, value);
      figure.max = Math.max(figure.max, value);
      if (reading.atMs >= figure.lastMs) Object.assign(figure, { last: value, lastMs: reading.atMs });
    }
    return undefined;
  }

  leaveOut(): void {} // nobody is in it

  close(): SensorTables {
    const cells = [...this.#cells].sort(([a], [b]) => (a < b ? -1 : 1));
    const plain = cells.flatMap(([, { labels, readings, figures }]): PlainCell | readonly PlainCell[] => {
      // A counter may send one message a passage: their number would be the exact count.
      const named: Record<string, number> = this.#counts.length > 0 ? {} : { readings };
      for (const { field, statistic } of this.#plan.measures) {
        const figure = figures.get(field);
        if (figure !== undefined) named[field] = statistic === 'mean' ? figure.sum / figure.count : figure[statistic];
      }
      return Object.keys(named).length === 0 ? [] : { labels, figures: named };
    });
    const counts = this.#counts.map(
      ({ field, window }): ProtectedTable => ({ count: field, sum: undefined, table: window.close() }),
    );
    this[Symbol.dispose]();
    return { protected: counts, plain };
  }

  [Symbol.dispose](): void {
    this.#cells.clear();
    for (const { window } of this.#counts) window[Symbol.dispose]();
  }
}

/** Undefined when a part of it is missing: whom such a reading is of can't be told. */
function identityOf(contributor: readonly string[], { fields }: Reading): string | undefined {
  let identity = '';
  for (const field of contributor) {
    const value = fields[field];
    if (value === undefined || typeof value === 'object' || value === '') return undefined;
    identity += `${String(value)}\0`;
  }
  return identity === '' ? undefined : identity;
}

function labelsOf(groups: readonly GroupPlan[], { fields }: Reading): string[] {
  return groups.map(({ field, labelOf }) => labelOf(fields[field]));
}

/** One key for the same labels, in all tables of a window. */
export const keyOf = (labels: readonly string[]): string => labels.join('\u001f');
