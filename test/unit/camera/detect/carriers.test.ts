/**
 * Goal: a face is told by the person that it belongs to and a plate by its vehicle, and where a network knows neither, nothing is concluded.
 * Method: one person and one vehicle, with faces and plates on them, beside them and low on them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withCarriers } from '../../../../edge/camera/detect/carriers.ts';
import type { Box, Detection, DetectionLabel } from '../../../../edge/camera/detect/port.ts';

const ALL = new Set<DetectionLabel>(['face', 'plate', 'person', 'vehicle']);
const PERSON: Detection = { label: 'person', score: 0.6, x: 100, y: 100, w: 80, h: 200 };
const VEHICLE: Detection = { label: 'vehicle', score: 0.7, x: 300, y: 100, w: 200, h: 150 };

/** What is found out about one box beside the person and the vehicle. */
function carrierScoreOf(label: DetectionLabel, box: Box, known = ALL, others = [PERSON, VEHICLE]): number | undefined {
  return withCarriers([{ label, score: 0.4, ...box }, ...others], known)[0]?.carrierScore;
}

test('a face high on a person has its score, one at its feet, beside it or on a vehicle has none', () => {
  assert.equal(carrierScoreOf('face', { x: 120, y: 105, w: 40, h: 50 }), 0.6);
  assert.equal(carrierScoreOf('face', { x: 120, y: 240, w: 40, h: 50 }), 0);
  assert.equal(carrierScoreOf('face', { x: 165, y: 105, w: 40, h: 50 }), 0);
  assert.equal(carrierScoreOf('face', { x: 350, y: 105, w: 40, h: 50 }), 0);
});

test('a plate anywhere on a vehicle has its score, one on a person has none', () => {
  for (const y of [105, 160, 225]) assert.equal(carrierScoreOf('plate', { x: 350, y, w: 60, h: 15 }), 0.7);
  assert.equal(carrierScoreOf('plate', { x: 110, y: 150, w: 60, h: 15 }), 0);
});

test('of two persons the surer one counts, and a person of hardly more than the size of the face is the face itself', () => {
  const face = { x: 120, y: 105, w: 40, h: 50 };
  assert.equal(carrierScoreOf('face', face, ALL, [PERSON, { ...PERSON, score: 0.8 }, { ...PERSON, score: 0.5 }]), 0.8);
  assert.equal(carrierScoreOf('face', face, ALL, [{ ...PERSON, x: 118, y: 103, w: 44, h: 54 }]), 0);
});

test('a network that knows no persons says nothing of faces, and persons are carried by nobody', () => {
  assert.equal(carrierScoreOf('face', { x: 120, y: 105, w: 40, h: 50 }, new Set(['face', 'vehicle'])), undefined);
  assert.equal(carrierScoreOf('person', { x: 120, y: 105, w: 40, h: 50 }), undefined);
});
