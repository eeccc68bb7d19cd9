/**
 * Messages a second on one core through strip and aggregate, and how that grows with the number of streams: `npm run bench:sensors`. In
 * process, without sockets: the path itself. CPU time counts, not time on the wall, since test machines are shared.
 *
 * With `--flood` also a million distinct addresses through one sensor, with the memory that it takes.
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { macOf, pipelineOf, START_MS } from '../test/support/pipelines.ts';

const MESSAGES = 100_000;
const DEVICES = 30_000;
const STREAMS = [1, 4, 16, 64, 256];

const encoder = new TextEncoder();

/** Half of the readings repeat a device that was seen. */
function messages(): Uint8Array[] {
  return Array.from({ length: MESSAGES }, (_, i) =>
    encoder.encode(
      JSON.stringify({ time: START_MS + i, mac: macOf((i * 7919) % DEVICES), ssid: 'cafe', rssi: -40 - (i % 50) }),
    ),
  );
}

function cpuSeconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function benchStreams(count: number, all: readonly Uint8Array[]): void {
  const streams = Array.from({ length: count }, (_, i) => pipelineOf('wifi-probes', { sensor: `s${i}` }));
  const takeS = cpuSeconds(() => {
    for (const [i, message] of all.entries()) streams[i % count]!.take(message, START_MS + i);
  });
  let cells = 0;
  const closeS = cpuSeconds(() => {
    for (const stream of streams) for (const release of stream.close(START_MS + 400_000)) cells += release.cells.length;
  });
  const perSecond = Math.round(MESSAGES / takeS).toLocaleString('en');
  process.stdout.write(
    `${String(count).padStart(3)} streams: ${perSecond.padStart(8)} messages/s of CPU, closing ${(closeS * 1000).toFixed(0)} ms, ${cells} cells\n`,
  );
}

function benchFlood(): void {
  const pipeline = pipelineOf('wifi-probes');
  const startMb = process.memoryUsage.rss() / 2 ** 20;
  let peakMb = startMb;
  const seconds = cpuSeconds(() => {
    for (let i = 0; i < 1_000_000; i++) {
      pipeline.take(encoder.encode(JSON.stringify({ mac: macOf(i), rssi: -60 })), START_MS + 1);
      if (i % 10_000 === 0) peakMb = Math.max(peakMb, process.memoryUsage.rss() / 2 ** 20);
    }
  });
  const { dropped } = pipeline.takeCounts();
  process.stdout.write(
    `flood of 1,000,000 addresses: ${seconds.toFixed(1)} s of CPU, ${startMb.toFixed(0)} MB before, at most ${peakMb.toFixed(0)} MB, without a place ${dropped['contributors-full'] ?? 0}\n`,
  );
}

const { values } = parseArgs({ options: { flood: { type: 'boolean', default: false } } });
process.stdout.write(`load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}\n`);
const all = messages();
benchStreams(1, all); // warm
for (const count of STREAMS) benchStreams(count, all);
if (values.flood) benchFlood();
