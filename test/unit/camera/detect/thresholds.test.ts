/**
 * Goal: a small box counts earlier and a large one later, one on a person or vehicle earlier than one on nothing, and what a detector reports
 * is enough to choose from. Method: boxes of all sizes against the rules of stills and videos.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Detection, DetectionLabel } from '../../../../edge/camera/detect/port.ts';
import {
  isCounted,
  LIVE_RULES,
  LIVE_THRESHOLD_OFFSET,
  STILL_RULES,
  STILL_THRESHOLD_OFFSET,
} from '../../../../edge/camera/detect/thresholds.ts';

const PICTURE = { widthPx: 1000, heightPx: 1000 };
const THRESHOLDS = { face: 0.4, plate: 0.3, person: 0.4, vehicle: 0.4 };
const LABELS: readonly DetectionLabel[] = ['face', 'plate', 'person', 'vehicle'];

/** The lowest score, to a thousandth, at which a square box counts. */
function thresholdOf(
  label: DetectionLabel,
  sidePx: number,
  rules: typeof STILL_RULES,
  more: Pick<Detection, 'carrierScore'> = {},
): number {
  for (let score = 0; score <= 2; score += 0.001) {
    const box: Detection = { label, score, x: 0, y: 0, w: sidePx, h: sidePx, ...more };
    if (isCounted(box, PICTURE, THRESHOLDS, rules)) return score;
  }
  throw new Error('it never counts');
}

for (const [name, rules, offset] of [
  ['stills', STILL_RULES, STILL_THRESHOLD_OFFSET],
  ['videos', LIVE_RULES, LIVE_THRESHOLD_OFFSET],
] as const) {
  test(`${name}: the larger the box, the higher its threshold, and none lies below what the detector reports`, () => {
    for (const label of LABELS) {
      let before = THRESHOLDS[label] + offset;
      for (const sidePx of [1, 5, 10, 20, 40, 100, 300, 1000]) {
        const threshold = thresholdOf(label, sidePx, rules, { carrierScore: 1 });
        assert.ok(threshold >= before - 1e-6, `${label} of ${sidePx} px: ${threshold} after ${before}`);
        before = threshold;
      }
    }
  });
}

test('at the neutral size a plate of a still needs a hundredth over the manifest, one of a tenth of the picture much more', () => {
  assert.ok(Math.abs(thresholdOf('plate', Math.sqrt(1000), STILL_RULES) - 0.31) < 0.002);
  assert.ok(Math.abs(thresholdOf('plate', Math.sqrt(100_000), STILL_RULES) - 0.47) < 0.002);
  assert.ok(thresholdOf('plate', Math.sqrt(100_000), LIVE_RULES) > 0.4);
});

test('a face on a person counts earlier than one of which nothing is known, a large one on nothing later, a small one on nothing as ever', () => {
  const scoreOf = (sidePx: number, carrierScore?: number): number =>
    thresholdOf('face', sidePx, LIVE_RULES, carrierScore === undefined ? {} : { carrierScore });
  for (const sidePx of [5, 50, 300]) {
    assert.ok(Math.abs(scoreOf(sidePx) - scoreOf(sidePx, 0.4) - 0.03) < 0.002, `${sidePx} px on a person`);
  }
  assert.ok(Math.abs(scoreOf(300, 0.39) - scoreOf(300) - 0.05) < 0.002, 'a person that is none yet');
  assert.ok(Math.abs(scoreOf(20, 0) - scoreOf(20)) < 0.002);
});

test('a plate on a vehicle counts earlier, and one on nothing later, whatever its size', () => {
  for (const sidePx of [5, 50, 300]) {
    const unknown = thresholdOf('plate', sidePx, LIVE_RULES);
    assert.ok(Math.abs(unknown - thresholdOf('plate', sidePx, LIVE_RULES, { carrierScore: 0.4 }) - 0.03) < 0.002);
    assert.ok(Math.abs(thresholdOf('plate', sidePx, LIVE_RULES, { carrierScore: 0 }) - unknown - 0.05) < 0.002);
  }
});

test('persons and vehicles of videos are hints, and count from the manifest threshold on, whatever their size', () => {
  for (const sidePx of [5, 50, 500]) assert.ok(Math.abs(thresholdOf('person', sidePx, LIVE_RULES) - 0.4) < 0.002);
});
