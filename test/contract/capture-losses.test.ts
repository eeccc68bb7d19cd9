/**
 * Goal: a lost source is told as what it is, and comes back by itself with nothing left behind.
 * Method: a camera over HTTP that hangs up, falls silent or refuses; files that come late; a device that is not there.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { AV_PIX_FMT_YUV420P, FF_ENCODER_LIBX264 } from 'node-av/constants';
import { SOURCE_STALL_MS } from '../../edge/base/limits.ts';
import { openCapture } from '../../edge/camera/capture/open.ts';
import { assertRising, pull, withCapture } from '../support/captures.ts';
import { makeClip } from '../support/clips.ts';
import { type MjpegServer, startMjpegServer } from '../support/mjpeg-server.ts';

const SIZE = { widthPx: 320, heightPx: 180 };
const FRAMES = 30;

let folder = '';
let camera: MjpegServer;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'garim-losses-'));
  camera = await startMjpegServer({ ...SIZE, frameRate: 25, user: 'admin', password: 'geheim-9' });
});
after(async () => {
  await camera[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function clip(name: string, frames: number): Promise<string> {
  const file = path.join(folder, name);
  const coding = { encoder: FF_ENCODER_LIBX264, pixelFormat: AV_PIX_FMT_YUV420P, frameRate: 30 };
  await makeClip({ path: file, sizes: [SIZE], frames, ...coding });
  return file;
}

describe('losses', () => {
  test('a camera that hangs up is lost and comes back; seq and ptsUs go on rising over the real time between', async () => {
    await withCapture({ url: camera.url('admin:geheim-9'), transport: 'tcp', pacing: 'live' }, async (capture) => {
      const one = await pull(capture, ({ seqs }) => seqs.length >= 5);
      camera.hangUp();
      const two = await pull(capture, ({ lost }) => lost.length > 0);
      const three = await pull(capture, ({ seqs }) => seqs.length >= 5);
      assert.equal(two.lost[0]!.reason, 'source-lost');
      assert.ok(two.lost[0]!.retryMs >= 250 && two.lost[0]!.retryMs <= 500, `retry in ${two.lost[0]!.retryMs} ms`);
      assert.equal(three.events[0], 'connected');
      assert.equal(capture.counts.reconnects, 1);
      const pts = [...one.ptsUs, ...two.ptsUs];
      assertRising([...one.seqs, ...two.seqs, ...three.seqs], 'seq');
      assertRising([...pts, ...three.ptsUs], 'ptsUs');
      const gapMs = (three.ptsUs[0]! - pts.at(-1)!) / 1000;
      const betweenMs = three.capturedMs[0]! - [...one.capturedMs, ...two.capturedMs].at(-1)!;
      assert.ok(gapMs >= two.lost[0]!.retryMs * 0.9 && gapMs < betweenMs + 1000, `gap of ${gapMs} ms`);
    });
  });

  test('a camera that falls silent is lost within the stall time, and found when it speaks again', async () => {
    await withCapture({ url: camera.url('admin:geheim-9'), transport: 'tcp', pacing: 'live' }, async (capture) => {
      await pull(capture, ({ seqs }) => seqs.length >= 5);
      camera.setSilent(true);
      try {
        const { lost } = await pull(capture, (seen) => seen.lost.length > 0);
        const tookMs = performance.now() - camera.sentMs;
        assert.equal(lost[0]!.reason, 'source-lost');
        assert.match(lost[0]!.error, /nothing came for 5 s/);
        assert.ok(tookMs > SOURCE_STALL_MS - 500 && tookMs < SOURCE_STALL_MS + 3000, `lost after ${tookMs} ms`);
      } finally {
        camera.setSilent(false);
      }
      await pull(capture, ({ seqs }) => seqs.length >= 5);
      assert.equal(capture.counts.reconnects, 1);
    });
  });

  test('a wrong password is told as such, without the password, and is not tried often', async () => {
    await withCapture({ url: camera.url('admin:falsch-1'), transport: 'tcp', pacing: 'live' }, async (capture) => {
      const { lost } = await pull(capture, (seen) => seen.lost.length > 0);
      assert.equal(lost[0]!.reason, 'source-unauthorised');
      assert.ok(lost[0]!.retryMs >= 15_000);
      assert.doesNotMatch(JSON.stringify(lost), /falsch|admin/);
    });
  });

  test('a server that hangs up at once, or that is no camera, is told as such', async () => {
    const hangingUp = createTcpServer((socket) => socket.on('error', () => undefined).end());
    const page = createHttpServer((_request, response) => response.end('<html>router login</html>'));
    try {
      for (const [server, scheme, reason, text] of [
        [hangingUp, 'rtsp', 'source-lost', /no answer/],
        [page, 'http', 'source-undecodable', /no Motion JPEG/],
      ] as const) {
        server.listen(0, '127.0.0.1');
        await once(server, 'listening');
        const { port } = server.address() as AddressInfo;
        const url = `${scheme}://admin:geheim-9@127.0.0.1:${port}/video`;
        await withCapture({ url, transport: 'tcp', pacing: 'live' }, async (capture) => {
          const { lost } = await pull(capture, (seen) => seen.lost.length > 0);
          assert.equal(lost[0]!.reason, reason);
          assert.match(lost[0]!.error, text);
          assert.doesNotMatch(lost[0]!.error, /admin|geheim/);
        });
      }
    } finally {
      hangingUp.close();
      page.closeAllConnections();
      page.close();
    }
  });

  test('a capture is closed while it connects to a server that never answers', async () => {
    const silent = createTcpServer((socket) => socket.on('error', () => undefined));
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    try {
      const { port } = silent.address() as AddressInfo;
      for (let index = 0; index < 20; index++) {
        const capture = openCapture({ url: `rtsp://127.0.0.1:${port}/a`, transport: 'tcp', pacing: 'live' });
        const pending = capture.next();
        await sleep(index);
        const startMs = performance.now();
        await capture.close();
        assert.ok(performance.now() - startMs < 2000);
        assert.equal((await pending).kind, 'ended');
      }
    } finally {
      silent.close();
    }
  });

  test('a file that plays as a camera is waited for', async () => {
    const made = await clip('late.mp4', FRAMES);
    const awaited = path.join(folder, 'awaited.mp4');
    await withCapture({ url: `file:${awaited}?loop=1`, transport: 'tcp', pacing: 'live' }, async (capture) => {
      const { lost } = await pull(capture, (seen) => seen.lost.length > 0);
      assert.equal(lost[0]!.reason, 'source-lost');
      await rename(made, awaited);
      const seen = await pull(capture, ({ seqs }) => seqs.length >= FRAMES + 5);
      assertRising(seen.ptsUs, 'ptsUs');
    });
  });

  test('a missing V4L2 device is lost, and the text names it', async () => {
    await withCapture({ url: 'v4l2:/dev/video-none', transport: 'tcp', pacing: 'live' }, async (capture) => {
      const { lost } = await pull(capture, (seen) => seen.lost.length > 0);
      assert.equal(lost[0]!.reason, 'source-lost');
      assert.match(lost[0]!.error, /\/dev\/video-none/);
    });
  });

  test('nothing is left behind by many connections', { timeout: 400_000 }, async () => {
    const url = `file:${await clip('many.mp4', 3)}?loop=1`;
    await withCapture({ url, transport: 'tcp', pacing: 'unpaced' }, async (capture) => {
      await pull(capture, ({ seqs }) => seqs.length >= 3 * 50);
      const beforeMb = process.memoryUsage().rss / 1e6;
      await pull(capture, ({ seqs }) => seqs.length >= 3 * 200);
      const grownMb = process.memoryUsage().rss / 1e6 - beforeMb;
      assert.ok(grownMb < 40, `grew by ${grownMb.toFixed(0)} MB`);
    });
  });
});
