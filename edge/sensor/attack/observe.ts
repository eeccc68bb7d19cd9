/**
 * A day of the city as an observer sees it: through the real adapters, pipeline, noise and guard, or, to show that the attacks bite, through
 * none of these: exact counts of all cells in short windows, hashed identifiers, and a release at the moment of the last reading.
 */
import { createHash } from 'node:crypto';
import type { Choices } from '../../policy/choices/port.ts';
import { policyDigest } from '../../policy/load.ts';
import type { Policy } from '../../policy/schema.ts';
import { adapterNamed } from '../adapters/index.ts';
import { BoxGuard } from '../guard/box-guard.ts';
import type { Release } from '../messages.ts';
import { SensorPipeline } from '../pipeline.ts';
import { compilePlan, type SensorPlan } from '../plan.ts';
import type { Adapter } from '../reading.ts';
import { dueMsOf } from '../release-time.ts';
import { PrivacyBudget } from '../transform/budget.ts';
import { DAY_MS } from '../transform/generalise.ts';
import type { CityMessage } from './city.ts';
import { DAY_START_MS } from './said.ts';
import { seededUniform } from './seeded.ts';

/** Windows of a release without protection: what dashboards ask for. */
const OPEN_WINDOW_MS = 300_000;

const TICK_MS = 60_000;

/** What leaves, by figure; and what can be read off how it leaves. */
export interface Observation {
  values: Map<string, number>;
  /** By sensor and window, where there is one: all cells together. */
  totals: Map<string, number>;
  /** Release time by sensor and window. */
  releasedMs: Map<string, number>;
  /** Every string. */
  words: Set<string>;
  /** Cells in which each emitted pseudonym is found. */
  traces: Map<string, Set<string>>;
}

/** What a message adds to which figure; the observer's knowledge of a person is made of these. */
export interface Contribution {
  figure: Figure;
  key: string;
  delta: number;
  atMs: number;
  identity: string | undefined;
}

export interface Figure {
  sensor: string;
  startMs: number;
  labels: string;
  name: string;
}

interface Stream {
  adapter: Adapter;
  plan: SensorPlan;
  windowMs: number;
}

export const keyOf = ({ sensor, startMs, labels, name }: Figure): string => `${sensor}|${startMs}|${labels}|${name}`;
export const windowKey = (sensor: string, startMs: number): string => `${sensor}|${startMs}`;

const EVERYBODY_AGREED: Choices = {
  isRefused: () => false,
  hasOptedIn: () => true,
  isPaused: () => false,
  decoyShare: () => 0,
};

/** Knows how messages become figures, by the real adapters and plans. */
export class Reader {
  readonly isProtected: boolean;
  readonly #streams: ReadonlyMap<string, Stream>;

  constructor(policy: Policy, isProtected: boolean) {
    this.isProtected = isProtected;
    this.#streams = new Map(
      Object.entries(policy.sensors).map(([name, each]): [string, Stream] => {
        const adapter = adapterNamed(each.adapter);
        const windowMs = isProtected ? each.windowMs : OPEN_WINDOW_MS;
        return [name, { adapter, plan: compilePlan(name, adapter, each), windowMs }];
      }),
    );
  }

  windowMsOf(sensor: string): number {
    return this.#streams.get(sensor)!.windowMs;
  }

  adapterOf(sensor: string): string {
    return this.#streams.get(sensor)!.adapter.name;
  }

  contributionsOf({ sensor, bytes, atMs }: CityMessage): Contribution[] {
    const { adapter, plan, windowMs } = this.#streams.get(sensor)!;
    const result = adapter.parse(bytes, atMs);
    if ('refused' in result)
      throw new Error(`the simulated ${adapter.name} says what its adapter refuses: ${result.detail}`);
    return result.readings.flatMap((reading): Contribution[] => {
      const startMs = Math.floor(reading.atMs / windowMs) * windowMs;
      const labels = plan.groups.map(({ field, labelOf }) => labelOf(reading.fields[field])).join(',');
      const identity = plan.contributor.map((field) => String(reading.fields[field])).join(' ') || undefined;
      const of = (name: string, delta: number): Contribution => {
        const figure = { sensor, startMs, labels, name };
        return { figure, key: keyOf(figure), delta, atMs: reading.atMs, identity };
      };
      const measured = plan.measures.flatMap(({ field }): Contribution[] => {
        const value = reading.fields[field];
        return typeof value === 'number' ? [of(field, value)] : [];
      });
      return plan.kind === 'people' ? [of('contributors', 1), ...measured] : measured;
    });
  }

  labelsOf({ sensor }: Release, group: Release['cells'][number]['group']): string {
    return this.#streams
      .get(sensor)!
      .plan.groups.map(({ field }) => group[field] ?? '')
      .join(',');
  }
}

