/**
 * Goal: no temporal leak. Method: the simulated street goes through the real pipeline with a detector that knows the truth of the frames
 * that it is shown, and only of those; on every frame of every object that it reported at least once, from coming into sight to going
 * out of it, the cover must hold at least 80 % of the true box.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { cameraSchema } from '../../edge/config/schema.ts';
import { measureLeaks, shareCovered } from '../support/leak.ts';

const { intervalMs } = cameraSchema.parse({ source: 'simulated' }).detect;

for (const street of [{ seed: 1 }, { seed: 2, night: true, rain: true }]) {
  test(`no leak on the street with seed ${street.seed} at the default interval`, async () => {
    const report = await measureLeaks({ street, seconds: 6, intervalMs });
    assert.equal(report.frames, 150);
    assert.ok(report.objectFramesOfFound > 500, `only ${report.objectFramesOfFound} object-frames judged`);
    assert.deepEqual(report.leaks, []);
    assert.ok(report.overCover < 0.15, `over-cover ${report.overCover}`);
  });
}

test('the referee sees a leak: half a cover is no cover', () => {
  const box = { x: 100, y: 100, w: 40, h: 40 };
  assert.equal(shareCovered(box, [box]), 1);
  assert.equal(shareCovered(box, [{ ...box, w: 20 }]), 0.5);
  assert.equal(shareCovered(box, []), 0);
  assert.equal(
    shareCovered(box, [
      { ...box, w: 20 },
      { ...box, x: 120, w: 20 },
    ]),
    1,
  );
});
