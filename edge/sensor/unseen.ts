/**
 * What a sensor could not see for a part of a window: a count of it would be a part of the truth that nobody can tell from the whole. So its
 * cells do not leave, and where a figure holds it together with other things, the whole release does not.
 *
 * Which cells are missing depends on networks and cameras alone, never on who was there, so leaving them out tells nothing about anybody.
 */
import type { ReleasedCell } from './messages.ts';
import type { SensorPlan } from './plan.ts';

/** Share of a window that may be missed: a camera that reconnects, or a process that starts. */
const UNSEEN_SHARE_MAX = 0.05;

/** By field. */
type UnseenValues = ReadonlyMap<string, ReadonlySet<string>>;

export class Unseen {
  /** What is not seen since when, by field: until something else is said, it stays so. */
  readonly #now = new Map<string, { values: readonly string[]; sinceMs: number }>();
  /** For how long, by start of the window, field and value. There are no more windows than the pipeline has open, and seven classes. */
  readonly #windows = new Map<number, Map<string, Map<string, number>>>();

  /** These values are not seen from now on; all others are. `startMs`: of the window that is open now, if there is one. */
  set(field: string, values: readonly string[], nowMs: number, startMs: number | undefined): void {
    const before = this.#now.get(field);
    this.#now.set(field, { values, sinceMs: nowMs });
    if (before === undefined || startMs === undefined) return;
    const unseenMs = nowMs - Math.max(before.sinceMs, startMs);
    if (unseenMs <= 0) return;
    const window = this.#windows.get(startMs) ?? new Map<string, Map<string, number>>();
    const sums = window.get(field) ?? new Map<string, number>();
    for (const value of before.values) sums.set(value, (sums.get(value) ?? 0) + unseenMs);
    this.#windows.set(startMs, window.set(field, sums));
  }

  /** What was not seen for too large a part of this window, which is then forgotten. */
  take(startMs: number, windowMs: number): UnseenValues {
    const values = new Map<string, Set<string>>();
    for (const [field, sums] of this.#windows.get(startMs) ?? []) {
      const missed = [...sums].filter(([, unseenMs]) => unseenMs > UNSEEN_SHARE_MAX * windowMs);
      if (missed.length > 0) values.set(field, new Set(missed.map(([value]) => value)));
    }
    this.#windows.delete(startMs);
    return values;
  }

  /** Windows are gone, or their times turned out wrong. */
  clear(): void {
    this.#now.clear();
    this.#windows.clear();
  }
}

/** Cells that hold nothing unseen; undefined where each may hold some of it, since the policy does not tell its values apart. */
export function withoutUnseen(
  cells: readonly ReleasedCell[],
  { groups }: Pick<SensorPlan, 'groups'>,
  unseen: UnseenValues,
): readonly ReleasedCell[] | undefined {
  let kept = cells;
  for (const [field, values] of unseen) {
    const group = groups.find((each) => each.field === field);
    if (group === undefined) return undefined;
    const labels = new Set([...values].map((value) => group.labelOf(value)));
    kept = kept.filter((cell) => !labels.has(cell.group[field] ?? ''));
  }
  return kept;
}
