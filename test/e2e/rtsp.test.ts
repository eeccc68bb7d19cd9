/**
 * Real players pull a live feed from the RTSP server, log in with digest, and decode it. What they decode is looked at: the number of
 * bytes tells that no picture is missing, the chroma that they are the pictures of the test pattern.
 */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { complaintsOf } from '../support/gstreamer.ts';
import { ManualDirectory } from '../support/manual-feed.ts';
import { PASSWORD, type RtspFixture, startRtspFixture, USER } from '../support/rtsp-fixture.ts';
import { needs } from '../support/shared.ts';
import { createTestFeed, type TestFeed } from '../support/test-feed.ts';
import { until } from '../support/wait.ts';

const FRAMES = 30;
const SIZE = { widthPx: 640, heightPx: 360 };
const FRAME_BYTES = (SIZE.widthPx * SIZE.heightPx * 3) / 2;
/** Only bounds hanging. */
const PLAYER_TIMEOUT_MS = 200_000;

const runs = (tool: string, ...args: string[]): boolean => spawnSync(tool, args, { stdio: 'ignore' }).status === 0;
const ffmpeg = runs('ffmpeg', '-version') && runs('ffprobe', '-version');
const gstreamer = ['rtspsrc', 'rtph264depay', 'avdec_h264', 'videoconvert'].every((element) =>
  runs('gst-inspect-1.0', '--exists', element),
);

interface Stage extends AsyncDisposable {
  feed: TestFeed;
  fixture: RtspFixture;
  url: string;
  /** With user and password. */
  login: string;
}

async function stage(): Promise<Stage> {
  const feed = createTestFeed({ name: 'gate', frameRate: 25, ...SIZE });
  const fixture = await startRtspFixture(new ManualDirectory(feed));
  const url = `${fixture.base}/gate`;
  const login = url.replace('rtsp://', `rtsp://${USER}:${encodeURIComponent(PASSWORD)}@`);
  return {
    feed,
    fixture,
    url,
    login,
    [Symbol.asyncDispose]: async () => {
      await fixture.server.close();
      feed[Symbol.dispose]();
    },
  };
}

function run(tool: string, args: string[]): Promise<{ code: number; stdout: Buffer; stderr: string }> {
  return new Promise((resolve) => {
    const options = { encoding: 'buffer', maxBuffer: 256 * 1024 * 1024, timeout: PLAYER_TIMEOUT_MS } as const;
    const child = execFile(tool, args, options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : (child.exitCode ?? -1), stdout, stderr: stderr.toString() });
    });
  });
}

/** The pattern's chroma is the same in every frame; a grey or green picture of a decoder that lost its way is not. */
function assertPattern(i420: Buffer): void {
  assert.equal(i420.length, FRAMES * FRAME_BYTES);
  const lumaBytes = SIZE.widthPx * SIZE.heightPx;
  for (let at = 0; at < i420.length; at += FRAME_BYTES) {
    assert.ok(Math.abs(i420[at + lumaBytes + 5000]! - 100) <= 4, 'U plane');
    assert.ok(Math.abs(i420[at + lumaBytes * 1.25 + 5000]! - 150) <= 4, 'V plane');
  }
  assert.notDeepEqual(i420.subarray(0, lumaBytes), i420.subarray(-FRAME_BYTES, lumaBytes - FRAME_BYTES), 'it moves');
}

