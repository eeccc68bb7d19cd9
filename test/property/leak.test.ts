/**
 * Goal: no temporal leak. Method: the simulated street goes through the real pipeline with a detector that knows the truth of the frames
 * that it is shown, and only of those; on every frame of every object that it reported at least once, from coming into sight to going
 * out of it, the cover must hold at least 80 % of the true box.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { evaluateStreet } from '../../edge/camera/evaluate/street.ts';

for (const street of [{ seed: 1 }, { seed: 2, night: true, rain: true }]) {
  test(`no leak on the street with seed ${street.seed} at the default interval`, async () => {
    const report = await evaluateStreet({ street, seconds: 6 });
    const found = report.appearances.filter(({ isFound }) => isFound);
    const judged = found.reduce((sum, { frames }) => sum + frames, 0);
    assert.equal(report.frames, 150);
    assert.ok(judged > 500, `only ${judged} object-frames judged`);
    assert.deepEqual(
      found.filter(({ uncoveredFrames, flickers }) => uncoveredFrames > 0 || flickers > 0),
      [],
    );
    assert.ok(report.overCover < 0.15, `over-cover ${report.overCover}`);
  });
}
