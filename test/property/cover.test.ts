/**
 * Goal: a cover can't be inverted. Method: take any region, rearrange its pixels inside each cell (which keeps the cell means), paint
 * both, and compare every byte of all planes: if the covers differ, something other than the means got through.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { CELLS, cellCount, noiseCells, reduceToCells } from '../../edge/camera/redact/kernels.ts';
import type { CoverRegion } from '../../edge/camera/redact/plan.ts';
import type { Plane } from '../../edge/camera/redact/planes.ts';
import { paintRegions } from '../../edge/camera/redact/redactor.ts';
import { TrackCells } from '../../edge/camera/redact/track-cells.ts';

const KEY = Uint32Array.from([1, 2, 3, 4]);
const WIDTH = 96;
const HEIGHT = 64;

function makePlanes(seed: number, isInterleaved: boolean): Plane[] {
  let state = seed >>> 0;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  };
  const luma = Uint8Array.from({ length: WIDTH * HEIGHT }, random);
  const halfW = WIDTH / 2;
  const halfH = HEIGHT / 2;
  const base = { widthPx: halfW, heightPx: halfH, subsampling: 2 as const, isLuma: false };
  const lumaPlane: Plane = {
    data: luma,
    offset: 0,
    strideBytes: WIDTH,
    stepBytes: 1,
    widthPx: WIDTH,
    heightPx: HEIGHT,
    subsampling: 1,
    isLuma: true,
  };
  if (isInterleaved) {
    const data = Uint8Array.from({ length: WIDTH * halfH }, random);
    const chroma = [0, 1].map((offset) => ({ ...base, data, offset, strideBytes: WIDTH, stepBytes: 2 }));
    return [lumaPlane, ...chroma];
  }
  const chroma = (): Plane => ({
    ...base,
    data: Uint8Array.from({ length: halfW * halfH }, random),
    offset: 0,
    strideBytes: halfW,
    stepBytes: 1,
  });
  return [lumaPlane, chroma(), chroma()];
}

const copy = (planes: readonly Plane[]): Plane[] => {
  const buffers = new Map<Uint8Array, Uint8Array>();
  return planes.map((plane) => {
    const data = buffers.get(plane.data) ?? plane.data.slice();
    buffers.set(plane.data, data);
    return { ...plane, data };
  });
};

/** Region with even corners, as the redactor rounds them. */
const regionArb = fc
  .tuple(
    fc.integer({ min: 0, max: 40 }),
    fc.integer({ min: 0, max: 28 }),
    fc.integer({ min: 1, max: 28 }),
    fc.integer({ min: 1, max: 18 }),
  )
  .map(
    ([x, y, w, h]): CoverRegion => ({
      x: x * 2,
      y: y * 2,
      w: Math.min(w * 2, WIDTH - x * 2),
      h: Math.min(h * 2, HEIGHT - y * 2),
      label: 'face',
      score: 1,
      track: 7,
    }),
  )
  .filter((r) => r.w >= 2 && r.h >= 2);

/** Swaps samples inside each cell of the region: another picture with the same cell means. */
function rearrange(plane: Plane, region: CoverRegion): void {
  const s = plane.subsampling;
  const [x0, y0, w, h] = [region.x / s, region.y / s, region.w / s, region.h / s];
  const columns = Math.min(cellCount(region.w), w);
  const rows = Math.min(cellCount(region.h), h);
  const cut = (size: number, i: number, n: number): number => Math.floor((size * i) / n);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const at: number[] = [];
      for (let y = cut(h, r, rows); y < cut(h, r + 1, rows); y++) {
        for (let x = cut(w, c, columns); x < cut(w, c + 1, columns); x++) {
          at.push(plane.offset + (y0 + y) * plane.strideBytes + (x0 + x) * plane.stepBytes);
        }
      }
      const values = at.map((i) => plane.data[i]!).reverse();
      at.forEach((i, k) => {
        plane.data[i] = values[k]!;
      });
    }
  }
}

for (const look of ['blur', 'mosaic', 'solid'] as const) {
  test(`${look}: regions that agree in their cell means give the same cover`, () => {
    fc.assert(
      fc.property(fc.integer(), fc.boolean(), regionArb, (seed, isInterleaved, region) => {
        const one = makePlanes(seed, isInterleaved);
        const other = copy(one);
        for (const plane of other) rearrange(plane, region);
        paintRegions(one, [region], look, new TrackCells(KEY), 0);
        paintRegions(other, [region], look, new TrackCells(KEY), 0);
        one.forEach((plane, i) => {
          assert.deepEqual(other[i]!.data, plane.data);
        });
      }),
      { numRuns: 150 },
    );
  });

  test(`${look}: nothing outside the region changes`, () => {
    fc.assert(
      fc.property(fc.integer(), fc.boolean(), regionArb, (seed, isInterleaved, region) => {
        const before = makePlanes(seed, isInterleaved);
        const after = copy(before);
        paintRegions(after, [region], look, new TrackCells(KEY), 0);
        before.forEach((plane, p) => {
          const s = plane.subsampling;
          for (let y = 0; y < plane.heightPx; y++) {
            for (let x = 0; x < plane.widthPx; x++) {
              const isInside =
                x >= region.x / s &&
                x < (region.x + region.w) / s &&
                y >= region.y / s &&
                y < (region.y + region.h) / s;
              const at = plane.offset + y * plane.strideBytes + x * plane.stepBytes;
              if (!isInside) assert.equal(after[p]!.data[at], plane.data[at]);
            }
          }
        });
      }),
      { numRuns: 60 },
    );
  });
}

test('a region keeps at most 4 x 4 values per component, fewer when it is small', () => {
  fc.assert(
    fc.property(fc.integer(), regionArb, (seed, region) => {
      for (const plane of makePlanes(seed, false)) {
        const s = plane.subsampling;
        const rect = {
          x0: region.x / s,
          y0: region.y / s,
          x1: (region.x + region.w) / s,
          y1: (region.y + region.h) / s,
        };
        const cells = reduceToCells(plane, rect);
        assert.ok(cells.columns <= CELLS && cells.rows <= CELLS);
        assert.ok(cells.columns === 1 || region.w / cells.columns >= 6);
        assert.ok(cells.rows === 1 || region.h / cells.rows >= 6);
      }
    }),
  );
});

test('the noise is frozen per track and differs between tracks and keys', () => {
  const cells = { columns: 4, rows: 4, values: new Uint8Array(16).fill(128) };
  const noise = (key: Uint32Array, track: number): number[] => [...noiseCells(cells, key, track, 0).values];
  assert.deepEqual(noise(KEY, 1), noise(KEY, 1));
  assert.notDeepEqual(noise(KEY, 1), noise(KEY, 2));
  assert.notDeepEqual(noise(KEY, 1), noise(Uint32Array.from([9, 9, 9, 9]), 1));
  assert.ok(new Set(noise(KEY, 3)).size > 4);
});
