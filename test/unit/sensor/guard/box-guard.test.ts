/**
 * Goal: what streams of a box give away together is held back, under its reason, and nothing else is. Method: releases made by hand, each
 * set telling of few in one way.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Release } from '../../../../edge/sensor/messages.ts';
import { countsOf, devices, exact, FAR, guardOf, HERE, K, people, release } from '../../../support/releases.ts';

test('what tells of nobody in particular passes as it is', () => {
  const guard = guardOf({ wifi: exact('wifi-probes'), air: exact('environment') });
  const first = release('wifi', [0, 5], [devices('universal', 40), devices('randomised', 70)]);
  const air = release('air', [0, 5], [{ group: {}, figures: { temperatureC: 21, readings: 1 } }]);
  const { released, withheld } = guard.pass([first, air]);
  assert.deepEqual([released, withheld], [[first, air], []]);
  assert.deepEqual(guard.takeCounts(), {});
});

test('cells of fewer than k, and sums of people whose number is not told, are left out', () => {
  const guard = guardOf({ wifi: exact('wifi-probes') });
  assert.deepEqual(countsOf(guard, release('wifi', [0, 5], [devices('universal', K - 1), devices('randomised', K)])), [
    [K],
  ]);
  const sum = { group: { addressKind: 'universal' }, figures: { rssiDbm: 7 } };
  assert.deepEqual(countsOf(guard, release('wifi', [5, 10], [sum, devices('randomised', K)])), [[K]]);
  assert.deepEqual(guard.takeCounts(), { 'guard-small-cell': 2 });
  assert.deepEqual(guard.takeCounts(), {});
});

test('an unknown label and an unknown sensor are refused; a release of which nothing is left goes as if nobody had been there', () => {
  const guard = guardOf({ wifi: exact('wifi-probes') });
  assert.deepEqual(
    countsOf(
      guard,
      release('wifi', [0, 5], [devices('universal', 3)]),
      release('wifi', [5, 10], [devices('02:00:00:00:00:01', 30)]),
      release('stranger', [5, 10], [people(30)]),
    ),
    [[], 'guard-token', 'guard-token'],
  );
});

test('a fault of its own refuses', () => {
  const guard = guardOf({ wifi: exact('wifi-probes') });
  const broken = { ...release('wifi', [0, 5], []), cells: null } as unknown as Release;
  assert.deepEqual(countsOf(guard, broken), ['guard-failed']);
});

test('window differencing: three windows of five minutes may not leave a few of the quarter of an hour', () => {
  const sensors = { long: exact('ble-scans', { windowMs: 900_000 }), short: exact('ble-scans') };
  const quarter = release('long', [0, 15], [people(100)]);
  const fives = [release('short', [0, 5], [people(40)]), release('short', [5, 10], [people(30)])];
  assert.deepEqual(countsOf(guardOf(sensors), quarter, ...fives, release('short', [10, 15], [people(25)])), [
    [100],
    [40],
    [30],
    [], // 100 - 40 - 30 - 25 = 5
  ]);
  assert.deepEqual(countsOf(guardOf(sensors), ...fives, release('short', [10, 15], [people(25)]), quarter), [
    [40],
    [30],
    [25],
    [],
  ]);
  assert.deepEqual(
    countsOf(guardOf(sensors), quarter, ...fives, release('short', [10, 15], [people(15)])).at(-1),
    [15],
    'fifteen more are not few',
  );
  const guard = guardOf(sensors);
  countsOf(guard, quarter, ...fives, release('short', [10, 15], [people(25)]));
  assert.deepEqual(guard.takeCounts(), { 'guard-unicity': 1 });
});

test('small-cell complement: a total beside the classes does not give back the class that was left out', () => {
  const total = exact('wifi-probes', {
    fields: { mac: { category: 'mac-address', transform: { kind: 'contributor' } } },
  });
  const guard = guardOf({ total, classes: exact('wifi-probes') });
  const [, classes] = countsOf(
    guard,
    release('total', [0, 5], [people(60)]),
    release('classes', [0, 5], [devices('universal', 20), devices('randomised', 35)]),
  );
  assert.deepEqual(classes, [35], '60 - 20 - 35 = 5 of neither class');
  assert.deepEqual(guard.takeCounts(), { 'guard-unicity': 1 });
});

test('join: two kinds of sensor at one place may not differ by a few, far from each other they may', () => {
  const camera = (place: typeof HERE) =>
    exact('lpr', { place, fields: { plate: { category: 'plate', transform: { kind: 'contributor' } } } });
  const counts = (place: typeof HERE) => {
    const guard = guardOf({ ble: exact('ble-scans'), cars: camera(place) });
    const result = countsOf(guard, release('ble', [0, 5], [people(50)]), release('cars', [0, 5], [people(49)]));
    return [...result, Object.keys(guard.takeCounts())];
  };
  assert.deepEqual(counts(HERE), [[50], [], ['guard-join']]);
  assert.deepEqual(counts(FAR), [[50], [49], []]);
});

test('figures with noise are not compared: what they cost was checked at load', () => {
  const guard = guardOf({ a: exact('ble-scans', { epsilonPerDay: 0.5 }), b: exact('ble-scans') });
  assert.deepEqual(countsOf(guard, release('a', [0, 5], [people(300)]), release('b', [0, 5], [people(299)])), [
    [300],
    [299],
  ]);
});

test('what overlaps with what is forgotten is refused', () => {
  const guard = guardOf({
    cells: exact('gps', { k: 2, windowMs: 300_000, contributionsMax: 1 }),
    other: exact('ble-scans'),
  });
  // One more cell than fit into the memory, all of them real cells of the resolution.
  const cell = { group: { position: '8730e1d8effffff' }, figures: { contributors: 40 } };
  for (let i = 0; i <= 16; i++)
    guard.pass([
      release(
        'cells',
        [0, 5],
        Array.from({ length: 4_096 }, () => cell),
      ),
    ]);
  assert.deepEqual(countsOf(guard, release('other', [0, 5], [people(30)]), release('other', [5, 10], [people(30)])), [
    'guard-memory',
    [30],
  ]);
});
