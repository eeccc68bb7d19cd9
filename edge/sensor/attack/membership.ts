/**
 * Attacks that ask whether somebody took part. The observer knows the target's day and what other days looked like, and sees what was
 * released; each trial is one target on one day.
 *
 * Score of all: the likelihood ratio of normal figures with and without the target, `sum of delta * (value - mean) / variance`, trained on all
 * other days. That is the classifier of Pyrgelis et al. ("Knock Knock, Who's There?", NDSS 2018) for an observer who knows the target's
 * cells, with the form of the distribution given in place of learned.
 */
import { isOnStreet } from './city.ts';
import { releasedOn, Statistics, type TargetDay, type World } from './days.ts';
import { type Figure, keyOf, windowKey } from './observe.ts';
import type { Trial } from './statistics.ts';

/** Windows on either side that the observer without other days takes for comparison. */
const NEIGHBOURS = 2;

/** One trial for each target and day of which there is anything to know. */
function trialsOf(world: World, scoreOf: (day: number, target: TargetDay) => number | undefined): Trial[] {
  return world.days.flatMap(({ targets }, day) =>
    targets.flatMap((target): Trial[] => {
      const score = scoreOf(day, target);
      return score === undefined ? [] : [{ day, isPositive: target.isThere, score }];
    }),
  );
}

function figuresAt(world: World, { figures }: TargetDay, isWanted: (adapter: string) => boolean) {
  return [...figures].filter(([, { figure }]) => isWanted(world.reader.adapterOf(figure.sensor)));
}

/** Streams of one kind, all windows of the day. */
export function knockKnock(world: World, adapter: string): Trial[] {
  const statistics = new Statistics(world.days.length, releasedOn(world));
  return trialsOf(world, (day, target) => {
    const known = figuresAt(world, target, (each) => each === adapter);
    if (known.length === 0) return undefined;
    return known.reduce((score, [key, { delta }]) => {
      const { value, mean, variance } = statistics.at(day, key);
      return score + (delta * (value - mean)) / variance;
    }, 0);
  });
}

/**
 * No other days: what is expected is taken from the release itself, after Guan et al. ("A Zero Auxiliary Knowledge Membership Inference
 * Attack on Aggregate Location Data", PoPETs 2024), with Poisson figures around their neighbours in time in place of synthetic traces.
 */
export function zeroAuxiliary(world: World): Trial[] {
  return trialsOf(world, (day, target) => {
    const { values } = world.days[day]!.observation;
    const known = figuresAt(world, target, isOnStreet);
    if (known.length === 0) return undefined;
    return known.reduce((score, [key, { figure, delta }]) => {
      const windowMs = world.reader.windowMsOf(figure.sensor);
      const around: number[] = [];
      for (let step = -NEIGHBOURS; step <= NEIGHBOURS; step++) {
        const value = values.get(keyOf({ ...figure, startMs: figure.startMs + step * windowMs }));
        if (step !== 0) around.push(value ?? 0);
      }
      const mean = around.reduce((all, value) => all + value, 0) / around.length;
      return score + (delta * ((values.get(key) ?? 0) - mean)) / Math.max(0.5, mean);
    }, 0);
  });
}

/** Successive windows of a stream, subtracted: what is common to both falls out, who leaves in between stays. */
export function windowDifferencing(world: World): Trial[] {
  const released = releasedOn(world);
  const statistics = new Statistics(world.days.length, (day, keys) => {
    const [first = '', second = ''] = keys.split('\n');
    return released(day, first) - released(day, second);
  });
  return trialsOf(world, (day, target) => {
    const known = figuresAt(world, target, isOnStreet);
    if (known.length === 0) return undefined;
    return known.reduce((score, [key, { figure, delta }]) => {
      const next = keyOf({ ...figure, startMs: figure.startMs + world.reader.windowMsOf(figure.sensor) });
      const change = delta - (target.figures.get(next)?.delta ?? 0);
      if (change === 0) return score;
      const { value, mean, variance } = statistics.at(day, `${key}\n${next}`);
      return score + (change * (value - mean)) / variance;
    }, 0);
  });
}

