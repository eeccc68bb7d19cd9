/** Goal: a static mask hides all that its outline goes around. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Plane } from '../../../../edge/camera/redact/planes.ts';
import { fillPolygon } from '../../../../edge/camera/redact/polygon.ts';

const SIDE = 40;

function filled(corners: readonly [number, number][]): (x: number, y: number) => boolean {
  const data = new Uint8Array(SIDE * SIDE);
  const size = { widthPx: SIDE, heightPx: SIDE, strideBytes: SIDE };
  const plane: Plane = { data, offset: 0, stepBytes: 1, ...size, subsampling: 1, isLuma: true };
  fillPolygon(
    plane,
    corners.map(([x, y]) => ({ x, y })),
    1,
  );
  return (x, y) => data[y * SIDE + x] === 1;
}

test('an outline that crosses itself leaves no hole: a star drawn in one go', () => {
  const isFilled = filled(
    [0, 2, 4, 1, 3].map((i) => [20 + 18 * Math.sin((2 * Math.PI * i) / 5), 20 - 18 * Math.cos((2 * Math.PI * i) / 5)]),
  );
  assert.ok(isFilled(20, 20) && isFilled(20, 6));
  assert.ok(!isFilled(2, 2) && !isFilled(20, 38));
});

test('both loops of a figure of eight are filled', () => {
  const isFilled = filled([
    [4, 4],
    [36, 36],
    [36, 4],
    [4, 36],
  ]);
  assert.ok(isFilled(6, 20) && isFilled(33, 20));
  assert.ok(!isFilled(20, 4) && !isFilled(20, 35));
});