/** Through everything that the box does. */
export function observeBox(
  policy: Policy,
  reader: Reader,
  messages: readonly CityMessage[],
  seed: readonly (string | number)[],
): Observation {
  const digest = policyDigest(policy);
  const budget = PrivacyBudget.fresh();
  const guard = new BoxGuard(policy);
  const uniform = seededUniform(...seed);
  const used = new Set(messages.map(({ sensor }) => sensor));
  const pipelines = new Map(
    [...used].map((sensor): [string, SensorPipeline] => {
      const sensorPolicy = policy.sensors[sensor]!;
      const pipeline = new SensorPipeline({
        box: 'simulated',
        sensor,
        adapter: adapterNamed(sensorPolicy.adapter),
        policy: sensorPolicy,
        policyDigest: digest,
        choices: EVERYBODY_AGREED,
        orders: () => [],
        onOrder: () => {},
        budget,
        uniform,
        mode: { kind: 'live', startedMs: DAY_START_MS, run: 'simulated' },
      });
      return [sensor, pipeline];
    }),
  );
  const observation = emptyObservation();
  const held: Release[] = [];
  const close = (nowMs: number): void => {
    for (const pipeline of pipelines.values()) held.push(...pipeline.close(nowMs));
  };
  let tickMs = DAY_START_MS;
  for (const { sensor, atMs, bytes } of messages) {
    for (; tickMs <= atMs; tickMs += TICK_MS) close(tickMs);
    pipelines.get(sensor)!.take(bytes, atMs);
  }
  for (const endMs = DAY_START_MS + DAY_MS + 2 * TICK_MS; tickMs <= endMs; tickMs += TICK_MS) close(tickMs);
  const due = held
    .filter(({ window }) => window.endMs <= DAY_START_MS + DAY_MS)
    .sort((a, b) => dueMsOf(a) - dueMsOf(b));
  for (const release of guard.pass(due).released) put(observation, reader, release);
  for (const pipeline of pipelines.values()) pipeline.discard('stopped', tickMs);
  return observation;
}

function put(observation: Observation, reader: Reader, release: Release): void {
  const { sensor, window, cells } = release;
  const { startMs } = window;
  observation.releasedMs.set(windowKey(sensor, startMs), Math.ceil(dueMsOf(release) / TICK_MS) * TICK_MS);
  for (const { group, figures } of cells) {
    const labels = reader.labelsOf(release, group);
    for (const [name, value] of Object.entries(figures)) {
      observation.values.set(keyOf({ sensor, startMs, labels, name }), value);
      observation.words.add(name);
    }
    for (const label of Object.values(group)) observation.words.add(label);
  }
  for (const word of [release.id, release.policyDigest, release.purpose, sensor]) observation.words.add(word);
}

/** Without any protection. It exists in the simulator only. */
export function observeUnprotected(reader: Reader, messages: readonly CityMessage[]): Observation {
  const observation = emptyObservation();
  const { values, totals, releasedMs, words, traces } = observation;
  const counted = new Set<string>();
  for (const message of messages) {
    for (const { figure, key, delta, atMs, identity } of reader.contributionsOf(message)) {
      const { sensor, startMs, name } = figure;
      const window = windowKey(sensor, startMs);
      releasedMs.set(window, atMs);
      if (identity !== undefined) {
        const pseudonym = createHash('md5').update(identity).digest('hex').slice(0, 16);
        words.add(pseudonym);
        const trace = traces.get(pseudonym) ?? new Set();
        traces.set(pseudonym, trace.add(key));
        if (name === 'contributors' && counted.has(`${key}|${identity}`)) continue;
        counted.add(`${key}|${identity}`);
      }
      values.set(key, (values.get(key) ?? 0) + delta);
      if (name === 'contributors') totals.set(window, (totals.get(window) ?? 0) + delta);
    }
  }
  return observation;
}

function emptyObservation(): Observation {
  return { values: new Map(), totals: new Map(), releasedMs: new Map(), words: new Set(), traces: new Map() };
}
