/**
 * Goal: whatever breaks between a camera and its viewers, what must be covered never comes out uncovered, nothing hangs, and the feed
 * recovers by itself. Method: the real agent, camera, slate and inference processes; a camera that shows a patch of cells at a place that
 * moves (`pattern.ts`); an inference thread that finds it without fail and breaks on demand. Every picture that comes out of the RTSP server
 * while things are broken is decoded, and none may let the cells be read.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageRoot } from '../../edge/base/paths.ts';
import { openCapture } from '../../edge/camera/capture/open.ts';
import { type FeedWatch, watchFeed } from '../support/feed-watch.ts';
import { type Garim, isAlive, startGarim, titleOf, until } from '../support/garim.ts';
import { type MjpegServer, startMjpegServer } from '../support/mjpeg-server.ts';
import {
  isReadable,
  PATTERN_FRAME_RATE,
  PATTERN_SIZE,
  patternPictures,
  readPattern,
  shownIn,
} from '../support/pattern.ts';
import { needs } from '../support/shared.ts';
import { TempDir } from '../support/temp.ts';

const linux = { skip: needs(process.platform === 'linux', '/proc') };
const HOST = 'dist/test/support/fault-host.js';
const CAMERA = { user: 'camera', password: 'of-the-test' };
const USER_INFO = `${CAMERA.user}:${CAMERA.password}`;

let pictures: Buffer[] | undefined;
async function startCamera(): Promise<MjpegServer> {
  pictures ??= await patternPictures();
  return startMjpegServer({ ...PATTERN_SIZE, ...CAMERA, frameRate: PATTERN_FRAME_RATE, pictures });
}

const settingsOf = (camera: MjpegServer) => ({ source: camera.url(USER_INFO), encode: { bitrateKbps: 3000 } });

/** Pictures of the camera with the patch covered, seen after `fromMs`. */
const goodSince = (watch: FeedWatch, fromMs: number): number =>
  watch.sights.filter(({ atMs, shown }) => atMs > fromMs && shown === 'picture').length;

async function untilGood(garim: Garim, watch: FeedWatch): Promise<void> {
  const fromMs = performance.now();
  const say = (): string =>
    `good pictures again; last ${JSON.stringify(watch.sights.at(-1)?.shown)}\n${garim.output().slice(-1500)}`;
  await until(say, () => goodSince(watch, fromMs) >= 5, 120_000);
  await until('state is live', async () => (await garim.camera('gate')).health?.state === 'live', 60_000);
}

function assertNothingReadable(watch: FeedWatch, fromIndex = 0): void {
  const seen = watch.sights.slice(fromIndex);
  const bad = seen.filter((sight) => sight.isReadable);
  assert.equal(
    bad.length,
    0,
    `${bad.length} of ${seen.length} pictures show what must be covered, scores ${bad.map((b) => b.score.toFixed(2)).slice(0, 10)}`,
  );
}

test('the judge reads the patch where it is not covered', async () => {
  await using camera = await startCamera();
  const capture = openCapture({ url: camera.url(USER_INFO), transport: 'tcp', pacing: 'live' });
  try {
    let count = 0;
    while (count < 10) {
      const event = await capture.next();
      if (event.kind !== 'frame') continue;
      using frame = event.frame;
      const luma = frame.av.data![0]!;
      assert.ok(isReadable(readPattern(luma, frame.av.linesize[0]!)));
      assert.equal(shownIn(luma, frame.av.linesize[0]!), 'picture');
      count++;
    }
  } finally {
    await capture.close();
  }
});

