/**
 * A synthetic city for one day: people with homes, work and routes, their telephones, cars, meters, bicycles and cards, and what the sensors
 * of a box send about them, in the formats of the real adapters. The seed fixes who lives there, seed and day what they do.
 */
import type { Policy } from '../../policy/schema.ts';
import { Seeded } from './seeded.ts';

const HOUR_MS = 3_600_000;
export const DAY_START_MS = Date.UTC(2026, 0, 5);
const MINUTE_MS = 60_000;

/** Adapters for which the city has something to say. */
const SIMULATED = [
  'wifi-probes',
  'ble-scans',
  'people-counter',
  'lpr',
  'smart-meter',
  'gps',
  'bike-share',
  'transit-card',
];

/** Homes with a meter on the box's concentrator. */
const METERED_HOMES_MAX = 400;
const METER_EVERY_MS = 2 * HOUR_MS;

/** Hours of dense traffic that only passes, and its vehicles at a place, for each person of the city. */
const RUSH_HOURS = [7, 8, 12, 17, 18];
const PASSING_PER_PERSON = 0.5;

/** A telephone is heard this often at least. */
const HEARD_EVERY_MS = HOUR_MS;

export interface CitySensor {
  name: string;
  adapter: string;
  /** Index of its place; undefined for one that covers all of the city. */
  place: number | undefined;
}

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
  hasTrace: boolean;
  hasBicycle: boolean;
  hasCard: boolean;
  rhythm: 'worker' | 'visitor' | 'night';
  home: number;
  work: number;
}

export interface CityMessage {
  sensor: string;
  atMs: number;
  bytes: Uint8Array;
}

export class City {
  readonly sensors: readonly CitySensor[];
  readonly people: readonly Person[];
  readonly #seed: number;
  readonly #places: number;

