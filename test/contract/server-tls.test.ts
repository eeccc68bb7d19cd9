/**
 * Goal: with a certificate, page and feeds are served over TLS and in no other way. Method: clients that trust only the certificate that setup
 * makes, libav's RTSPS client, and plain connections to the same ports.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import { boxCertificate } from '../../edge/agent/certificate/own.ts';
import { systemClock } from '../../edge/base/clock.ts';
import { openCapture } from '../../edge/camera/capture/open.ts';
import { BASIC, DressedFeed, PASSWORD, startConsole, USER } from '../support/console-fixture.ts';
import { FORMAT } from '../support/h264.ts';
import { ManualDirectory, ManualFeed } from '../support/manual-feed.ts';
import { headersOf, RtspClient } from '../support/rtsp-client.ts';
import { PASSWORD as RTSP_PASSWORD, USER as RTSP_USER, startRtspFixture } from '../support/rtsp-fixture.ts';
import { TempDir } from '../support/temp.ts';
import { createTestFeed } from '../support/test-feed.ts';

const dir = new TempDir();
let tls: { cert: string; key: string };
/** Of the certificate. */
let file: string;
before(async () => {
  const { cert, key } = await boxCertificate(dir.path, [], systemClock);
  file = cert;
  tls = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
});
after(() => dir[Symbol.dispose]());

/** What a port says to somebody who speaks in the clear. */
async function plainAnswer(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(text);
  let answer = '';
  socket.setEncoding('latin1').on('data', (part: string) => {
    answer += part;
  });
  // Not `once`, which rejects when the end comes as a reset.
  await new Promise((resolve) => socket.once('close', resolve));
  return answer;
}

test('the console, its login and its WebSockets', async () => {
  const box = await startConsole([new DressedFeed(new ManualFeed('gate', FORMAT))], { tls });
  const { port } = box.server.address;
  try {
    const ask = (method: string, path: string, headers: Record<string, string>, body = '') =>
      new Promise<{ status: number; cookies: string[] }>((resolve, reject) => {
        const asked = request(
          { port, host: '127.0.0.1', ca: tls.cert, method, path, headers, agent: false },
          (answer) => {
            answer.resume();
            answer.on('end', () =>
              resolve({ status: answer.statusCode ?? 0, cookies: answer.headers['set-cookie'] ?? [] }),
            );
          },
        );
        asked.on('error', reject);
        asked.end(body);
      });
    assert.equal((await ask('GET', '/api/cameras', {})).status, 401);
    assert.equal((await ask('GET', '/api/cameras', { Authorization: BASIC })).status, 200);
    const form = { 'Content-Type': 'application/x-www-form-urlencoded', Origin: `https://127.0.0.1:${port}` };
    const login = await ask('POST', '/login', form, `user=${USER}&password=${PASSWORD}`);
    assert.equal(login.status, 303);
    assert.match(login.cookies[0] ?? '', /; HttpOnly; SameSite=Strict; Secure$/);
    const socket = new WebSocket(`wss://127.0.0.1:${port}/cameras/gate/live`, {
      ca: tls.cert,
      headers: { Authorization: BASIC },
    });
    await once(socket, 'open');
    socket.terminate();
    const plain = await plainAnswer(port, `GET /api/cameras HTTP/1.1\r\nHost: x\r\nAuthorization: ${BASIC}\r\n\r\n`);
    assert.doesNotMatch(plain, /gate|200 OK/);
  } finally {
    await box.server.close();
  }
});

test('feeds as rtsps://, over TCP only', async () => {
  await using fixture = await startRtspFixture(
    new ManualDirectory(new ManualFeed('gate', FORMAT)),
    systemClock,
    undefined,
    tls,
  );
  const { port } = fixture.server.address;
  using client = await RtspClient.connect(port, tls.cert);
  const url = `${fixture.base}/gate`;
  const described = await client.request('DESCRIBE', url);
  assert.equal(described.status, 200);
  assert.equal(headersOf(described, 'Content-Base')[0], `${url}/`);
  const udp = await client.request('SETUP', `${url}/trackID=0`, {
    Transport: 'RTP/AVP;unicast;client_port=40000-40001',
  });
  assert.equal(udp.status, 461);
  const tcp = await client.request('SETUP', `${url}/trackID=0`, { Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' });
  assert.equal(tcp.status, 200);
  const plain = await plainAnswer(port, `OPTIONS rtsp://127.0.0.1:${port}/gate RTSP/1.0\r\nCSeq: 1\r\n\r\n`);
  assert.doesNotMatch(plain, /RTSP/);
});

test('libav plays it', async () => {
  using feed = createTestFeed({ name: 'gate', widthPx: 320, heightPx: 180, frameRate: 15 });
  await using fixture = await startRtspFixture(new ManualDirectory(feed), systemClock, undefined, tls);
  const login = `${RTSP_USER}:${encodeURIComponent(RTSP_PASSWORD)}`;
  const url = `rtsps://${login}@127.0.0.1:${fixture.server.address.port}/gate`;
  const capture = openCapture({ url, transport: 'tcp', ca: file, pacing: 'live' });
  try {
    for (;;) {
      const event = await capture.next();
      if (event.kind === 'connected') assert.deepEqual([event.info.widthPx, event.info.heightPx], [320, 180]);
      else if (event.kind !== 'frame') assert.fail(JSON.stringify(event));
      else {
        event.frame[Symbol.dispose]();
        break;
      }
    }
  } finally {
    await capture.close();
  }
});
