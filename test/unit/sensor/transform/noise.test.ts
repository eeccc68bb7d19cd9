/**
 * Goal: the noise has exactly the distribution that the privacy proof is about.
 * Method: chi-square against the exact distributions, with repeatable bytes and a fixed verdict, and once with the system's generator,
 * where a right sampler fails once in 10^9 runs; samplers that are slightly wrong must fail the same test.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UniformSource } from '../../../../edge/sensor/transform/noise/random.ts';
import { bernoulliExp, discreteGaussian, discreteLaplace } from '../../../../edge/sensor/transform/noise/samplers.ts';
import { type Rational, rational, toNumber } from '../../../../edge/sensor/transform/rational.ts';
import { chiSquarePValue, upperGamma } from '../../../support/chi-square.ts';
import { seededRandom } from '../../../support/seeded-random.ts';

const DRAWS = 40_000;

function laplaceProbability(scale: Rational): (x: number) => number {
  const p = Math.exp(-1 / toNumber(scale));
  return (x) => ((1 - p) / (1 + p)) * p ** Math.abs(x);
}

function gaussianProbability(variance: Rational): (x: number) => number {
  const weight = (x: number): number => Math.exp((-x * x) / (2 * toNumber(variance)));
  let sum = weight(0);
  for (let x = 1; weight(x) > 1e-18; x++) sum += 2 * weight(x);
  return (x) => weight(x) / sum;
}

const drawn = (draw: () => bigint, count = DRAWS): bigint[] => Array.from({ length: count }, draw);

test('the chi-square survival agrees with tabled quantiles', () => {
  // 95 % quantiles of chi-square with 1, 10 and 100 degrees of freedom, and the exact exp(-x/2) for 2.
  for (const [df, x] of [
    [1, 3.841459],
    [10, 18.307038],
    [100, 124.342113],
  ] as const)
    assert.ok(Math.abs(upperGamma(df / 2, x / 2) - 0.05) < 1e-6, `df ${df}`);
  for (const x of [0.1, 3, 60]) assert.ok(Math.abs(upperGamma(1, x / 2) / Math.exp(-x / 2) - 1) < 1e-9, `x ${x}`);
});

test('discrete Laplace and Gaussian noise follow their exact distributions', () => {
  const uniform = new UniformSource(seededRandom(1));
  for (const scale of [rational(1n, 3n), rational(1n), rational(7n, 2n), rational(20n)]) {
    const p = chiSquarePValue(
      drawn(() => discreteLaplace(scale, uniform)),
      laplaceProbability(scale),
    );
    assert.ok(p > 1e-3, `Laplace of scale ${toNumber(scale)}: p = ${p}`);
  }
  for (const variance of [rational(1n, 4n), rational(1n), rational(10n, 3n), rational(400n)]) {
    const p = chiSquarePValue(
      drawn(() => discreteGaussian(variance, uniform)),
      gaussianProbability(variance),
    );
    assert.ok(p > 1e-3, `Gaussian of variance ${toNumber(variance)}: p = ${p}`);
  }
});

test('with the bytes of the system the noise follows its exact distribution too', () => {
  const uniform = new UniformSource();
  const scale = rational(5n, 2n);
  const variance = rational(25n, 4n);
  const laplace = chiSquarePValue(
    drawn(() => discreteLaplace(scale, uniform)),
    laplaceProbability(scale),
  );
  const gaussian = chiSquarePValue(
    drawn(() => discreteGaussian(variance, uniform)),
    gaussianProbability(variance),
  );
  assert.ok(laplace > 1e-9 && gaussian > 1e-9, `p = ${laplace}, ${gaussian}`);
});

test('a sampler that is slightly wrong fails the test', () => {
  const uniform = new UniformSource(seededRandom(2));
  const scale = rational(5n, 2n);
  const wrong: Record<string, () => bigint> = {
    'scale 8 % too small': () => discreteLaplace(rational(23n, 10n), uniform),
    'no negative zero rejected': () => (uniform.below(12n) === 0n ? 0n : discreteLaplace(scale, uniform)),
    'one sign': () => {
      const noise = discreteLaplace(scale, uniform);
      return noise < 0n ? -noise : noise;
    },
    'Gaussian of the same variance': () => discreteGaussian(rational(25n, 2n), uniform),
  };
  for (const [name, draw] of Object.entries(wrong))
    assert.ok(chiSquarePValue(drawn(draw), laplaceProbability(scale)) < 1e-9, name);
});

test('Bernoulli(exp(-g)) has that probability, for exponents within and beyond 1', () => {
  const uniform = new UniformSource(seededRandom(3));
  for (const [num, den] of [
    [0n, 1n],
    [1n, 1000n],
    [1n, 2n],
    [1n, 1n],
    [7n, 3n],
    [6n, 1n],
  ] as const) {
    let hits = 0;
    for (let i = 0; i < DRAWS; i++) if (bernoulliExp(num, den, uniform)) hits++;
    const p = Math.exp(-Number(num) / Number(den));
    // Four standard deviations, with fixed bytes.
    assert.ok(Math.abs(hits / DRAWS - p) <= 4 * Math.sqrt((p * (1 - p)) / DRAWS), `exp(-${num}/${den}): ${hits}`);
  }
});

test('uniform draws are unbiased at every word width, also where a plain remainder would not be', () => {
  const uniform = new UniformSource(seededRandom(4));
  // With these bounds the remainder of a word would fall into the lower half in 2 of 3 draws.
  for (const bound of [(1n << 32n) - 1n - (1n << 30n), 3n << 62n, 3n << 100n]) {
    let low = 0;
    for (let i = 0; i < DRAWS; i++) {
      const drawnOne = uniform.below(bound);
      assert.ok(drawnOne >= 0n && drawnOne < bound);
      if (drawnOne < bound / 2n) low++;
    }
    assert.ok(Math.abs(low / DRAWS - 0.5) < 0.01, `${bound}: ${low}`);
  }
  for (const bound of [1n, 2n, 6n, 256n]) {
    const seen = new Set(drawn(() => uniform.below(bound), 5_000));
    assert.equal(seen.size, Number(bound));
  }
});

test('parameters that make no distribution are refused', () => {
  const uniform = new UniformSource();
  assert.throws(() => discreteLaplace(rational(0n), uniform), RangeError);
  assert.throws(() => discreteLaplace(rational(-1n), uniform), RangeError);
  assert.throws(() => discreteGaussian(rational(0n), uniform), RangeError);
  assert.throws(() => uniform.below(0n), RangeError);
});
