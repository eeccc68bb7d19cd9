/** Goal: periods begin and end where ISO 8601 says. Method: known weeks round the turn of years, and what is no period. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePeriod, windowSpan } from '../../../edge/indicator/period.ts';

const daysOf = (name: string): string[] => {
  const { fromMs, toMs } = parsePeriod(name);
  return [fromMs, toMs].map((ms) => new Date(ms).toISOString().slice(0, 10));
};

test('weeks, months and days', () => {
  assert.deepEqual(daysOf('2026-W47'), ['2026-11-16', '2026-11-23']);
  assert.deepEqual(daysOf('2026-W01'), ['2025-12-29', '2026-01-05']);
  assert.deepEqual(daysOf('2020-W53'), ['2020-12-28', '2021-01-04']);
  assert.deepEqual(daysOf('2024-02'), ['2024-02-01', '2024-03-01']);
  assert.deepEqual(daysOf('2026-12'), ['2026-12-01', '2027-01-01']);
  assert.deepEqual(daysOf('2026-11-23'), ['2026-11-23', '2026-11-24']);
});

test('what is no period is refused', () => {
  for (const name of ['2026', '2026-W00', '2026-W54', '2025-W53', '2026-13', '2026-02-30', '26-W01', 'W47', ''])
    assert.throws(() => parsePeriod(name), /is no period/, name);
});

test('windows', () => {
  assert.deepEqual(windowSpan(['2026-11-23T05:00Z', 'PT15M']), {
    fromMs: Date.UTC(2026, 10, 23, 5),
    toMs: Date.UTC(2026, 10, 23, 5, 15),
  });
  const { fromMs, toMs } = windowSpan(['2026-11-23T05:00Z', 'PT2H']);
  assert.equal(toMs - fromMs, 7_200_000);
});
