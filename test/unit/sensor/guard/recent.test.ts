/** Goal: what was released lately is known, two days of it, also after a clock was years ahead. Method: cells of made-up times. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ExactCell, RecentCells } from '../../../../edge/sensor/guard/recent.ts';

const HOUR_MS = 3_600_000;
const NOW = Date.UTC(2026, 10, 23);
const cell = (startMs: number): ExactCell => ({
  sensor: 'gate',
  startMs,
  endMs: startMs + HOUR_MS,
  group: {},
  figure: 'contributors',
  count: 12,
  index: 0,
});
const startsAround = (recent: RecentCells, startMs: number): number[] | undefined =>
  recent.around({ startMs, endMs: startMs + HOUR_MS })?.map((each) => each.startMs);

test('two days are known, and older ones are not', () => {
  const recent = new RecentCells();
  for (let hour = 0; hour < 72; hour++) recent.add([cell(NOW + hour * HOUR_MS)]);
  assert.deepEqual(startsAround(recent, NOW), []);
  assert.deepEqual(startsAround(recent, NOW + 70 * HOUR_MS), [NOW + 70 * HOUR_MS]);
  assert.deepEqual(startsAround(recent, NOW + 26 * HOUR_MS), [NOW + 26 * HOUR_MS]);
});

test('cells of a clock that was decades ahead do not push out those of now', () => {
  const recent = new RecentCells();
  recent.add([cell(Date.UTC(2066, 0, 1))]);
  recent.add([cell(NOW)]);
  recent.add([cell(NOW + HOUR_MS)]);
  assert.deepEqual(startsAround(recent, NOW), [NOW]);
  assert.deepEqual(startsAround(recent, Date.UTC(2066, 0, 1)), []);
});