for (const transport of ['tcp', 'udp']) {
  describe(`ffmpeg over ${transport}`, { skip: needs(ffmpeg, 'ffmpeg and ffprobe') }, () => {
    test('decodes the feed without an error', async () => {
      await using s = await stage();
      const input = ['-nostdin', '-loglevel', 'error', '-rtsp_transport', transport, '-i', s.login];
      const output = [
        '-frames:v',
        String(FRAMES),
        '-fps_mode',
        'passthrough',
        '-f',
        'rawvideo',
        '-pix_fmt',
        'yuv420p',
        '-',
      ];
      const { code, stdout, stderr } = await run('ffmpeg', [...input, ...output]);
      assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
      assertPattern(stdout);
      await until('it has torn its session down', () => s.feed.subscriberCount === 0);
      assert.deepEqual(s.fixture.metrics.drops, []);
    });

    test('a second viewer joins late', async () => {
      await using s = await stage();
      const args = (frames: number): string[] => [
        '-nostdin',
        '-loglevel',
        'error',
        '-rtsp_transport',
        transport,
        '-i',
        s.login,
        '-frames:v',
        String(frames),
        '-f',
        'null',
        '-',
      ];
      const first = run('ffmpeg', args(100));
      await until('the first viewer gets units', () => s.fixture.metrics.sent.length > 10);
      const second = await run('ffmpeg', args(20));
      assert.deepEqual([second.code, second.stderr], [0, '']);
      const { code, stderr } = await first;
      assert.deepEqual([code, stderr], [0, '']);
    });
  });

  describe(`GStreamer over ${transport}`, { skip: needs(gstreamer, 'GStreamer with rtspsrc and avdec_h264') }, () => {
    test('decodes the feed', async () => {
      await using s = await stage();
      const folder = mkdtempSync(path.join(tmpdir(), 'garim-rtsp-'));
      try {
        const file = path.join(folder, 'frames.yuv');
        const source = [
          'rtspsrc',
          `location=${s.url}`,
          `user-id=${USER}`,
          `user-pw=${PASSWORD}`,
          `protocols=${transport}`,
        ];
        const decode = ['!', 'rtph264depay', '!', 'avdec_h264', '!', 'videoconvert', '!', 'video/x-raw,format=I420'];
        const sink = ['!', 'identity', `eos-after=${FRAMES + 1}`, '!', 'filesink', `location=${file}`];
        const { code, stderr } = await run('gst-launch-1.0', ['-q', ...source, ...decode, ...sink]);
        assert.equal(complaintsOf(stderr), '');
        assert.ok(code === 0 || stderr !== '', `it ended with ${code} and said nothing`);
        assertPattern(readFileSync(file));
      } finally {
        rmSync(folder, { recursive: true });
      }
      await until('it has torn its session down', () => s.feed.subscriberCount === 0);
      assert.deepEqual(s.fixture.metrics.drops, []);
    });
  });
}

describe('players', () => {
  test('ffprobe reads codec, size and rate', { skip: needs(ffmpeg, 'ffmpeg and ffprobe') }, async () => {
    await using s = await stage();
    const entries = 'stream=codec_name,width,height,r_frame_rate';
    const args = ['-loglevel', 'error', '-rtsp_transport', 'tcp', '-show_entries', entries, '-of', 'csv=p=0', s.login];
    const { stdout, stderr } = await run('ffprobe', args);
    assert.deepEqual([stdout.toString().trim(), stderr], ['h264,640,360,25/1', '']);
  });

  test('ffmpeg goes on through a change of size', { skip: needs(ffmpeg, 'ffmpeg and ffprobe') }, async () => {
    await using s = await stage();
    const input = ['-nostdin', '-loglevel', 'info', '-rtsp_transport', 'tcp', '-i', s.login];
    const player = run('ffmpeg', [...input, '-frames:v', '100', '-vf', 'showinfo', '-f', 'null', '-']);
    await until('units are on their way', () => s.fixture.metrics.sent.length > 30);
    s.feed.resize(320, 240);
    const { code, stderr } = await player;
    assert.equal(code, 0);
    // The filter graph is set up anew for the new size, so both show up in its output.
    assert.match(stderr, /s:640x360/);
    assert.match(stderr, /s:320x240/);
  });

  test('a wrong password gets nothing', { skip: needs(ffmpeg, 'ffmpeg and ffprobe') }, async () => {
    await using s = await stage();
    for (const url of [s.url, s.url.replace('rtsp://', `rtsp://${USER}:wrong@`)]) {
      const { code, stderr } = await run('ffmpeg', ['-nostdin', '-loglevel', 'error', '-i', url, '-f', 'null', '-']);
      assert.notEqual(code, 0);
      assert.match(stderr, /401/);
    }
    assert.equal(s.fixture.metrics.sent.length, 0);
  });
});
