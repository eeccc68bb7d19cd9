/**
 * Goal: generalising is idempotent, never makes anything finer, and sorts every value into exactly one of a closed set.
 * Method: fast-check over places, times, numbers and band edges.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { getResolution } from 'h3-js';
import { UserError } from '../../../edge/base/errors.ts';
import {
  BANDS_MAX,
  coarserCell,
  DAY_MS,
  H3_RESOLUTION_MAX,
  h3CellOf,
  NumericBands,
  timeBucketStart,
} from '../../../edge/sensor/transform/generalise.ts';

const latitude = fc.double({ min: -90, max: 90, noNaN: true });
const longitude = fc.double({ min: -180, max: 180, noNaN: true });
const resolution = fc.integer({ min: 0, max: H3_RESOLUTION_MAX });
const edges = fc
  .uniqueArray(fc.double({ noNaN: true, noDefaultInfinity: true }), {
    minLength: 1,
    maxLength: 20,
    comparator: (a, b) => a === b,
  })
  .map((list) => list.sort((a, b) => a - b));

test('a place has one cell of the asked size, and its ancestors nest', () => {
  fc.assert(
    fc.property(latitude, longitude, resolution, resolution, resolution, (lat, lon, ...resolutions) => {
      const [coarse, middle, fine] = resolutions.sort((a, b) => a - b) as [number, number, number];
      const cell = h3CellOf(lat, lon, fine)!;
      assert.equal(getResolution(cell), fine);
      assert.equal(coarserCell(cell, fine), cell);
      const parent = coarserCell(cell, middle);
      assert.equal(getResolution(parent), middle);
      assert.equal(coarserCell(parent, middle), parent);
      assert.equal(coarserCell(parent, coarse), coarserCell(cell, coarse));
      if (coarse < fine) assert.throws(() => coarserCell(coarserCell(cell, coarse), fine), RangeError);
    }),
  );
});

test('what is no place, no cell or no resolution is refused', () => {
  for (const [lat, lon] of [
    [90.001, 0],
    [0, -180.5],
    [Number.NaN, 0],
    [0, Number.POSITIVE_INFINITY],
  ] as const)
    assert.equal(h3CellOf(lat, lon, 8), undefined);
  for (const bad of [-1, 1.5, H3_RESOLUTION_MAX + 1, Number.NaN]) assert.throws(() => h3CellOf(0, 0, bad), RangeError);
  for (const bad of ['', 'zz', '8930e1d9b37ffffg']) assert.throws(() => coarserCell(bad, 3), RangeError);
});

test('a time lies in its bucket, buckets of nested sizes nest', () => {
  const sizes = [1, 1_000, 60_000, 300_000, 900_000, 3_600_000, DAY_MS];
  fc.assert(
    fc.property(
      fc.integer({ min: -1e14, max: 1e14 }),
      fc.constantFrom(...sizes),
      fc.constantFrom(...sizes),
      (at, a, b) => {
        const [fine, coarse] = [Math.min(a, b), Math.max(a, b)];
        const start = timeBucketStart(at, fine);
        assert.ok(start <= at && at < start + fine);
        assert.equal(timeBucketStart(start, fine), start);
        assert.equal(timeBucketStart(start, coarse), timeBucketStart(at, coarse));
      },
    ),
  );
  for (const bad of [0, -60_000, 7 * 60_000, 0.5, 2 * DAY_MS, Number.NaN])
    assert.throws(() => timeBucketStart(0, bad), UserError);
});

test('bands partition the numbers, and fewer edges never part what more edges keep together', () => {
  fc.assert(
    fc.property(
      edges,
      fc.double({ noNaN: true }),
      fc.double({ noNaN: true }),
      fc.func(fc.boolean()),
      (list, a, b, keep) => {
        const fine = new NumericBands(list);
        assert.equal(new Set(fine.labels).size, list.length + 1);
        const label = fine.of(a)!;
        const place = fine.labels.indexOf(label);
        assert.ok((place === 0 || a >= list[place - 1]!) && (place === list.length || a < list[place]!));
        // The band of a band's own lower edge is that band.
        if (place > 0) assert.equal(fine.of(list[place - 1]!), label);
        const kept = list.filter((edge) => keep(edge));
        if (kept.length === 0) return;
        const coarse = new NumericBands(kept);
        if (fine.of(a) === fine.of(b)) assert.equal(coarse.of(a), coarse.of(b));
      },
    ),
  );
  assert.equal(new NumericBands([0]).of(Number.NaN), undefined);
  const many = Array.from({ length: BANDS_MAX }, (_, i) => i);
  for (const bad of [[], [1, 1], [2, 1], [Number.NaN], [0, Number.POSITIVE_INFINITY], many])
    assert.throws(() => new NumericBands(bad), UserError);
});
