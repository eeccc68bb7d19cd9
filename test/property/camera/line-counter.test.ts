/**
 * Goal: who goes over a line is counted once, who does not is not, however it jitters. Method: paths made by fast-check, fed as the
 * observations of tracks; and boxes of a person through the real tracker.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Crossing, DENSE, LineCounter, RARE } from '../../../edge/camera/count/line-counter.ts';
import { Tracker } from '../../../edge/camera/track/tracker.ts';

const PICTURE = { widthPx: 1000, heightPx: 1000 };
const LINE = { name: 'line', from: [0.2, 0.5] as [number, number], to: [0.8, 0.5] as [number, number] };
const W = 40;
const H = 120;

/** A person whose foot point goes along these points, one verdict each 100 ms. */
function walk(points: readonly { x: number; y: number }[], counter = new LineCounter([LINE], DENSE)): Crossing[] {
  const tracker = new Tracker();
  tracker.picture = PICTURE;
  const crossings: Crossing[] = [];
  for (const [i, { x, y }] of points.entries()) {
    tracker.update(i * 100, [{ label: 'person', score: 0.8, x: x - W / 2, y: y - H, w: W, h: H }]);
    crossings.push(...counter.update(tracker.tracks, PICTURE));
  }
  return crossings;
}

const step = (from: number, to: number, n: number): number[] =>
  Array.from({ length: n + 1 }, (_, i) => from + ((to - from) * i) / n);

/** The band around the line on either side: a person of this size must be farther from it to stand on a side. */
const BAND_PX = 0.12 * ((W + H) / 2);

test('a straight walk over the line counts once, in its direction', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 250, max: 750 }),
      fc.integer({ min: 250, max: 750 }),
      fc.boolean(),
      fc.integer({ min: 12, max: 40 }),
      fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 41, maxLength: 41 }),
      (x0, x1, isDown, n, jitter) => {
        const ys = isDown ? step(380, 620, n) : step(620, 380, n);
        const xs = step(x0, x1, n);
        const crossings = walk(ys.map((y, i) => ({ x: xs[i]!, y: y + jitter[i]! })));
        assert.deepEqual(
          crossings.map(({ direction, label }) => [direction, label]),
          [[isDown ? 'forward' : 'backward', 'person']],
        );
      },
    ),
    { numRuns: 200 },
  );
});

test('jitter within the band counts nothing, wherever on the line', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 220, max: 780 }),
      fc.array(fc.double({ min: -BAND_PX, max: BAND_PX, noNaN: true }), { minLength: 5, maxLength: 60 }),
      (x, ys) => assert.deepEqual(walk(ys.map((y) => ({ x, y: 500 + 0.99 * y }))), []),
    ),
  );
});

test('who arrives, stands jittering on the line and goes on counts once; who turns back does not count', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -0.99 * BAND_PX, max: 0.99 * BAND_PX, noNaN: true }), { minLength: 0, maxLength: 50 }),
      fc.boolean(),
      (jitter, goesOn) => {
        const ys = [...step(400, 500, 8), ...jitter.map((y) => 500 + y), ...step(500, goesOn ? 600 : 400, 8)];
        const crossings = walk(ys.map((y) => ({ x: 500, y })));
        assert.equal(crossings.length, goesOn ? 1 : 0);
      },
    ),
  );
});

test('on any walk, crossings of one line take turns in direction, and their sum says on which side it ends', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -45, max: 45 }), { minLength: 10, maxLength: 80 }), (moves) => {
      let y = 400;
      const points = [400, 400, 400, ...moves.map((move) => (y = Math.max(300, Math.min(700, y + move))))];
      const crossings = walk(points.map((at) => ({ x: 500, y: at })));
      const signs = crossings.map(({ direction }) => (direction === 'forward' ? 1 : -1));
      for (const [i, sign] of signs.entries()) assert.equal(sign, i % 2 === 0 ? 1 : -1);
      // A side counts once it was seen twice, one after the other.
      const sides = points.filter((at) => Math.abs(at - 500) >= BAND_PX).map((at) => at > 500);
      const settled = sides.filter((side, i) => side === sides[i - 1]).at(-1)!;
      assert.equal(
        signs.reduce<number>((a, b) => a + b, 0),
        settled ? 1 : 0,
      );
    }),
  );
});

