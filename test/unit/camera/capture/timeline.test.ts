import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Timeline } from '../../../../edge/camera/capture/timeline.ts';

const STEP_US = 40_000;

describe('live', () => {
  test('keeps the spacing of the source, not the jitter of the network', () => {
    const timeline = new Timeline('live');
    const jitterUs = [0, 30_000, -10_000, 25_000, 5_000];
    const out = jitterUs.map((jitter, index) =>
      timeline.next(7e9 + index * STEP_US, 300_000 + index * STEP_US + jitter),
    );
    assert.deepEqual(out, [300_000, 340_000, 380_000, 420_000, 460_000]);
  });

  test('a wrap of a 33-bit 90 kHz clock passes without a jump', () => {
    const timeline = new Timeline('live');
    const wrapUs = (2 ** 33 / 90_000) * 1e6;
    timeline.next(wrapUs - STEP_US, 0);
    assert.equal(timeline.next(0, STEP_US), STEP_US);
    assert.equal(timeline.next(STEP_US, 3 * STEP_US), 2 * STEP_US);
  });

  test('missing timestamps are taken from arrival, and the spacing of the source goes on after them', () => {
    const timeline = new Timeline('live');
    timeline.next(0, 0);
    assert.equal(timeline.next(undefined, 41_000), 41_000);
    assert.equal(timeline.next(80_000, 85_000), 80_000);
  });

  test('a gap of more than a second becomes the time that really passed', () => {
    const timeline = new Timeline('live');
    timeline.next(0, 0);
    assert.equal(timeline.next(3_600e6, 50_000), 50_000);
    assert.equal(timeline.next(3_600e6 + STEP_US, 90_000), 90_000);
  });

  test('after a loss the feed goes on after all time that has passed', () => {
    const timeline = new Timeline('live');
    timeline.next(5e6, 1e6);
    timeline.lost();
    assert.equal(timeline.next(0, 9e6), 9e6);
    assert.equal(timeline.next(STEP_US, 9.1e6), 9e6 + STEP_US);
  });

  test('after a loss the feed goes on even if it had run ahead of real time', () => {
    const timeline = new Timeline('live');
    timeline.next(0, 0);
    for (let index = 1; index <= 10; index++) timeline.next(index * 400_000, index * STEP_US);
    timeline.lost();
    assert.equal(timeline.next(0, 1_400_000), 4_000_000 + 1_000_000);
  });

  test('a clock that runs at half the speed is brought back', () => {
    const timeline = new Timeline('live');
    let last = 0;
    for (let index = 0; index < 1000; index++) last = timeline.next((index * STEP_US) / 2, index * STEP_US);
    assert.ok(Math.abs(last - 1000 * STEP_US) < 6e6, `${last}`);
  });
});

describe('file', () => {
  test('keeps its own spacing, also of a time lapse', () => {
    const timeline = new Timeline('file');
    const out = [1_000_000, 1_033_367, 3_033_367].map((sourceUs) => timeline.next(sourceUs, 0));
    assert.deepEqual(out, [0, 33_367, 2_033_367]);
  });

  test('rounding does not add up', () => {
    const timeline = new Timeline('file');
    let last = 0;
    for (let index = 0; index <= 30_000; index++) last = timeline.next((index * 1e6) / 30, 0);
    assert.equal(last, 1_000_000_000);
  });

  test('a loop goes on one step after the last frame', () => {
    const timeline = new Timeline('file', 33_333);
    timeline.next(0, 0);
    timeline.next(20_000, 0);
    timeline.looped();
    assert.equal(timeline.next(0, 0), 40_000);
  });

  test('without timestamps it runs at its nominal rate', () => {
    const timeline = new Timeline('file');
    timeline.setStep(50_000);
    assert.deepEqual(
      [0, 1, 2].map(() => timeline.next(undefined, 0)),
      [0, 50_000, 100_000],
    );
  });
});
