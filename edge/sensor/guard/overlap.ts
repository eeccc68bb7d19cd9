/**
 * What two streams give away about few when one is subtracted from the other: windows of 15 and of 5 minutes over the same people, a total
 * and its classes, two scanners on one square.
 *
 * A cell that holds another (its window and its labels do) is the sum of those that it holds and of a remainder; the remainder is what
 * subtracting shows, to an observer and therefore to us. The search for combinations is that of transform/differencing.ts, over both streams
 * at once. People who are told apart may be in several windows of the finer stream: then the parts overlap, and only what single parts leave
 * is known.
 */
import { type Atom, differencesBelow, type Figure } from '../transform/differencing.ts';
import { suppress } from '../transform/suppress.ts';
import type { ExactCell } from './recent.ts';

/** Figures of two streams that are looked at together; bounds the search to about a second. */
const FIGURES_TOGETHER_MAX = 4_096;

/** So many figures somebody may know who was seen a few times: 4 points single most people out (de Montjoye et al. 2013). */
const UNICITY_POINTS_MAX = 5;

export type OverlapReason = 'unicity' | 'differencing';

/** Cells of `due` that must not be released beside `earlier`, and why. None may be released when there are too many to look at. */
export function unsafeBeside(
  k: number,
  due: readonly ExactCell[],
  earlier: readonly ExactCell[],
): Map<ExactCell, OverlapReason> | 'too-many-figures' {
  const unsafe = new Map<ExactCell, OverlapReason>();
  const [sensor] = due.map((cell) => cell.sensor);
  const own = earlier.filter((cell) => cell.sensor === sensor);
  for (const other of new Set(earlier.map((cell) => cell.sensor))) {
    if (other === sensor) continue;
    const theirs = earlier.filter((cell) => cell.sensor === other);
    if (due.length + own.length + theirs.length > FIGURES_TOGETHER_MAX) return 'too-many-figures';
    for (const [outer, inner] of [
      [[...own, ...due], theirs],
      [theirs, [...own, ...due]],
    ] as const) {
      const figures = figuresOf(outer, inner);
      if (figures === undefined) continue;
      const candidates = due.filter((cell) => !unsafe.has(cell));
      const known = [...own, ...theirs].map((cell) => figures.get(cell)!);
      const tried = candidates.map((cell) => figures.get(cell)!);
      const kept = new Set(suppress(k, tried, [{ figures: known }]).published);
      if (candidates.every((cell) => kept.has(figures.get(cell)!))) continue;
      const points = differencesBelow(k, [{ figures: [...known, ...tried] }]).map(
        ({ combination }) => combination.size,
      );
      const reason = Math.min(...points) <= UNICITY_POINTS_MAX ? 'unicity' : 'differencing';
      for (const cell of candidates) if (!kept.has(figures.get(cell)!)) unsafe.set(cell, reason);
    }
    for (const cell of due) if (theirs.some((each) => differByFew(k, cell, each))) unsafe.set(cell, 'unicity');
  }
  return unsafe;
}

/** Of people who are told apart, a window less one that it holds is exactly who came in the rest of it only, whatever else is known. */
function differByFew(k: number, a: ExactCell, b: ExactCell): boolean {
  const difference = holds(a, b) ? a.count - b.count : holds(b, a) ? b.count - a.count : 0;
  return difference > 0 && difference < k;
}

/** One figure a cell, over atoms that both streams share; undefined when none of the outer holds one of the inner. */
function figuresOf(outer: readonly ExactCell[], inner: readonly ExactCell[]): Map<ExactCell, Figure> | undefined {
  const atoms = new Map(inner.map((cell, i): [ExactCell, Atom] => [cell, atomOf(`inner ${i}`, cell.count)]));
  const figures = new Map(
    inner.map((cell): [ExactCell, Figure] => [cell, { key: atoms.get(cell)!.key, atoms: [atoms.get(cell)!] }]),
  );
  let isNested = false;
  outer.forEach((cell, i) => {
    const parts = inner.filter((part) => holds(cell, part));
    isNested ||= parts.length > 0;
    const rest = Math.max(0, cell.count - parts.reduce((all, { count }) => all + count, 0));
    figures.set(cell, {
      key: `outer ${i}`,
      atoms: [...parts.map((part) => atoms.get(part)!), atomOf(`rest ${i}`, rest)],
    });
  });
  return isNested ? figures : undefined;
}

function holds(outer: ExactCell, inner: ExactCell): boolean {
  return (
    outer.figure === inner.figure &&
    outer.startMs <= inner.startMs &&
    inner.endMs <= outer.endMs &&
    Object.entries(outer.group).every(([field, label]) => field === 'all' || inner.group[field] === label)
  );
}

function atomOf(key: string, contributors: number): Atom {
  return { key, window: 'together', contributors, cellsPerContributorMax: 1 };
}
