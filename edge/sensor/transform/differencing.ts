/**
 * What can be learned about few by adding and subtracting figures that were released: of one table with its margins, of tables that
 * overlap, and of successive ones.
 *
 * A figure counts its atoms (cells of the finest table of one window). Whatever can be computed linearly from released figures is a
 * weighted sum over atoms; if the atoms that it depends on hold fewer than k contributors, and at least one, it isolates them. The check is
 * exact over all such combinations, not only over pairs. It knows nothing of what follows from counts not being negative or from the rule
 * by which figures were suppressed, and nothing of contributors that an attacker made up: against those only noise helps.
 */
import { components, type Row, shortened, smallSpan, without } from './linear-span.ts';

/** Steps of the search within one tangle of overlapping figures; beyond it the tangle counts as unsafe. Chains of margins need one. */
const SEARCH_STEPS_MAX = 20_000;

export interface Atom {
  /** Unique across all releases that are looked at together: window, sensor and cell. */
  readonly key: string;
  /** Atoms of one window share pseudonyms: a contributor may be in several of them. Across windows nobody can be told. */
  readonly window: string;
  readonly contributors: number;
  /** The contribution cap of the window: in how many of its atoms one contributor can be. */
  readonly cellsPerContributorMax: number;
}

export interface Figure {
  /** Says what is counted; unique within its release. */
  readonly key: string;
  readonly atoms: readonly Atom[];
}

export interface Release {
  readonly figures: readonly Figure[];
}

export interface Difference {
  /** How often each figure is added. */
  readonly combination: ReadonlyMap<Figure, bigint>;
  /** Keys of the atoms that it depends on and that hold anybody. */
  readonly atoms: readonly string[];
  /** Lower bound of distinct contributors in them. */
  readonly contributors: number;
}

interface Block {
  atoms: Atom[];
  contributors: number;
}

/** How many distinct contributors the atoms hold at least: each is in at most c atoms of a window, and may be the same in every window. */
export function contributorsAtLeast(atoms: Iterable<Atom>): number {
  const windows = new Map<string, { most: number; all: number; cap: number }>();
  for (const { window, contributors, cellsPerContributorMax } of atoms) {
    const seen = windows.get(window) ?? { most: 0, all: 0, cap: 1 };
    seen.most = Math.max(seen.most, contributors);
    seen.all += contributors;
    seen.cap = Math.max(seen.cap, cellsPerContributorMax);
    windows.set(window, seen);
  }
  let least = 0;
  for (const { most, all, cap } of windows.values()) least = Math.max(least, most, Math.ceil(all / cap));
  return least;
}

/**
 * Combinations of figures that isolate fewer than k contributors: none if and only if there is no such combination, otherwise at least one
 * for each group of figures that hang together.
 */
export function differencesBelow(k: number, releases: readonly Release[]): Difference[] {
  const figures = releases.flatMap((release) => release.figures);
  const blocks = blocksOf(figures);
  const rows = figures.map((_, figure): Row => ({ terms: new Map(), from: new Map([[figure, 1n]]) }));
  blocks.forEach(({ members }, column) => {
    for (const figure of members) rows[figure]!.terms.set(column, 1n);
  });
  const atomsIn = (columns: Iterable<number>): Atom[] => [...columns].flatMap((column) => blocks[column]!.atoms);
  const holds = (columns: Iterable<number>): number => contributorsAtLeast(atomsIn(columns));
  const filled = rows.filter((row) => row.terms.size > 0);
  const { rows: small, relations } = smallSpan(filled, (column) => blocks[column]!.contributors >= k);
  return components(small).flatMap((tangle) => {
    const found = narrowest(tangle, (columns) => holds(columns) < k);
    if (found === undefined) return [];
    return {
      combination: new Map([...shortened(found.from, relations)].map(([figure, times]) => [figures[figure]!, times])),
      atoms: atomsIn(found.terms.keys()).map((atom) => atom.key),
      contributors: holds(found.terms.keys()),
    };
  });
}

/** Atoms that are in the very same figures can't be told apart: they count as one. Atoms without contributors isolate nobody. */
function blocksOf(figures: readonly Figure[]): (Block & { members: number[] })[] {
  const byAtom = new Map<string, { atom: Atom; members: number[] }>();
  figures.forEach((figure, index) => {
    for (const atom of figure.atoms) {
      if (atom.contributors === 0) continue;
      const known = byAtom.get(atom.key);
      if (known === undefined) byAtom.set(atom.key, { atom, members: [index] });
      else if (known.members.at(-1) !== index) known.members.push(index);
    }
  });
  const byMembers = new Map<string, Block & { members: number[] }>();
  for (const { atom, members } of byAtom.values()) {
    const name = members.join();
    const block = byMembers.get(name);
    if (block === undefined) byMembers.set(name, { atoms: [atom], contributors: 0, members });
    else block.atoms.push(atom);
  }
  for (const block of byMembers.values()) block.contributors = contributorsAtLeast(block.atoms);
  return [...byMembers.values()];
}

/**
 * A combination of rows whose columns are together `isNarrow`, if there is one. Column by column, either the combination has it, and then
 * it counts, or it has not, and then one row less is left; `isNarrow` holds for every part of what it holds for, so that a branch ends as
 * soon as it fails.
 */
function narrowest(tangle: readonly Row[], isNarrow: (columns: ReadonlySet<number>) => boolean): Row | undefined {
  let steps = 0;
  const search = (rows: readonly Row[], taken: ReadonlySet<number>): Row | undefined => {
    const [row, ...others] = rows;
    if (row === undefined) return undefined;
    if (++steps > SEARCH_STEPS_MAX) return row;
    const column = [...row.terms.keys()].find((each) => !taken.has(each));
    if (column === undefined) return row;
    const more = new Set(taken).add(column);
    const found = isNarrow(more) ? search(rows, more) : undefined;
    if (found !== undefined) return found;
    return search(
      others.map((other) => without(column, other, row)),
      taken,
    );
  };
  return search(tangle, new Set());
}
