/** Goal: whatever the scene, the rules only add cover inside what they were told, and more findings never mean more zones. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DetectionLabel } from '../../../../../edge/camera/detect/port.ts';
import { unseenZones } from '../../../../../edge/camera/detect/second/zones.ts';
import type { TrackedRegion } from '../../../../../edge/camera/track/tracker.ts';

const WIDTH = 1000;
const RULES = { people: 'head', vehicles: 'plate-band' } as const;
const EPSILON = 1e-6;

/** Seen as large as the region or smaller. */
const shrink = (i: number): number => [1, 0.6, 0.3][i % 3]!;

const regionsOf = (labels: DetectionLabel[]): fc.Arbitrary<TrackedRegion[]> =>
  fc
    .array(
      fc.record({
        label: fc.constantFrom(...labels),
        x: fc.double({ min: -100, max: 1000, noNaN: true }),
        y: fc.double({ min: -100, max: 600, noNaN: true }),
        w: fc.double({ min: 0.5, max: 500, noNaN: true }),
        h: fc.double({ min: 0.5, max: 500, noNaN: true }),
        score: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      { maxLength: 12 },
    )
    .map((boxes) =>
      boxes.map((box, i) => ({ ...box, track: i + 1, seen: { w: box.w * shrink(i), h: box.h * shrink(i + 1) } })),
    );

const first = regionsOf(['face', 'plate', 'person', 'vehicle']);
const second = regionsOf(['person', 'vehicle']);

test('each zone lies in a person or vehicle of its label and score, and each of these has at most one', () => {
  fc.assert(
    fc.property(first, second, (a, b) => {
      const zones = unseenZones(a, b, RULES, WIDTH);
      const hints = [...a, ...b].filter(({ label }) => label === 'person' || label === 'vehicle');
      assert.ok(zones.length <= hints.length);
      for (const zone of zones) {
        assert.ok(zone.w > 0 && zone.h > 0);
        const isInside = hints.some(
          (hint) =>
            hint.label === zone.label &&
            hint.score === zone.score &&
            zone.x >= hint.x - EPSILON &&
            zone.y >= hint.y - EPSILON &&
            zone.x + zone.w <= hint.x + hint.w + EPSILON &&
            zone.y + zone.h <= hint.y + hint.h + EPSILON,
        );
        assert.ok(isInside);
      }
    }),
  );
});

test('one more face or plate removes one zone at most and adds none', () => {
  fc.assert(
    fc.property(first, second, regionsOf(['face', 'plate']), (a, b, more) => {
      const before = unseenZones(a, b, RULES, WIDTH);
      const after = unseenZones([...a, ...more], b, RULES, WIDTH);
      assert.ok(after.length <= before.length && after.length >= before.length - more.length);
    }),
  );
});
