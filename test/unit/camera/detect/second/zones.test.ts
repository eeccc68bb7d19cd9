/** Goal: a head without a face and a small vehicle without a plate are covered, and nothing else. Method: scenes laid out by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Box, DetectionLabel } from '../../../../../edge/camera/detect/port.ts';
import { headZone, plateBand, unseenZones, type ZoneRules } from '../../../../../edge/camera/detect/second/zones.ts';
import { planCover } from '../../../../../edge/camera/redact/plan.ts';
import type { TrackedRegion } from '../../../../../edge/camera/track/tracker.ts';

const WIDTH = 1000;
const ALL: ZoneRules = { people: 'head', vehicles: 'plate-band' };

let next = 1;
const region = (label: DetectionLabel, [x, y, w, h]: readonly number[], score = 0.9): TrackedRegion => ({
  label,
  x: x!,
  y: y!,
  w: w!,
  h: h!,
  score,
  track: next++,
  seen: { w: w!, h: h! },
});
const boxesOf = (zones: readonly Box[]): Box[] => zones.map(({ x, y, w, h }) => ({ x, y, w, h }));

test('the head of a standing, a sitting and a lying person', () => {
  assert.deepEqual(headZone({ x: 100, y: 50, w: 100, h: 300 }), { x: 125, y: 50, w: 50, h: 70 });
  assert.deepEqual(headZone({ x: 100, y: 50, w: 100, h: 120 }), { x: 125, y: 50, w: 50, h: 70 });
  assert.deepEqual(headZone({ x: 100, y: 50, w: 300, h: 100 }), { x: 175, y: 50, w: 150, h: 60 });
});

test('where the object is uncertain, its zone reaches as far, but is no other zone', () => {
  const seen = region('vehicle', [400, 200, 150, 100]);
  const strayed = { ...seen, x: 340, w: 270, y: 190, h: 120 };
  const [zone] = unseenZones([strayed], [], ALL, WIDTH);
  assert.ok(zone, 'the size as seen decides');
  const { x, y, w, h } = plateBand(seen);
  assert.deepEqual([zone.x, zone.y, zone.w, Math.round(zone.h)], [x - 60, y - 10, w + 120, Math.round(h + 20)]);
});

test('the plate band is in the lower middle', () => {
  const { x, y, w, h } = plateBand({ x: 100, y: 0, w: 100, h: 100 });
  assert.deepEqual([x, y, w, Math.round(h)], [110, 40, 80, 55]);
});

test('a person with a face is left alone, one without has the head covered', () => {
  const person = region('person', [100, 50, 100, 300]);
  const face = region('face', [135, 60, 30, 40]);
  const knee = region('face', [135, 250, 30, 40]);
  assert.deepEqual(unseenZones([face], [person], ALL, WIDTH), []);
  assert.deepEqual(unseenZones([], [person], ALL, WIDTH), [{ ...person, ...headZone(person) }]);
  assert.deepEqual(unseenZones([knee], [person], ALL, WIDTH), [{ ...person, ...headZone(person) }]);
});

test('one face speaks for one person of two that overlap', () => {
  const front = region('person', [100, 50, 100, 300]);
  const behind = region('person', [120, 40, 100, 300]);
  const face = region('face', [136, 65, 30, 40]);
  assert.deepEqual(boxesOf(unseenZones([face], [behind, front], ALL, WIDTH)), [headZone(behind)]);
});

test('a vehicle with a plate is left alone; a plate counts for the smallest vehicle that holds it', () => {
  const car = region('vehicle', [200, 200, 100, 80]);
  const lorry = region('vehicle', [195, 50, 150, 300]);
  const plate = region('plate', [230, 240, 30, 10]);
  assert.deepEqual(unseenZones([car, plate], [], ALL, WIDTH), []);
  assert.deepEqual(boxesOf(unseenZones([car, lorry, plate], [], ALL, WIDTH)), [plateBand(lorry)]);
});

test('large vehicles, weak hints and persons of the first detector are not believed', () => {
  assert.deepEqual(unseenZones([region('vehicle', [0, 0, 151, 200])], [], ALL, WIDTH), []);
  assert.deepEqual(unseenZones([region('vehicle', [0, 0, 100, 80], 0.48)], [], ALL, WIDTH), []);
  assert.deepEqual(unseenZones([], [region('vehicle', [0, 0, 100, 80], 0.55)], ALL, WIDTH), []);
  assert.deepEqual(unseenZones([], [region('person', [0, 0, 100, 80], 0.55)], ALL, WIDTH), []);
  assert.deepEqual(unseenZones([region('person', [0, 0, 100, 300])], [], ALL, WIDTH), []);
});

test('a vehicle that both detectors see is one', () => {
  const box = [200, 200, 100, 80];
  assert.equal(unseenZones([region('vehicle', box)], [region('vehicle', [202, 200, 100, 82])], ALL, WIDTH).length, 1);
});

test('each rule can be off by itself', () => {
  const first = [region('vehicle', [200, 200, 100, 80])];
  const second = [region('person', [100, 50, 100, 300])];
  const labels = (rules: ZoneRules) => unseenZones(first, second, rules, WIDTH).map(({ label }) => label);
  assert.deepEqual(labels(ALL), ['person', 'vehicle']);
  assert.deepEqual(labels({ ...ALL, people: 'off' }), ['vehicle']);
  assert.deepEqual(labels({ ...ALL, vehicles: 'off' }), ['person']);
  assert.deepEqual(labels({ people: 'off', vehicles: 'off' }), []);
});

test('zones are covered beside faces and plates, clipped to the picture; hints themselves are not', () => {
  const person = region('person', [-20, -10, 100, 300]);
  const face = region('face', [500, 60, 30, 40]);
  const zones = unseenZones([face], [person], ALL, WIDTH);
  const plan = planCover([face, person], [], WIDTH, 600, zones);
  assert.ok(plan.kind === 'regions');
  assert.deepEqual(
    plan.regions.map(({ label, x, y, w, h }) => ({ label, x, y, w, h })),
    [
      { label: 'face', x: 500, y: 60, w: 30, h: 40 },
      { label: 'person', x: 5, y: 0, w: 50, h: 60 },
    ],
  );
});
