/**
 * A camera process without a camera, for tests of where its counts go: early in each hour of the fast clock (fast-sensor-process.ts) it tells of
 * the same number of crossings, each of a track of its own.
 */
import { openParentWire } from '../../edge/base/wire.ts';
import {
  type CountedCrossing,
  CROSSINGS_PER_MESSAGE_MAX,
  type FromCamera,
  type ToCamera,
} from '../../edge/camera/messages.ts';
import { CROSSINGS_PER_HOUR, TRACK_PREFIX } from './crossings.ts';
import { FAST_SPEED, fastWallMs } from './fast-clock.ts';
import { testCounts, testHealth } from './units.ts';

const HOUR_MS = 3_600_000;
const TICK_MS = 100;
/** From the beginning of the hour, so that no delay puts a part of them into another one. */
const WITHIN_HOUR_MS = 5 * TICK_MS * FAST_SPEED;

const say = (message: FromCamera): void => void wire.send(message);

let hour = Number.NaN;
let track = TRACK_PREFIX;

function crossings(label: 'person' | 'vehicle', atMs: number): CountedCrossing[] {
  return Array.from({ length: CROSSINGS_PER_HOUR[label] }, () => ({
    line: 'gate',
    class: label,
    direction: label === 'person' ? 'forward' : 'backward',
    atMs,
    track: track++,
  }));
}

function tick(): void {
  const atMs = Math.floor(fastWallMs());
  const now = Math.floor(atMs / HOUR_MS);
  if (now === hour || atMs % HOUR_MS > WITHIN_HOUR_MS) return;
  hour = now;
  const all = [...crossings('person', atMs), ...crossings('vehicle', atMs)];
  for (let at = 0; at < all.length; at += CROSSINGS_PER_MESSAGE_MAX)
    say({ type: 'counts', crossings: all.slice(at, at + CROSSINGS_PER_MESSAGE_MAX), dropped: 0 });
}

const wire = openParentWire((raw) => {
  const message = raw as ToCamera;
  if (message.type === 'stop') process.exit(0);
  if (message.type !== 'start') return;
  const sayHealth = (): void => say({ type: 'health', health: testHealth(), counts: testCounts() });
  sayHealth();
  setInterval(sayHealth, 500);
  setInterval(tick, TICK_MS);
});
