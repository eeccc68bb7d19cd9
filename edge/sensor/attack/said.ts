/** What sensors send about people, in the formats of the real adapters. */
import type { Seeded } from './seeded.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
export const DAY_START_MS = Date.UTC(2026, 0, 5);

/** Homes with a meter on the box's concentrator. */
const METERED_HOMES_MAX = 400;
const METER_EVERY_MS = 2 * HOUR_MS;

/** So many numbers that no two crossings of a window are likely to share one. */
export const TRACKS = 2 ** 31;

/** A telephone is heard this often at least. */
const HEARD_EVERY_MS = HOUR_MS;

export interface Visit {
  place: number;
  startMs: number;
  endMs: number;
}

export interface Person {
  index: number;
  mac: string;
  bleAddress: string;
  plate: string | undefined;
  vehicle: string;
  /** Class by which cameras count this person. */
  seenAs: string;
  hasTrace: boolean;
  hasBicycle: boolean;
  hasCard: boolean;
  rhythm: 'worker' | 'visitor' | 'night';
  home: number;
  work: number;
}

/** As a camera tells kinds apart: it knows no vans. */
export const classOf = (vehicle: string): string => (vehicle === 'van' ? 'car' : vehicle);

interface Passage {
  atMs: number;
  isEntering: boolean;
  plate: string | undefined;
  vehicle: string;
  seenAs: string;
  track: number;
}

/** What is said of one passage, by the adapters that tell of single ones. */
export const PASSAGE: Readonly<Record<string, (passage: Passage) => object>> = {
  lpr: ({ atMs, isEntering, plate, vehicle }) => ({
    time: iso(atMs),
    plate,
    vehicleType: vehicle,
    direction: isEntering ? 'in' : 'out',
  }),
  'camera-counts': ({ atMs, isEntering, seenAs, track }) => ({
    atMs,
    line: 'street',
    class: seenAs,
    direction: isEntering ? 'forward' : 'backward',
    track,
  }),
};

interface Said {
  atMs: number;
  body: unknown;
}

/** All that the sensors of an adapter send about one person's visits. */
export function* said(adapter: string, person: Person, visits: readonly Visit[], random: Seeded): Generator<Said> {
  const { index, mac, bleAddress, plate } = person;
  switch (adapter) {
    case 'wifi-probes':
      for (const { atMs } of heard(visits, random))
        yield { atMs, body: { time: iso(atMs), mac, rssi: -60 - random.below(30) } };
      return;
    case 'ble-scans':
      for (const { atMs } of heard(visits, random))
        yield { atMs, body: { time: iso(atMs), address: bleAddress, rssi: -70 } };
      return;
    case 'people-counter':
      for (const { startMs, endMs } of visits) {
        yield { atMs: startMs, body: { time: iso(startMs), peopleIn: 1 } };
        yield { atMs: endMs, body: { time: iso(endMs), peopleOut: 1 } };
      }
      return;
    case 'lpr':
      if (plate !== undefined) yield* passages(PASSAGE['lpr']!, person, visits, random);
      return;
    case 'camera-counts':
      yield* passages(PASSAGE['camera-counts']!, person, visits, random);
      return;
    case 'smart-meter':
      if (index >= METERED_HOMES_MAX) return;
      // Concentrators ask meter after meter.
      for (
        let atMs = DAY_START_MS + (index % (METER_EVERY_MS / MINUTE_MS)) * MINUTE_MS;
        atMs < DAY_START_MS + 24 * HOUR_MS;
        atMs += METER_EVERY_MS
      ) {
        const kwh = Math.round(random.between(0.2, 1.6) * 1000) / 1000;
        yield {
          atMs,
          body: { time: iso(atMs), meterId: meterOf(person), intervalMinutes: 120, kwh, meterType: 'electricity' },
        };
      }
      return;
    case 'gps':
      if (!person.hasTrace) return;
      for (const { atMs, place } of heard(visits, random))
        yield { atMs, body: { time: iso(atMs), trace: `t${mac}`, ...placeAt(place) } };
      return;
    case 'bike-share':
      if (!person.hasBicycle) return;
      for (const [i, { place, startMs }] of visits.entries()) {
        const from = visits[i - 1];
        if (from === undefined || from.place === place) continue;
        const [start, end] = [placeAt(from.place), placeAt(place)];
        yield {
          atMs: startMs,
          body: {
            started_at: iso(from.endMs),
            ended_at: iso(startMs),
            user_id: `u${mac}`,
            start_lat: start.lat,
            start_lng: start.lon,
            end_lat: end.lat,
            end_lng: end.lon,
          },
        };
      }
      return;
    case 'transit-card':
      if (!person.hasCard) return;
      for (const { place, startMs } of visits) {
        const { lat, lon } = placeAt(place);
        const location = { type: 'Point', coordinates: [lon, lat] };
        yield {
          atMs: startMs,
          body: { type: 'AnonymousCommuterId', anonymizedId: `c${mac}`, date: iso(startMs), location },
        };
      }
      return;
  }
}

function* passages(
  bodyOf: (passage: Passage) => object,
  person: Person,
  visits: readonly Visit[],
  random: Seeded,
): Generator<Said> {
  for (const { startMs, endMs } of visits)
    for (const [atMs, isEntering] of [
      [startMs, true],
      [endMs, false],
    ] as const)
      yield { atMs, body: bodyOf({ ...person, atMs, isEntering, track: random.below(TRACKS) }) };
}

export function meterOf({ mac }: Person): string {
  return `m${mac}`;
}

function* heard(visits: readonly Visit[], random: Seeded): Generator<{ atMs: number; place: number }> {
  for (const { place, startMs, endMs } of visits) {
    for (let atMs = startMs; atMs < endMs; ) {
      yield { atMs, place };
      atMs = Math.floor(atMs / HEARD_EVERY_MS + 1) * HEARD_EVERY_MS + random.below(HEARD_EVERY_MS / 4);
    }
  }
}

/** Four kilometres apart: no two in one coarse cell. */
export function placeAt(index: number): { lat: number; lon: number } {
  return { lat: 37.5 + index * 0.03, lon: 127 + index * 0.03 };
}

function iso(atMs: number): string {
  return new Date(atMs).toISOString();
}
