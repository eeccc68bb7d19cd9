/**
 * k-threshold with complementary suppression: figures of fewer than k contributors are left out, and as many more as it takes that no
 * adding and subtracting of what is released isolates fewer than k (differencing.ts says what that covers).
 *
 * Figures of 0 are left out like those of 1 to k - 1: a published 0 would tell that the cells left out are not empty, and with that their
 * counts could be bounded from both sides. What k can't do: an attacker who is k - 1 of the contributors himself, by made-up addresses,
 * sees the k-th; and knowing whether somebody is in a table can be worth more than isolating him in it (membership inference). Open data
 * should carry noise; a table that claims it does not use this threshold (release-table.ts).
 */
import { contributorsAtLeast, differencesBelow, type Figure, type Release } from './differencing.ts';

/** By audience: internal, a partner under contract, the public. */
export const K_DEFAULTS = { internal: 5, partner: 10, open: 20 } as const;

/** Rounds of leaving out: each goes through all figures. Chains of margins need a few; a table that needs more is not published at all. */
const ROUNDS_MAX = 100;

export interface Suppression {
  readonly published: readonly Figure[];
  /** Left out because they hold 1 to k - 1 contributors. */
  readonly primary: number;
  /** Left out to protect others. */
  readonly complementary: number;
}

/**
 * What may be published of `figures`, given what was published about the same people before to the same audience. If that alone isolates
 * fewer than k, nothing more is published. Of the figures that would have to go, the one with the fewest contributors goes.
 */
export function suppress(k: number, figures: readonly Figure[], earlier: readonly Release[] = []): Suppression {
  if (!Number.isInteger(k) || k < 2) throw new RangeError('k is a whole number from 2');
  const held = figures.filter(({ atoms }) => atoms.some(({ contributors }) => contributors > 0));
  let published = held.filter(({ atoms }) => contributorsAtLeast(atoms) >= k);
  const primary = held.length - published.length;
  const reached = published.length;
  for (let round = 0; published.length > 0; round++) {
    if (round === ROUNDS_MAX) return { published: [], primary, complementary: reached };
    const differences = differencesBelow(k, [...earlier, { figures: published }]);
    if (differences.length === 0) break;
    const candidates = new Set(published);
    const leftOut = new Set<Figure>();
    for (const { combination } of differences) {
      const movable = [...combination.keys()].filter((figure) => candidates.has(figure));
      if (movable.length === 0) return { published: [], primary, complementary: reached };
      leftOut.add(movable.reduce((least, each) => (isLess(each, least) ? each : least)));
    }
    published = published.filter((figure) => !leftOut.has(figure));
  }
  return { published, primary, complementary: reached - published.length };
}

function isLess(a: Figure, b: Figure): boolean {
  const difference = incidences(a) - incidences(b);
  return difference < 0 || (difference === 0 && a.key < b.key);
}

function incidences({ atoms }: Figure): number {
  return atoms.reduce((all, { contributors }) => all + contributors, 0);
}
