/** Releases for tests, as a sensor process would send them. */
import { createHash } from 'node:crypto';
import type { Release } from '../../edge/sensor/messages.ts';

export function releaseOf(n: number, over: Partial<Release> = {}): Release {
  const startMs = Date.UTC(2026, 10, 23) + n * 300_000;
  return {
    v: 1,
    id: createHash('sha256').update(`release ${n}`).digest('hex'),
    sensor: 'plaza-wifi',
    kind: 'crowd-flow',
    purpose: 'dpv:ImproveTransportMobility',
    place: { name: 'Plaza', lat: 37.5665, lon: 126.978 },
    window: { startMs, endMs: startMs + 300_000 },
    cells: [{ group: { rssi: '-70..-50' }, figures: { contributors: 40 + n, readings: 200 + n } }],
    suppressedCells: 1,
    privacy: { k: 10, contributionsMax: 1, unit: 'device and window' },
    policyDigest: '0'.repeat(64),
    ...over,
  };
}