describe('one camera, broken in turn', linux, () => {
  let camera: MjpegServer;
  let garim: Garim;
  let watch: FeedWatch;

  before(async () => {
    camera = await startCamera();
    garim = await startGarim({ entry: HOST, config: { cameras: { gate: settingsOf(camera) } } });
    watch = watchFeed(garim.feed('gate'));
    await untilGood(garim, watch);
  });
  after(async () => {
    await watch.close();
    await garim[Symbol.asyncDispose]();
    await camera[Symbol.asyncDispose]();
  });

  const setFault = (what: string): void => writeFileSync(path.join(garim.stateDir, 'fault'), what);
  const clearFault = (): void => rmSync(path.join(garim.stateDir, 'fault'), { force: true });
  const cameraPid = (): number | undefined => garim.children().find((pid) => titleOf(pid).startsWith('garim-camera'));

  /** Waits until something else than the camera's picture is shown, and says what and why. */
  async function untilBroken(): Promise<string> {
    const index = watch.sights.length;
    const isBroken = (): boolean => watch.sights.slice(index).some(({ shown }) => shown !== 'picture');
    await until('something else than the picture is shown', isBroken);
    const { health } = await garim.camera('gate');
    return `${watch.sights.slice(index).find(({ shown }) => shown !== 'picture')?.shown}, ${health?.state} ${health?.reason ?? ''}`;
  }

  for (const [fault, what] of [
    ['throw', 'the inference thread crashes, again and again'],
    ['exit', 'the inference thread ends, again and again'],
    ['stall', 'the inference thread never answers'],
    ['slow', 'the detector is slowed 20 times'],
  ] as const) {
    test(what, { timeout: 360_000 }, async (context) => {
      const index = watch.sights.length;
      setFault(fault);
      try {
        context.diagnostic(await untilBroken());
        await sleep(4_000);
      } finally {
        clearFault();
      }
      const { framesCoveredWhole } = (await garim.camera('gate')).totals!;
      context.diagnostic(`covered whole so far: ${JSON.stringify(framesCoveredWhole)}`);
      await untilGood(garim, watch);
      assertNothingReadable(watch, index);
    });
  }

  test('SIGKILL of the camera process', { timeout: 360_000 }, async (context) => {
    const index = watch.sights.length;
    const victim = cameraPid()!;
    process.kill(victim, 'SIGKILL');
    context.diagnostic(await untilBroken());
    await untilGood(garim, watch);
    assert.notEqual(cameraPid(), victim);
    assertNothingReadable(watch, index);
  });

  test('SIGSTOP of the camera process', { timeout: 360_000 }, async (context) => {
    const index = watch.sights.length;
    const victim = cameraPid()!;
    process.kill(victim, 'SIGSTOP');
    context.diagnostic(await untilBroken());
    await untilGood(garim, watch);
    assert.ok(!isAlive(victim));
    assertNothingReadable(watch, index);
  });

  test('the camera hangs up and then sends nothing', { timeout: 360_000 }, async (context) => {
    const index = watch.sights.length;
    camera.setSilent(true);
    camera.hangUp();
    context.diagnostic(await untilBroken());
    const reason = async (): Promise<string> => (await garim.camera('gate')).health?.reason ?? '';
    await until('the API says so', async () => /^source-(lost|connecting)$/.test(await reason()));
    await until('a slate', () => watch.sights.at(-1)?.shown === 'slate');
    camera.setSilent(false);
    await untilGood(garim, watch);
    assertNothingReadable(watch, index);
  });

  test('the camera keeps the connection and sends nothing', { timeout: 360_000 }, async (context) => {
    const index = watch.sights.length;
    camera.setSilent(true);
    const ms = await until('a slate', () => watch.sights.at(-1)?.shown === 'slate');
    context.diagnostic(`slate after ${Math.round(ms)} ms`);
    camera.setSilent(false);
    await untilGood(garim, watch);
    assertNothingReadable(watch, index);
  });

  test('through all of it: one stream, never ended, on one timeline, nothing readable', (context) => {
    // A player leaves by itself when nothing comes for 5 s. A slate is asked for after 3 s without a picture, and takes its time on a starved machine.
    const [left, ended] = [true, false].map((isOurs) =>
      watch.losses.filter((error) => error.includes('nothing came for') === isOurs),
    );
    context.diagnostic(`the player lost patience ${left?.length} times`);
    assert.deepEqual(ended, [], 'the RTSP session outlives every fault behind it');
    for (const [index, { session, pts }] of watch.sights.entries()) {
      const before = watch.sights[index - 1];
      assert.ok(before?.session !== session || pts > before.pts, `time does not rise at picture ${index}`);
    }
    assertNothingReadable(watch);
  });

  test('SIGTERM: the agent ends by itself and leaves no process', { timeout: 240_000 }, async () => {
    const children = garim.children();
    assert.ok(children.length >= 1);
    assert.equal(await garim.stop(), 0);
    await until('children are gone', () => !children.some(isAlive));
    assertNothingReadable(watch);
  });
});

