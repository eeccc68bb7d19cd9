import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RtpTimeline, shiftTimestamp } from '../../../../edge/gateway/rtsp/timeline.ts';

test('gives the first unit the announced timestamp and counts at 90 kHz', () => {
  const timeline = new RtpTimeline(1000, 0);
  const announced = timeline.restart(0);
  assert.equal(timeline.timestampOf(5_000_000), announced);
  assert.equal(timeline.timestampOf(5_040_000), announced + 3600);
});

test('wraps at 2^32, at the start and after days', () => {
  const timeline = new RtpTimeline(2 ** 32 - 1, 0);
  const announced = timeline.restart(0);
  timeline.timestampOf(0);
  assert.equal(timeline.timestampOf(1_000_000), (announced + 90_000) % 2 ** 32);
  const weekUs = 7 * 86_400e6;
  assert.equal(timeline.timestampOf(weekUs), (announced + (weekUs * 9) / 100) % 2 ** 32);
});

test('goes on after a restart, also when the feed began anew at zero', () => {
  const timeline = new RtpTimeline(0, 0);
  timeline.restart(0);
  timeline.timestampOf(60_000_000);
  const last = timeline.timestampOf(61_000_000);
  const announced = timeline.restart(3_000);
  assert.ok(announced > last);
  assert.equal(timeline.timestampOf(0), announced);
  assert.ok(timeline.timestampOf(40_000) > announced);
});

test('does not run backwards when the feed was ahead of the clock', () => {
  const timeline = new RtpTimeline(0, 0);
  timeline.restart(0);
  timeline.timestampOf(0);
  const last = timeline.timestampOf(10_000_000);
  assert.ok(timeline.restart(1_000) > last);
});

test('shifts a timestamp over the wrap in both directions', () => {
  assert.equal(shiftTimestamp(2 ** 32 - 90, 2), 90);
  assert.equal(shiftTimestamp(90, -2), 2 ** 32 - 90);
});
