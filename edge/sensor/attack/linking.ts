/** Attacks that ask where somebody was, and who a word stands for. */

import { formsOf, TRUNCATED_CHARS } from '../guard/tokens.ts';
import { releasedOn, Statistics, type TargetDay, type World } from './days.ts';
import { keyOf } from './observe.ts';
import { Seeded } from './seeded.ts';
import type { Trial } from './statistics.ts';

/** Identifiers tried a day: each costs some hundred hashes. */
const IDENTIFIERS_PER_DAY = 60;

/** Rounds of scaling; three places agree to a per mille after ten. */
const SCALING_ROUNDS = 20;

/** Points where a scanner hears the target. */
function pointsOf(
  world: World,
  { figures }: TargetDay,
): { key: string; startMs: number; place: string; labels: string }[] {
  return [...figures]
    .filter(([, { figure }]) => world.reader.adapterOf(figure.sensor) === 'wifi-probes')
    .map(([key, { figure }]) => {
      const { sensor, startMs, labels } = figure;
      return { key, startMs, labels, place: world.policy.sensors[sensor]?.place?.name ?? '' };
    })
    .sort((a, b) => a.startMs - b.startMs);
}

/**
 * Unicity (de Montjoye et al., "Unique in the Crowd", 2013): of a target who took part, `points` windows and places are known; is another
 * one theirs? Wrong candidates are taken from what the same person does on another day, so that habits alone tell nothing. Where pseudonyms
 * leave, their traces are searched for the points; where figures leave, the candidate with more people in it than usual is believed.
 */
export function unicity(world: World, points: number): Trial[] {
  const statistics = new Statistics(world.days.length, releasedOn(world));
  const random = new Seeded(world.seed, 'unicity', points);
  return world.days.flatMap(({ observation, targets }, day) =>
    targets.flatMap((target, i): Trial[] => {
      if (!target.isThere) return [];
      const own = shuffled(pointsOf(world, target), random);
      const known = own.slice(0, points).map(({ key }) => key);
      const right = own[points]?.key;
      const otherDay = world.days[(day + 1) % world.days.length]!;
      const wrong = shuffled(pointsOf(world, otherDay.targets[i]!), random).find(
        ({ key }) => !target.figures.has(key),
      )?.key;
      if (right === undefined || wrong === undefined) return [];
      const fitting = [...observation.traces.values()].filter((trace) => known.every((key) => trace.has(key)));
      const scoreOf = (key: string): number => {
        if (fitting.length > 0) return fitting.filter((trace) => trace.has(key)).length / fitting.length;
        const { value, mean, variance } = statistics.at(day, key);
        return (value - mean) / Math.sqrt(variance);
      };
      return [
        { day, isPositive: true, score: scoreOf(right) },
        { day, isPositive: false, score: scoreOf(wrong) },
      ];
    }),
  );
}

function shuffled<T>(values: readonly T[], random: Seeded): T[] {
  const mixed = [...values];
  for (let i = mixed.length - 1; i > 0; i--) {
    const other = random.below(i + 1);
    [mixed[i], mixed[other]] = [mixed[other]!, mixed[i]!];
  }
  return mixed;
}

interface Move {
  from: string;
  to: string;
  startMs: number;
  nextMs: number;
  /** Which cell of a place the target counts in. */
  labels: string;
}

/**
 * Trajectory recovery after Xu et al. ("Trajectory Recovery From Ash", WWW 2017): the counts of successive windows are joined by the most
 * likely flow between places, found by scaling what is usual at that hour to today's counts (entropic transport, in place of their
 * assignment problem). Is the target's next place the one that today's flow favours over the usual one? Wrong candidates are drawn from
 * where people usually go, so that only what the release adds counts; some are the right one by chance, and count as ties. Of each day one
 * move is asked about, where few are about and the next place is least certain beforehand.
 */
export function trajectoryRecovery(world: World): Trial[] {
  const scanners = new Map(
    world.city.sensors
      .filter(({ adapter }) => adapter === 'wifi-probes')
      .map(({ name }): [string, string] => [world.policy.sensors[name]?.place?.name ?? '', name]),
  );
  const places = [...scanners.keys()];
  if (places.length < 2) return [];
  const statistics = new Statistics(world.days.length, releasedOn(world));
  const moves = world.days.map(({ targets }) => targets.map((target) => movesOf(world, target)));
  const usual = new UsualMoves(
    places,
    moves.map((ofDay) => ofDay.flat()),
  );
  const random = new Seeded(world.seed, 'trajectories');
  const cellAt = (place: string, startMs: number, labels: string): string =>
    keyOf({ sensor: scanners.get(place)!, startMs, labels, name: 'contributors' });
  const sharesFrom = (day: number, from: string, startMs: number): number[] =>
    places.map((to) => usual.share(day, startMs, from, to));
  return world.days.flatMap(({ targets }, day) =>
    targets.flatMap((target, i): Trial[] => {
      if (!target.isThere) return [];
      const open = moves[day]![i]!.map((move) => {
        const about = places.reduce(
          (sum, place) => sum + statistics.at(day, cellAt(place, move.nextMs, move.labels)).mean,
          0,
        );
        return { move, promise: (1 - Math.max(...sharesFrom(day, move.from, move.startMs))) / (1 + about) };
      });
      if (open.length === 0) return [];
      const { move } = open.reduce((best, each) => (each.promise > best.promise ? each : best));
      const prior = places.map((from) => sharesFrom(day, from, move.startMs));
      const flowOf = (countAt: (key: string) => number): number[] => {
        const now = places.map((place) => countAt(cellAt(place, move.startMs, move.labels)));
        const next = places.map((place) => countAt(cellAt(place, move.nextMs, move.labels)));
        const start = prior.map((shares, from) => shares.map((share) => share * now[from]!));
        return scaled(start, now, next)[places.indexOf(move.from)]!;
      };
      const today = flowOf((key) => present(world, statistics, day, key));
      const expected = flowOf((key) => Math.max(0.01, statistics.at(day, key).mean));
      const scoreOf = (to: number): number => Math.log(Math.max(1e-9, today[to]!) / Math.max(1e-9, expected[to]!));
      return [
        { day, isPositive: true, score: scoreOf(places.indexOf(move.to)) },
        { day, isPositive: false, score: scoreOf(drawn(prior[places.indexOf(move.from)]!, random)) },
      ];
    }),
  );
}

