/**
 * Goal: no credential that the product was given can be read anywhere but where it was put. Method: cameras, push targets and the user get
 * planted ones, in every form that they can be written in; peers refuse, repeat what they were told, or are not there; the log is at its most
 * talkative. Then all that the product says, stores or shows to other processes is searched for what was planted.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { packageRoot } from '../../edge/base/paths.ts';
import { findFfmpeg } from '../../edge/gateway/console/preview.ts';
import { filesBelow } from '../support/files.ts';
import { childrenOf, type Garim, startGarim, titleOf, USER, until } from '../support/garim.ts';
import { startMjpegServer } from '../support/mjpeg-server.ts';
import { RtspClient } from '../support/rtsp-client.ts';
import { rtspServerMissing, startRtspServer } from '../support/rtsp-server.ts';
import { needs } from '../support/shared.ts';
import { TempDir } from '../support/temp.ts';

const linux = needs(process.platform === 'linux', '/proc');

/** Plain words that occur nowhere else. Those with signs are written percent-encoded in URLs. */
const PLANTED = {
  mjpegUser: 'plantmjpeguser',
  mjpegPassword: 'plantmjpeg@pw/1',
  rtspUser: 'plantrtspuser',
  rtspPassword: 'plantrtsp%pw:2',
  goneUser: 'plantgoneuser',
  gonePassword: 'plantgonepw3',
  goneToken: 'plantgonetoken4',
  echoPassword: 'plantechopw5',
  echoToken: 'plantechotoken6',
  envPassword: 'plantenvpw7',
  filePassword: 'plantfile pw8',
  pushPassword: 'plantpushpw9',
  pushKey: 'plantpushkey10',
  pushEchoPassword: 'plantpushechopw11',
  pushPassphrase: 'plantpassphrase12',
  ownPassword: 'plantown@pw13',
};

/** Every form of each secret, with its name. */
const NEEDLES: [name: string, text: string][] = Object.entries(PLANTED).flatMap(([name, secret]) => {
  const pairs = Object.entries(PLANTED)
    .filter(([other]) => other.endsWith('User'))
    .map(([, user]) => Buffer.from(`${user}:${secret}`).toString('base64'));
  const forms = [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    ...pairs,
  ];
  return [...new Set(forms)].map((form): [string, string] => [name, form]);
});

const enc = encodeURIComponent;

/** Fails when `text` holds what was planted; the message tells where, and the name of the secret only. */
function assertClean(where: string, text: string, except: (keyof typeof PLANTED)[] = []): void {
  for (const [name, needle] of NEEDLES) {
    if (except.includes(name as keyof typeof PLANTED)) continue;
    const at = text.indexOf(needle);
    assert.equal(at, -1, `${where} holds ${name}: …${text.slice(Math.max(0, at - 120), at + 80)}…`);
  }
}

/** A camera that repeats what it was asked for in its refusal. */
async function startEcho(context: TestContext): Promise<number> {
  const server = createHttpServer((request, response) => {
    const told = `${request.url} ${request.headers.authorization ?? ''}`;
    response.writeHead(500, `no ${told}`, { 'Content-Type': 'text/plain', 'X-Told': told }).end(told);
  });
  return listening(context, server);
}

/** A push target that repeats the request in its RTSP refusal. */
async function startRtspEcho(context: TestContext): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => {
      const request = data.toString();
      const cseq = /CSeq: *(\d+)/i.exec(request)?.[1] ?? '1';
      const told = request.replaceAll(/\s+/g, ' ');
      socket.end(`RTSP/1.0 454 Not ${told}\r\nCSeq: ${cseq}\r\nX-Told: ${told}\r\n\r\n`);
    });
  });
  return listening(context, server);
}

