/**
 * Counts and sums per cell and window of one stream, by the time at which things happened.
 *
 * Windows are aligned to UTC and do not overlap. Each is closed and handed on, also when nothing happened in it: a table that is missing would
 * tell of a single reading as much as one that is there. A window closes when the wall clock has passed its end by `latenessMs`, which is how long
 * readings may be under way; what comes later is dropped as `late`, never put elsewhere, and a closed window is never opened again. What
 * claims to be from the future is dropped as `ahead`. When the wall clock jumps against the monotonic clock by more than a window and its
 * lateness (network time arrives, the battery of the clock is dead), the times of everything that waits are wrong: open windows are
 * discarded (`clock-jump`), and a new epoch begins, whose windows have other ids even where their times were there before. Smaller steps
 * need nothing: ahead, windows close early; back, readings of closed windows are late until the clock has caught up.
 *
 * A histogram is a count with a band as one of its labels. Nothing of an open window can leave it: it ends as a table, or is discarded
 * with its key.
 */
import type { Clock } from '../../base/clock.ts';
import { UserError } from '../../base/errors.ts';
import { checkBucket, timeBucketStart } from './generalise.ts';
import {
  CELLS_PER_CONTRIBUTOR_MAX,
  type ClampedSum,
  type ClosedTable,
  type ContributionDrop,
  OpenWindow,
} from './open-window.ts';

/** A reading may be this much ahead of the box's clock: what unsynchronised sensors are off by. */
export const AHEAD_MS_MAX = 5_000;

/** Shorter windows would hold too few contributors for any threshold, and more of them would be open at once. */
const WINDOW_MS_MIN = 60_000;

/** The last, the present and the next one, and one that waits to be closed. */
const OPEN_WINDOWS_MAX = 4;

export interface AggregateRecipe {
  /** Names of the labels of a cell, for example `['h3', 'class']`. */
  readonly dimensions: readonly string[];
  /** Length of a window: at least a minute, and divides a UTC day. */
  readonly windowMs: number;
  /** How long after its end a window waits for readings; at most `windowMs`, which bounds the life of its key. */
  readonly latenessMs: number;
  /** The contribution cap c: of each contributor only the first c cells of a window count. 1 to CELLS_PER_CONTRIBUTOR_MAX. */
  readonly cellsPerContributorMax: number;
  readonly sum?: ClampedSum;
}

export type AggregateDrop = ContributionDrop | 'late' | 'ahead' | 'clock-jump' | 'windows-full';

export interface ClosedWindow extends ClosedTable {
  /** Unique within a run of the process: start of the window, and the epoch of the clock. */
  readonly id: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly cellsPerContributorMax: number;
  /** Whether the aggregator was started, or the clock jumped, after the window had begun. */
  readonly isPartial: boolean;
}

export class WindowAggregator implements Disposable {
  readonly #recipe: AggregateRecipe;
  readonly #clock: Clock;
  /** By start; at most OPEN_WINDOWS_MAX. */
  readonly #open = new Map<number, OpenWindow>();
  readonly #drops = new Map<AggregateDrop, number>();
  /** Start of the oldest window that was not closed. */
  #dueMs: number;
  #startedMs: number;
  #wallAheadMs: number;
  #epoch = 0;

  /** Throws a UserError for a recipe that makes no sense. */
  constructor(recipe: AggregateRecipe, clock: Clock) {
    checkRecipe(recipe);
    this.#recipe = recipe;
    this.#clock = clock;
    this.#startedMs = clock.wallMs();
    this.#dueMs = timeBucketStart(this.#startedMs, recipe.windowMs);
    this.#wallAheadMs = this.#startedMs - clock.monotonicMs();
  }

  /** Readings dropped so far, by reason. Exact: for this box's own eyes. */
  get drops(): ReadonlyMap<AggregateDrop, number> {
    return this.#drops;
  }

  /** A reading about whom the identifier names. `atMs` is when it happened, wall clock. Says why when it was dropped. */
  add(
    atMs: number,
    identifier: string | Uint8Array,
    labels: readonly string[],
    value?: number,
  ): AggregateDrop | undefined {
    this.#checkLabels(labels);
    const window = this.#windowAt(atMs);
    return this.#counted(typeof window === 'string' ? window : window.add(identifier, labels, value));
  }

  /** A reading about `count` contributors without identifiers. Each is a contributor of its own; nobody of them can opt out any more. */
  addPassages(atMs: number, count: number, labels: readonly string[], value?: number): AggregateDrop | undefined {
    this.#checkLabels(labels);
    const window = this.#windowAt(atMs);
    return this.#counted(typeof window === 'string' ? window : window.addPassages(count, labels, value));
  }

  /** Whom the identifier names leaves the window of `atMs`, with what was already counted. */
  optOut(atMs: number, identifier: string | Uint8Array): void {
    const window = this.#windowAt(atMs);
    if (typeof window !== 'string') window.optOut(identifier);
  }

