/**
 * Goal: between verdicts, before the first and after missed ones, the cover still holds the object. Method: objects that move on smooth
 * random paths, seen exactly at some of the frames only; at every frame the true box must lie inside the cover.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Box } from '../../edge/camera/detect/port.ts';
import { intersectionArea } from '../../edge/camera/track/geometry.ts';
import { Tracker } from '../../edge/camera/track/tracker.ts';

const FRAME_MS = 40;

/** A picture so large that nothing in these tests comes near its edge. */
function newTracker(): Tracker {
  const tracker = new Tracker();
  tracker.picture = { widthPx: 1e5, heightPx: 1e5 };
  return tracker;
}

/** Constant speed plus a slow sway and growth: a person walking, a car coming closer. Speeds up to 1.2 of its own sizes per 100 ms. */
const pathArb = fc
  .record({
    size: fc.integer({ min: 10, max: 120 }),
    aspect: fc.constantFrom(0.8, 1, 4),
    vx: fc.double({ min: -1.2, max: 1.2, noNaN: true }),
    vy: fc.double({ min: -0.6, max: 0.6, noNaN: true }),
    sway: fc.double({ min: 0, max: 0.4, noNaN: true }),
    growth: fc.double({ min: -0.02, max: 0.05, noNaN: true }),
  })
  .map(({ size, aspect, vx, vy, sway, growth }) => (ms: number): Box => {
    const s = size * (1 + (growth * ms) / 100);
    return {
      x: 500 + (vx * size * ms) / 100 + sway * size * Math.sin(ms / 300),
      y: 400 + (vy * size * ms) / 100,
      w: s * aspect,
      h: s,
    };
  });

const inside = (truth: Box, covers: readonly Box[]): number =>
  Math.max(0, ...covers.map((c) => intersectionArea(truth, c) / (truth.w * truth.h)));

test('a moving object is covered on every frame between its first and last sighting, and one cadence before', () => {
  fc.assert(
    fc.property(pathArb, fc.integer({ min: 1, max: 3 }), (path, cadence) => {
      const tracker = newTracker();
      const seen: number[] = [];
      for (let frame = cadence; frame <= 24; frame += cadence) {
        tracker.update(frame * FRAME_MS, [{ ...path(frame * FRAME_MS), label: 'face', score: 0.9 }]);
        seen.push(frame);
      }
      for (let frame = 1; frame <= seen.at(-1)!; frame++) {
        const ms = frame * FRAME_MS;
        const share = inside(path(ms), tracker.regionsAt(ms));
        assert.ok(share >= 0.99, `frame ${frame} covered to ${share} at cadence ${cadence}`);
      }
    }),
    { numRuns: 400 },
  );
});

test('three missed verdicts in a row uncover nothing', () => {
  fc.assert(
    fc.property(pathArb, fc.integer({ min: 5, max: 15 }), (path, missFrom) => {
      const tracker = newTracker();
      for (let frame = 0; frame <= 24; frame++) {
        const isMissed = frame >= missFrom && frame < missFrom + 3;
        tracker.update(frame * FRAME_MS, isMissed ? [] : [{ ...path(frame * FRAME_MS), label: 'plate', score: 0.9 }]);
        // Released at once, with what is known now: the hold alone has to do.
        const ms = frame * FRAME_MS;
        assert.ok(inside(path(ms), tracker.regionsAt(ms)) >= 0.8, `frame ${frame}`);
      }
    }),
    { numRuns: 200 },
  );
});

test('a small plate that drives on behind a pole is covered when it shows again between two verdicts', () => {
  const pxPerMs = fc.double({ min: -0.32, max: 0.32, noNaN: true });
  fc.assert(
    fc.property(pxPerMs, fc.integer({ min: 1, max: 300 }), (speed, hiddenMs) => {
      const path = (ms: number): Box => ({ x: 600 + speed * ms, y: 250, w: 9, h: 9 });
      const tracker = new Tracker();
      tracker.picture = { widthPx: 1280, heightPx: 720 };
      for (const ms of [0, 120]) tracker.update(ms, [{ ...path(ms), label: 'plate', score: 0.9 }]);
      for (const ms of [240, 360, 480]) tracker.update(ms, []);
      assert.ok(inside(path(120 + hiddenMs), tracker.regionsAt(120 + hiddenMs)) >= 0.99);
    }),
  );
});

test('tracks of one label never take detections of another, and numbers are never used twice', () => {
  const tracker = newTracker();
  const box = { x: 10, y: 10, w: 30, h: 30, score: 1 };
  tracker.update(0, [{ ...box, label: 'face' }]);
  tracker.update(40, [{ ...box, label: 'plate' }]);
  const ids = tracker.tracks.map((t) => t.id);
  tracker.reset();
  for (const next of [tracker, newTracker()]) {
    next.update(80, [{ ...box, label: 'face' }]);
    ids.push(...next.tracks.map((t) => t.id));
  }
  assert.equal(new Set(ids).size, 4);
});

test('with more objects than can be followed, nothing is told that would leave some of them uncovered', () => {
  const tracker = newTracker();
  const crowd = (ms: number, count: number): void =>
    tracker.update(
      ms,
      Array.from({ length: count }, (_, i) => ({
        label: 'face' as const,
        score: 0.9,
        x: (i % 50) * 400,
        y: Math.floor(i / 50) * 400,
        w: 20,
        h: 20,
      })),
    );
  crowd(0, 900);
  assert.equal(tracker.regionsAt(0).length, 900);
  crowd(40, 1_200);
  // Also for the frames before, and as long as those that were given up would have been held.
  for (const ms of [0, 20, 40, 2_000]) assert.throws(() => tracker.regionsAt(ms), RangeError);
  for (let ms = 80; ms <= 6_000; ms += 40) crowd(ms, 100);
  assert.equal(tracker.regionsAt(6_000).length, 100);
});

test('an object that is first seen a second after the verdict before is covered on the frames between', () => {
  const tracker = newTracker();
  const box = { x: 500, y: 400, w: 40, h: 40 };
  tracker.update(0, []);
  tracker.update(1_000, [{ ...box, label: 'face', score: 0.9 }]);
  for (let ms = 40; ms < 1_000; ms += 40) assert.equal(inside(box, tracker.regionsAt(ms)), 1, `${ms} ms`);
});
