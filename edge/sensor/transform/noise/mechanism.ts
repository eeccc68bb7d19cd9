/**
 * Noise for tables of counts and sums, and the threshold that hides which cells are there at all.
 *
 * Only cells with contributors are in a table, so the mere presence of a cell could tell of a single contributor. It is therefore released
 * only when its *noisy* count reaches a threshold that one contributor alone passes with probability delta at most (Korolova et al., WWW
 * 2009; Wilson et al., "Differentially private SQL with bounded user contribution", PETS 2020). Comparing the true count with k and adding
 * noise afterwards would undo the guarantee: whether the cell is there would tell, without any noise, on which side of k the true count is.
 */
import { divide, multiply, type Rational, rational, toNumber } from '../rational.ts';
import type { UniformSource } from './random.ts';
import { discreteGaussian, discreteLaplace } from './samplers.ts';

/** Probability, per table, with which a cell of one contributor may be seen. */
export const THRESHOLD_DELTA = rational(1n, 1_000_000_000n);

/** How far one contributor can move a table. */
export interface Sensitivity {
  /** Cells that one contributor is in at most. */
  readonly cells: number;
  /** What it adds to one of them at most. */
  readonly perCell: number;
  /** Whether all of it can come together in one cell, as in a margin. */
  readonly canPileUp: boolean;
}

export type NoiseRecipe =
  | { readonly mechanism: 'gaussian'; readonly rho: Rational }
  | { readonly mechanism: 'laplace'; readonly epsilon: Rational };

export interface Noise {
  draw(uniform: UniformSource): bigint;
  /** The least number that one draw reaches with probability `THRESHOLD_DELTA` / cells at most; rounded up. */
  readonly tail: number;
  /** For display. */
  readonly standardDeviation: number;
}

/**
 * Noise that spends `recipe` on a table of such sensitivity. Gaussian: variance D^2 / (2 rho), with D the Euclidean sensitivity
 * (Canonne, Kamath and Steinke 2020, for several counts at once). Laplace: scale D1 / epsilon, with D1 the sum of changes.
 */
export function noiseFor(recipe: NoiseRecipe, { cells, perCell, canPileUp }: Sensitivity): Noise {
  const logOdds = Math.log(cells / toNumber(THRESHOLD_DELTA));
  const [count, size] = [BigInt(cells), BigInt(perCell)];
  if (recipe.mechanism === 'laplace') {
    const scale = divide(rational(count * size), recipe.epsilon);
    const b = toNumber(scale);
    // P(X >= m) is below exp(-m / b).
    return {
      draw: (uniform) => discreteLaplace(scale, uniform),
      tail: Math.ceil(b * logOdds) + 1,
      standardDeviation: Math.SQRT2 * b,
    };
  }
  const squared = (canPileUp ? count * count : count) * size * size;
  const variance = divide(rational(squared), multiply(rational(2n), recipe.rho));
  const sigma = Math.sqrt(toNumber(variance));
  // Discrete Gaussians are sub-Gaussian (the same paper): P(X >= m) is at most exp(-m^2 / (2 sigma^2)).
  return {
    draw: (uniform) => discreteGaussian(variance, uniform),
    tail: Math.ceil(sigma * Math.sqrt(2 * logOdds)) + 1,
    standardDeviation: sigma,
  };
}