/**
 * All streams of a place and window at once (camera count x telephones x cars): they rise and fall together, so each tells what to expect
 * of the others. The likelihood ratio with the correlation between kinds of stream, estimated over all places, windows and days.
 */
export function join(world: World): Trial[] {
  const statistics = new Statistics(world.days.length, releasedOn(world));
  const points = (day: number, target: TargetDay): Map<string, Map<string, { signal: number; z: number }>> => {
    const found = new Map<string, Map<string, { signal: number; z: number }>>();
    for (const [key, { figure, delta }] of figuresAt(world, target, isOnStreet)) {
      const point = `${world.policy.sensors[figure.sensor]?.place?.name ?? ''}|${figure.startMs}`;
      const stream = `${world.reader.adapterOf(figure.sensor)} ${figure.name}`;
      const { value, mean, variance } = statistics.at(day, key);
      const known = found.get(point) ?? new Map<string, { signal: number; z: number }>();
      const [signal, z] = [delta / Math.sqrt(variance), (value - mean) / Math.sqrt(variance)];
      if ((known.get(stream)?.signal ?? 0) < signal) known.set(stream, { signal, z });
      found.set(point, known);
    }
    return found;
  };
  const correlation = new Correlation();
  world.days.forEach(({ targets }, day) => {
    // A tenth of the targets is enough for the few numbers of a correlation matrix.
    for (const target of targets.filter((_, i) => i % 10 === 0))
      for (const streams of points(day, target).values()) correlation.add(streams);
  });
  return trialsOf(world, (day, target) => {
    const known = points(day, target);
    if (known.size === 0) return undefined;
    return [...known.values()].reduce((score, streams) => score + correlation.ratioOf(streams), 0);
  });
}

class Correlation {
  readonly #products = new Map<string, { sum: number; count: number }>();

  add(streams: ReadonlyMap<string, { z: number }>): void {
    for (const [a, { z: first }] of streams)
      for (const [b, { z: second }] of streams) {
        const known = this.#products.get(`${a}\n${b}`) ?? { sum: 0, count: 0 };
        this.#products.set(`${a}\n${b}`, { sum: known.sum + first * second, count: known.count + 1 });
      }
  }

