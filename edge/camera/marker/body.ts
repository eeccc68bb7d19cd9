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

/** Where the body may be, in sides of the black square: of the smallest print. */
const ZONE = { above: 8.5, below: 13, beside: 3.5 } as const;
/** What is covered beside a person's box: the body of who wears the largest print. */
const CORE = { above: 5.6, below: 7.8, beside: 2.5 } as const;

/** Side of the square around a marker that is tracked: large enough to overlap itself a quarter of a second later. */
const ANCHOR_SIDES = 6;

/** A bearer's box is at least as high as head and chest, and no larger than an adult with the smallest print. */
const BODY_SIDES = { highMin: 4, highMax: 20, wideMax: 10 } as const;
/** Where a chest is: in the middle of the box, at this share of its height (a body cut off at the waist has it lower). */
const CHEST_SHARE = 0.3;
const CHEST_WEIGHT = 0.5;
/** Boxes that fit nearly as well as the best one may be the bearer's too. */
const FIT_SLACK = 0.1;
/** A box that fits worse is of somebody before or behind. */
const FIT_MAX = 0.3;

/** A marker at some time: where its middle is, and how far from there it may really be. */
export interface Bearing {
  x: number;
  y: number;
  sidePx: number;
  slackX: number;
  slackY: number;
}

/** The box to track for a marker. */
export function anchorOf(marker: FoundMarker): Box {
  const size = ANCHOR_SIDES * marker.sidePx;
  return { x: marker.x + (marker.w - size) / 2, y: marker.y + (marker.h - size) / 2, w: size, h: size };
}

/** Of a tracked anchor: `region` with its margins, `seenPx` the anchor's size when it was seen. */
export function bearingOf(region: Box, seenPx: number): Bearing {
  return {
    x: region.x + region.w / 2,
    y: region.y + region.h / 2,
    sidePx: seenPx / ANCHOR_SIDES,
    slackX: Math.max(0, (region.w - seenPx) / 2),
    slackY: Math.max(0, (region.h - seenPx) / 2),
  };
}

/** Of a marker that was just seen. */
export function bearingOfSighting({ x, y, w, h, sidePx }: FoundMarker): Bearing {
  return { x: x + w / 2, y: y + h / 2, sidePx, slackX: 0, slackY: 0 };
}

/** Persons who may bear a marker, the best fit first. */
export function bearersOf<Person extends Box>(bearing: Bearing, persons: readonly Person[]): Person[] {
  const fits = persons.flatMap((person) => {
    const fit = misfit(person, bearing);
    return fit === undefined || fit > FIT_MAX ? [] : [{ person, fit }];
  });
  fits.sort((a, b) => a.fit - b.fit);
  return fits.filter(({ fit }) => fit <= fits[0]!.fit + FIT_SLACK).map(({ person }) => person);
}

/** What to cover: the persons who may bear the marker and what surely is body; all that may be body where no person was found. */
export function coverOf(bearing: Bearing, persons: readonly Box[]): Box {
  return persons.length === 0 ? around(bearing, ZONE) : persons.reduce<Box>(hull, around(bearing, CORE));
}

function around({ x, y, sidePx, slackX, slackY }: Bearing, reach: typeof ZONE | typeof CORE): Box {
  const beside = reach.beside * sidePx + slackX;
  const above = reach.above * sidePx + slackY;
  return { x: x - beside, y: y - above, w: 2 * beside, h: above + reach.below * sidePx + slackY };
}

/** How well a marker sits on a person's box: 0 is on the chest. Undefined where it does not. */
function misfit(person: Box, { x, y, sidePx }: Bearing): number | undefined {
  const across = (x - person.x) / person.w;
  const down = (y - person.y) / person.h;
  if (across < 0 || across > 1 || down < 0 || down > 1) return undefined;
  const { highMin, highMax, wideMax } = BODY_SIDES;
  if (person.h < highMin * sidePx || person.h > highMax * sidePx || person.w > wideMax * sidePx) return undefined;
  return Math.abs(across - 0.5) + CHEST_WEIGHT * Math.abs(down - CHEST_SHARE);
}