  constructor(seed: number, people: number, policy: Policy) {
    this.#seed = seed;
    const names = new Map<string, number>();
    const placeOf = (name: string): number => {
      if (!names.has(name)) names.set(name, names.size);
      return names.get(name)!;
    };
    this.sensors = Object.entries(policy.sensors)
      .filter(([, { adapter }]) => SIMULATED.includes(adapter))
      .map(([name, { adapter, place }]): CitySensor => {
        const isEverywhere = ['smart-meter', 'gps', 'bike-share', 'transit-card'].includes(adapter);
        return { name, adapter, place: isEverywhere ? undefined : placeOf(place?.name ?? '') };
      });
    // People need somewhere else to go, also where the box has one place only.
    this.#places = Math.max(3, names.size);
    this.people = Array.from({ length: people }, (_, index) => this.#person(index));
  }

  get places(): number {
    return this.#places;
  }

  /** Where a person is on a day, in the order of time. */
  visitsOf(day: number, { index, rhythm, home, work }: Person): Visit[] {
    const random = new Seeded(this.#seed, 'day', day, index);
    const fair = new Seeded(this.#seed, 'weather', day).between(0.85, 1);
    const at = (hour: number, jitterHours: number): number =>
      DAY_START_MS + Math.round((hour + random.between(-jitterHours, jitterHours)) * HOUR_MS);
    const visits: Visit[] = [];
    const visit = (place: number, startMs: number, endMs: number): void => {
      const last = visits.at(-1)?.endMs ?? DAY_START_MS;
      const [start, end] = [
        Math.max(startMs, last + MINUTE_MS),
        Math.min(endMs, DAY_START_MS + 24 * HOUR_MS - MINUTE_MS),
      ];
      if (end > start && random.chance(fair)) visits.push({ place, startMs: start, endMs: end });
    };
    const elsewhere = (): number => random.below(this.#places);
    if (rhythm === 'worker') {
      visit(home, at(7.5, 0.7), at(8.3, 0.3));
      visit(work, at(9, 0.5), at(12.2, 0.3));
      visit(elsewhere(), at(12.6, 0.1), at(13, 0.1));
      visit(work, at(13.3, 0.2), at(17.5, 1));
      visit(elsewhere(), at(18.8, 0.3), at(19.5, 0.5));
    } else if (rhythm === 'night') {
      visit(work, at(0.6, 0.5), at(3, 0.5));
      visit(elsewhere(), at(3.7, 0.2), at(4.4, 0.4));
      visit(home, at(5.2, 0.4), at(6, 0.3));
      visit(elsewhere(), at(16, 3), at(20, 1));
    } else {
      for (let hour = 8 + random.between(0, 3); hour < 22; hour += random.between(2, 6)) {
        visit(elsewhere(), at(hour, 0), at(hour + random.between(0.2, 1.2), 0));
      }
    }
    return visits;
  }

  /** All that the sensors send about one person's day. */
  *messagesOf(day: number, person: Person): Generator<CityMessage> {
    const random = new Seeded(this.#seed, 'messages', day, person.index);
    const visits = this.visitsOf(day, person);
    for (const { name, adapter, place } of this.sensors) {
      for (const { atMs, body } of said(
        adapter,
        person,
        place === undefined ? visits : visits.filter((each) => each.place === place),
        random,
      )) {
        yield { sensor: name, atMs, bytes: Buffer.from(JSON.stringify(body)) };
      }
    }
  }

  /** Vehicles of people from elsewhere, whom nobody asks about. */
  *passingTraffic(day: number): Generator<CityMessage> {
    const random = new Seeded(this.#seed, 'passing', day);
    for (const { name, adapter } of this.sensors) {
      if (adapter !== 'lpr') continue;
      for (const hour of RUSH_HOURS) {
        const count = Math.round(this.people.length * PASSING_PER_PERSON * random.between(0.8, 1.2));
        for (let i = 0; i < count; i++) {
          const atMs = DAY_START_MS + hour * HOUR_MS + random.below(HOUR_MS);
          const direction = random.chance(0.5) ? 'in' : 'out';
          const body = { time: iso(atMs), plate: plateOf(random), vehicleType: vehicleOf(random), direction };
          yield { sensor: name, atMs, bytes: Buffer.from(JSON.stringify(body)) };
        }
      }
    }
  }

  #person(index: number): Person {
    const random = new Seeded(this.#seed, 'person', index);
    const rhythm = random.chance(0.06) ? 'night' : random.chance(0.55) ? 'worker' : 'visitor';
    const isPrivateAddress = random.chance(0.7);
    const mac = (isPrivate: boolean): string => {
      const hex = `${random.hex(1)}${isPrivate ? '2' : '0'}${random.hex(10)}`;
      return hex.match(/../g)!.join(':');
    };
    return {
      index,
      rhythm,
      mac: mac(isPrivateAddress),
      bleAddress: mac(true),
      plate: random.chance(0.6) ? plateOf(random) : undefined,
      vehicle: vehicleOf(random),
      hasTrace: random.chance(0.8),
      hasBicycle: random.chance(0.8),
      hasCard: random.chance(0.8),
      home: random.below(this.#places),
      work: random.below(this.#places),
    };
  }
}

function plateOf(random: Seeded): string {
  return `${100 + random.below(900)}${'가나다라마'[random.below(5)]}${1000 + random.below(9000)}`;
}

function vehicleOf(random: Seeded): string {
  const drawn = random.next();
  return drawn < 0.82 ? 'car' : drawn < 0.92 ? 'van' : drawn < 0.96 ? 'truck' : drawn < 0.98 ? 'bus' : 'motorcycle';
}

interface Said {
  atMs: number;
  body: unknown;
}

function* said(adapter: string, person: Person, visits: readonly Visit[], random: Seeded): Generator<Said> {
  const { index, mac, bleAddress, plate, vehicle } = person;
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
      if (plate === undefined) return;
      for (const { startMs, endMs } of visits) {
        yield { atMs: startMs, body: { time: iso(startMs), plate, vehicleType: vehicle, direction: 'in' } };
        yield { atMs: endMs, body: { time: iso(endMs), plate, vehicleType: vehicle, direction: 'out' } };
      }
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
