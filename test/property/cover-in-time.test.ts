/**
 * Goal: many pictures of a covered object tell hardly more than one. Method: a region moves over changing pixels for a while; what its
 * cover shows may depend on the few pictures that were sampled and on nothing in between, and a long track must not be sampled often.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { CoverRegion } from '../../edge/camera/redact/plan.ts';
import type { Plane } from '../../edge/camera/redact/planes.ts';
import { paintRegions } from '../../edge/camera/redact/redactor.ts';
import { TrackCells } from '../../edge/camera/redact/track-cells.ts';

const KEY = Uint32Array.from([1, 2, 3, 4]);
const SIDE = 64;
const FRAME_MS = 40;

/** A picture of one plane whose every sample is noise of this seed. */
function noisePlane(seed: number): Plane {
  let state = seed >>> 0;
  const data = Uint8Array.from({ length: SIDE * SIDE }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
  const size = { widthPx: SIDE, heightPx: SIDE, strideBytes: SIDE };
  return { data, offset: 0, stepBytes: 1, ...size, subsampling: 1, isLuma: true };
}

const region = (x: number, y: number, track = 7): CoverRegion => ({
  x,
  y,
  w: 30,
  h: 28,
  label: 'face',
  score: 1,
  track,
});

function inside(plane: Plane, { x, y, w, h }: CoverRegion): number[] {
  const values: number[] = [];
  for (let row = y; row < y + h; row++) values.push(...plane.data.subarray(row * SIDE + x, row * SIDE + x + w));
  return values;
}

const placeArb = fc.record({ x: fc.integer({ min: 0, max: 16 }), y: fc.integer({ min: 0, max: 17 }) });

for (const look of ['blur', 'mosaic'] as const) {
  test(`${look}: between two samples the cover does not depend on the picture`, () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(placeArb, { minLength: 1, maxLength: 40 }), (seed, places) => {
        const stores = [new TrackCells(KEY), new TrackCells(KEY)];
        for (const store of stores) paintRegions([noisePlane(seed)], [region(0, 0)], look, store, 0);
        places.forEach(({ x, y }, i) => {
          const at = region(2 * x, 2 * y);
          const covers = stores.map((store, which) => {
            const plane = noisePlane(seed + 1 + 2 * i + which);
            paintRegions([plane], [at], look, store, (i + 1) * FRAME_MS);
            return inside(plane, at);
          });
          assert.deepEqual(covers[0], covers[1]);
        });
      }),
      { numRuns: 40 },
    );
  });
}

function samplesOf(minutes: number, track: (ms: number) => number): number {
  const store = new TrackCells(KEY);
  const seen = new Set<string>();
  for (let ms = 0; ms < minutes * 60_000; ms += 10 * FRAME_MS) {
    const plane = noisePlane(ms);
    const at = region(16, 16, track(ms));
    paintRegions([plane], [at], 'mosaic', store, ms);
    seen.add(inside(plane, at).join());
  }
  return seen.size;
}

test('an hour of one track gives a dozen samples', () => {
  const samples = samplesOf(60, () => 7);
  assert.ok(samples >= 5 && samples <= 12, `${samples} samples`);
});

test('the noise of two samples of the same picture differs, so that a grid which moves a little does not cancel it', () => {
  const store = new TrackCells(KEY);
  const covers = [0, 2_000].map((ms) => {
    const plane = noisePlane(5);
    paintRegions([plane], [region(0, 0)], 'mosaic', store, ms);
    return inside(plane, region(0, 0));
  });
  assert.notDeepEqual(covers[0], covers[1]);
});

test('with more tracks than can be kept count of, the rest is hidden without a sample', () => {
  const store = new TrackCells(KEY);
  const planes = [noisePlane(1)];
  for (let track = 1; track <= 2_048; track++) paintRegions(planes, [region(0, 0, track)], 'mosaic', store, 0);
  const plane = noisePlane(2);
  paintRegions([plane], [region(0, 0, 5_000)], 'mosaic', store, 0);
  assert.equal(new Set(inside(plane, region(0, 0))).size, 1);
});
