/**
 * Goal: the attacks bite where nothing is protected, and get nowhere against the product's own path. Method: a small city of a fixed seed,
 * both ways; the measure itself on scores whose advantage is known. The full size is `garim attack`.
 */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type AttackReport, attack, defaultBoxPolicy } from '../../../../edge/sensor/attack/run.ts';
import { Seeded } from '../../../../edge/sensor/attack/seeded.ts';
import { advantageOf, type Trial } from '../../../../edge/sensor/attack/statistics.ts';

let open: AttackReport;
let box: AttackReport;

before(() => {
  const policy = defaultBoxPolicy();
  open = attack({ policy, seed: 7, people: 240, days: 8, isProtected: false });
  box = attack({ policy, seed: 7, people: 600, days: 6, isProtected: true });
});

test('without protection every attack is clearly above the bound', () => {
  assert.ok(open.results.length >= 21, `${open.results.length} attacks`);
  for (const { attack: name, low, isWithin, verdict } of open.results) {
    assert.ok(low > open.bound, `${name}: ${low}`);
    assert.ok(!isWithin && verdict === 'fail', name);
  }
});

test('cameras are attacked as other sensors are: alone, and joined with what else is at their place', () => {
  assert.ok(open.results.some(({ attack: name }) => name === 'membership, camera-counts'));
  assert.ok(open.figuresPerDay['camera-counts']! > 0);
  const sensors = Object.fromEntries(
    Object.entries(defaultBoxPolicy().sensors).filter(([, { adapter }]) => adapter === 'camera-counts'),
  );
  const policy = { ...defaultBoxPolicy(), sensors };
  const only = attack({ policy, seed: 7, people: 240, days: 8, isProtected: false });
  for (const name of [
    'membership, camera-counts',
    'window differencing',
    'small-cell complement',
    'timing of releases',
  ]) {
    const found = only.results.find((result) => result.attack === name);
    assert.ok(found !== undefined && found.low > only.bound, `${name}: ${found?.low}`);
  }
});

test('what so small a city can not tell is undecided, and no pass', () => {
  const verdicts = new Set(box.results.map(({ verdict }) => verdict));
  assert.ok(verdicts.has('undecided') && verdicts.has('pass'), [...verdicts].join(', '));
  for (const { attack: name, advantage, high, verdict, peopleMin } of box.results) {
    if (verdict === 'pass') assert.ok(high <= box.bound, name);
    if (verdict === 'undecided') assert.ok(advantage <= box.bound && (peopleMin ?? 0) > 600, `${name}: ${peopleMin}`);
  }
  const counter = box.results.find(({ attack: name }) => name === 'membership, people-counter');
  assert.deepEqual(
    [box.figuresPerDay['people-counter'], counter?.verdict],
    [0, 'undecided'],
    'nothing of it was released',
  );
});

test('against the default policies none is above the bound', () => {
  assert.ok(Object.values(box.figuresPerDay).reduce((sum, figures) => sum + figures, 0) > 5, 'something was released');
  assert.equal(box.results.length, open.results.length);
  for (const { attack: name, low } of box.results) assert.ok(low <= box.bound, `${name}: ${low}`);
  // So few days leave wide intervals; all attacks together leave a narrow one.
  const mean = box.results.reduce((sum, { advantage }) => sum + advantage, 0) / box.results.length;
  assert.ok(mean <= 0.02, `mean advantage ${mean}`);
});

test('timing and words say nothing at all', () => {
  for (const name of ['timing of releases', 'dictionary on emitted words']) {
    const result = box.results.find(({ attack: each }) => each === name)!;
    assert.deepEqual([result.advantage, result.low, result.high], [0, 0, 0], name);
  }
});

test('a seed is a city', () => {
  const again = (seed: number): string =>
    JSON.stringify(attack({ policy: defaultBoxPolicy(), seed, people: 60, days: 2, isProtected: true }));
  assert.equal(again(3), again(3));
  assert.notEqual(again(3), again(4));
});

test('a policy without a sensor of the city is refused', () => {
  const policy = { ...defaultBoxPolicy(), sensors: {} };
  assert.throws(() => attack({ policy, seed: 1, people: 60, days: 2, isProtected: true }), /no sensor/);
});

test('advantage and interval are those of scores whose advantage is known', () => {
  const random = new Seeded('known');
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  const trialsAt = (distance: number): Trial[] =>
    Array.from({ length: 8_000 }, (_, i) => {
      const isPositive = i % 2 === 0;
      return { day: i % 40, isPositive, score: normal() + (isPositive ? distance : 0) };
    });
  // AUC of two normal distributions 1 apart: Phi(1 / sqrt 2) = 0.7602.
  for (const [distance, expected] of [
    [0, 0],
    [1, 0.2602],
  ] as const) {
    const { advantage, low, high, trials } = advantageOf(trialsAt(distance), 1);
    assert.equal(trials, 8_000);
    assert.ok(Math.abs(advantage - expected) < 0.015, `${advantage}`);
    assert.ok(low < expected && expected < high && high - low < 0.06, `${low} to ${high}`);
  }
});

test('ties count half, and certainty is certain', () => {
  const trial = (day: number, isPositive: boolean, score: number): Trial => ({ day, isPositive, score });
  const tied = [0, 1].flatMap((day) => [trial(day, true, 1), trial(day, false, 1)]);
  assert.equal(advantageOf(tied, 1).advantage, 0);
  const certain = [0, 1].flatMap((day) => [trial(day, true, 2), trial(day, false, 1)]);
  assert.deepEqual(advantageOf(certain, 1), { advantage: 0.5, low: 0.5, high: 0.5, trials: 4 });
});
