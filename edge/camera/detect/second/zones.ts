/**
 * Where a face or a plate must be although none was found: the head of a person without a face, the plate band of a small vehicle
 * without a plate. Pure; both rules only ever add cover. `perf/second-opinion.ts` measures what each adds and costs; the figures that
 * the constants rest on are in models/cards/second-opinion.md.
 */
import { areaOf, centreOf, iou } from '../../track/geometry.ts';
import type { TrackedRegion } from '../../track/tracker.ts';
import type { Box } from '../port.ts';

export interface ZoneRules {
  people: 'off' | 'head';
  vehicles: 'off' | 'plate-band';
}

/**
 * A face is as high as 0.3 to 0.45 of the width of its person's box, whatever the pose: shoulders measure a standing person as well as
 * one who is cut off at the waist. So the head zone is given in widths of the box, not in heights.
 */
const HEAD_HEIGHT_PER_WIDTH = 0.7;
/** Of someone who lies or leans over, the box is wider than high. */
const HEAD_HEIGHT_SHARE_MAX = 0.6;
const HEAD_WIDTH_SHARE = 0.5;
/** A face belongs to a person when its centre lies in the head zone or this share of the zone beside it. */
const FACE_REACH_X = 0.1;
const FACE_REACH_Y = 0.3;

const BAND_TOP = 0.4;
const BAND_BOTTOM = 0.95;
const BAND_WIDTH_SHARE = 0.8;
/** Plates of large vehicles are large enough for the first detector; their bands would be most of the cost. */
const VEHICLE_WIDTH_SHARE_MAX = 0.15;

/** Score from which a hint is believed. The first network's persons are not: they cost ten times what they find. */
const PERSON_SCORE_MIN = 0.6;
const OWN_VEHICLE_SCORE_MIN = 0.5;
const VEHICLE_SCORE_MIN = 0.6;
/** Vehicles of both networks that overlap as much are one. */
const SAME_IOU = 0.5;

/**
 * Zones to cover, labelled by what stands there. `first` is what the first detector's tracks imply at a moment, `second` what the second
 * opinion's do; `widthPx` is the width of the picture that all are in.
 */
export function unseenZones(
  first: readonly TrackedRegion[],
  second: readonly TrackedRegion[],
  rules: ZoneRules,
  widthPx: number,
): TrackedRegion[] {
  const zones: TrackedRegion[] = [];
  if (rules.people === 'head') {
    const persons = second.filter((r) => r.label === 'person' && r.score >= PERSON_SCORE_MIN);
    const faces = first.filter((r) => r.label === 'face');
    for (const person of withoutFace(persons, faces)) zones.push({ ...person, ...swept(person, headZone) });
  }
  if (rules.vehicles === 'plate-band') {
    const vehicles = first.filter((r) => r.label === 'vehicle' && r.score >= OWN_VEHICLE_SCORE_MIN);
    for (const vehicle of second) {
      if (vehicle.label !== 'vehicle' || vehicle.score < VEHICLE_SCORE_MIN) continue;
      if (!vehicles.some((other) => iou(other, vehicle) > SAME_IOU)) vehicles.push(vehicle);
    }
    const plates = first.filter((r) => r.label === 'plate');
    for (const vehicle of withoutPlate(vehicles, plates)) {
      if (vehicle.seen.w > VEHICLE_WIDTH_SHARE_MAX * widthPx) continue;
      zones.push({ ...vehicle, ...swept(vehicle, plateBand) });
    }
  }
  return zones;
}

/** Where the head of a person is: the top of the box, in the middle. */
export function headZone(person: Box): Box {
  const w = person.w * HEAD_WIDTH_SHARE;
  const h = Math.min(person.h * HEAD_HEIGHT_SHARE_MAX, person.w * HEAD_HEIGHT_PER_WIDTH);
  return { x: person.x + (person.w - w) / 2, y: person.y, w, h };
}

/** Where the plate of a vehicle is, seen from the front or the back. */
export function plateBand(vehicle: Box): Box {
  const w = vehicle.w * BAND_WIDTH_SHARE;
  const x = vehicle.x + (vehicle.w - w) / 2;
  return { x, y: vehicle.y + vehicle.h * BAND_TOP, w, h: vehicle.h * (BAND_BOTTOM - BAND_TOP) };
}

/** Every place that the zone may have while the object, as large as it was seen, is somewhere in its region. */
function swept(region: TrackedRegion, zoneOf: (box: Box) => Box): Box {
  const w = Math.min(region.w, region.seen.w);
  const h = Math.min(region.h, region.seen.h);
  const zone = zoneOf({ x: region.x, y: region.y, w, h });
  return { ...zone, w: zone.w + (region.w - w), h: zone.h + (region.h - h) };
}

/** Each face speaks for one person, the one whose head it fits best: in a crowd, boxes overlap, and a neighbour's face is not one's own. */
function withoutFace(persons: readonly TrackedRegion[], faces: readonly TrackedRegion[]): TrackedRegion[] {
  const pairs: { person: TrackedRegion; face: TrackedRegion; distance: number }[] = [];
  for (const person of persons) {
    const zone = swept(person, headZone);
    const middle = centreOf(zone);
    for (const face of faces) {
      const c = centreOf(face);
      const dx = Math.abs(c.x - middle.x) / zone.w;
      const dy = Math.abs(c.y - middle.y) / zone.h;
      if (dx <= 0.5 + FACE_REACH_X && dy <= 0.5 + FACE_REACH_Y)
        pairs.push({ person, face, distance: Math.hypot(dx, dy) });
    }
  }
  pairs.sort((a, b) => a.distance - b.distance);
  const alone = new Set(persons);
  const free = new Set(faces);
  for (const { person, face } of pairs) {
    if (!alone.has(person) || !free.has(face)) continue;
    alone.delete(person);
    free.delete(face);
  }
  return [...alone];
}

/** A plate belongs to the smallest vehicle that holds it: a car in front of a lorry. */
function withoutPlate(vehicles: readonly TrackedRegion[], plates: readonly TrackedRegion[]): TrackedRegion[] {
  const alone = new Set(vehicles);
  const bySize = vehicles.toSorted((a, b) => areaOf(a) - areaOf(b));
  for (const plate of plates) {
    const c = centreOf(plate);
    const owner = bySize.find((v) => c.x >= v.x && c.x < v.x + v.w && c.y >= v.y && c.y < v.y + v.h);
    if (owner) alone.delete(owner);
  }
  return [...alone];
}
