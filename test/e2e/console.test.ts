/**
 * Goal: a person with a browser sees the filtered feed, live, and never a frozen one; what is recorded can be decoded to its end.
 * Method: headless Chromium, ffprobe and ffmpeg against the real server and a real H.264 feed.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { pino } from 'pino';
import type { Browser, Page } from 'playwright-core';
import { WebSocket } from 'ws';
import { findFfmpeg } from '../../edge/gateway/console/preview.ts';
import { startSegments } from '../../edge/gateway/segments/recorder.ts';
import { browserPath, launchBrowser } from '../support/browser.ts';
import { BASIC, DressedFeed, PASSWORD, startConsole, USER } from '../support/console-fixture.ts';
import { needs } from '../support/shared.ts';
import { createTestFeed } from '../support/test-feed.ts';
import { until } from '../support/wait.ts';

const run = promisify(execFile);
const ffmpeg = findFfmpeg(process.env['PATH']);
const PICTURE = { widthPx: 640, heightPx: 360, frameRate: 15 };

async function openConsole(browser: Browser, url: string): Promise<{ page: Page; faults: string[] }> {
  const page = await (await browser.newContext({ locale: 'en-US' })).newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.setDefaultTimeout(60_000);
  await page.goto(url);
  assert.equal(new URL(page.url()).pathname, '/login');
  await page.fill('#user', USER);
  await page.fill('#password', 'wrong-password');
  await page.click('button');
  await page.waitForSelector('[role=alert]');
  await page.fill('#user', USER);
  await page.fill('#password', PASSWORD);
  await page.click('button');
  await page.waitForSelector('[data-camera=gate]');
  return { page, faults };
}

const videoTime = (page: Page): Promise<number> => page.evaluate("document.querySelector('video').currentTime");

test('the feed plays in the browser, follows a new size, and is veiled when it stops', {
  skip: needs(browserPath, 'Chromium'),
  timeout: 240_000,
}, async () => {
  const feed = createTestFeed({ name: 'gate', ...PICTURE });
  const dressed = new DressedFeed(feed);
  await using box = await startConsole([dressed]);
  const browser = await launchBrowser();
  try {
    const { page, faults } = await openConsole(browser, box.url);
    await page.waitForSelector('[data-camera=gate][data-player=playing]');
    const before = await videoTime(page);
    await until('the video advances', async () => (await videoTime(page)) > before + 2, 60_000);
    assert.equal(await page.evaluate("document.querySelector('video').videoWidth"), PICTURE.widthPx);
    assert.equal(await page.locator('.veil').isVisible(), false);
    const shown = (await page.locator('[data-camera=gate] .info').textContent()) ?? '';
    assert.match(shown, /faces 3/);
    assert.match(shown, /plates 1/);
    assert.match(shown, /rtsp:\/\/127\.0\.0\.1:8554\/gate/);

    feed.resize(320, 240);
    await until(
      'the new size shows',
      async () => (await page.evaluate("document.querySelector('video').videoWidth")) === 320,
      60_000,
    );
    await page.waitForSelector('[data-player=playing]');

    dressed.health = {
      ...(dressed.health ?? assert.fail()),
      state: 'covered',
      reason: 'model-missing',
      advice: 'Get the model.',
    };
    await page.getByText('Get the model.').waitFor();
    await page.getByText('The whole picture is covered: no model finds all that must be covered').waitFor();
    const why = page.locator('.why');
    await why.waitFor();
    assert.equal(await why.textContent(), 'The whole picture is covered no model finds all that must be covered');
    await page.click('#language');
    await page.getByText('화면 전체를 가렸습니다: 가려야 할 것을 모두 찾는 모델이 없습니다').waitFor();
    assert.match((await why.textContent()) ?? '', /가려야 할 것을/);
    await page.click('#language');

    feed[Symbol.dispose]();
    await page.getByText('Connection lost').waitFor();
    assert.equal(await page.locator('.veil').isVisible(), true);
    assert.deepEqual(faults, []);
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.waitForURL('**/login');
  } finally {
    await browser.close();
    feed[Symbol.dispose]();
  }
});

test('the simple player shows the MPEG-1 preview, and ffmpeg ends with the last viewer', {
  skip: needs(browserPath, 'Chromium') || needs(ffmpeg, 'ffmpeg'),
  timeout: 240_000,
}, async () => {
  const feed = createTestFeed({ name: 'gate', ...PICTURE });
  await using box = await startConsole([new DressedFeed(feed)]);
  const browser = await launchBrowser();
  try {
    const { page, faults } = await openConsole(browser, box.url);
    await page.click('#player-switch');
    await page.waitForSelector('[data-player=playing]');
    assert.equal(await page.evaluate("document.querySelector('canvas').width"), PICTURE.widthPx);
    const brightest = await page.evaluate(
      "Math.max(...document.querySelector('canvas').getContext('2d').getImageData(0, 90, 640, 90).data.filter((_, i) => i % 4 === 1))",
    );
    assert.ok(Number(brightest) > 200, `the bright box of the pattern is seen: ${brightest}`);
    const children = ffmpegChildren();
    assert.equal(children.length, 1);
    assert.match(children[0] ?? '', /-i pipe:0 /);
    assert.ok(!/rtsp:|http:|@/.test(children[0] ?? ''), 'no address in the argument list');
    assert.deepEqual(faults, []);
  } finally {
    await browser.close();
    feed[Symbol.dispose]();
  }
  await until('ffmpeg is gone', () => ffmpegChildren().length === 0);
  await until('the feed is left', () => feed.subscriberCount === 0);
});

