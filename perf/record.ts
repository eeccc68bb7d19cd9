/**
 * `npm run bench:record [-- --streams 8 --windows 20 --dir DIR]`: what putting on record costs the agent, in whose event loop it happens.
 *
 * The real recorder and ledger in a folder, counts as camera processes tell them, and a clock that jumps a window with every turn. Tells how
 * long the start waits for it, what a message of a camera costs, how long the event loop is held while windows are recorded, and whether
 * memory grows. Use a folder on the disk in question.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { cameraStream } from '../edge/agent/record/about.ts';
import { Recorder, type RecorderOptions } from '../edge/agent/record/recorder.ts';
import { systemClock } from '../edge/base/clock.ts';
import { rootLog } from '../edge/base/log.ts';
import { configSchema } from '../edge/config/schema.ts';
import { testCounts } from '../test/support/units.ts';
import { machine } from './bench/report.ts';

const CALLS = 100_000;

const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '8' },
    windows: { type: 'string', default: '20' },
    dir: { type: 'string' },
  },
});
const names = Array.from({ length: Number(values.streams) }, (_, index) => `camera-${index}`);
const windows = Number(values.windows);
const stateDir = mkdtempSync(path.join(values.dir ?? tmpdir(), 'garim-record-'));

const { cameras, ledger } = configSchema.parse({
  cameras: Object.fromEntries(names.map((name) => [name, { source: 'simulated' }])),
});
let aheadMs = 0;
const options: RecorderOptions = {
  settings: ledger,
  stateDir,
  box: '00c0ffee00c0ffee',
  software: '0.1.0',
  streams: Object.entries(cameras).map(([name, settings]) => cameraStream(name, settings)),
  clock: { wallMs: () => systemClock.wallMs() + aheadMs, monotonicMs: () => systemClock.monotonicMs() + aheadMs },
  log: rootLog.child({}, { level: 'error' }),
};

async function open(what: string): Promise<Recorder> {
  const startMs = performance.now();
  const recorder = new Recorder(options);
  await recorder.start();
  console.log(`${what}: ${(performance.now() - startMs).toFixed(1)} ms`);
  return recorder;
}

function heapMb(): string {
  globalThis.gc?.();
  return `${(process.memoryUsage().heapUsed / 1e6).toFixed(1)} MB`;
}

console.log(`${machine()}; load ${loadavg()[0]?.toFixed(1)}; ${names.length} cameras`);
await (await open('first start')).close();
const recorder = await open('later start');

const startMs = performance.now();
for (let call = 0; call < CALLS; call++) recorder.counted(names[call % names.length]!, testCounts());
console.log(`a message of a camera: ${(((performance.now() - startMs) * 1000) / CALLS).toFixed(2)} us`);

console.log(`heap before: ${heapMb()}`);
const delay = monitorEventLoopDelay({ resolution: 1 });
const tookMs: number[] = [];
for (let window = 0; window < windows; window++) {
  for (const name of names) recorder.counted(name, testCounts());
  const size = recorder.status().size + names.length;
  aheadMs += ledger.windowMinutes * 60_000;
  delay.enable();
  const fromMs = performance.now();
  while (recorder.status().size < size) await sleep(1);
  tookMs.push(performance.now() - fromMs);
  delay.disable();
}
console.log(`heap after ${windows} windows: ${heapMb()}`);
const [median = 0, worst = 0] = [tookMs.sort((a, b) => a - b)[tookMs.length >> 1], tookMs.at(-1)];
console.log(
  `a window of all cameras is durable within ${median.toFixed(0)} ms, at worst ${worst.toFixed(0)} ms, turns of a second included`,
);
const ms = (ns: number): string => (ns / 1e6).toFixed(1);
console.log(
  `event loop late by ${ms(delay.percentile(50))} ms (median), ${ms(delay.percentile(99))} ms (p99), ${ms(delay.max)} ms (most)`,
);
await recorder.close();
rmSync(stateDir, { recursive: true });
