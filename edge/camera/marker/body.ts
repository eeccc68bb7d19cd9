/**
 * From a marker to the body of whoever shows it. Pure; pixels of the frame. Everything errs to the large side.
 *
 * The marker is worn on the chest or the back, or held before the body, printed on A4 (black square of 160 mm) down to A5 (113 mm), as the
 * page says. An adult of 1.9 m then reaches 3.4 sides (A4, chest) to 8 sides (A5, held low) above its middle, 6 to 12 below, and 2 to 3 to
 * each side.
 */
import type { Box } from '../detect/port.ts';
import { hull } from '../track/geometry.ts';
import type { FoundMarker } from './find.ts';

const ABOVE_SIDES = 8.5;
const BELOW_SIDES = 13;
const BESIDE_SIDES = 4.5;
/** Shares of the zone that a person surely fills when a person's box says the rest. */
const CORE_ABOVE = 0.66;
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

/** A person's box that holds a marker is at least as high as head and chest: four sides. */
const BODY_SHARE_MIN = 4 / (ABOVE_SIDES + BELOW_SIDES);
/** Where a chest is: in the middle of the box, at this share of its height (a body cut off at the waist has it lower). */
const CHEST_SHARE = 0.3;
const CHEST_WEIGHT = 0.5;
/** Boxes that fit nearly as well as the best one may be the bearer's too. */
const FIT_SLACK = 0.1;
/** A box that fits worse is of somebody before or behind. */
const FIT_MAX = 0.3;

/** How well the marker of a zone sits on a person's box: 0 is on the chest. Undefined where it does not. */
export function misfit(person: Box, zone: Box): number | undefined {
  const { x, y } = markerIn(zone);
  const across = (x - person.x) / person.w;
  const down = (y - person.y) / person.h;
  if (across < 0 || across > 1 || down < 0 || down > 1 || person.h < zone.h * BODY_SHARE_MIN) return undefined;
  return Math.abs(across - 0.5) + CHEST_WEIGHT * Math.abs(down - CHEST_SHARE);
}

/** Persons who may bear the marker of a zone, the best fit first. */
export function bearersOf<Person extends Box>(zone: Box, persons: readonly Person[]): Person[] {
  const fits = persons.flatMap((person) => {
    const fit = misfit(person, zone);
    return fit === undefined || fit > FIT_MAX ? [] : [{ person, fit }];
  });
  fits.sort((a, b) => a.fit - b.fit);
  return fits.filter(({ fit }) => fit <= fits[0]!.fit + FIT_SLACK).map(({ person }) => person);
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
