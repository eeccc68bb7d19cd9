/**
 * Goal: tiles leave no seam: whatever is small enough to be a tile's business is whole, and away from cuts, in one of them, and its box
 * comes back to where it was. Method: random frames and boxes, put through the geometry there and back.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Detection } from '../../../../edge/camera/detect/port.ts';
import { boxesOfTile, mergeLooks, tilesOf, tilesPerSide } from '../../../../edge/camera/detect/tiles.ts';

const frames = fc
  .record({
    long: fc.integer({ min: 1100, max: 4096 }),
    ratio: fc.double({ min: 0.4, max: 1, noNaN: true }),
    isTall: fc.boolean(),
  })
  .map(({ long, ratio, isTall }) => {
    const short = Math.round(long * ratio);
    return isTall ? { widthPx: short, heightPx: long } : { widthPx: long, heightPx: short };
  });

test('every small face and plate of a frame counts in at least one tile, where it is', () => {
  fc.assert(
    fc.property(
      frames,
      fc.constantFrom(2, 3),
      fc.record({ x: unit(), y: unit(), w: unit(), h: unit() }),
      (frame, perSide, at) => {
        const tiles = tilesOf(frame.widthPx, frame.heightPx, 640, perSide);
        const scale = tiles[0]!.letterbox.contentWidthPx / tiles[0]!.w;
        // Up to what lies in the overlap, less the pixel that rounding takes.
        const w = (2 + 85 * at.w) / scale;
        const h = (2 + 37 * at.h) / scale;
        const box = { x: at.x * (frame.widthPx - w), y: at.y * (frame.heightPx - h), w, h };
        const found = tiles.flatMap((tile) => {
          const { contentWidthPx, contentHeightPx } = tile.letterbox;
          const [kx, ky] = [contentWidthPx / tile.w, contentHeightPx / tile.h];
          const x0 = Math.max(0, (box.x - tile.x) * kx);
          const y0 = Math.max(0, (box.y - tile.y) * ky);
          const x1 = Math.min(contentWidthPx, (box.x + box.w - tile.x) * kx);
          const y1 = Math.min(contentHeightPx, (box.y + box.h - tile.y) * ky);
          if (x1 <= x0 || y1 <= y0) return [];
          const seen: Detection = { label: 'plate', score: 0.5, x: x0, y: y0, w: x1 - x0, h: y1 - y0 };
          return boxesOfTile([seen], tile, frame);
        });
        const isBack = found.some(
          (d) =>
            Math.abs(d.x - box.x) < 2 && Math.abs(d.y - box.y) < 2 && Math.abs(d.w - w) < 2 && Math.abs(d.h - h) < 2,
        );
        assert.ok(isBack, `${JSON.stringify(box)} came back as ${JSON.stringify(found)}`);
      },
    ),
  );
});

test('tiles lie in the frame, begin on even pixels, and have pictures of about the same size whatever the frame', () => {
  fc.assert(
    fc.property(frames, fc.constantFrom(2, 3), (frame, perSide) => {
      for (const { x, y, w, h, letterbox } of tilesOf(frame.widthPx, frame.heightPx, 640, perSide)) {
        assert.ok(x >= 0 && y >= 0 && x + w <= frame.widthPx && y + h <= frame.heightPx);
        assert.deepEqual([x % 2, y % 2, w % 2, h % 2], [0, 0, 0, 0]);
        assert.ok(Math.max(letterbox.widthPx, letterbox.heightPx) <= 736, JSON.stringify(letterbox));
      }
    }),
  );
});

test('a frame that the look at the whole of it shows well has no tiles; a large one has at most nine', () => {
  assert.equal(tilesPerSide(640, 360, 640), 1);
  assert.equal(tilesPerSide(1024, 576, 640), 1);
  assert.equal(tilesPerSide(1280, 720, 640), 2);
  assert.equal(tilesPerSide(1920, 1080, 640), 3);
  assert.equal(tilesPerSide(3840, 2160, 640), 3);
});

test('a closer look only ever adds: every box of the whole look lies in one of the merged', () => {
  const boxes = fc.array(
    fc.record({
      label: fc.constantFrom('face' as const, 'plate' as const),
      score: unit(),
      x: fc.integer({ min: 0, max: 200 }),
      y: fc.integer({ min: 0, max: 200 }),
      w: fc.integer({ min: 1, max: 60 }),
      h: fc.integer({ min: 1, max: 60 }),
    }),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(boxes, boxes, (whole, close) => {
      const merged = mergeLooks(whole, close);
      for (const d of [...whole, ...close]) {
        const isInside = merged.some(
          (m) => m.label === d.label && m.x <= d.x && m.y <= d.y && m.x + m.w >= d.x + d.w && m.y + m.h >= d.y + d.h,
        );
        assert.ok(isInside);
      }
    }),
  );
});

function unit(): fc.Arbitrary<number> {
  return fc.double({ min: 0, max: 1, noNaN: true });
}
