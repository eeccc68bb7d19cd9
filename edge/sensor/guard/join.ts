/**
 * Two kinds of sensor at one place in one window: a camera that counts 12 and a scanner that counts 11 single out the one without a telephone.
 * Whoever is in one of two totals and not in the other must be at least k, or nobody.
 */
import type { ExactCell } from './recent.ts';

/** Cells of `due` to leave out, so that no total of another sensor comes closer than k to what is left. `others` are at the same place. */
export function joinsBelow(k: number, due: readonly ExactCell[], others: readonly ExactCell[]): Set<ExactCell> {
  const totals = [...totalsOf(others)];
  const leftOut = new Set<ExactCell>();
  const [first] = due;
  if (first === undefined) return leftOut;
  const bySize = [...due].sort(
    (a, b) => a.count - b.count || (JSON.stringify(a.group) < JSON.stringify(b.group) ? -1 : 1),
  );
  let total = due.reduce((all, { count }) => all + count, 0);
  const isClose = (): boolean =>
    totals.some(({ startMs, endMs, count }) => {
      const difference = Math.abs(count - total);
      return startMs === first.startMs && endMs === first.endMs && difference > 0 && difference < k;
    });
  for (const cell of bySize) {
    if (total === 0 || !isClose()) break;
    leftOut.add(cell);
    total -= cell.count;
  }
  return leftOut;
}

function totalsOf(cells: readonly ExactCell[]): Iterable<{ startMs: number; endMs: number; count: number }> {
  const totals = new Map<string, { startMs: number; endMs: number; count: number }>();
  for (const { sensor, figure, startMs, endMs, count } of cells) {
    const key = JSON.stringify([sensor, figure, startMs, endMs]);
    const total = totals.get(key);
    if (total === undefined) totals.set(key, { startMs, endMs, count });
    else total.count += count;
  }
  return totals.values();
}
