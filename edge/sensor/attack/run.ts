/** All attacks against a policy, and the policy of a box that has a sensor of each kind with its adapter's defaults. */
import { UserError } from '../../base/errors.ts';
import { type Policy, policySchema } from '../../policy/schema.ts';
import { adapterNamed } from '../adapters/index.ts';
import { ADVANTAGE_MAX } from '../guard/bound.ts';
import { placeAt } from './city.ts';
import { simulate, type World } from './days.ts';
import { dictionary, trajectoryRecovery, unicity } from './linking.ts';
import {
  join,
  knockKnock,
  releaseTiming,
  smallCellComplement,
  windowDifferencing,
  zeroAuxiliary,
} from './membership.ts';
import { type Advantage, advantageOf, type Trial } from './statistics.ts';

/** Days by which the interval of the slowest attack is narrower than half the bound. */
export const ATTACK_DAYS = 24;

/** Busy enough that every kind of sensor releases something, quiet enough that nobody hides in the crowd without protection. */
export const PEOPLE_DEFAULT = 1_200;

const PLACES = 3;

export interface AttackOptions {
  policy: Policy;
  seed: number;
  people: number;
  days: number;
  /** Without it figures leave as no box of ours lets them: to show that the attack would find something. */
  isProtected: boolean;
}

interface AttackResult extends Advantage {
  attack: string;
  /** The upper end of the interval is within the bound. */
  isWithin: boolean;
}

export interface AttackReport {
  bound: number;
  results: readonly AttackResult[];
  /** Sensors that the city has nothing to say about. */
  notSimulated: readonly string[];
  /** How many figures left on a day, on average, by adapter: an attack on nothing proves nothing. */
  figuresPerDay: Readonly<Record<string, number>>;
}

/** Throws a UserError for a policy without any sensor that can be simulated. */
export function attack(options: AttackOptions): AttackReport {
  const world = simulate(options);
  const { city } = world;
  if (city.sensors.length === 0) {
    throw new UserError('The policy has no sensor that the simulated city has.', {
      fix: 'Name one with the adapter wifi-probes, ble-scans, people-counter, lpr, smart-meter, gps, bike-share or transit-card.',
    });
  }
  const results = attacksOn(world).flatMap(([name, trials]): AttackResult[] => {
    const isAsked = trials.some(({ isPositive }) => isPositive) && trials.some(({ isPositive }) => !isPositive);
    if (!isAsked) return [];
    const advantage = advantageOf(trials, options.seed);
    return [{ attack: name, ...advantage, isWithin: advantage.high <= ADVANTAGE_MAX }];
  });
  const simulated = new Set(city.sensors.map(({ name }) => name));
  return {
    bound: ADVANTAGE_MAX,
    results,
    notSimulated: Object.keys(options.policy.sensors).filter((name) => !simulated.has(name)),
    figuresPerDay: figuresPerDay(world),
  };
}

function figuresPerDay({ city, days }: World): Record<string, number> {
  const adapterOf = new Map(city.sensors.map(({ name, adapter }) => [name, adapter]));
  const figures = Object.fromEntries(city.sensors.map(({ adapter }) => [adapter, 0]));
  for (const { observation } of days)
    for (const key of observation.values.keys())
      figures[adapterOf.get(key.slice(0, key.indexOf('|')))!]! += 1 / days.length;
  return figures;
}

function attacksOn(world: World): [string, Trial[]][] {
  const adapters = [...new Set(world.city.sensors.map(({ adapter }) => adapter))];
  return [
    ...[1, 2, 3, 4, 5].map((points): [string, Trial[]] => [
      `unicity, ${points} known point${points > 1 ? 's' : ''}`,
      unicity(world, points),
    ]),
    ...adapters.map((adapter): [string, Trial[]] => [`membership, ${adapter}`, knockKnock(world, adapter)]),
    ['membership, no auxiliary data', zeroAuxiliary(world)],
    ['trajectory recovery', trajectoryRecovery(world)],
    ['window differencing', windowDifferencing(world)],
    ['join of sensors at a place', join(world)],
    ['small-cell complement', smallCellComplement(world)],
    ['timing of releases', releaseTiming(world)],
    ['dictionary on emitted words', dictionary(world)],
  ];
}

/** Three places with all that can stand there, and what covers the city: each with the default policy of its adapter. */
export function defaultBoxPolicy(): Policy {
  const of = (adapter: string, place?: number) => ({
    ...adapterNamed(adapter).defaultPolicy,
    adapter,
    ...(place === undefined ? {} : { place: { name: `place ${place + 1}`, ...placeAt(place) } }),
  });
  const street = ['wifi-probes', 'ble-scans', 'people-counter', 'lpr'];
  const sensors = Object.fromEntries([
    ...street.flatMap((adapter) =>
      Array.from({ length: PLACES }, (_, place) => [`${adapter}-${place + 1}`, of(adapter, place)]),
    ),
    ...['smart-meter', 'gps', 'bike-share', 'transit-card'].map((adapter) => [adapter, of(adapter)]),
  ]);
  return policySchema.parse({ sensors });
}
