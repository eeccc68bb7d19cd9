/**
 * Goal: the capture gets pictures from a real RTSP server that is not ours, and outlives everything that happens to one.
 * Method: GStreamer's server with a test pattern; it is killed, restarted, stopped and given wrong passwords.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { SOURCE_STALL_MS } from '../../edge/base/limits.ts';
import type { CaptureOptions } from '../../edge/camera/capture/port.ts';
import { assertRising, pull, withCapture } from '../support/captures.ts';
import { type RtspServer, rtspServerMissing, startRtspServer } from '../support/rtsp-server.ts';

const USER_INFO = 'admin:geheim-9';

function opensslMissing(): string | false {
  return spawnSync('openssl', ['version']).status === 0 ? false : 'needs openssl, not found on this machine';
}

const live = (url: string, transport: 'tcp' | 'udp'): CaptureOptions => ({ url, transport, pacing: 'live' });

describe('capture from a foreign RTSP server', { skip: rtspServerMissing(), timeout: 600_000 }, () => {
  let server: RtspServer;

  before(async () => {
    server = await startRtspServer({
      user: 'admin',
      password: 'geheim-9',
      mounts: {
        h264: { file: 'test', codec: 'h264' },
        h265: { file: 'test', codec: 'h265' },
        mjpeg: { file: 'test', codec: 'mjpeg' },
      },
    });
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
  });

  for (const transport of ['tcp', 'udp'] as const) {
    for (const [mount, codec] of Object.entries({ h264: 'h264', h265: 'hevc', mjpeg: 'mjpeg' })) {
      test(`${mount} over ${transport}, with digest authentication`, async () => {
        await withCapture(live(server.url(mount, USER_INFO), transport), async (capture) => {
          const seen = await pull(capture, ({ seqs }) => seqs.length >= 30);
          assert.deepEqual(seen.lost, []);
          assert.deepEqual(seen.info, { codec, widthPx: 640, heightPx: 360, frameRate: 25 });
          assertRising(seen.seqs, 'seq');
          assertRising(seen.ptsUs, 'ptsUs');
          assert.deepEqual(new Set(seen.sizes), new Set(['640x360']));
          // The pattern has 25 pictures per second: the spacing is the camera's, not that of arrival.
          const stepUs = (seen.ptsUs.at(-1)! - seen.ptsUs[0]!) / (seen.seqs.at(-1)! - seen.seqs[0]!);
          assert.ok(Math.abs(stepUs - 40_000) < 2000, `${stepUs} us between frames`);
        });
      });
    }
  }

  test('rtsps, with a certificate of its own as cameras have', { skip: opensslMissing() }, async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'garim-rtsps-'));
    try {
      const tlsPem = path.join(folder, 'both.pem');
      const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=camera'];
      execFileSync('openssl', [...request, '-keyout', tlsPem, '-out', `${tlsPem}.cert`], { stdio: 'ignore' });
      await appendFile(tlsPem, await readFile(`${tlsPem}.cert`));
      const mounts = { h264: { file: 'test', codec: 'h264' } } as const;
      await using secure = await startRtspServer({ user: 'admin', password: 'geheim-9', mounts, tlsPem });
      await withCapture(live(secure.url('h264', USER_INFO), 'tcp'), async (capture) => {
        const { ptsUs, lost } = await pull(capture, (seen) => seen.seqs.length >= 30 || seen.lost.length > 0);
        assert.deepEqual(lost, []);
        assertRising(ptsUs, 'ptsUs');
      });
      await withCapture({ ...live(secure.url('h264', USER_INFO), 'tcp'), ca: `${tlsPem}.cert` }, async (capture) => {
        const { lost } = await pull(capture, (seen) => seen.seqs.length >= 3 || seen.lost.length > 0);
        assert.deepEqual(lost, [], 'its own certificate vouches for it');
      });
      execFileSync('openssl', [...request, '-keyout', '/dev/null', '-out', `${tlsPem}.other`], { stdio: 'ignore' });
      await withCapture({ ...live(secure.url('h264', USER_INFO), 'tcp'), ca: `${tlsPem}.other` }, async (capture) => {
        const { lost, seqs } = await pull(capture, (seen) => seen.seqs.length > 0 || seen.lost.length > 0);
        assert.deepEqual(seqs, []);
        assert.match(lost[0]!.error, /not vouched for by .*other \(tls\.ca\)/);
        assert.doesNotMatch(lost[0]!.error, /geheim/);
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('a wrong password is told as such, without the password', async () => {
    await withCapture(live(server.url('h264', 'admin:falsch-1'), 'tcp'), async (capture) => {
      const { lost } = await pull(capture, (seen) => seen.lost.length > 0);
      assert.equal(lost[0]!.reason, 'source-unauthorised');
      assert.match(lost[0]!.error, /401/);
      assert.doesNotMatch(lost[0]!.error, /admin|falsch/);
      assert.ok(lost[0]!.retryMs >= 15_000);
    });
  });

  test('a path that is not there is lost and tried again', async () => {
    await withCapture(live(server.url('nothing', USER_INFO), 'tcp'), async (capture) => {
      const { lost } = await pull(capture, (seen) => seen.lost.length >= 2);
      assert.deepEqual(
        lost.map(({ reason }) => reason),
        ['source-lost', 'source-lost'],
      );
    });
  });

  for (const transport of ['tcp', 'udp'] as const) {
    test(`over ${transport} a server that is killed and restarted is lost and found; time goes on rising`, async () => {
      await withCapture(live(server.url('h264', USER_INFO), transport), async (capture) => {
        const one = await pull(capture, (seen) => seen.seqs.length >= 10);
        await server.kill('SIGKILL');
        const two = await pull(capture, (seen) => seen.lost.length >= 1);
        assert.equal(two.lost[0]!.reason, 'source-lost');
        await server.restart();
        const three = await pull(capture, (seen) => seen.seqs.length >= 10);
        assert.equal(three.events.filter((kind) => kind === 'connected').length, 1);
        assert.equal(capture.counts.reconnects, 1);
        const parts = [one, two, three];
        assertRising(
          parts.flatMap(({ seqs }) => seqs),
          'seq',
        );
        assertRising(
          parts.flatMap(({ ptsUs }) => ptsUs),
          'ptsUs',
        );
      });
    });

    test(`over ${transport} a server that hangs is lost within the stall time; the read that hangs is released`, async () => {
      await withCapture(live(server.url('h264', USER_INFO), transport), async (capture) => {
        await pull(capture, (seen) => seen.seqs.length >= 10);
        await server.kill('SIGSTOP');
        const stoppedMs = performance.now();
        try {
          const { lost } = await pull(capture, (seen) => seen.lost.length >= 1);
          const tookMs = performance.now() - stoppedMs;
          assert.ok(tookMs > SOURCE_STALL_MS - 500 && tookMs < SOURCE_STALL_MS + 2000, `lost after ${tookMs} ms`);
          assert.match(lost[0]!.error, /nothing came for 5 s/);
          // It hangs while connecting now: closing must not wait for it.
          await sleep(lost[0]!.retryMs + 200);
        } finally {
          const closingMs = performance.now();
          await capture.close();
          // Waiting for it would take CLOSE_MS_MAX, 3 s, at least.
          assert.ok(performance.now() - closingMs < 2_500, 'close() waited for the server');
          await server.kill('SIGCONT');
        }
      });
    });
  }
});
