/** Goal: each display matrix that cameras write leads to the filters that show the picture upright. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filtersFor } from '../../../../edge/camera/clip/upright.ts';

/** The upper left four of the nine numbers, 16.16 fixed point. */
function matrix(a: number, b: number, c: number, d: number): Buffer {
  const out = Buffer.alloc(36);
  for (const [index, value] of [a, b, 0, c, d].entries()) out.writeInt32LE(value * 65536, index * 4);
  out.writeInt32LE(1 << 30, 32);
  return out;
}

test('quarter turns and mirrors', () => {
  assert.equal(filtersFor(null), undefined);
  assert.equal(filtersFor(matrix(1, 0, 0, 1)), undefined);
  assert.deepEqual(filtersFor(matrix(0, 1, -1, 0)), ['transpose=clock']);
  assert.deepEqual(filtersFor(matrix(0, -1, 1, 0)), ['transpose=cclock']);
  assert.deepEqual(filtersFor(matrix(-1, 0, 0, -1)), ['hflip', 'vflip']);
  assert.deepEqual(filtersFor(matrix(-1, 0, 0, 1)), ['hflip']);
  assert.deepEqual(filtersFor(matrix(1, 0, 0, -1)), ['vflip']);
});

test('a matrix that is cut short turns nothing', () => {
  assert.equal(filtersFor(Buffer.alloc(20)), undefined);
});