test('SIGKILL of the agent: the processes that hold pictures end with it', {
  timeout: 240_000,
  ...linux,
}, async (context) => {
  await using camera = await startCamera();
  await using garim = await startGarim({ entry: HOST, config: { cameras: { gate: settingsOf(camera) } } });
  await until('state is live', async () => (await garim.camera('gate')).health?.state === 'live');
  const children = garim.children();
  assert.ok(children.some((pid) => titleOf(pid).startsWith('garim-camera')));
  process.kill(garim.pid, 'SIGKILL');
  const ms = await until('children are gone', () => !children.some(isAlive));
  context.diagnostic(`${children.length} children gone after ${Math.round(ms)} ms`);
});

test('a model that was tampered with: whole frames only, until the right one is back', {
  timeout: 480_000,
  ...linux,
}, async (context) => {
  using copy = new TempDir();
  for (const name of ['dist', 'models', 'package.json'])
    cpSync(path.join(packageRoot, name), path.join(copy.path, name), { recursive: true });
  symlinkSync(path.join(packageRoot, 'node_modules'), path.join(copy.path, 'node_modules'));
  const embedded = path.join(copy.path, 'models', 'embedded');
  const model = path.join(embedded, readdirSync(embedded).find((name) => name.endsWith('.onnx'))!);
  const good = readFileSync(model);
  const bad = Buffer.from(good);
  bad[bad.length >> 1]! ^= 1;

  writeFileSync(model, bad);
  await using camera = await startCamera();
  await using garim = await startGarim({
    root: copy.path,
    entry: HOST,
    config: { cameras: { gate: settingsOf(camera) } },
  });
  await using watch = watchFeed(garim.feed('gate'));
  await until(
    () =>
      JSON.stringify(watch.sights.at(-1), (_, v) => (typeof v === 'bigint' ? String(v) : v)) +
      garim.output().slice(-3000),
    () => watch.sights.filter(({ shown }) => shown === 'whole').length > 10,
  );
  await until('the API says why', async () => (await garim.camera('gate')).health?.reason === 'model-missing');
  const { health } = await garim.camera('gate');
  context.diagnostic(health!.advice);
  assert.match(health!.advice, /sha256|digest|content/i);
  assert.equal(watch.sights.filter(({ shown }) => shown === 'picture').length, 0);

  writeFileSync(model, good);
  await untilGood(garim, watch);

  // Tampered with while it is in use: what runs has the verified bytes, and the next process refuses the file.
  writeFileSync(model, bad);
  const index = watch.sights.length;
  process.kill(garim.children().find((pid) => titleOf(pid).startsWith('garim-camera'))!, 'SIGKILL');
  await until('covered whole again', () => watch.sights.slice(index).some(({ shown }) => shown === 'whole'), 120_000);
  writeFileSync(model, good);
  await untilGood(garim, watch);
  assertNothingReadable(watch);
});

test('no room for segments: the recording pauses, the feed goes on, and it recovers', {
  timeout: 480_000,
  ...linux,
}, async (context) => {
  using temp = new TempDir();
  const dir = path.join(temp.path, 'segments');
  mkdirSync(dir);
  const isMounted =
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'garim-test', dir], { stdio: 'ignore' }).status === 0;
  // Where nothing may be mounted, a folder that can't be made stands in for the full disk.
  const target = isMounted ? dir : path.join(dir, 'file', 'segments');
  if (!isMounted) writeFileSync(path.join(dir, 'file'), '');
  context.diagnostic(isMounted ? 'a tmpfs of 128 KiB' : 'mounting is not permitted here: a path below a file instead');
  try {
    await using camera = await startCamera();
    const settings = { ...settingsOf(camera), segments: { dir: target, secondsEach: 2 } };
    await using garim = await startGarim({ entry: HOST, config: { cameras: { gate: settings } } });
    await using watch = watchFeed(garim.feed('gate'));
    await untilGood(garim, watch);
    const notices = async (): Promise<string> =>
      ((await (await garim.get('/api/cameras')).json()) as { agent: { notices: string[] } }).agent.notices.join('\n');
    let told = '';
    await until('segments are paused', async () => {
      told = await notices();
      return /paused/.test(told);
    });
    context.diagnostic(told);
    if (isMounted) assert.match(told, /disk is full/);
    await untilGood(garim, watch);

    if (isMounted) execFileSync('mount', ['-o', 'remount,size=200m', dir]);
    else rmSync(path.join(dir, 'file'));
    await until('segments are written again', async () => !/paused/.test(await notices()));
    const folder = path.join(target, 'gate');
    await until(
      'a finished segment',
      () => existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.mp4')),
    );
    assertNothingReadable(watch);
  } finally {
    if (isMounted) spawnSync('umount', ['-l', dir]);
  }
});
