/** Exact releases made by hand, and what the linkage guard leaves of them. */
import { policySchema, type SensorPolicy } from '../../edge/policy/schema.ts';
import { adapterNamed } from '../../edge/sensor/adapters/index.ts';
import { BoxGuard } from '../../edge/sensor/guard/box-guard.ts';
import type { Release, ReleasedCell } from '../../edge/sensor/messages.ts';
import { DIGEST, START_MS } from './pipelines.ts';

export const K = 10;
const MINUTE_MS = 60_000;
export const HERE = { name: 'here', lat: 37.5, lon: 127 };
export const FAR = { name: 'far', lat: 37.6, lon: 127 };

export function exact(adapter: string, more: Partial<SensorPolicy> = {}): Record<string, unknown> {
  const { epsilonPerDay: _, ...policy } = adapterNamed(adapter).defaultPolicy;
  return { ...policy, adapter, k: K, place: HERE, ...more };
}

export const guardOf = (sensors: Record<string, unknown>): BoxGuard => new BoxGuard(policySchema.parse({ sensors }));

export function release(sensor: string, minutes: readonly [number, number], cells: readonly ReleasedCell[]): Release {
  const [from, until] = minutes;
  return {
    v: 1,
    id: DIGEST,
    sensor,
    kind: 'crowd-flow',
    purpose: 'dpv:ImproveTransportMobility',
    window: { startMs: START_MS + from * MINUTE_MS, endMs: START_MS + until * MINUTE_MS },
    cells,
    suppressedCells: 0,
    privacy: { k: K, contributionsMax: 1, unit: '' },
    policyDigest: DIGEST,
  };
}

export const devices = (addressKind: string, contributors: number): ReleasedCell => ({
  group: { addressKind },
  figures: { contributors },
});
export const people = (contributors: number): ReleasedCell => ({ group: {}, figures: { contributors } });

export function countsOf(guard: BoxGuard, ...releases: Release[]): (number[] | string)[] {
  return releases.map((each) => {
    const { released, withheld } = guard.pass([each]);
    return withheld[0]?.reason ?? released[0]!.cells.map(({ figures }) => figures['contributors'] ?? -1);
  });
}
