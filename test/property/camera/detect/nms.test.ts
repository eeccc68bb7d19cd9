/** Goal: suppression keeps the best box of each cluster and nothing else, whatever the boxes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { iou, nonMaximumSuppression } from '../../../../edge/camera/detect/decode/family.ts';
import type { Detection } from '../../../../edge/camera/detect/port.ts';

const whole = (min: number, max: number) => fc.integer({ min, max });
const box: fc.Arbitrary<Detection> = fc.record({
  label: fc.constant('face' as const),
  score: fc.double({ min: 0, max: 1, noNaN: true }),
  x: whole(-20, 100),
  y: whole(-20, 100),
  w: whole(1, 60),
  h: whole(1, 60),
});
const boxes = fc.array(box, { maxLength: 40 });
const threshold = fc.double({ min: 0.05, max: 0.95, noNaN: true });

test('what is kept is a subset, best first, without overlap beyond the limit', () => {
  fc.assert(
    fc.property(boxes, threshold, (all, iouMax) => {
      const kept = nonMaximumSuppression(all, iouMax);
      assert.ok(kept.every((one) => all.includes(one)));
      for (const [i, one] of kept.entries()) {
        for (const later of kept.slice(i + 1)) {
          assert.ok(one.score >= later.score);
          assert.ok(iou(one, later) <= iouMax);
        }
      }
    }),
  );
});

test('each box that went overlaps a kept one that is at least as good', () => {
  fc.assert(
    fc.property(boxes, threshold, (all, iouMax) => {
      const kept = nonMaximumSuppression(all, iouMax);
      for (const gone of all.filter((one) => !kept.includes(one))) {
        assert.ok(kept.some((one) => one.score >= gone.score && iou(one, gone) > iouMax));
      }
    }),
  );
});

test('doing it twice changes nothing', () => {
  fc.assert(
    fc.property(boxes, threshold, (all, iouMax) => {
      const once = nonMaximumSuppression(all, iouMax);
      assert.deepEqual(nonMaximumSuppression(once, iouMax), once);
    }),
  );
});

test('overlap is symmetric, 1 with itself, and between 0 and 1', () => {
  fc.assert(
    fc.property(box, box, (a, b) => {
      assert.equal(iou(a, b), iou(b, a));
      assert.equal(iou(a, a), 1);
      assert.ok(iou(a, b) >= 0 && iou(a, b) <= 1);
    }),
  );
});