test('past the ends of the line nothing is counted', () => {
  fc.assert(
    fc.property(fc.oneof(fc.integer({ min: 60, max: 190 }), fc.integer({ min: 810, max: 940 })), (x) =>
      assert.deepEqual(walk(step(380, 620, 24).map((y) => ({ x, y }))), []),
    ),
  );
});

test('who is lost before the line and found again near by counts once', () => {
  const counter = new LineCounter([LINE], DENSE);
  const tracker = new Tracker();
  tracker.picture = PICTURE;
  const crossings: Crossing[] = [];
  for (const [i, y] of step(380, 620, 24).entries()) {
    const isHidden = y > 480 && y < 530;
    const seen = { label: 'person' as const, score: 0.8, x: 480, y: y - H, w: W, h: H };
    tracker.update(i * 100, isHidden ? [] : [seen]);
    crossings.push(...counter.update(tracker.tracks, PICTURE));
  }
  assert.equal(crossings.length, 1);
});

test('what was seen twice, or never surely, is not counted', () => {
  const cases = [
    { score: 0.8, ys: [420, 580] },
    { score: 0.45, ys: step(380, 620, 24) },
  ];
  for (const { score, ys } of cases) {
    const counter = new LineCounter([LINE], DENSE);
    const tracker = new Tracker();
    tracker.picture = PICTURE;
    for (const [i, y] of ys.entries()) {
      tracker.update(i * 100, [{ label: 'person', score, x: 480, y: y - H, w: W, h: H }]);
      assert.deepEqual(counter.update(tracker.tracks, PICTURE), []);
    }
  }
});

test('two tracks of one object count once', () => {
  const counter = new LineCounter([LINE], DENSE);
  const tracker = new Tracker();
  tracker.picture = PICTURE;
  const crossings: Crossing[] = [];
  for (const [i, y] of step(380, 620, 24).entries()) {
    const one = { label: 'vehicle' as const, score: 0.8, x: 480, y: y - H, w: 160, h: H };
    const half = { ...one, x: 500, w: 120, score: 0.6 };
    tracker.update(i * 100, [one, half]);
    crossings.push(...counter.update(tracker.tracks, PICTURE));
  }
  assert.equal(crossings.length, 1);
});

test('a box that jumps over the line and back has not crossed', () => {
  const ys = [380, 390, 400, 410, 420, 560, 430, 440, 450, 460];
  assert.deepEqual(walk(ys.map((y) => ({ x: 500, y }))), []);
});

test('seen twice a second, who walks by counts once, though no two boxes overlap; who stands on one side each does not', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 30, max: 150 }),
      fc.boolean(),
      fc.boolean(),
      fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 9, maxLength: 9 }),
      (heightPx, isForward, isSlow, jitter) => {
        const counter = new LineCounter([{ name: 'line', from: [0.5, 0.9], to: [0.5, 0.1] }], RARE);
        const tracker = new Tracker(1_000);
        tracker.picture = PICTURE;
        // 1.7 m are the height of the box; between two looks somebody goes 0.35 m or 0.7 m.
        const stride = ((isSlow ? 0.35 : 0.7) * heightPx) / 1.7;
        const crossings: Crossing[] = [];
        for (let i = 0; i < 9; i++) {
          const x = 500 + (isForward ? 1 : -1) * ((i - 4.4) * stride + (jitter[i]! * stride) / 20);
          const w = heightPx / 3.2;
          tracker.update(i * 500, [{ label: 'person', score: 0.8, x: x - w / 2, y: 500 - heightPx, w, h: heightPx }]);
          crossings.push(...counter.update(tracker.tracks, PICTURE));
        }
        assert.deepEqual(
          crossings.map(({ direction }) => direction),
          [isForward ? 'forward' : 'backward'],
        );
      },
    ),
  );
  const counter = new LineCounter([LINE], RARE);
  const tracker = new Tracker(1_000);
  tracker.picture = PICTURE;
  for (let i = 0; i < 9; i++) {
    const seen = [300, 700].map((y) => ({ label: 'person' as const, score: 0.8, x: 480, y: y - H, w: W, h: H }));
    tracker.update(i * 500, [seen[i % 2]!]);
    assert.deepEqual(counter.update(tracker.tracks, PICTURE), []);
  }
});
