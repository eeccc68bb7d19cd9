/** All attacks against a policy, and the policy of a box that has a sensor of each kind with its adapter's defaults. */
import { UserError } from '../../base/errors.ts';
import { type Policy, policySchema } from '../../policy/schema.ts';
import { adapterNamed } from '../adapters/index.ts';
import { ADVANTAGE_MAX } from '../guard/bound.ts';
import { isOnStreet, SIMULATED } from './city.ts';
import { PEOPLE_ASKED_ALL, simulate, type World } from './days.ts';
import { dictionary, trajectoryRecovery, unicity } from './linking.ts';
import {
  join,
  knockKnock,
  releaseTiming,
  smallCellComplement,
  WITH_CELLS,
  windowDifferencing,
  zeroAuxiliary,
} from './membership.ts';
import { placeAt } from './said.ts';
import { type Advantage, advantageOf, type Trial } from './statistics.ts';

/** Days by which the interval of the slowest attack is narrower than half the bound. */
export const ATTACK_DAYS = 24;

/** Busy enough that every kind of sensor releases something, quiet enough that nobody hides in the crowd without protection. */
export const PEOPLE_DEFAULT = 1_600;

/** What stands at every place, and what sees vehicles there, by place. */
const AT_EVERY_PLACE = ['wifi-probes', 'ble-scans', 'people-counter'];
const VEHICLES_BY_PLACE = ['lpr', 'camera-counts', 'lpr', 'camera-counts'];

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
  /** `undecided`: so small a city can't tell, since nothing was released or the interval holds the bound. It is no pass. */
  verdict: 'pass' | 'fail' | 'undecided';
  /** With how many people it could be told, roughly; of undecided ones, and only where more people would help. */
  peopleMin?: number;
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
      fix: `Name one with one of the adapters ${SIMULATED.join(', ')}.`,
    });
  }
  const figures = figuresPerDay(world);
  const results = attacksOn(world).flatMap(([name, looksAt, trials]): AttackResult[] => {
    const isAsked = trials.some(({ isPositive }) => isPositive) && trials.some(({ isPositive }) => !isPositive);
    if (!isAsked) return [];
    const advantage = advantageOf(trials, options.seed);
    const isWithin = advantage.high <= ADVANTAGE_MAX;
    const isSilent = looksAt !== 'any release' && looksAt.every((adapter) => (figures[adapter] ?? 0) === 0);
    return [{ attack: name, ...advantage, isWithin, ...verdictOn(advantage, isSilent, options.people) }];
  });
  const simulated = new Set(city.sensors.map(({ name }) => name));
  return {
    bound: ADVANTAGE_MAX,
    results,
    notSimulated: Object.keys(options.policy.sensors).filter((name) => !simulated.has(name)),
    figuresPerDay: figures,
  };
}

function verdictOn(
  { advantage, low, high }: Advantage,
  isSilent: boolean,
  people: number,
): Pick<AttackResult, 'verdict' | 'peopleMin'> {
  if (isSilent) return { verdict: 'undecided', peopleMin: Math.max(PEOPLE_DEFAULT, 2 * people) };
  if (high <= ADVANTAGE_MAX) return { verdict: 'pass' };
  if (low > ADVANTAGE_MAX || advantage > ADVANTAGE_MAX) return { verdict: 'fail' };
  // An interval narrows with the root of the trials. From PEOPLE_ASKED_ALL on more people are no more trials.
  const needed = people * ((high - advantage) / (ADVANTAGE_MAX - advantage)) ** 2;
  const peopleMin = Math.ceil(Math.min(PEOPLE_ASKED_ALL, needed) / 100) * 100;
  return people >= PEOPLE_ASKED_ALL ? { verdict: 'undecided' } : { verdict: 'undecided', peopleMin };
}

function figuresPerDay({ city, days }: World): Record<string, number> {
  const adapterOf = new Map(city.sensors.map(({ name, adapter }) => [name, adapter]));
  const figures = Object.fromEntries(city.sensors.map(({ adapter }) => [adapter, 0]));
  for (const { observation } of days)
    for (const key of observation.values.keys())
      figures[adapterOf.get(key.slice(0, key.indexOf('|')))!]! += 1 / days.length;
  return figures;
}

/** Adapters whose figures it looks at. That there is a release, its time and its words can be attacked also where it holds no figure. */
type LooksAt = readonly string[] | 'any release';

function attacksOn(world: World): [string, LooksAt, Trial[]][] {
  const adapters = [...new Set(world.city.sensors.map(({ adapter }) => adapter))];
  const street = adapters.filter(isOnStreet);
  return [
    ...[1, 2, 3, 4, 5].map((points): [string, LooksAt, Trial[]] => [
      `unicity, ${points} known point${points > 1 ? 's' : ''}`,
      ['wifi-probes'],
      unicity(world, points),
    ]),
    ...adapters.map((adapter): [string, LooksAt, Trial[]] => [
      `membership, ${adapter}`,
      [adapter],
      knockKnock(world, adapter),
    ]),
    ['membership, no auxiliary data', street, zeroAuxiliary(world)],
    ['trajectory recovery', ['wifi-probes'], trajectoryRecovery(world)],
    ['window differencing', street, windowDifferencing(world)],
    ['join of sensors at a place', street, join(world)],
    ['small-cell complement', WITH_CELLS, smallCellComplement(world)],
    ['timing of releases', 'any release', releaseTiming(world)],
    ['dictionary on emitted words', 'any release', dictionary(world)],
  ];
}

/**
 * Four places with what can stand there, and what covers the city: each with the default policy of its adapter. Where a camera counts there is no
 * plate camera: both beside the others at one spot are refused at load.
 */
export function defaultBoxPolicy(): Policy {
  const of = (adapter: string, place?: number) => ({
    ...adapterNamed(adapter).defaultPolicy,
    adapter,
    ...(place === undefined ? {} : { place: { name: `place ${place + 1}`, ...placeAt(place) } }),
  });
  const sensors = Object.fromEntries([
    ...VEHICLES_BY_PLACE.flatMap((vehicles, place) =>
      [...AT_EVERY_PLACE, vehicles].map((adapter) => [`${adapter}-${place + 1}`, of(adapter, place)]),
    ),
    ...['smart-meter', 'gps', 'bike-share', 'transit-card'].map((adapter) => [adapter, of(adapter)]),
  ]);
  return policySchema.parse({ sensors });
}