/** Where a cell is left out of a release, what is usual there is assumed; a release without protection leaves nothing out. */
function present({ reader }: World, statistics: Statistics, day: number, key: string): number {
  const { value, mean } = statistics.at(day, key);
  return Math.max(0.01, value > 0 || !reader.isProtected ? value : mean);
}

function movesOf(world: World, target: TargetDay): Move[] {
  const points = pointsOf(world, target);
  return points.slice(1).flatMap(({ place, startMs, labels }, i): Move[] => {
    const before = points[i]!;
    const isMove = startMs > before.startMs;
    return isMove ? [{ from: before.place, to: place, startMs: before.startMs, nextMs: startMs, labels }] : [];
  });
}

/** Shares of moves by hour, of all days but one; of all hours where an hour has few. */
class UsualMoves {
  readonly #places: readonly string[];
  readonly #counts = new Map<string, Float64Array>();
  readonly #days: number;

  constructor(places: readonly string[], days: readonly (readonly Move[])[]) {
    this.#places = places;
    this.#days = days.length;
    days.forEach((moves, day) => {
      for (const { from, to, startMs } of moves) {
        for (const hour of [hourOf(startMs), -1]) this.#of(hour, from, to)[day]! += 1;
      }
    });
  }

  share(day: number, startMs: number, from: string, to: string): number {
    const overall = this.#others(day, -1, from, to) + 1;
    const overallAll = this.#places.reduce((sum, place) => sum + this.#others(day, -1, from, place) + 1, 0);
    const here = this.#others(day, hourOf(startMs), from, to);
    const all = this.#places.reduce((sum, place) => sum + this.#others(day, hourOf(startMs), from, place), 0);
    return (here + (PRIOR_MOVES * overall) / overallAll) / (all + PRIOR_MOVES);
  }

  #others(day: number, hour: number, from: string, to: string): number {
    const counts = this.#of(hour, from, to);
    return counts.reduce((sum, count) => sum + count, 0) - counts[day]!;
  }

  #of(hour: number, from: string, to: string): Float64Array {
    const key = `${hour}|${from}|${to}`;
    const known = this.#counts.get(key) ?? new Float64Array(this.#days);
    this.#counts.set(key, known);
    return known;
  }
}

const PRIOR_MOVES = 5;
const hourOf = (startMs: number): number => Math.floor(startMs / 3_600_000) % 24;

/** Iterative proportional fitting to the row and column sums; the columns are scaled to the mass of the rows. */
function scaled(
  start: readonly (readonly number[])[],
  rows: readonly number[],
  columns: readonly number[],
): number[][] {
  const flow = start.map((row) => [...row]);
  const mass = rows.reduce((sum, value) => sum + value, 0) / columns.reduce((sum, value) => sum + value, 0);
  for (let round = 0; round < SCALING_ROUNDS; round++) {
    columns.forEach((column, j) => {
      const sum = flow.reduce((all, row) => all + row[j]!, 0);
      for (const row of flow) row[j]! *= (column * mass) / Math.max(1e-12, sum);
    });
    rows.forEach((wanted, i) => {
      const sum = flow[i]!.reduce((all, value) => all + value, 0);
      flow[i] = flow[i]!.map((value) => (value * wanted) / Math.max(1e-12, sum));
    });
  }
  return flow;
}

function drawn(shares: readonly number[], random: Seeded): number {
  let rest = random.next() * shares.reduce((sum, share) => sum + share, 0);
  const found = shares.findIndex((share) => {
    rest -= share;
    return rest < 0;
  });
  return found === -1 ? shares.length - 1 : found;
}

/** Dictionary attack: is an identifier, or a simple function of it, among the words that left? Of people who took part and who did not. */
export function dictionary(world: World): Trial[] {
  return world.days.flatMap(({ observation, targets }, day) => {
    const words = new Set([...observation.words].map((word) => word.toLowerCase()));
    return targets
      .flatMap(({ isThere, identifiers }) => identifiers.map((identifier) => ({ isThere, identifier })))
      .slice(0, IDENTIFIERS_PER_DAY)
      .map(({ isThere, identifier }): Trial => {
        const isFound = formsOf(identifier).some(
          (form) =>
            words.has(form) ||
            TRUNCATED_CHARS.some((chars) => words.has(form.slice(0, chars)) || words.has(form.slice(-chars))),
        );
        return { day, isPositive: isThere, score: isFound ? 1 : 0 };
      });
  });
}
