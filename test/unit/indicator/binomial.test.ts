/** Goal: confidence bounds are exact. Method: closed forms, published values (R's binom.test), and a plain sum for small numbers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lowerBound, upperBound } from '../../../edge/indicator/binomial.ts';

const near = (actual: number, wanted: number, tolerance = 1e-8): void =>
  assert.ok(Math.abs(actual - wanted) <= tolerance, `${actual} is not ${wanted}`);

test('none of n: 1 - alpha^(1/n), the lines of the design among them', () => {
  for (const n of [1, 10, 299, 2_995, 1_000_000]) near(upperBound(0, n), 1 - 0.05 ** (1 / n));
  assert.ok(upperBound(0, 299) <= 0.01 && upperBound(0, 298) > 0.01);
  assert.ok(upperBound(0, 2_995) <= 0.001 && upperBound(0, 2_994) > 0.001);
});

test('published two-sided 95 % intervals are two one-sided ones of 97.5 %', () => {
  for (const [count, trials, low, high] of [
    [10, 100, 0.04900469, 0.1762226],
    [1, 10, 0.002528579, 0.445016117],
    [5, 10, 0.1870861, 0.8129139],
    [7, 20, 0.1539092, 0.592189],
  ] as const) {
    near(upperBound(count, trials, 0.975), high, 1e-6);
    near(lowerBound(count, trials, 0.975), low, 1e-6);
  }
});

test('all of n, and nothing tried at all, bound nothing', () => {
  assert.equal(upperBound(4, 4), 1);
  assert.equal(upperBound(0, 0), 1);
  assert.equal(lowerBound(0, 0), 0);
  for (const [count, trials] of [
    [2, 1],
    [-1, 5],
    [0.5, 5],
  ] as const)
    assert.throws(() => upperBound(count, trials), RangeError);
});

test('at the bound, so few or fewer have a chance of exactly 5 %', () => {
  const choose = (n: number, k: number): number => {
    let product = 1;
    for (let i = 0; i < k; i++) product *= (n - i) / (i + 1);
    return product;
  };
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.nat(), (trials, seed) => {
      const count = seed % trials;
      const p = upperBound(count, trials);
      let chance = 0;
      for (let i = 0; i <= count; i++) chance += choose(trials, i) * p ** i * (1 - p) ** (trials - i);
      near(chance, 0.05, 1e-9);
    }),
  );
});
