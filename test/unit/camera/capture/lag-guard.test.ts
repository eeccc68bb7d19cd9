import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LAG_PATIENCE_US, LAG_US_MAX, LagGuard } from '../../../../edge/camera/capture/lag-guard.ts';

const STEP_US = 40_000;
const GOP = 50;

/** A camera with 25 frames per second, read by a decoder that takes `decodeUs` for each; skipping a packet takes 100 us. */
function play(frames: number, decodeUs: number, hiccup: { at: number; us: number } = { at: -1, us: 0 }) {
  const guard = new LagGuard();
  let nowUs = 0;
  let blockedUntilUs = 0;
  let skipped = 0;
  let lagUsMax = 0;
  for (let index = 0; index < frames; index++) {
    const sourceUs = index * STEP_US;
    if (index === hiccup.at) blockedUntilUs = sourceUs + hiccup.us;
    nowUs = Math.max(nowUs, sourceUs, blockedUntilUs);
    const isKey = index % GOP === 0;
    if (guard.shouldSkip(sourceUs + 5e9, nowUs, isKey)) {
      skipped++;
      nowUs += 100;
    } else {
      lagUsMax = Math.max(lagUsMax, nowUs - sourceUs);
      nowUs += decodeUs;
    }
  }
  return { skipped, lagUsMax };
}

test('a decoder that keeps up leaves nothing out', () => {
  assert.equal(play(5000, 39_000).skipped, 0);
});

test('a hiccup of the network costs no frame when decoding is fast', () => {
  assert.equal(play(1000, 10_000, { at: 300, us: 3_000_000 }).skipped, 0);
});

test('a decoder at half the speed leaves out enough to bound the lag', () => {
  const { skipped, lagUsMax } = play(5000, 80_000);
  assert.ok(skipped > 2000 && skipped < 4500, `${skipped} of 5000`);
  assert.ok(lagUsMax < LAG_US_MAX + LAG_PATIENCE_US + 500_000, `${lagUsMax} us behind`);
});

test('decoding begins again at a key frame only', () => {
  const guard = new LagGuard();
  guard.shouldSkip(0, 0, true);
  guard.shouldSkip(STEP_US, 2_000_000, false);
  assert.equal(guard.shouldSkip(2 * STEP_US, 4_100_000, true), true);
  assert.equal(guard.shouldSkip(4_100_000, 4_140_000, false), true);
  assert.equal(guard.shouldSkip(4_140_000, 4_180_000, true), false);
  assert.equal(guard.shouldSkip(4_180_000, 4_220_000, false), false);
});

test('a camera whose clock is slow, or that restarts its clock, is not taken for lag', () => {
  const guard = new LagGuard();
  for (let index = 0; index < 200_000; index++) {
    const sourceUs = index < 100_000 ? index * STEP_US : (index - 100_000) * STEP_US;
    assert.equal(guard.shouldSkip(sourceUs, index * STEP_US * 1.0005, index % GOP === 0), false, `packet ${index}`);
  }
});
