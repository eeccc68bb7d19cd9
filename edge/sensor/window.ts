/**
 * One window of one sensor while it is open. It ends as a table, or is discarded; nothing else can leave it.
 *
 * About people: counts of contributors by group, and a sum per measure, each in an `OpenWindow` with a key of its own. About things:
 * plain figures by group, in as many groups as fit.
 */
import type { GroupPlan, MeasurePlan, SensorPlan } from './plan.ts';
import type { Reading } from './reading.ts';
import { CELLS_PER_WINDOW_MAX, type ClosedTable, type ContributionDrop, OpenWindow } from './transform/open-window.ts';

/** What a sum is counted in: a thousandth of the field's unit, since exact sums need whole numbers. */
export const MEASURE_UNIT = 0.001;

/** Bound of one contributor's part of a mean, in units: no bound but that of exact sums. Its values are clamped one by one. */
const MEAN_UNITS_MAX = 2 ** 31;

export type WindowDrop = ContributionDrop | 'no-contributor';

export interface TableCell {
  labels: readonly string[];
  /** Contributors or, about things, readings. */
  size: number;
  /** By field: the figure and whom it is of. */
  measures: ReadonlyMap<string, { value: number; contributors: number }>;
}

export interface SensorTable {
  cells: readonly TableCell[];
  readings: number;
  isSaturated: boolean;
}

export interface SensorWindow extends Disposable {
  readonly startMs: number;
  readonly readings: number;
  add(reading: Reading): WindowDrop | undefined;
  /** Whoever the reading is of leaves the window, with what was already counted. */
  leaveOut(reading: Reading): void;
  close(): SensorTable;
}

export function openSensorWindow(plan: SensorPlan, startMs: number, contributionsMax: number): SensorWindow {
  return plan.kind === 'people' ? new PeopleWindow(plan, startMs, contributionsMax) : new ThingsWindow(plan, startMs);
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
    this.#measures = plan.measures.map((measure) => {
      const isMean = measure.statistic === 'mean';
      const [unitsMin, unitsMax] = isMean
        ? [-MEAN_UNITS_MAX, MEAN_UNITS_MAX]
        : [Math.ceil(measure.min / MEASURE_UNIT), Math.floor(measure.max / MEASURE_UNIT)];
      return {
        measure,
        sum: new OpenWindow(contributionsMax, { unit: MEASURE_UNIT, unitsMin, unitsMax }),
        count: isMean ? new OpenWindow(contributionsMax, { unit: 1, unitsMin: 0, unitsMax: MEAN_UNITS_MAX }) : undefined,
      };
    });
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

  close(): SensorTable {
    const counts = this.#counts.close();
    const tables = this.#measures.map(({ measure, sum, count }) => ({
      measure,
      sums: cellsByKey(sum.close()),
      counts: count === undefined ? undefined : cellsByKey(count.close()),
    }));
    const cells = counts.cells.map(({ labels, contributors }): TableCell => {
      const key = keyOf(labels);
      const measures: [string, { value: number; contributors: number }][] = [];
      for (const { measure, sums, counts: readings } of tables) {
        const cell = sums.get(key);
        if (cell?.sumUnits === undefined) continue;
        const divisor = readings === undefined ? 1 : (readings.get(key)?.sumUnits ?? 0);
        if (divisor === 0) continue;
        const value = (cell.sumUnits * MEASURE_UNIT) / divisor;
        measures.push([measure.field, { value, contributors: cell.contributors }]);
      }
      return { labels, size: contributors, measures: new Map(measures) };
    });
    return { cells, readings: this.readings, isSaturated: counts.isSaturated };
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
  #isSaturated = false;

  constructor(plan: SensorPlan, startMs: number) {
    this.#plan = plan;
    this.startMs = startMs;
  }

  add(reading: Reading): WindowDrop | undefined {
    const labels = labelsOf(this.#plan.groups, reading);
    const key = keyOf(labels);
    let cell = this.#cells.get(key);
    if (cell === undefined) {
      if (this.#cells.size === CELLS_PER_WINDOW_MAX) {
        this.#isSaturated = true;
        return 'cells-full';
      }
      cell = { labels, readings: 0, figures: new Map() };
      this.#cells.set(key, cell);
    }
    cell.readings++;
    this.readings++;
    for (const { field, min, max } of this.#plan.measures) {
      const raw = reading.fields[field];
      if (typeof raw !== 'number' || !Number.isFinite(raw)) continue;
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

  close(): SensorTable {
    const cells = [...this.#cells].sort(([a], [b]) => (a < b ? -1 : 1));
    const table: SensorTable = {
      cells: cells.map(([, { labels, readings, figures }]) => ({
        labels,
        size: readings,
        measures: new Map(
          this.#plan.measures.flatMap(({ field, statistic }) => {
            const figure = figures.get(field);
            if (figure === undefined) return [];
            const value = statistic === 'mean' ? figure.sum / figure.count : figure[statistic];
            return [[field, { value, contributors: figure.count }] as const];
          }),
        ),
      })),
      readings: this.readings,
      isSaturated: this.#isSaturated,
    };
    this[Symbol.dispose]();
    return table;
  }

  [Symbol.dispose](): void {
    this.#cells.clear();
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

const keyOf = (labels: readonly string[]): string => labels.join('\u001f');

function cellsByKey(table: ClosedTable): Map<string, ClosedTable['cells'][number]> {
  return new Map(table.cells.map((cell) => [keyOf(cell.labels), cell]));
}
