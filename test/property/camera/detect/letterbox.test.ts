/** Goal: a frame of any size fits its picture, and a box finds its way back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { letterboxSize, toFrame } from '../../../../edge/camera/detect/letterbox.ts';

const sidePx = fc.integer({ min: 16, max: 8192 });
const longSidePx = fc.integer({ min: 10, max: 60 }).map((n) => n * 32);

test('the picture is in multiples of 32, just large enough, with the long side as asked', () => {
  fc.assert(
    fc.property(sidePx, sidePx, longSidePx, (width, height, long) => {
      const box = letterboxSize(width, height, long);
      assert.equal(Math.max(box.contentWidthPx, box.contentHeightPx), long);
      for (const [outer, inner] of [
        [box.widthPx, box.contentWidthPx],
        [box.heightPx, box.contentHeightPx],
      ] as const) {
        assert.ok(outer % 32 === 0 && inner >= 1 && outer >= inner && outer - inner < 32);
      }
    }),
  );
});

test('a box drawn in the frame comes back from the picture', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(sidePx, sidePx, longSidePx, share, share, (width, height, long, left, top) => {
      const letterbox = letterboxSize(width, height, long);
      const inFrame = { x: (left * width) / 2, y: (top * height) / 2, w: width / 3, h: height / 3 };
      const scaleX = letterbox.contentWidthPx / width;
      const scaleY = letterbox.contentHeightPx / height;
      const { x, y, w, h } = inFrame;
      const [back] = toFrame(
        [{ x: x * scaleX, y: y * scaleY, w: w * scaleX, h: h * scaleY }],
        letterbox,
        width,
        height,
      );
      assert.ok(back !== undefined);
      for (const key of ['x', 'y', 'w', 'h'] as const) assert.ok(Math.abs(back[key] - inFrame[key]) < 1e-6 * 8192);
    }),
  );
});

test('known sizes', () => {
  const full = { widthPx: 640, heightPx: 384, contentWidthPx: 640, contentHeightPx: 360 };
  assert.deepEqual(letterboxSize(1920, 1080, 640), full);
  assert.deepEqual(letterboxSize(320, 180, 640), full);
  assert.deepEqual(letterboxSize(480, 640, 320), {
    widthPx: 256,
    heightPx: 320,
    contentWidthPx: 240,
    contentHeightPx: 320,
  });
});

test('boxes are cut at the frame, and dropped outside it', () => {
  const content = { contentWidthPx: 640, contentHeightPx: 360 };
  const boxes = [
    { x: -10, y: 350, w: 20, h: 20, label: 'face' },
    { x: 0, y: 361, w: 20, h: 20, label: 'plate' }, // in the padding
  ];
  assert.deepEqual(toFrame(boxes, content, 1920, 1080), [{ x: 0, y: 1050, w: 30, h: 30, label: 'face' }]);
});
