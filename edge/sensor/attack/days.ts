/** The days that the attacks look at, and what they know of the people whom they ask about. */
import type { Policy } from '../../policy/schema.ts';
import { City, type CityMessage } from './city.ts';
import { type Contribution, type Figure, type Observation, observeBox, observeUnprotected, Reader } from './observe.ts';
import { meterOf, type Visit } from './said.ts';
import { Seeded } from './seeded.ts';

/** People whom the attacks ask about. Each takes part in half of the days, by lot. */
const TARGETS_MAX = 250;
/** One in so many is asked about: the others are the crowd. */
const PEOPLE_PER_TARGET = 4;
/** From so many people on there are no more trials. */
export const PEOPLE_ASKED_ALL = TARGETS_MAX * PEOPLE_PER_TARGET;

/** One whom the observer knows: all that they did, but not whether they took part (were there, had the telephone on, did not opt out). */
export interface TargetDay {
  isThere: boolean;
  figures: ReadonlyMap<string, { figure: Figure; delta: number; lastMs: number }>;
  visits: readonly Visit[];
  identifiers: readonly string[];
}

interface Day {
  observation: Observation;
  targets: readonly TargetDay[];
}

export interface World {
  policy: Policy;
  reader: Reader;
  city: City;
  seed: number;
  days: readonly Day[];
}

export interface WorldOptions {
  policy: Policy;
  seed: number;
  people: number;
  days: number;
  isProtected: boolean;
}

export function simulate({ policy, seed, people, days, isProtected }: WorldOptions): World {
  const city = new City(seed, people, policy);
  const reader = new Reader(policy, isProtected);
  const targetCount = Math.min(TARGETS_MAX, Math.floor(people / PEOPLE_PER_TARGET));
  const simulated = Array.from({ length: days }, (_, day): Day => {
    const lots = new Seeded(seed, 'takes part', day);
    const messages: CityMessage[] = [...city.passingTraffic(day)];
    const targets: TargetDay[] = [];
    for (const person of city.people) {
      const said = [...city.messagesOf(day, person)];
      if (person.index >= targetCount) {
        messages.push(...said);
        continue;
      }
      const isThere = lots.chance(0.5);
      if (isThere) messages.push(...said);
      // Those that a sensor would read: nobody can find what was never seen.
      const read = said.map(({ bytes }) => Buffer.from(bytes).toString()).join('\n');
      const identifiers = [person.mac, person.bleAddress, meterOf(person), person.plate].filter(
        (identifier): identifier is string => identifier !== undefined && read.includes(identifier),
      );
      targets.push({
        isThere,
        figures: figuresOf(reader, policy, said),
        visits: city.visitsOf(day, person),
        identifiers,
      });
    }
    messages.sort((a, b) => a.atMs - b.atMs);
    const observation = isProtected
      ? observeBox(policy, reader, messages, [seed, 'noise', day])
      : observeUnprotected(reader, messages);
    return { observation, targets };
  });
  return { policy, reader, city, seed, days: simulated };
}

/**
 * What one person adds to each figure: one to a count for each identity, however often it is heard, and in no more cells than the cap allows. A
 * camera gives each crossing an identity of its own.
 */
function figuresOf(reader: Reader, policy: Policy, said: readonly CityMessage[]): TargetDay['figures'] {
  const figures = new Map<string, { figure: Figure; delta: number; lastMs: number }>();
  const cells = new Map<string, Set<string>>();
  const counted = new Set<string>();
  for (const contribution of said.flatMap((message) => reader.contributionsOf(message))) {
    const { figure, key, delta, atMs, identity } = contribution;
    if (isOverCap(reader, policy, contribution, cells)) continue;
    const known = figures.get(key);
    const isNew = identity === undefined || figure.name !== 'contributors' || !counted.has(`${key}|${identity}`);
    counted.add(`${key}|${identity}`);
    if (known === undefined) figures.set(key, { figure, delta, lastMs: atMs });
    else {
      known.lastMs = Math.max(known.lastMs, atMs);
      if (isNew) known.delta += delta;
    }
  }
  return figures;
}

function isOverCap(
  reader: Reader,
  policy: Policy,
  { figure, identity }: Contribution,
  cells: Map<string, Set<string>>,
): boolean {
  if (!reader.isProtected || identity === undefined) return false;
  const window = `${figure.sensor}|${figure.startMs}|${identity}`;
  const used = cells.get(window) ?? new Set();
  cells.set(window, used);
  if (!used.has(figure.labels) && used.size === policy.sensors[figure.sensor]!.contributionsMax) return true;
  used.add(figure.labels);
  return false;
}

/** Values of a figure on all days, and what it is on the others: computed once. */
export class Statistics {
  readonly #days: number;
  readonly #values = new Map<string, Float64Array>();
  readonly #valueOn: (day: number, key: string) => number;

  constructor(days: number, valueOn: (day: number, key: string) => number) {
    this.#days = days;
    this.#valueOn = valueOn;
  }

  /** The value on a day, and mean and variance of all other days. A figure that never moves says nothing; its variance is floored. */
  at(day: number, key: string): { value: number; mean: number; variance: number } {
    let values = this.#values.get(key);
    if (values === undefined) {
      values = Float64Array.from({ length: this.#days }, (_, i) => this.#valueOn(i, key));
      this.#values.set(key, values);
    }
    let [sum, squares] = [0, 0];
    for (const [i, value] of values.entries()) {
      if (i === day) continue;
      sum += value;
      squares += value * value;
    }
    const others = this.#days - 1;
    const mean = sum / others;
    return { value: values[day]!, mean, variance: Math.max(VARIANCE_MIN, squares / others - mean * mean) };
  }
}

const VARIANCE_MIN = 0.05;

/** What was released of a figure; 0 where nothing was. */
export function releasedOn({ days }: World): (day: number, key: string) => number {
  return (day, key) => days[day]!.observation.values.get(key) ?? 0;
}
