/**
 * Goal: a window counts each contributor once per cell and at most in c cells, loses who opts out, keeps to its time and to its memory.
 * Method: small windows by hand with clocks that the test moves; a flood of a million addresses with the heap measured.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { UserError } from '../../../../edge/base/errors.ts';
import {
  type AggregateRecipe,
  AHEAD_MS_MAX,
  type ClosedWindow,
  WindowAggregator,
} from '../../../../edge/sensor/transform/aggregate.ts';
import { CELLS_PER_WINDOW_MAX, CONTRIBUTORS_PER_WINDOW_MAX } from '../../../../edge/sensor/transform/open-window.ts';
import { type TwoClocks, twoClocks } from '../../../support/two-clocks.ts';

const START = Date.UTC(2026, 10, 23, 10);
const MINUTE = 60_000;
const WINDOW = 15 * MINUTE;
const RECIPE: AggregateRecipe = {
  dimensions: ['place'],
  windowMs: WINDOW,
  latenessMs: MINUTE,
  cellsPerContributorMax: 2,
};

function started(more: Partial<AggregateRecipe> = {}): { clock: TwoClocks; aggregator: WindowAggregator } {
  const clock = twoClocks(START);
  return { clock, aggregator: new WindowAggregator({ ...RECIPE, ...more }, clock) };
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function liveMb(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1e6;
}

const counts = (window: ClosedWindow | undefined): Record<string, number> =>
  Object.fromEntries(window?.cells.map(({ labels, contributors }) => [labels.join('+'), contributors]) ?? []);
const sums = (window: ClosedWindow | undefined): Record<string, number | undefined> =>
  Object.fromEntries(window?.cells.map(({ labels, sumUnits }) => [labels.join('+'), sumUnits]) ?? []);

test('a contributor counts once per cell, in the first c cells, and not at all after opting out', () => {
  const { clock, aggregator } = started();
  for (const place of ['a', 'a', 'b', 'a', 'c']) aggregator.add(START, 'wanderer', [place]);
  aggregator.add(START, 'stayer', ['a']);
  aggregator.add(START, 'refuser', ['a']);
  aggregator.optOut(START, 'refuser');
  assert.equal(aggregator.add(START, 'refuser', ['b']), 'opted-out');
  aggregator.optOut(START, 'quiet');
  assert.equal(aggregator.add(START, 'quiet', ['d']), 'opted-out');
  assert.deepEqual(aggregator.close(), []);
  clock.pass(WINDOW + MINUTE);
  const [window, ...others] = aggregator.close();
  assert.deepEqual(others, []);
  assert.deepEqual(counts(window), { a: 2, b: 1 });
  assert.deepEqual([window?.id, window?.startMs, window?.endMs], ['2026-11-23T10:00:00.000Z/0', START, START + WINDOW]);
  assert.equal(window?.isSaturated, false);
  assert.deepEqual(Object.fromEntries(aggregator.drops), { 'over-contribution-cap': 1, 'opted-out': 2 });
  assert.deepEqual(aggregator.close(), []);
});

test('sums are whole units, clamped per contributor and cell', () => {
  const { clock, aggregator } = started({ sum: { unit: 0.5, unitsMin: -2, unitsMax: 10 } });
  for (const value of [1, 1.2, 100]) aggregator.add(START, 'high', ['a'], value);
  aggregator.add(START, 'low', ['a'], -50);
  aggregator.add(START, 'plain', ['b'], 1.6);
  aggregator.addPassages(START, 1, ['b'], 99);
  assert.equal(aggregator.add(START, 'nobody', ['a'], Number.NaN), 'value-refused');
  assert.equal(aggregator.add(START, 'nobody', ['a']), 'value-refused');
  // A sum over several passages could not be clamped for each of them.
  assert.equal(aggregator.addPassages(START, 2, ['b'], 1), 'value-refused');
  clock.pass(2 * WINDOW);
  const [window] = aggregator.close();
  assert.deepEqual(sums(window), { a: 8, b: 13 });
  assert.deepEqual(counts(window), { a: 2, b: 2 });
});

test('passages add up, and only whole numbers of them', () => {
  const { clock, aggregator } = started();
  assert.equal(aggregator.addPassages(START, 5, ['gate']), undefined);
  assert.equal(aggregator.addPassages(START, 2, ['gate']), undefined);
  aggregator.add(START, 'one', ['gate']);
  for (const count of [0, -1, 1.5, Number.NaN, 1e9])
    assert.equal(aggregator.addPassages(START, count, ['gate']), 'value-refused');
  clock.pass(2 * WINDOW);
  assert.deepEqual(counts(aggregator.close()[0]), { gate: 8 });
});

test('a reading counts in the window in which it happened, if it comes within the lateness', () => {
  const { clock, aggregator } = started();
  aggregator.add(START, 'one', ['a']);
  clock.pass(WINDOW);
  aggregator.add(START + WINDOW - 1, 'two', ['a']);
  aggregator.add(START + WINDOW, 'three', ['a']);
  assert.equal(aggregator.add(START + WINDOW + AHEAD_MS_MAX + 1, 'four', ['a']), 'ahead');
  assert.equal(aggregator.add(START + WINDOW + AHEAD_MS_MAX, 'four', ['a']), undefined);
  assert.equal(aggregator.add(START - 1, 'five', ['a']), 'late');
  assert.equal(aggregator.add(Number.NaN, 'five', ['a']), 'value-refused');
  clock.pass(MINUTE - 1);
  assert.deepEqual(aggregator.close(), []);
  clock.pass(1);
  assert.equal(aggregator.add(START, 'six', ['a']), 'late');
  assert.deepEqual(aggregator.close().map(counts), [{ a: 2 }]);
  assert.equal(aggregator.add(START, 'six', ['a']), 'late');
  clock.pass(2 * WINDOW);
  // The third window passed with nothing in it, and is handed on all the same.
  assert.deepEqual(aggregator.close().map(counts), [{ a: 2 }, {}]);
});

test('a window is handed on whether or not anything happened, and says when it is not whole', () => {
  const clock = twoClocks(START + MINUTE);
  const aggregator = new WindowAggregator(RECIPE, clock);
  clock.pass(3 * WINDOW);
  const closed = aggregator.close();
  assert.deepEqual(
    closed.map(({ startMs, isPartial, cells }) => [(startMs - START) / WINDOW, isPartial, cells.length]),
    [
      [0, true, 0],
      [1, false, 0],
      [2, false, 0],
    ],
  );
});

test('the same contributor in two windows can not be told', () => {
  const { clock, aggregator } = started();
  aggregator.optOut(START, 'one');
  clock.pass(WINDOW);
  assert.equal(aggregator.add(START, 'one', ['a']), 'opted-out');
  assert.equal(aggregator.add(START + WINDOW, 'one', ['a']), undefined);
});

test('a small step back of the clock never opens a closed window again', () => {
  const { clock, aggregator } = started();
  aggregator.add(START, 'one', ['a']);
  clock.pass(WINDOW + MINUTE);
  assert.equal(aggregator.close().length, 1);
  clock.jump(-5 * MINUTE);
  assert.equal(aggregator.add(START + WINDOW - 4 * MINUTE, 'two', ['a']), 'late');
  clock.pass(4 * MINUTE);
  assert.equal(aggregator.add(START + WINDOW, 'two', ['a']), undefined);
});

for (const jumpMs of [-365 * 86_400_000, -17 * MINUTE, 17 * MINUTE, 365 * 86_400_000])
  test(`a clock jump of ${jumpMs / MINUTE} min discards open windows and goes on under new ids`, () => {
    const { clock, aggregator } = started();
    aggregator.add(START, 'one', ['a']);
    aggregator.add(START, 'two', ['a']);
    clock.jump(jumpMs);
    assert.deepEqual(aggregator.close(), []);
    assert.equal(aggregator.drops.get('clock-jump'), 2);
    assert.equal(aggregator.add(START + jumpMs, 'three', ['a']), undefined);
    clock.pass(3 * WINDOW);
    const [window, next] = aggregator.close();
    assert.deepEqual(counts(window), { a: 1 });
    assert.match(window?.id ?? '', /Z\/1$/);
    assert.deepEqual([window?.isPartial, next?.isPartial], [jumpMs % WINDOW !== 0, false]);
  });

test('windows that nobody closes take no more memory', () => {
  const { clock, aggregator } = started();
  const drops = new Set<string | undefined>();
  for (let i = 0; i < 10; i++) {
    drops.add(aggregator.add(START + i * WINDOW, 'one', ['a']));
    clock.pass(WINDOW);
  }
  assert.deepEqual([...drops], [undefined, 'windows-full']);
});

test('labels can neither be forged nor fill the memory', () => {
  const { clock, aggregator } = started({ dimensions: ['place', 'class'], cellsPerContributorMax: 1 });
  assert.equal(aggregator.add(START, 'one', ['a\u001fb', 'c']), 'label-refused');
  assert.equal(aggregator.add(START, 'two', ['a', 'x'.repeat(129)]), 'label-refused');
  assert.throws(() => aggregator.add(START, 'three', ['a']), TypeError);
  for (let i = 0; i < CELLS_PER_WINDOW_MAX; i++) aggregator.addPassages(START, 1, ['made-up', `${i}`]);
  assert.equal(aggregator.addPassages(START, 1, ['one', 'more']), 'cells-full');
  assert.equal(aggregator.addPassages(START, 1, ['made-up', '7']), undefined);
  clock.pass(2 * WINDOW);
  const [window] = aggregator.close();
  assert.deepEqual([window?.isSaturated, window?.cellsSeen], [true, CELLS_PER_WINDOW_MAX]);
});

test('one contributor makes no more than c cells', () => {
  const { clock, aggregator } = started();
  for (let i = 0; i < 10; i++) aggregator.add(START, 'one', [`${i}`]);
  clock.pass(2 * WINDOW);
  assert.equal(aggregator.close()[0]?.cellsSeen, 2);
});

test('a flood of a million addresses saturates the window and takes bounded memory', () => {
  const { clock, aggregator } = started({ cellsPerContributorMax: 4 });
  const before = liveMb();
  aggregator.add(START, 'first', ['a']);
  for (let i = 0; i < 1_000_000; i++) aggregator.add(START, `02:00:00:${i}`, ['a']);
  assert.equal(aggregator.add(START, 'first', ['b']), undefined);
  const grownMb = liveMb() - before;
  // Measured: 5 MB. A million entries would take 15 times that.
  assert.ok(grownMb < 15, `${grownMb} MB`);
  clock.pass(2 * WINDOW);
  const [window] = aggregator.close();
  assert.deepEqual(counts(window), { a: CONTRIBUTORS_PER_WINDOW_MAX, b: 1 });
  assert.equal(window?.isSaturated, true);
  assert.equal(aggregator.drops.get('contributors-full'), 1_000_001 - CONTRIBUTORS_PER_WINDOW_MAX);
});

test('recipes that make no sense are refused with what to do', () => {
  const bad: Partial<AggregateRecipe>[] = [
    { windowMs: 1_000 },
    { windowMs: 7 * MINUTE },
    { latenessMs: WINDOW + 1 },
    { latenessMs: -1 },
    { dimensions: [] },
    { cellsPerContributorMax: 0 },
    { cellsPerContributorMax: 17 },
    { cellsPerContributorMax: 1.5 },
    { sum: { unit: 0, unitsMin: 0, unitsMax: 1 } },
    { sum: { unit: 1, unitsMin: 2, unitsMax: 1 } },
    { sum: { unit: 1, unitsMin: 0, unitsMax: 2 ** 40 } },
    { sum: { unit: 1, unitsMin: 0.5, unitsMax: 1 } },
  ];
  for (const more of bad)
    assert.throws(
      () => started(more),
      (error) => error instanceof UserError && error.fix !== undefined,
      JSON.stringify(more),
    );
});
