/**
 * From a marker to the body of whoever shows it. Pure; pixels of the frame. Everything errs to the large side.
 *
 * The marker is worn on the chest or the back, or held in front, printed on A4 (black square of 160 mm) down to A5 (113 mm), as the page
 * says. An adult of 1.9 m then reaches 3.5 to 5 sides above the middle of the square and 8.5 to 12 below, and 2.5 to 3.5 to each side.
 */
import type { Box } from '../detect/port.ts';
import { hull } from '../track/geometry.ts';
import type { FoundMarker } from './find.ts';

const ABOVE_SIDES = 6;
const BELOW_SIDES = 13;
const BESIDE_SIDES = 4.5;
/** Shares of the zone that a person surely fills when a person's box says the rest. */
const CORE_ABOVE = 0.6;
const CORE_BELOW = 0.6;
const CORE_BESIDE = 0.55;

const ABOVE_SHARE = ABOVE_SIDES / (ABOVE_SIDES + BELOW_SIDES);

/** Where the body of whoever shows the marker must be. */
export function bodyZone(marker: FoundMarker): Box {
  const x = marker.x + marker.w / 2;
  const y = marker.y + marker.h / 2;
  const side = marker.sidePx;
  return {
    x: x - BESIDE_SIDES * side,
    y: y - ABOVE_SIDES * side,
    w: 2 * BESIDE_SIDES * side,
    h: (ABOVE_SIDES + BELOW_SIDES) * side,
  };
}

/** Middle of the marker in a zone of `bodyZone()`, moved and scaled as it may be. */
export function markerIn(zone: Box): { x: number; y: number } {
  return { x: zone.x + zone.w / 2, y: zone.y + ABOVE_SHARE * zone.h };
}

/** Whether a person's box may be that of who shows the marker of this zone: it holds the marker, and is higher than it by a body. */
export function isBearer(person: Box, zone: Box): boolean {
  const { x, y } = markerIn(zone);
  const holds = x >= person.x && x <= person.x + person.w && y >= person.y && y <= person.y + person.h;
  return holds && person.h >= zone.h * BODY_SHARE_MIN;
}

/** A person's box that holds a marker is at least as high as head and chest: four sides. */
const BODY_SHARE_MIN = 4 / (ABOVE_SIDES + BELOW_SIDES);

/** Whether somebody who stands there may be who shows the marker of this zone. */
export function mayStandAt(zone: Box, foot: { x: number; y: number }): boolean {
  const { x, y } = markerIn(zone);
  return Math.abs(foot.x - x) <= (zone.w / 2) * CORE_BESIDE && foot.y >= y && foot.y <= zone.y + zone.h;
}

/** What to cover: the persons who may bear the marker and the core of the zone; all of the zone where no person was found. */
export function coverOf(zone: Box, persons: readonly Box[]): Box {
  if (persons.length === 0) return zone;
  const { x, y } = markerIn(zone);
  const above = (y - zone.y) * CORE_ABOVE;
  const below = (zone.y + zone.h - y) * CORE_BELOW;
  const beside = (zone.w / 2) * CORE_BESIDE;
  return persons.reduce<Box>(hull, { x: x - beside, y: y - above, w: 2 * beside, h: above + below });
}