  /** signal' C^-1 z. */
  ratioOf(streams: ReadonlyMap<string, { signal: number; z: number }>): number {
    const names = [...streams.keys()];
    const matrix = names.map((a) => names.map((b) => (a === b ? 1 : SHRINKAGE * this.#of(a, b))));
    const solved = solve(
      matrix,
      names.map((name) => streams.get(name)!.z),
    );
    return names.reduce((sum, name, i) => sum + streams.get(name)!.signal * solved[i]!, 0);
  }

  #of(a: string, b: string): number {
    const mean = (key: string): number => {
      const { sum, count } = this.#products.get(key) ?? { sum: 0, count: 1 };
      return sum / count;
    };
    const scale = Math.sqrt(mean(`${a}\n${a}`) * mean(`${b}\n${b}`));
    return scale > 0 ? Math.max(-1, Math.min(1, mean(`${a}\n${b}`) / scale)) : 0;
  }
}

/** Towards no correlation, so that the matrix can be inverted. */
const SHRINKAGE = 0.9;

/** Gaussian elimination with pivoting; the matrices are as small as the number of streams of a place. */
function solve(matrix: number[][], right: number[]): number[] {
  const size = right.length;
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  for (let column = 0; column < size; column++) {
    const pivot = rows.findIndex((row, i) => i >= column && Math.abs(row[column]!) > 1e-9);
    if (pivot === -1) continue;
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    for (let i = 0; i < size; i++) {
      if (i === column) continue;
      const factor = rows[i]![column]! / rows[column]![column]!;
      for (let j = column; j <= size; j++) rows[i]![j]! -= factor * rows[column]![j]!;
    }
  }
  return rows.map((row, i) => (Math.abs(row[i]!) > 1e-9 ? row[size]! / row[i]! : 0));
}

/**
 * Small cells that were left out, taken back from a total: of the stream itself where one is released, else of the counter at the place. A
 * release without protection is taken to leave out what is below SMALL, but nothing to protect that.
 */
export function smallCellComplement(world: World): Trial[] {
  const complementOn = (day: number, key: string): number => {
    const [sensor = '', start = ''] = key.split('|');
    const { values, totals } = world.days[day]!.observation;
    const window = windowKey(sensor, Number(start));
    let rest = totals.get(window) ?? countedNear(world, day, sensor, Number(start));
    for (const other of cellsOf(day, window)) {
      const value = values.get(other)!;
      if (other !== key && value >= SMALL) rest -= value;
    }
    return rest;
  };
  const cells = world.days.map(({ observation }) => {
    const byWindow = new Map<string, string[]>();
    for (const key of observation.values.keys()) {
      if (!key.endsWith('|contributors')) continue;
      const [sensor = '', start = ''] = key.split('|');
      const window = `${sensor}|${start}`;
      const known = byWindow.get(window);
      if (known === undefined) byWindow.set(window, [key]);
      else known.push(key);
    }
    return byWindow;
  });
  const cellsOf = (day: number, window: string): readonly string[] => cells[day]!.get(window) ?? [];
  const statistics = new Statistics(world.days.length, complementOn);
  return trialsOf(world, (day, target) => {
    const { values } = world.days[day]!.observation;
    const known = figuresAt(world, target, (adapter) => WITH_CELLS.includes(adapter));
    const small = known.filter(([key, { figure }]) => figure.name === 'contributors' && (values.get(key) ?? 0) < SMALL);
    if (small.length === 0) return undefined;
    return small.reduce((score, [key, { delta }]) => {
      const { value, mean, variance } = statistics.at(day, key);
      return score + (delta * (value - mean)) / variance;
    }, 0);
  });
}

const SMALL = 10;

/** Adapters on the street whose contributors fall into cells. */
export const WITH_CELLS = ['lpr', 'wifi-probes', 'camera-counts'];

function countedNear(world: World, day: number, sensor: string, startMs: number): number {
  const place = world.policy.sensors[sensor]?.place?.name;
  const counter = world.city.sensors.find(
    ({ name, adapter }) => adapter === 'people-counter' && world.policy.sensors[name]?.place?.name === place,
  );
  if (counter === undefined) return 0;
  const at = (name: string): Figure => ({ sensor: counter.name, startMs, labels: '', name });
  const { values } = world.days[day]!.observation;
  return (values.get(keyOf(at('peopleIn'))) ?? 0) + (values.get(keyOf(at('peopleOut'))) ?? 0);
}

/**
 * When a release leaves: does its time, or that there is one at all, fit the target's last reading of the window better than the times of
 * other days? At their quietest window.
 */
export function releaseTiming(world: World): Trial[] {
  const statistics = new Statistics(world.days.length, releasedOn(world));
  return trialsOf(world, (day, target) => {
    const known = figuresAt(world, target, isOnStreet);
    if (known.length === 0) return undefined;
    const quietest = known
      .map(([key, { figure, lastMs }]) => ({ mean: statistics.at(day, key).mean, figure, lastMs }))
      .reduce((least, each) => (each.mean < least.mean ? each : least));
    const { sensor, startMs } = quietest.figure;
    const apartMs = world.days.map(({ observation: { releasedMs } }) =>
      Math.abs((releasedMs.get(windowKey(sensor, startMs)) ?? Number.MAX_VALUE) - quietest.lastMs),
    );
    const today = apartMs[day]!;
    return apartMs.reduce((score, other) => score + (other > today ? 1 : other === today ? 0.5 : 0), 0);
  });
}
