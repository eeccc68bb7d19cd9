/**
 * A file of readings through the very path that live sensors take; windows are closed at the end of the file and released at once.
 *
 * Messages without a time of their own count as sent when the newest message before them was, the first ones when the file was last
 * written. Memory is bounded: when too many windows are open the oldest is closed, and what still comes of it is `late`.
 */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, UserError } from '../base/errors.ts';
import type { Choices } from '../policy/choices/port.ts';
import { ordersInForce } from '../policy/decide.ts';
import type { Policy } from '../policy/schema.ts';
import { adapterNamed } from './adapters/index.ts';
import { noCounts, type SensorCounts } from './counts.ts';
import { messagesOf } from './formats/index.ts';
import type { Release } from './messages.ts';
import { SensorPipeline } from './pipeline.ts';
import type { Adapter } from './reading.ts';
import { PrivacyBudget } from './transform/budget.ts';
import { UniformSource } from './transform/noise/random.ts';

/** Places of damage that are told one by one. */
const PLACES_MAX = 5;

export interface ReplayOptions {
  file: string;
  /** In the policy; it says which adapter reads the file. */
  sensor: string;
  policy: Policy;
  policyDigest: string;
  onRelease(release: Release): Promise<void>;
  signal?: AbortSignal;
}

export interface ReplaySummary {
  counts: SensorCounts;
  windows: number;
  /** Parts of the file that could not be read, in words; the first ones, and how many there are in all. */
  damage: readonly string[];
  damaged: number;
}

/** Throws UserError for a file that can't be read at all. */
export async function replay(options: ReplayOptions): Promise<ReplaySummary> {
  const { file, sensor, policy, policyDigest, onRelease, signal } = options;
  const sensorPolicy = policy.sensors[sensor]!;
  let newestMs = await writtenMs(file);
  const pipeline = new SensorPipeline({
    box: 'replay',
    sensor,
    adapter: watched(adapterNamed(sensorPolicy.adapter), (atMs) => {
      newestMs = atMs;
    }),
    policy: sensorPolicy,
    policyDigest,
    choices: NO_CHOICES,
    orders: (nowMs) => ordersInForce(policy, sensor, nowMs),
    onOrder: () => {},
    budget: PrivacyBudget.fresh(),
    uniform: new UniformSource(),
    mode: { kind: 'replay' },
  });
  const damage: string[] = [];
  let damaged = 0;
  const noteDamage = (what: string): void => {
    damaged++;
    if (damage.length < PLACES_MAX) damage.push(what);
  };
  let index = 0;
  for await (const item of messagesOf(file)) {
    if (signal?.aborted === true) throw signal.reason;
    if (item.kind === 'message') {
      index++;
      const verdict = pipeline.take(item.bytes, newestMs);
      if (verdict !== 'taken') noteDamage(`message ${index}: ${verdict}`);
      for (const release of pipeline.takeReady()) await onRelease(release);
    } else if (item.kind === 'dropped') {
      pipeline.count(item.reason);
      noteDamage(`${item.at.unit} ${item.at.at}: ${item.reason}`);
    } else noteDamage(`from ${item.at.unit} ${item.at.at} on: ${item.what}`);
  }
  for (const release of pipeline.close(newestMs)) await onRelease(release);
  const counts = pipeline.takeCounts();
  const windows =
    counts.releases + Object.values(counts.withheld).reduce((sum: number, times) => sum + (times ?? 0), 0);
  return { counts: { ...noCounts(), ...counts }, windows, damage, damaged };
}

/** Nobody's choices are known for a file: it is the one who replays it who answers for it. Signals in the readings themselves count. */
const NO_CHOICES: Choices = {
  isRefused: () => false,
  hasOptedIn: () => false,
  isPaused: () => false,
  decoyShare: () => 0,
};

/** Tells the newest event time. A time after the reception can't be, so reception has to follow: the adapter looks a day ahead. */
function watched(adapter: Adapter, onNewest: (atMs: number) => void): Adapter {
  let newestMs = Number.NEGATIVE_INFINITY;
  return {
    ...adapter,
    parse: (message, receivedMs) => {
      const result = adapter.parse(message, receivedMs);
      if ('readings' in result) {
        for (const { atMs } of result.readings) {
          if (atMs <= newestMs) continue;
          newestMs = atMs;
          onNewest(atMs);
        }
      }
      return result;
    },
  };
}

async function writtenMs(file: string): Promise<number> {
  try {
    return (await stat(file)).mtimeMs;
  } catch (error) {
    throw new UserError(`${path.basename(file)} can't be opened: ${messageOf(error)}`, { fix: 'Check the path.' });
  }
}