  /** Windows that are due, oldest first. To be called at least once a window, or new windows find no place. */
  close(): ClosedWindow[] {
    const nowMs = this.#now();
    const { windowMs, latenessMs, cellsPerContributorMax, sum } = this.#recipe;
    const closed: ClosedWindow[] = [];
    for (; this.#dueMs + windowMs + latenessMs <= nowMs; this.#dueMs += windowMs) {
      const startMs = this.#dueMs;
      const window = this.#open.get(startMs) ?? new OpenWindow(cellsPerContributorMax, sum);
      this.#open.delete(startMs);
      closed.push({
        ...window.close(),
        id: `${new Date(startMs).toISOString()}/${this.#epoch}`,
        startMs,
        endMs: startMs + windowMs,
        cellsPerContributorMax,
        isPartial: startMs < this.#startedMs,
      });
    }
    return closed;
  }

  /** Forgets open windows and their keys. */
  [Symbol.dispose](): void {
    for (const window of this.#open.values()) window[Symbol.dispose]();
    this.#open.clear();
  }

  #windowAt(atMs: number): OpenWindow | AggregateDrop {
    const nowMs = this.#now();
    if (!Number.isFinite(atMs)) return 'value-refused';
    if (atMs > nowMs + AHEAD_MS_MAX) return 'ahead';
    const { windowMs, latenessMs, cellsPerContributorMax, sum } = this.#recipe;
    const startMs = timeBucketStart(atMs, windowMs);
    if (startMs < this.#dueMs || startMs + windowMs + latenessMs <= nowMs) return 'late';
    const open = this.#open.get(startMs);
    if (open !== undefined) return open;
    if (this.#open.size === OPEN_WINDOWS_MAX) return 'windows-full';
    const opened = new OpenWindow(cellsPerContributorMax, sum);
    this.#open.set(startMs, opened);
    return opened;
  }

  /** The wall clock, after it was looked at for a jump. */
  #now(): number {
    const wallMs = this.#clock.wallMs();
    const wallAheadMs = wallMs - this.#clock.monotonicMs();
    const jumpMs = Math.abs(wallAheadMs - this.#wallAheadMs);
    this.#wallAheadMs = wallAheadMs;
    if (jumpMs <= this.#recipe.windowMs + this.#recipe.latenessMs) return wallMs;
    for (const window of this.#open.values()) this.#count('clock-jump', window.readings);
    this[Symbol.dispose]();
    this.#startedMs = wallMs;
    this.#dueMs = timeBucketStart(wallMs, this.#recipe.windowMs);
    this.#epoch++;
    return wallMs;
  }

  #checkLabels(labels: readonly string[]): void {
    const { dimensions } = this.#recipe;
    if (labels.length !== dimensions.length)
      throw new TypeError(`a cell has ${dimensions.length} labels (${dimensions.join(', ')}), not ${labels.length}`);
  }

  #counted(drop: AggregateDrop | undefined): AggregateDrop | undefined {
    if (drop !== undefined) this.#count(drop, 1);
    return drop;
  }

  #count(drop: AggregateDrop, readings: number): void {
    this.#drops.set(drop, (this.#drops.get(drop) ?? 0) + readings);
  }
}

function checkRecipe({ dimensions, windowMs, latenessMs, cellsPerContributorMax, sum }: AggregateRecipe): void {
  checkBucket(windowMs, 'the window');
  if (windowMs < WINDOW_MS_MIN)
    throw new UserError('the window is shorter than a minute', {
      fix: 'use 1 min, 5 min, 15 min, 30 min, 1 h or 24 h',
    });
  if (!(latenessMs >= 0 && latenessMs <= windowMs))
    throw new UserError('the lateness is longer than the window', {
      fix: 'use at most the length of the window: its key lives as long',
    });
  if (dimensions.length === 0)
    throw new UserError('a table has no dimension', { fix: 'name at least one, for example the class' });
  if (
    !Number.isInteger(cellsPerContributorMax) ||
    cellsPerContributorMax < 1 ||
    cellsPerContributorMax > CELLS_PER_CONTRIBUTOR_MAX
  )
    throw new UserError('the contribution cap is out of bounds', {
      fix: `use a whole number from 1 to ${CELLS_PER_CONTRIBUTOR_MAX}`,
    });
  if (sum === undefined) return;
  const { unit, unitsMin, unitsMax } = sum;
  const isClamp = Number.isInteger(unitsMin) && Number.isInteger(unitsMax) && unitsMin <= unitsMax;
  const isSmall = Math.max(Math.abs(unitsMin), Math.abs(unitsMax)) <= UNITS_MAX;
  if (!(unit > 0 && Number.isFinite(unit)) || !isClamp || !isSmall)
    throw new UserError('the clamp of a sum is no range of whole units', {
      fix: `use a unit above 0, and whole units from -${UNITS_MAX} to ${UNITS_MAX}`,
    });
}

/** A sum over CONTRIBUTORS_PER_WINDOW_MAX contributors stays an exact integer. */
const UNITS_MAX = 2 ** 31;
