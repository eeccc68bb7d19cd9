/**
 * Exact samplers after Canonne, Kamath and Steinke, "The Discrete Gaussian for Differential Privacy" (NeurIPS 2020, arXiv 2004.00010),
 * algorithms 1 to 3: integers and exact fractions from end to end. Noise drawn in floating point has gaps that tell the true value (Mironov,
 * "On significance of the least significant bits", CCS 2012).
 *
 * How long a draw takes depends on what is drawn; tables are therefore released later than they are drawn, on a fixed clock.
 */
import type { Rational } from '../rational.ts';
import type { UniformSource } from './random.ts';

/** 1 with probability exp(-num/den), exactly. `num` and `den` are not negative, `den` is not 0. */
export function bernoulliExp(num: bigint, den: bigint, uniform: UniformSource): boolean {
  let rest = num;
  for (; rest > den; rest -= den) if (!bernoulliExpUnit(1n, 1n, uniform)) return false;
  return bernoulliExpUnit(rest, den, uniform);
}

/** For an exponent in [0, 1]: the first of the draws Bernoulli(g), Bernoulli(g/2), Bernoulli(g/3), ... that fails has an odd number with probability exp(-g). */
function bernoulliExpUnit(num: bigint, den: bigint, uniform: UniformSource): boolean {
  let draws = 1n;
  while (uniform.below(den * draws) < num) draws++;
  return (draws & 1n) === 1n;
}

/** P(x) proportional to exp(-|x| / scale), on the integers. Throws a RangeError unless the scale is positive. */
export function discreteLaplace(scale: Rational, uniform: UniformSource): bigint {
  const { num, den } = scale;
  if (num <= 0n) throw new RangeError('the scale of the noise must be positive');
  for (;;) {
    const low = uniform.below(num);
    if (!bernoulliExpUnit(low, num, uniform)) continue;
    let high = 0n;
    while (bernoulliExpUnit(1n, 1n, uniform)) high++;
    const size = (low + num * high) / den;
    const isNegative = uniform.below(2n) === 1n;
    // Zero would otherwise be drawn in two ways.
    if (isNegative && size === 0n) continue;
    return isNegative ? -size : size;
  }
}

/** P(x) proportional to exp(-x^2 / (2 variance)), on the integers. Throws a RangeError unless the variance is positive. */
export function discreteGaussian(variance: Rational, uniform: UniformSource): bigint {
  const { num, den } = variance;
  if (num <= 0n) throw new RangeError('the variance of the noise must be positive');
  const scale = integerSquareRoot(num / den) + 1n;
  const laplaceScale = { num: scale, den: 1n };
  const scaleDen = scale * den;
  const exponentDen = 2n * num * scale * scaleDen;
  for (;;) {
    const drawn = discreteLaplace(laplaceScale, uniform);
    // Kept with probability exp(-(|x| - variance/scale)^2 / (2 variance)), written over one denominator.
    const offset = (drawn < 0n ? -drawn : drawn) * scaleDen - num;
    if (bernoulliExp(offset * offset, exponentDen, uniform)) return drawn;
  }
}

/** The largest integer whose square is at most `value`: by Newton's method, from above. */
function integerSquareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let root = 1n << BigInt((value.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