async function listening(context: TestContext, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** All processes below, at any depth. */
const descendants = (pid: number): number[] => childrenOf(pid).flatMap((child) => [child, ...descendants(child)]);

function assertProcessesClean(garim: Garim): string[] {
  assertClean('the command line of the agent', readFileSync(`/proc/${garim.pid}/cmdline`, 'latin1'));
  const titles: string[] = [];
  for (const pid of descendants(garim.pid)) {
    try {
      for (const file of ['cmdline', 'environ']) {
        assertClean(`${file} of "${titleOf(pid)}"`, readFileSync(`/proc/${pid}/${file}`, 'latin1'));
      }
      titles.push(titleOf(pid).slice(0, 30));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' && (error as NodeJS.ErrnoException).code !== 'ESRCH')
        throw error;
    }
  }
  return titles;
}

function assertFolderClean(folder: string): void {
  for (const [file, content] of filesBelow(folder)) assertClean(file, content);
}

test('planted credentials are found nowhere', { skip: linux, timeout: 900_000 }, async (context) => {
  const p = PLANTED;
  using temp = new TempDir({ 'file.url': `rtsp://filecam:${enc(p.filePassword)}@127.0.0.1:1/file\n` });
  const echoPort = await startEcho(context);
  const pushEchoPort = await startRtspEcho(context);
  await using mjpeg = await startMjpegServer({
    widthPx: 320,
    heightPx: 180,
    frameRate: 10,
    user: p.mjpegUser,
    password: p.mjpegPassword,
  });
  const hasRtsp = rtspServerMissing() === false;
  await using rtsp = hasRtsp
    ? await startRtspServer({
        user: p.rtspUser,
        password: p.rtspPassword,
        mounts: { test: { file: 'test', codec: 'h264' } },
      })
    : { url: () => 'rtsp://127.0.0.1:1/none', [Symbol.asyncDispose]: async () => {} };
  context.diagnostic(hasRtsp ? 'with a foreign RTSP server' : 'without a foreign RTSP server');

  await using garim = await startGarim({
    cameras: {
      good: mjpeg.url(`${p.mjpegUser}:${enc(p.mjpegPassword)}`),
      rtsp: rtsp.url('test', `${p.rtspUser}:${enc(p.rtspPassword)}`),
      refused: mjpeg.url(`${p.goneUser}:${p.gonePassword}`),
      gone: `rtsp://${p.goneUser}:${p.gonePassword}@127.0.0.1:1/stream?token=${p.goneToken}`,
      echo: `http://echocam:${p.echoPassword}@127.0.0.1:${echoPort}/video?token=${p.echoToken}`,
    },
    config: {
      cameras: {
        environment: { source: { env: 'PLANTED_URL' } },
        file: { source: { file: path.join(temp.path, 'file.url') } },
        good: {
          source: 'simulated',
          push: [
            `rtmp://pusher:${p.pushPassword}@127.0.0.1:1/live/${p.pushKey}`,
            `rtsp://pusher:${p.pushEchoPassword}@127.0.0.1:${pushEchoPort}/gate`,
            `srt://127.0.0.1:1?passphrase=${p.pushPassphrase}`,
          ],
        },
      },
    },
    args: ['--log-level', 'debug'],
    env: {
      GARIM_PASSWORD: p.ownPassword,
      PLANTED_URL: `rtsp://envcam:${p.envPassword}@127.0.0.1:1/env`,
    },
  });
  const isConnected = async (name: string): Promise<boolean> =>
    (await garim.camera(name)).health?.source.state === 'connected';
  await until(
    () => `the good camera is connected\n${garim.output().slice(-2000)}`,
    () => isConnected('good'),
  );
  if (hasRtsp) await until('the RTSP camera is connected', () => isConnected('rtsp'));
  for (const name of ['refused', 'gone', 'echo', 'environment', 'file']) {
    await until(`${name} has failed`, async () => (await garim.camera(name)).health?.source.lastError !== '');
  }

  const authorization = `Basic ${Buffer.from(`${USER}:${p.ownPassword}`).toString('base64')}`;
  if (findFfmpeg(process.env['PATH']) !== undefined) {
    const preview = new WebSocket(`${garim.url.replace('http', 'ws')}/cameras/good/jsmpeg`, {
      headers: { authorization },
    });
    context.after(() => preview.terminate());
    await new Promise((resolve, reject) => {
      preview.once('message', resolve);
      preview.once('error', reject);
    });
  }
  let titles: string[] = [];
  // On a starved machine some are being started again, and have no name of their own yet.
  await until('five camera processes are looked at', () => {
    titles = assertProcessesClean(garim);
    return titles.filter((title) => title.startsWith('garim-camera')).length >= 5;
  });
  context.diagnostic(`processes: ${titles.join(', ')}`);

  for (const pathname of [
    '/',
    '/login',
    '/app.js',
    '/camera-card.js',
    '/healthz',
    '/metrics',
    '/api/cameras',
    '/nothing',
  ]) {
    const response = await garim.get(pathname);
    assertClean(`${pathname}, headers`, JSON.stringify([...response.headers]));
    assertClean(pathname, await response.text());
  }
  const events = new WebSocket(`${garim.url.replace('http', 'ws')}/api/events`, { headers: { authorization } });
  const event = await new Promise<string>((resolve, reject) => {
    events.once('message', (data) => resolve(String(data)));
    events.once('error', reject);
  });
  events.terminate();
  assert.match(event, /lastError/);
  assertClean('/api/events', event);

  using client = await RtspClient.connect(garim.rtspPort);
  client.user = USER;
  client.password = p.ownPassword;
  for (const name of ['good', 'gone']) {
    const reply = await client.request('DESCRIBE', `rtsp://127.0.0.1:${garim.rtspPort}/${name}`);
    if (name === 'good') assert.match(reply.body, /m=video/);
    assertClean(`the SDP of ${name}`, JSON.stringify(reply));
  }
  const wrong = await fetch(`${garim.url}/api/cameras`, {
    headers: { authorization: `Basic ${Buffer.from(`${USER}:wrong`).toString('base64')}` },
  });
  assertClean('a refusal', await wrong.text());

  await sleep(3_000); // more attempts of all that fail
  assertFolderClean(garim.stateDir);
  const goneCamera = (): number | undefined =>
    childrenOf(garim.pid).find((pid) => titleOf(pid) === 'garim-camera gone');
  await until('its process runs', () => goneCamera() !== undefined);
  process.kill(goneCamera()!, 'SIGSEGV');
  await until('the loss is logged', () => /camera process ended/.test(garim.output()));
  assert.equal(await garim.stop(), 0);
  assert.match(garim.output(), /camera lost/);
  assertClean('standard output and error', garim.output());
});

test('planted credentials are found in no message of a command that fails', () => {
  const p = PLANTED;
  using temp = new TempDir();
  const url = `rtsp://${p.goneUser}:${p.gonePassword}@127.0.0.1:1/stream?token=${p.goneToken}`;
  const config = path.join(temp.path, 'garim.yaml');
  writeFileSync(
    config,
    `cameras:\n  gate:\n    source: rtsp://${p.goneUser}:${p.gonePassword}/x@127.0.0.1:1/a\n    pusch: [rtmp://a:${p.pushPassword}@h/live/${p.pushKey}]\n`,
  );
  const commands = [
    ['run', '--camera', `gate=${url}`, '--bogus'],
    ['run', '--camera', `Gate Number 1=${url}`],
    ['run', '--camera', url],
    ['run', '--camera', `gate=${url.replace('rtsp', 'gopher')}`],
    ['run', '--camera', `gate=${url.replace('127.0.0.1:1', '127.0.0.1:notaport')}`],
    ['run', '--camera', `gate=${url}`, '--http', 'nowhere'],
    ['run', '--config', config],
    ['config', 'check', config],
    ['doctor', '--camera', `gate=${url}`, '--state', path.join(temp.path, 'state')],
    ['redact', url, '--out', path.join(temp.path, 'out')],
    [url],
  ];
  for (const args of commands) {
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      [path.join(packageRoot, 'dist/edge/main.js'), ...args],
      {
        cwd: temp.path,
        encoding: 'utf8',
        timeout: 400_000, // only bounds hanging
        env: { PATH: process.env['PATH'], GARIM_USER: USER, GARIM_PASSWORD: p.ownPassword },
      },
    );
    const shown = args.map((arg) => (arg.includes('plant') ? '…' : arg)).join(' ');
    assert.notEqual(status, 0, `garim ${shown} fails`);
    assert.ok(stdout + stderr !== '', `garim ${shown} says why`);
    assertClean(`garim ${shown}`, stdout + stderr);
  }
});
