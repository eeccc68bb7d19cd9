/**
 * A synthetic city for one day: people with homes, work and routes, their telephones, cars, meters, bicycles and cards, and what the sensors
 * of a box send about them, in the formats of the real adapters. The seed fixes who lives there, seed and day what they do.
 */
import type { Policy } from '../../policy/schema.ts';
import { classOf, DAY_START_MS, PASSAGE, type Person, said, TRACKS, type Visit } from './said.ts';
import { Seeded } from './seeded.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** Adapters of sensors that stand somewhere and see who is there. */
const ON_STREET = ['wifi-probes', 'ble-scans', 'people-counter', 'camera-counts', 'lpr'];
const EVERYWHERE = ['smart-meter', 'gps', 'bike-share', 'transit-card'];

/** Adapters for which the city has something to say. */
export const SIMULATED: readonly string[] = [...ON_STREET, ...EVERYWHERE];

export const isOnStreet = (adapter: string): boolean => ON_STREET.includes(adapter);

/** Hours of dense traffic that only passes, and its vehicles at a place, for each person of the city. */
const RUSH_HOURS = [7, 8, 12, 17, 18];
const PASSING_PER_PERSON = 0.5;

/** Of those without a car. */
const RIDERS_SHARE = 0.4;

export interface CitySensor {
  name: string;
  adapter: string;
  /** Index of its place; undefined for one that covers all of the city. */
  place: number | undefined;
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
        return { name, adapter, place: isOnStreet(adapter) ? placeOf(place?.name ?? '') : undefined };
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

  /** Vehicles of people from elsewhere, whom nobody asks about: all sensors of a place see the same ones. */
  *passingTraffic(day: number): Generator<CityMessage> {
    for (let place = 0; place < this.#places; place++) {
      const here = this.sensors.filter((sensor) => sensor.place === place && sensor.adapter in PASSAGE);
      if (here.length === 0) continue;
      const random = new Seeded(this.#seed, 'passing', day, place);
      for (const hour of RUSH_HOURS) {
        const count = Math.round(this.people.length * PASSING_PER_PERSON * random.between(0.8, 1.2));
        for (let i = 0; i < count; i++) {
          const atMs = DAY_START_MS + hour * HOUR_MS + random.below(HOUR_MS);
          const isEntering = random.chance(0.5);
          const [plate, vehicle, track] = [plateOf(random), vehicleOf(random), random.below(TRACKS)];
          for (const { name, adapter } of here) {
            const body = PASSAGE[adapter]!({ atMs, isEntering, plate, vehicle, seenAs: classOf(vehicle), track });
            yield { sensor: name, atMs, bytes: Buffer.from(JSON.stringify(body)) };
          }
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
    const [ownMac, bleAddress] = [mac(isPrivateAddress), mac(true)];
    const plate = random.chance(0.6) ? plateOf(random) : undefined;
    const vehicle = vehicleOf(random);
    const isRider = new Seeded(this.#seed, 'rides', index).chance(RIDERS_SHARE);
    return {
      index,
      rhythm,
      mac: ownMac,
      bleAddress,
      plate,
      vehicle,
      seenAs: plate !== undefined ? classOf(vehicle) : isRider ? 'bicycle' : 'person',
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
