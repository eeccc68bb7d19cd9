/**
 * Goal: no evidence, no feed. When the ledger can't be written, no picture leaves that is not covered whole, and people are told what to do; when
 * it can again, the feed comes back by itself, unless nobody knows any more what is on the disk. Method: the real agent, camera process and RTSP
 * server with a camera whose every picture is told from a covered one (`pattern.ts`); a small file system that is really filled, and a
 * ledger's folder that is taken away. The same for a sensor process with a faster clock.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { nodeDisk } from '../../edge/ledger/disk.ts';
import { DurableFolder } from '../../edge/ledger/durable.ts';
import { entriesOf } from '../../edge/ledger/entries.ts';
import { decodeLeaf } from '../../edge/ledger/leaf.ts';
import { minuteOf } from '../../edge/ledger/window.ts';
import { adapterNamed } from '../../edge/sensor/adapters/index.ts';
import type { Release } from '../../edge/sensor/messages.ts';
import { type FeedWatch, watchFeed } from '../support/feed-watch.ts';
import { type Garim, startGarim, until } from '../support/garim.ts';
import { startMjpegServer } from '../support/mjpeg-server.ts';
import { PATTERN_FRAME_RATE, PATTERN_SIZE, patternPictures } from '../support/pattern.ts';
import { needs } from '../support/shared.ts';
import { TempDir } from '../support/temp.ts';

const HOST = 'dist/test/support/fault-host.js';
const SENSOR_HOST = 'dist/test/support/sensor-host.js';
const CAMERA = { user: 'camera', password: 'of-the-test' };
/** The ledger leaves 64 MB to the rest of the box. */
const DISK_MB = 80;

const state = mkdtempSync(path.join(tmpdir(), 'garim-record-'));
const ledger = path.join(state, 'ledger');
mkdirSync(ledger);
const isMounted = (() => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m`, 'none', ledger], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();
after(() => {
  if (isMounted) execFileSync('umount', ['-l', ledger]);
  rmSync(state, { recursive: true, force: true });
});

async function startPatternCamera() {
  const camera = await startMjpegServer({
    ...PATTERN_SIZE,
    ...CAMERA,
    frameRate: PATTERN_FRAME_RATE,
    pictures: await patternPictures(),
  });
  const source = camera.url(`${CAMERA.user}:${CAMERA.password}`);
  const config = { cameras: { gate: { source, encode: { bitrateKbps: 3000 } } }, state };
  return { config, [Symbol.asyncDispose]: () => camera[Symbol.asyncDispose]() };
}

const shownSince = (watch: FeedWatch, index: number): string[] => watch.sights.slice(index).map(({ shown }) => shown);

async function untilPictures(watch: FeedWatch): Promise<void> {
  const from = watch.sights.length;
  await until(
    'pictures of the camera',
    () => shownSince(watch, from).filter((shown) => shown === 'picture').length > 10,
  );
}

/** Waits for the cover, and gives the number of the first sight that is certainly later than it. */
async function untilCovered(garim: Garim, watch: FeedWatch): Promise<number> {
  await until('the feed is covered', async () => (await garim.camera('gate')).health?.reason === 'no-evidence');
  // What the server had taken before is on its way for a while, on a busy machine for longer: a second of covered pictures without another.
  const isCovered = (): boolean => {
    const newest = shownSince(watch, Math.max(from, watch.sights.length - PATTERN_FRAME_RATE));
    return newest.length === PATTERN_FRAME_RATE && newest.every((shown) => shown === 'whole');
  };
  const from = watch.sights.length;
  await until('covered pictures come', isCovered);
  return watch.sights.length;
}

async function metric(garim: Garim, name: string): Promise<number> {
  const text = await (await garim.get('/metrics')).text();
  return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\d+)`, 'm').exec(text)?.[1]);
}

