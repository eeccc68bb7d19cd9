/**
 * The deniable opt-out list also leaves out a share of those who are not on it (decoys), so that being left out proves nothing. What that costs
 * the counts is made up for in what is released.
 *
 * Source: the Horvitz-Thompson estimator. Each contributor who refused nothing is left out with probability rho, whatever else they do, so the
 * count and each sum over contributors is a fraction 1 - rho of the whole on average, and divided by it has no bias. What is estimated are
 * those who did not refuse: how many are on the list only the city's desk knows. A mean is a quotient of two such sums, and stays as it is.
 */
import { correctionFactor } from '../policy/choices/opt-out-bound.ts';
import type { SensorPolicy } from '../policy/schema.ts';
import type { Release, ReleasedCell } from './messages.ts';

/**
 * Whether the list leaves out of a sensor's readings whom it should at random: each reading that counts has to have an identifier of the
 * list's category, or those without one would be scaled up for nothing. It has where it tells contributors apart.
 */
export function isThinnedByList(policy: SensorPolicy): boolean {
  return Object.values(policy.fields).some(
    ({ category, transform }) => category === 'plate' && transform.kind === 'contributor',
  );
}

/**
 * The release with figures that estimate all who did not refuse. For figures that threshold or noise let out: it changes no guarantee, and widens
 * the error by the same factor.
 */
export function corrected(release: Release, policy: SensorPolicy, decoyShare: number): Release {
  if (decoyShare === 0) return release;
  const sums = new Set(
    Object.entries(policy.fields).flatMap(([field, { transform }]) =>
      transform.kind === 'measure' && transform.statistic === 'sum' ? field : [],
    ),
  );
  const factor = correctionFactor(decoyShare);
  const figureOf = (name: string, value: number): number => {
    if (name === 'contributors') return Math.round(value * factor);
    return sums.has(name) ? value * factor : value;
  };
  const cells = release.cells.map(
    ({ group, figures }): ReleasedCell => ({
      group,
      figures: Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, figureOf(name, value)])),
    }),
  );
  return { ...release, cells, privacy: { ...release.privacy, decoyShare } };
}
