/**
 * Goal: a pushed feed arrives, decodable and as it was coded, at receivers that are not ours. Method: ffmpeg and a browser on this machine take a
 * real H.264 test feed; ffprobe, and the browser's decoder, say what arrived.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { rootLog } from '../../edge/base/log.ts';
import { type Push, startPush } from '../../edge/gateway/push/push.ts';
import { browserPath, launchBrowser } from '../support/browser.ts';
import { Authority, opensslMissing } from '../support/certificates.ts';
import { freePort } from '../support/free-port.ts';
import { needs } from '../support/shared.ts';
import { createTestFeed } from '../support/test-feed.ts';
import { until } from '../support/wait.ts';
import { type Received, WhipEndpoint } from '../support/whip-endpoint.ts';

const FRAMES_WANTED = 20;
const browser = { skip: needs(browserPath, 'Chromium') };
const ffmpeg = { skip: needs(runs('ffmpeg', ['-version']) && runs('ffprobe', ['-version']), 'ffmpeg') };

function runs(tool: string, args: string[]): boolean {
  return spawnSync(tool, args, { stdio: 'ignore' }).status === 0;
}

function setUp(context: TestContext) {
  const dir = mkdtempSync(path.join(tmpdir(), 'garim-push-'));
  const feed = createTestFeed({ name: 'gate', widthPx: 320, heightPx: 180, frameRate: 10 });
  const sent = { units: 0 };
  const pushes: Push[] = [];
  const receivers: ChildProcess[] = [];
  const lines: string[] = [];
  const log = rootLog.child({}, { level: 'silent' });
  context.after(async () => {
    await Promise.all(pushes.map((push) => push.close()));
    feed[Symbol.dispose]();
    for (const receiver of receivers) receiver.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  });
  const metrics = { unitSent: () => void sent.units++, viewerDropped: () => {} };
  return {
    file: path.join(dir, 'received.ts'),
    feed,
    sent,
    lines,
    push: (url: string, ca?: string): Push => {
      const push = startPush({ feed, url, ca, metrics, log });
      pushes.push(push);
      return push;
    },
    listen: (...args: string[]): ChildProcess => {
      const receiver = spawn('ffmpeg', ['-hide_banner', '-loglevel', 'warning', '-y', ...args], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      receiver.stderr?.on('data', (data) => lines.push(String(data)));
      receivers.push(receiver);
      return receiver;
    },
  };
}

function probe(file: string): { codec_name: string; width: number; height: number; nb_read_frames: string } {
  const args =
    '-v error -count_frames -select_streams v -show_entries stream=codec_name,width,height,nb_read_frames -of json';
  return JSON.parse(execFileSync('ffprobe', [...args.split(' '), file], { encoding: 'utf8' })).streams[0];
}

for (const [scheme, receive, target] of [
  [
    'rtmp',
    (port: number) => ['-listen', '1', '-f', 'flv', '-i', `rtmp://127.0.0.1:${port}/live/gate`],
    (port: number) => `rtmp://127.0.0.1:${port}/live/gate`,
  ],
  [
    'srt',
    (port: number) => ['-i', `srt://127.0.0.1:${port}?mode=listener`],
    (port: number) => `srt://127.0.0.1:${port}?mode=caller`,
  ],
  [
    'rtsp',
    (port: number) => ['-rtsp_flags', 'listen', '-i', `rtsp://127.0.0.1:${port}/gate`],
    (port: number) => `rtsp://127.0.0.1:${port}/gate`,
  ],
] as const) {
  test(`${scheme}: ffmpeg receives the feed as it was coded`, ffmpeg, async (context) => {
    const port = await freePort();
    const { file, listen, push, sent, lines } = setUp(context);
    const receiver = listen(...receive(port), '-c', 'copy', '-frames:v', String(FRAMES_WANTED), '-f', 'mpegts', file);
    const exited = new Promise((resolve) => receiver.once('exit', resolve));
    const pushing = push(target(port));
    await until(
      () => `${scheme} receiver has its frames; push ${JSON.stringify(pushing.state)}; ${lines.join('')}`,
      () => receiver.exitCode !== null,
    );
    await exited;
    assert.ok(existsSync(file), lines.join(''));
    const { codec_name, width, height, nb_read_frames } = probe(file);
    assert.deepEqual([codec_name, width, height], ['h264', 320, 180]);
    assert.ok(Number(nb_read_frames) >= FRAMES_WANTED - 2, `only ${nb_read_frames} frames`);
    assert.ok(sent.units >= FRAMES_WANTED);
  });
}

test('rtsps: the target must be vouched for by tls.ca', { skip: ffmpeg.skip || opensslMissing }, async (context) => {
  using authority = new Authority();
  using stranger = new Authority();
  const { cert, key } = authority.issue('centre');
  const port = await freePort();
  const { file, listen, push, lines } = setUp(context);
  // ffmpeg can't listen for RTSP over TLS: this ends TLS before it.
  const sockets = new Set<Socket>();
  const server = createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) }, (socket) => {
    const inner = connect(port, '127.0.0.1');
    for (const end of [socket, inner]) sockets.add(end.on('error', () => {}));
    socket.pipe(inner).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const url = `rtsps://127.0.0.1:${(server.address() as AddressInfo).port}/gate`;

  const refused = push(url, stranger.ca);
  await until(
    () => JSON.stringify(refused.state),
    () => refused.state.reconnects >= 1,
  );
  assert.match(refused.state.lastError, /not vouched for by .*ca\.crt \(tls\.ca\)/);
  await refused.close();
  assert.equal(sockets.size, 0, 'nothing was sent');

  const input = ['-rtsp_flags', 'listen', '-i', `rtsp://127.0.0.1:${port}/gate`];
  const receiver = listen(...input, '-c', 'copy', '-frames:v', String(FRAMES_WANTED), '-f', 'mpegts', file);
  const pushing = push(url, authority.ca);
  await until(
    () => `receiver has its frames; push ${JSON.stringify(pushing.state)}; ${lines.join('')}`,
    () => receiver.exitCode !== null,
  );
  assert.ok(Number(probe(file).nb_read_frames) >= FRAMES_WANTED - 2);
});

test('reconnects when the target comes back, and says so', ffmpeg, async (context) => {
  const port = await freePort();
  const { file, listen, push, lines } = setUp(context);
  const url = `rtmp://127.0.0.1:${port}/live/secret-stream-key`;
  const pushing = push(url);
  await until(
    () => 'an attempt has failed',
    () => pushing.state.reconnects >= 1,
  );
  assert.match(pushing.state.lastError, /cannot be reached|refused/i);
  const receiver = listen(
    '-listen',
    '1',
    '-f',
    'flv',
    '-i',
    url,
    '-c',
    'copy',
    '-frames:v',
    '10',
    '-f',
    'mpegts',
    file,
  );
  await until(
    () => `receiver has its frames; push ${JSON.stringify(pushing.state)}; ${lines.join('')}`,
    () => receiver.exitCode !== null,
  );
  assert.ok(Number(probe(file).nb_read_frames) >= 8);
});

test('a target that takes nothing is given up, and no credential of it is shown', {
  timeout: 240_000,
}, async (context) => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket.on('error', () => {}))); // accepts and never answers
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as { port: number };
  const { push } = setUp(context);
  const pushing = push(`rtsp://operator:hush-hush@127.0.0.1:${port}/gate`);
  await until(
    () => JSON.stringify(pushing.state),
    () => pushing.state.reconnects >= 1,
  );
  assert.match(pushing.state.lastError, /took nothing for 10 s/);
  assert.doesNotMatch(JSON.stringify(pushing.state), /hush-hush|operator/);
});

test('whip: a browser receives the feed, and again after it has hung up', browser, async (context) => {
  const chromium = await launchBrowser();
  await using endpoint = await WhipEndpoint.open(chromium);
  context.after(() => chromium.close());
  const { push, sent } = setUp(context);
  const pushing = push(`whip://127.0.0.1:${endpoint.port}/gate`);
  const hasReceived = async (frames: number): Promise<void> => {
    let received: Received | undefined;
    await until(
      () => `the browser has decoded its frames: ${JSON.stringify({ received, push: pushing.state })}`,
      async () => {
        received = await endpoint.received();
        return (received?.framesDecoded ?? 0) >= frames;
      },
    );
    assert.deepEqual([received?.widthPx, received?.heightPx], [320, 180]);
  };
  await hasReceived(FRAMES_WANTED);
  assert.ok(sent.units >= FRAMES_WANTED);
  await endpoint.hangUp();
  await hasReceived(FRAMES_WANTED / 2);
  const { reconnects } = pushing.state;
  assert.ok(reconnects >= 1);
  await pushing.close();
  assert.equal(endpoint.requests.filter((line) => line === 'POST /gate').length, 1 + reconnects);
  assert.equal(endpoint.requests.at(-1), 'DELETE /resource');
});

test('whip: the muxer is there, and an endpoint that can not be reached gives a clear error', async (context) => {
  const port = await freePort();
  const { push } = setUp(context);
  const pushing = push(`whip://127.0.0.1:${port}/endpoint?token=hush-hush`);
  await until(
    () => JSON.stringify(pushing.state),
    () => pushing.state.lastError !== '',
  );
  context.diagnostic(pushing.state.lastError);
  assert.match(pushing.state.lastError, new RegExp(`whip://127\\.0\\.0\\.1:${port}/endpoint .*Connection refused`));
  assert.doesNotMatch(pushing.state.lastError, /hush-hush/);
});