test('a full disk covers every feed until there is room; a ledger that is gone covers it for good', {
  skip: needs(isMounted, 'the right to mount'),
  timeout: 900_000,
}, async (context) => {
  await using camera = await startPatternCamera();
  await using garim = await startGarim({ entry: HOST, config: camera.config });
  await using watch = watchFeed(garim.feed('gate'));
  await untilPictures(watch);
  assert.equal(await metric(garim, 'garim_evidence'), 1);

  const filler = path.join(ledger, 'filler');
  const filledMs = performance.now();
  writeFileSync(filler, Buffer.alloc(20 * 1024 * 1024));
  const coveredFrom = await untilCovered(garim, watch);
  const lastPicture = watch.sights.findLast(({ shown }) => shown === 'picture')?.atMs ?? 0;
  context.diagnostic(`last picture seen ${Math.round(lastPicture - filledMs)} ms after the disk was full`);
  assert.match((await garim.camera('gate')).health?.advice ?? '', /Make room on the disk/);
  assert.equal((await garim.get('/cameras/gate/snapshot.jpg')).status, 503);
  assert.equal(await metric(garim, 'garim_evidence'), 0);
  assert.ok((await metric(garim, 'garim_ledger_failures_total')) > 0);
  await until('a while', () => watch.sights.length > coveredFrom + 5 * PATTERN_FRAME_RATE);
  assert.deepEqual(new Set(shownSince(watch, coveredFrom)), new Set(['whole']));

  rmSync(filler);
  await untilPictures(watch);
  await until('live', async () => (await garim.camera('gate')).health?.state === 'live');

  for (const name of ['journal', 'tile', 'tmp', 'checkpoint', 'intent', 'kept'])
    rmSync(path.join(ledger, name), { recursive: true, force: true });
  const goneFrom = await untilCovered(garim, watch);
  const { status } = (await (await fetch(`${garim.url}/healthz`)).json()) as { status: string };
  assert.equal(status, 'degraded');
  await until('a while', () => watch.sights.length > goneFrom + 10 * PATTERN_FRAME_RATE);
  assert.deepEqual(new Set(shownSince(watch, goneFrom)), new Set(['whole']));
  assert.match(garim.output(), /The record has stopped/);
  assert.equal(await metric(garim, 'garim_evidence'), 0);
});

test('a release is on record before it is shown, and none is shown any more when that fails', {
  timeout: 900_000,
}, async () => {
  using temp = new TempDir();
  const sensorState = path.join(temp.path, 'box');
  mkdirSync(sensorState);
  // Three seconds of the fast sensor process.
  const air = { ...adapterNamed('environment').defaultPolicy, adapter: 'environment', windowMs: 3_600_000 };
  const policy = path.join(temp.path, 'policy.yaml');
  writeFileSync(policy, JSON.stringify({ version: 4, sensors: { air } }));
  const readings = path.join(temp.path, 'readings.ndjson');
  writeFileSync(readings, '');
  const sensors = { air: { adapter: 'environment', intake: { file: readings } } };
  await using garim = await startGarim({ entry: SENSOR_HOST, config: { sensors, policy, state: sensorState } });
  const shown = async (): Promise<Release[]> =>
    ((await (await garim.get('/sensors/air/latest.json')).json()) as { releases: Release[] }).releases;
  await until('releases', async () => (await shown()).length >= 2);

  const releases = await shown();
  const windows = new Set<string>();
  let counter: number | undefined;
  for await (const { entry } of entriesOf(new DurableFolder(nodeDisk, path.join(sensorState, 'ledger')), 0)) {
    const decoded = decodeLeaf(entry);
    if ('leaf' in decoded && decoded.leaf.kind === 'release') windows.add(decoded.leaf.window.join());
    if ('leaf' in decoded && decoded.leaf.kind === 'policy') counter = decoded.leaf.counter;
  }
  assert.equal(counter, 4);
  for (const { window } of releases) assert.ok(windows.has(`${minuteOf(window.startMs)},PT60M`), `${[...windows]}`);

  rmSync(path.join(sensorState, 'ledger'), { recursive: true });
  const withheld = (): Promise<number> =>
    metric(garim, 'garim_sensor_windows_withheld_total\\{sensor="air",reason="no-evidence"\\}');
  await until('a release is withheld', async () => (await withheld()) > 0);
  const before = await shown();
  const count = await withheld();
  await until('two more', async () => (await withheld()) >= count + 2);
  assert.deepEqual(await shown(), before);
  assert.match(garim.output(), /The record has stopped/);
});
