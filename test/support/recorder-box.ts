/** A recorder on a real ledger in a folder, with a clock that the test moves, and what a camera or a sensor tells it. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { cameraStream, sensorStream } from '../../edge/agent/record/about.ts';
import { Recorder, type RecorderOptions } from '../../edge/agent/record/recorder.ts';
import { rootLog } from '../../edge/base/log.ts';
import { configSchema } from '../../edge/config/schema.ts';
import { nodeDisk } from '../../edge/ledger/disk.ts';
import { DurableFolder } from '../../edge/ledger/durable.ts';
import { entriesOf } from '../../edge/ledger/entries.ts';
import { decodeLeaf, type Kind, type Leaf } from '../../edge/ledger/leaf.ts';
import { adapterNamed } from '../../edge/sensor/adapters/index.ts';
import type { SensorReport } from '../../edge/sensor/messages.ts';
import { testCounts, testHealth } from './units.ts';

const log = rootLog.child({}, { level: 'silent' });
const BOX = '00c0ffee00c0ffee';
export const QUARTER_MS = 900_000;
/** Begins a quarter. */
export const START_MS = Date.UTC(2026, 10, 23, 5);
export const DIGEST = '7d'.repeat(32);
export const sensorPolicy = { ...adapterNamed('wifi-probes').defaultPolicy, adapter: 'wifi-probes' };

/** A copy of what is on the disk, while it is written on: files that are about to be renamed into place are left out, as a kill may leave them or not. */
export const atKill = { recursive: true, filter: (from: string) => path.basename(path.dirname(from)) !== 'tmp' };

interface Box {
  clock: { wallMs(): number; monotonicMs(): number };
  pass(ms: number): void;
  options: RecorderOptions;
  leaves<K extends Kind>(kind: K): Promise<Leaf<K>[]>;
  folder: DurableFolder;
}

export function boxIn(stateDir: string, ledger: Record<string, unknown> = {}, cameras = ['gate']): Box {
  let nowMs = START_MS;
  const clock = { wallMs: () => nowMs, monotonicMs: () => nowMs };
  const config = configSchema.parse({
    cameras: Object.fromEntries(cameras.map((name) => [name, { source: 'simulated' }])),
    ledger,
  });
  const folder = new DurableFolder(nodeDisk, path.join(stateDir, 'ledger'));
  return {
    clock,
    folder,
    pass: (ms) => {
      nowMs += ms;
    },
    options: {
      settings: config.ledger,
      stateDir,
      box: BOX,
      software: '0.1.0',
      streams: [
        ...Object.entries(config.cameras).map(([name, settings]) => cameraStream(name, settings)),
        sensorStream('corner', sensorPolicy, { digest: 'ab'.repeat(32), version: 7 }),
      ],
      clock,
      log,
    },
    leaves: async <K extends Kind>(kind: K) => {
      const found: Leaf<K>[] = [];
      for await (const { entry } of entriesOf(folder, 0)) {
        const decoded = decodeLeaf(entry);
        assert.ok('leaf' in decoded, JSON.stringify(decoded));
        if (decoded.leaf.kind === kind) found.push(decoded.leaf as Leaf<K>);
      }
      return found;
    },
  };
}

export async function opened(options: RecorderOptions): Promise<Recorder> {
  const recorder = new Recorder(options);
  await recorder.start();
  return recorder;
}

export const frames = (count: number, more = {}) => ({ ...testCounts(), framesIn: count, framesOut: count, ...more });
export const health = (digest: string) => ({
  ...testHealth(),
  detector: { ...testHealth().detector, models: ['street'], digests: [digest] },
});
export const report = (counts: Partial<SensorReport['counts']>): SensorReport => ({
  intake: { state: 'connected', lastError: '' },
  counts: { messages: 0, readings: 0, dropped: {}, releases: 0, withheld: {}, suppressedCells: 0, ...counts },
  openWindows: 0,
  heldReleases: 0,
});
