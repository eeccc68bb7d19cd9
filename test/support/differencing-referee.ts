/** What an attacker computes from released figures by trying every combination with small weights: slow, and shares nothing with the product. */
import type { Figure } from '../../edge/sensor/transform/differencing.ts';

export interface Isolated {
  weights: number[];
  contributors: number;
}

/** Combinations with whole weights from -weightMax to weightMax that depend on at least one and fewer than k contributors, each counted once per cell. */
export function isolatedByTrying(k: number, figures: readonly Figure[], weightMax: number): Isolated[] {
  const people = new Map(figures.flatMap(({ atoms }) => atoms.map(({ key, contributors }) => [key, contributors])));
  const keys = [...people.keys()];
  const rows = figures.map(({ atoms }) => keys.map((key) => (atoms.some((atom) => atom.key === key) ? 1 : 0)));
  const found: Isolated[] = [];
  const weights = figures.map(() => -weightMax);
  for (;;) {
    let contributors = 0;
    keys.forEach((key, column) => {
      const value = weights.reduce((sum, weight, row) => sum + weight * rows[row]![column]!, 0);
      if (value !== 0) contributors += people.get(key)!;
    });
    if (contributors > 0 && contributors < k) found.push({ weights: [...weights], contributors });
    let place = 0;
    while (place < weights.length && weights[place] === weightMax) weights[place++] = -weightMax;
    if (place === weights.length) return found;
    weights[place] = weights[place]! + 1;
  }
}
