/** Goal: `garim tune` proposes what the pipeline can keep up with. Method: boxes of several speeds, as numbers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BoxCost } from '../../../../edge/camera/tune/measure.ts';
import { propose } from '../../../../edge/camera/tune/propose.ts';
import { cameraSchema } from '../../../../edge/config/schema.ts';

const SIZE = { widthPx: 1920, heightPx: 1080, frameRate: 25 };
const boxOf = (wholeMs: number, restMs = 12): BoxCost => ({
  wholeMs: { 416: wholeMs * 0.45, 640: wholeMs, 960: wholeMs * 2.2 },
  tileMs: wholeMs * 1.2,
  decodeMs: 4,
  encodeMs: 6,
  restMs,
});

test('a fast box looks at every frame, with tiles, at the defaults', () => {
  const { detect, delayMs, looksPerS, cameras } = propose(boxOf(8), SIZE, 4);
  assert.deepEqual(detect, { longSidePx: 640, intervalMs: 120, tiles: 'auto' });
  assert.equal(delayMs, 300);
  assert.equal(looksPerS, 25);
  assert.equal(cameras, 3); // 0.44 of a core for detection and 0.3 for the rest, of 2.8
});

test('a slower box drops tiles, then size, then looks less often and waits longer', () => {
  const slow = propose(boxOf(45), SIZE, 4);
  assert.deepEqual(slow.detect, { longSidePx: 640, intervalMs: 120, tiles: 'off' });
  const slower = propose(boxOf(100), SIZE, 4);
  assert.equal(slower.detect.longSidePx, 416);
  const slowest = propose(boxOf(300), SIZE, 4);
  assert.equal(slowest.detect.longSidePx, 416);
  assert.ok(slowest.detect.intervalMs >= 270 && slowest.delayMs > 600, JSON.stringify(slowest));
  assert.equal(slowest.warning, undefined);
});

test('a box that can not do it says so, and carries no camera', () => {
  const { cameras, warning } = propose(boxOf(2_000), SIZE, 4);
  assert.equal(cameras, 0);
  assert.match(warning ?? '', /too slow/);
});

test('small frames have no tiles, and what is proposed is always a valid setting', () => {
  const { detect } = propose({ ...boxOf(8), tileMs: undefined }, { ...SIZE, widthPx: 640, heightPx: 360 }, 2);
  assert.equal(detect.tiles, 'off');
  for (const wholeMs of [1, 5, 20, 60, 150, 400, 1_000, 5_000]) {
    const proposal = propose(boxOf(wholeMs), SIZE, 4);
    const { delayMs } = proposal;
    cameraSchema.parse({ source: 'simulated', detect: proposal.detect, delayMs });
  }
});
