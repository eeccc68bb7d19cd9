/**
 * A camera process without a camera, for tests of where its counts go: early in each hour of the fast clock (fast-sensor-process.ts) persons,
 * riders, cars, buses and lorries go over its line, as tracks and as what the second network says of them. What crosses is for the real counter to
 * find out; only times are replaced, and the random numbers of tracks by ones that a test can look for.
 */
import { openParentWire } from '../../edge/base/wire.ts';
import { Counts } from '../../edge/camera/count/counts.ts';
import type { Followed } from '../../edge/camera/count/line-counter.ts';
import type { Box, Detection } from '../../edge/camera/detect/port.ts';
import {
  type CountedCrossing,
  CROSSINGS_PER_MESSAGE_MAX,
  type CrossingDirection,
  type FromCamera,
  type ToCamera,
} from '../../edge/camera/messages.ts';
import type { Observation } from '../../edge/camera/track/track.ts';
import { CROSSINGS_PER_HOUR, TRACK_PREFIX, UNCOUNTED } from './crossings.ts';
import { FAST_SPEED, fastWallMs } from './fast-clock.ts';
import { testCounts, testHealth } from './units.ts';

type Kind = keyof typeof SHOWN;

const SHOWN = { ...CROSSINGS_PER_HOUR, [UNCOUNTED]: CROSSINGS_PER_HOUR.bus };

const HOUR_MS = 3_600_000;
const TICK_MS = 100;
/** From the beginning of the hour, so that no delay puts a part of them into another one. */
const WITHIN_HOUR_MS = 5 * TICK_MS * FAST_SPEED;

const PICTURE = { widthPx: 1_000, heightPx: 1_000 };
const LINE = { name: 'gate', from: [0, 0.5] as [number, number], to: [1, 0.5] as [number, number] };
/** Side by side over the line, in so many looks. */
const ABREAST = 60;
const LOOKS = 9;
const LOOK_MS = 500;
const HELD_MS = 3_000;

const say = (message: FromCamera): void => void wire.send(message);

const counter = new Counts([LINE]);
let ms = 0;
let id = 0;
let hour = Number.NaN;
let track = TRACK_PREFIX;

/** Where the `i`th of them is in a look: their feet go from well above the line to well below it, or back. */
function boxOf(kind: Kind, direction: CrossingDirection, i: number, look: number): Box {
  const along = direction === 'forward' ? look : LOOKS - 1 - look;
  const [w, h] = kind === 'person' || kind === 'bicycle' ? [12, 30] : [14, 14];
  return { x: 16 * (i + 1), y: 400 + 25 * along - h, w, h };
}

function cross(kind: Kind, direction: CrossingDirection, count: number): CountedCrossing[] {
  const isOnFoot = kind === 'person' || kind === 'bicycle';
  const tracksOf = (): { id: number; observations: Observation[] }[] =>
    Array.from({ length: count }, () => ({ id: id++, observations: [] }));
  const [observed, bicycles] = [tracksOf(), tracksOf()];
  for (let look = 0; look < LOOKS; look++) {
    ms += LOOK_MS;
    const boxes = observed.map((_, i) => boxOf(kind, direction, i, look));
    observed.forEach(({ observations }, i) => void observations.push({ ms, box: boxes[i]!, score: 0.9 }));
    const tracks = observed.map((each): Followed => ({ ...each, label: isOnFoot ? 'person' : 'vehicle' }));
    const ridden = bicycles.map((each): Followed => ({ ...each, label: 'bicycle' }));
    bicycles.forEach(({ observations }, i) => void observations.push({ ms, box: wheelsUnder(boxes[i]!), score: 0.9 }));
    counter.update({
      ms,
      wallMs: ms,
      picture: PICTURE,
      first: isOnFoot ? [] : tracks,
      second: {
        ms,
        tracks: isOnFoot ? tracks : [],
        bicycles: kind === 'bicycle' ? ridden : [],
        vehicles: boxes.flatMap((box) => seenAs(kind, box)),
      },
    });
  }
  ms += HELD_MS;
  return counter.settle(ms, () => false);
}

/** A bicycle stands under its rider. */
const wheelsUnder = ({ x, y }: Box): Box => ({ x: x - 1, y: y + 18, w: 14, h: 14 });

const seenAs = (kind: Kind, box: Box): Detection[] =>
  kind === 'person' || kind === 'bicycle' ? [] : [{ ...box, label: 'vehicle', score: 0.9, kind }];

/** Found out once, since a fast hour is too short for it on a busy machine; told of anew in each hour. */
const crossings = (Object.keys(SHOWN) as Kind[]).flatMap((kind) =>
  (['forward', 'backward'] as const).flatMap((direction) => {
    const groups = Math.ceil(SHOWN[kind][direction] / ABREAST);
    return Array.from({ length: groups }, () => cross(kind, direction, ABREAST)).flat();
  }),
);

function tick(): void {
  const atMs = Math.floor(fastWallMs());
  const now = Math.floor(atMs / HOUR_MS);
  if (now === hour || atMs % HOUR_MS > WITHIN_HOUR_MS) return;
  hour = now;
  const all = crossings.map((crossing): CountedCrossing => ({ ...crossing, atMs, track: track++ }));
  for (let at = 0; at < all.length; at += CROSSINGS_PER_MESSAGE_MAX)
    say({
      type: 'counts',
      crossings: all.slice(at, at + CROSSINGS_PER_MESSAGE_MAX),
      dropped: at === 0 ? counter.takeDropped() : 0,
    });
}

const wire = openParentWire((raw) => {
  const message = raw as ToCamera;
  if (message.type === 'stop') process.exit(0);
  if (message.type !== 'start') return;
  const sayHealth = (): void =>
    say({ type: 'health', health: { ...testHealth(), uncounted: [UNCOUNTED] }, counts: testCounts() });
  sayHealth();
  setInterval(sayHealth, 500);
  setInterval(tick, TICK_MS);
});
