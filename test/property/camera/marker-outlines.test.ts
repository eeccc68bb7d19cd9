/**
 * Goal: the marker's outlines and quadrilaterals are those of the library whose place they take, on any picture. Method: fast-check draws pictures of
 * quadrilaterals, noise and lines, of sizes with and without whole words, and compares point by point with js-aruco2.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import aruco from 'js-aruco2';
import cv from 'js-aruco2/src/cv.js';
import { type GreyPicture, OutlineTracer } from '../../../edge/camera/marker/outlines.ts';
import { type Point, quadrilateralOf } from '../../../edge/camera/marker/quadrilateral.ts';

const POINTS_MIN = 12;
const SIDE_PX_MIN = 3;
const library = new aruco.AR.Detector({ dictionaryName: 'ARUCO', maxHammingDistance: 1 });

interface Square {
  x: number;
  y: number;
  w: number;
  h: number;
  /** Pixels that it leans by, a row. */
  lean: number;
  grey: number;
}

const squares: fc.Arbitrary<Square[]> = fc.array(
  fc.record({
    x: fc.integer({ min: -5, max: 90 }),
    y: fc.integer({ min: -5, max: 70 }),
    w: fc.integer({ min: 1, max: 60 }),
    h: fc.integer({ min: 1, max: 60 }),
    lean: fc.double({ min: -1, max: 1, noNaN: true }),
    grey: fc.integer({ min: 0, max: 255 }),
  }),
  { maxLength: 12 },
);

const pictures: fc.Arbitrary<GreyPicture> = fc
  .record({
    widthPx: fc.integer({ min: 5, max: 97 }),
    heightPx: fc.integer({ min: 5, max: 75 }),
    ground: fc.integer({ min: 0, max: 255 }),
    squares,
    noise: fc.constantFrom(0, 0, 6, 40, 255),
    seed: fc.nat(),
  })
  .map(({ widthPx, heightPx, ground, squares, noise, seed }) => {
    const luma = new Uint8Array(widthPx * heightPx).fill(ground);
    for (const { x, y, w, h, lean, grey } of squares) {
      for (let row = Math.max(0, y); row < Math.min(heightPx, y + h); row++) {
        const left = x + Math.round(lean * (row - y));
        luma.fill(grey, row * widthPx + clamp(left, widthPx), row * widthPx + clamp(left + w, widthPx));
      }
    }
    let state = seed;
    for (const i of luma.keys()) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      luma[i] = Math.min(255, luma[i]! + (((state >>> 16) * noise) >>> 16));
    }
    return { luma, widthPx, heightPx };
  });

const clamp = (x: number, max: number): number => Math.min(Math.max(x, 0), max);

function ours(tracer: OutlineTracer, picture: GreyPicture): { outlines: Point[][]; quadrilaterals: Point[][] } {
  const outlines: Point[][] = [];
  const quadrilaterals: Point[][] = [];
  tracer.trace(picture, POINTS_MIN, (outline) => {
    outlines.push(Array.from({ length: outline.points }, (_, i) => ({ x: outline.xs[i]!, y: outline.ys[i]! })));
    const corners = quadrilateralOf(outline, SIDE_PX_MIN);
    if (corners) quadrilaterals.push(corners);
  });
  return { outlines, quadrilaterals };
}

function theirs({ luma, widthPx: width, heightPx: height }: GreyPicture): ReturnType<typeof ours> {
  const binary = { width, height, data: new Uint8Array(width * height) };
  cv.CV.adaptiveThreshold({ width, height, data: luma }, binary, 2, 7);
  const outlines = cv.CV.findContours(binary, new Int32Array((width + 2) * (height + 2)))
    .filter((contour) => contour.length >= POINTS_MIN)
    .map((contour) => Array.from(contour));
  return { outlines, quadrilaterals: library.findCandidates(outlines, POINTS_MIN, 0.05, SIDE_PX_MIN) };
}

test('outlines and quadrilaterals are those of js-aruco2', () => {
  // One for all pictures: nothing may be left over from the one before.
  const tracer = new OutlineTracer();
  let found = { outlines: 0, quadrilaterals: 0 };
  fc.assert(
    fc.property(pictures, (picture) => {
      const expected = theirs(picture);
      assert.deepEqual(ours(tracer, picture), expected);
      found = {
        outlines: found.outlines + expected.outlines.length,
        quadrilaterals: found.quadrilaterals + expected.quadrilaterals.length,
      };
    }),
    { numRuns: 400 },
  );
  assert.ok(found.outlines > 500 && found.quadrilaterals > 50, JSON.stringify(found));
});

test('a picture that is too small has none, and a line of any length is followed', () => {
  const tracer = new OutlineTracer();
  tracer.trace({ luma: new Uint8Array(16), widthPx: 4, heightPx: 4 }, 1, () => assert.fail('an outline'));
  // A comb: one outline with more points than the path has room for at first.
  const [widthPx, heightPx] = [400, 80];
  const luma = new Uint8Array(widthPx * heightPx).fill(200);
  for (let y = 4; y < heightPx - 4; y++)
    for (let x = 4; x < widthPx - 4; x++) if (y === 4 || x % 4 === 0) luma[y * widthPx + x] = 0;
  const picture = { luma, widthPx, heightPx };
  const { outlines } = ours(tracer, picture);
  assert.ok(outlines.some((outline) => outline.length > 1_024));
  assert.deepEqual(outlines, theirs(picture).outlines);
});
