/**
 * Messages a second on one core through strip and aggregate, and how that grows with the number of streams: `npm run bench:sensors`. In
 * process, without sockets: the path itself. CPU time counts, not time on the wall, since test machines are shared.
 *
 * Free text is compared with SHA-256 of the same texts, in turns: a ratio that other machines and other work on them hardly move.
 *
 * With `--flood` also a million distinct addresses through one sensor, with the memory that it takes.
 */
import { createHash } from 'node:crypto';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { stripText } from '../edge/sensor/strip/strip.ts';
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

/** Notes as people and devices write them, half of them without an identifier. */
const NOTES = [
  'Gateway 12 at the north entrance reported low battery, replaced by the night shift.',
  'Call Minsu Kim on 010-1234-5678 before Friday, he has the key of the cabinet.',
  'Noise level 63 dB, temperature 21.5 C, humidity 40 %, 132 people counted between 10:00 and 10:15.',
  'Mail from john.smith@example.com: his car AB51 ABC was towed from 5 Main Street.',
  '가로등 44번이 깜박입니다. 점검 바랍니다.',
  '12가3456 차량이 이중주차 중, 연락처 010-1234-5678 입니다',
  'Firmware 1.2.3 installed on node 14, RSSI -97 dBm, SNR 7.5, SF12, battery 3.61 V.',
  'probe from 02:1a:2b:3c:4d:5e at 37.566535, 126.977969 asked for Gildong_iPhone',
];
const NOTE_ROUNDS = 9;
const NOTES_PER_ROUND = 2_000;
/** Enough that both sides take about as long. */
const HASHES_PER_TEXT = 30;

function benchTexts(): void {
  const texts = Array.from({ length: NOTES_PER_ROUND }, (_, i) => `${NOTES[i % NOTES.length]} (${i})`);
  const [ratios, perSecond]: [number[], number[]] = [[], []];
  for (let round = 0; round < NOTE_ROUNDS; round++) {
    const stripS = cpuSeconds(() => {
      for (const text of texts) stripText(text);
    });
    const hashS = cpuSeconds(() => {
      for (let i = 0; i < HASHES_PER_TEXT; i++) for (const text of texts) createHash('sha256').update(text).digest();
    });
    ratios.push(stripS / (hashS / HASHES_PER_TEXT));
    perSecond.push(NOTES_PER_ROUND / stripS);
  }
  const median = (values: number[]): number => values.sort((a, b) => a - b)[NOTE_ROUNDS >> 1]!;
  process.stdout.write(
    `free text: ${Math.round(median(perSecond)).toLocaleString('en')} texts/s of CPU; one costs as much as ${median(ratios).toFixed(0)} SHA-256 of it\n`,
  );
}

const { values } = parseArgs({ options: { flood: { type: 'boolean', default: false } } });
process.stdout.write(`load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}\n`);
const all = messages();
benchStreams(1, all); // warm
for (const count of STREAMS) benchStreams(count, all);
benchTexts();
if (values.flood) benchFlood();