test('the preview starts anew when its ffmpeg dies or the format changes', {
  skip: needs(ffmpeg, 'ffmpeg'),
  timeout: 400_000,
}, async () => {
  const feed = createTestFeed({ name: 'gate', ...PICTURE });
  await using box = await startConsole([new DressedFeed(feed)]);
  const viewer = new WebSocket(`ws://${box.host}/cameras/gate/jsmpeg`, { headers: { Authorization: BASIC } });
  let bytes = 0;
  viewer.on('message', (data: Buffer) => {
    assert.equal(data[0], 0x47, 'MPEG-TS packets');
    bytes += data.length;
  });
  try {
    await until('the preview runs', () => bytes > 0, 60_000);
    assert.equal(listeningSockets(), 1, 'nothing listens but our own server');
    const first = ffmpegPids()[0] ?? assert.fail('no ffmpeg');
    process.kill(first, 'SIGKILL');
    await until('another ffmpeg', () => ffmpegPids().some((pid) => pid !== first), 60_000);
    bytes = 0;
    await until('the preview runs again', () => bytes > 0, 60_000);
    feed.resize(320, 240);
    await until('the old ffmpeg is gone', () => ffmpegPids().length <= 1);
    bytes = 0;
    await until('the preview runs after the change', () => bytes > 0, 60_000);
  } finally {
    viewer.terminate();
    feed[Symbol.dispose]();
  }
  await until('ffmpeg is gone', () => ffmpegPids().length === 0);
});

test('segments decode to their last picture', {
  skip: needs(ffmpeg, 'ffmpeg'),
}, async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'garim-e2e-'));
  const feed = createTestFeed({ name: 'gate', ...PICTURE });
  try {
    const segments = startSegments({ feed, dir, secondsEach: 2, totalMbMax: 100, log: pino({ level: 'silent' }) });
    const files = (): string[] => {
      try {
        return readdirSync(path.join(dir, 'gate')).filter((name) => name.endsWith('.mp4'));
      } catch {
        return [];
      }
    };
    await until('two files', () => files().length >= 2, 60_000);
    await segments.close();
    for (const name of files()) {
      const file = path.join(dir, 'gate', name);
      const decoded = await run(ffmpeg ?? '', ['-v', 'error', '-xerror', '-i', file, '-f', 'null', '-']);
      assert.equal(decoded.stderr, '', name);
      const probe = [
        '-v',
        'error',
        '-count_frames',
        '-show_entries',
        'stream=codec_name,width,height,nb_read_frames:format=duration',
      ];
      const { stdout } = await run('ffprobe', [...probe, '-of', 'json', file]);
      const { streams, format } = JSON.parse(stdout) as {
        streams: { codec_name: string; width: number; nb_read_frames: string }[];
        format: { duration: string };
      };
      assert.equal(streams.length, 1);
      assert.equal(streams[0]?.codec_name, 'h264');
      assert.equal(streams[0]?.width, PICTURE.widthPx);
      const expectedS = Number(streams[0]?.nb_read_frames) / PICTURE.frameRate;
      assert.ok(Math.abs(Number(format.duration) - expectedS) < 0.1, `${format.duration} s, expected ${expectedS} s`);
    }
  } finally {
    feed[Symbol.dispose]();
    rmSync(dir, { recursive: true, force: true });
  }
});

/** Process ids of the ffmpegs that this process started. */
function ffmpegPids(): number[] {
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim();
  return children
    .split(' ')
    .map(Number)
    .filter((pid) => pid > 0 && commandLine(pid).includes('ffmpeg'));
}

function ffmpegChildren(): string[] {
  return ffmpegPids().map(commandLine);
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** TCP sockets of this process that listen. */
function listeningSockets(): number {
  const own = new Set<string>();
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      own.add(readlinkSync(`/proc/self/fd/${fd}`));
    } catch {
      // closed meanwhile
    }
  }
  const lines = ['tcp', 'tcp6'].flatMap((table) => readFileSync(`/proc/self/net/${table}`, 'utf8').split('\n'));
  const fields = lines.map((line) => line.trim().split(/\s+/));
  return fields.filter((field) => field[3] === '0A' && own.has(`socket:[${field[9]}]`)).length;
}
