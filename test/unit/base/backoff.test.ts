import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from '../../../edge/base/backoff.ts';
import { RECONNECT_BACKOFF_MS_MAX, RECONNECT_BACKOFF_MS_MIN } from '../../../edge/base/limits.ts';

test('steps double from the shortest to the longest, and begin anew after a reset', () => {
  const backoff = new Backoff(() => 1 - Number.EPSILON);
  const pauses = Array.from({ length: 9 }, () => backoff.nextMs());
  assert.deepEqual(pauses, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  backoff.reset();
  assert.equal(backoff.nextMs(), RECONNECT_BACKOFF_MS_MIN);
});

test('a pause is drawn from the upper half of its step', () => {
  const shortest = new Backoff(() => 0);
  assert.deepEqual([shortest.nextMs(), shortest.nextMs()], [250, 500]);
  const middle = new Backoff(() => 0.5);
  assert.equal(middle.nextMs(), 375);
});

test('what only a person mends is tried at the longest pause, also afterwards', () => {
  const backoff = new Backoff(() => 0);
  assert.equal(backoff.longestMs(), RECONNECT_BACKOFF_MS_MAX / 2);
  assert.equal(backoff.nextMs(), RECONNECT_BACKOFF_MS_MAX / 2);
});
