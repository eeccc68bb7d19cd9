/**
 * Goal: viewers get the feed from a key frame on, and one that does not read is dropped without harm to the others. Method: a feed
 * fed by hand, real WebSockets, and a clock that the test moves.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { VIEWERS_MAX } from '../../edge/base/limits.ts';
import { readBoxHeader } from '../../edge/gateway/fmp4/boxes.ts';
import { BASIC, DressedFeed, startConsole } from '../support/console-fixture.ts';
import { FORMAT, unit } from '../support/h264.ts';
import { ManualFeed } from '../support/manual-feed.ts';
import { until } from '../support/wait.ts';

interface Viewer {
  socket: WebSocket;
  /** Texts as they came; binary messages as the types of their boxes. */
  messages: string[];
  bytes: number;
}

async function view(host: string, path = '/cameras/gate/live'): Promise<Viewer> {
  const socket = new WebSocket(`ws://${host}${path}`, { headers: { Authorization: BASIC } });
  const viewer: Viewer = { socket, messages: [], bytes: 0 };
  socket.on('message', (data: Buffer, isBinary) => {
    viewer.bytes += data.length;
    if (!isBinary) viewer.messages.push(data.toString());
    else viewer.messages.push(boxTypes(data));
  });
  socket.on('error', () => {});
  await once(socket, 'open');
  return viewer;
}

function boxTypes(data: Buffer): string {
  const types: string[] = [];
  for (let at = 0; at < data.length; ) {
    const header = readBoxHeader(data.subarray(at)) ?? assert.fail('no box');
    types.push(header.type);
    at += header.sizeBytes;
  }
  return types.join('+');
}

test('a viewer gets the format, an init segment, then fragments from a key frame on; and anew when the format changes', async () => {
  const feed = new ManualFeed('gate', FORMAT);
  await using box = await startConsole([new DressedFeed(feed)]);
  const viewer = await view(box.host);
  await until('the viewer follows', () => feed.subscriberCount === 1);
  feed.pushUnit(unit(0, false));
  for (let i = 1; i < 4; i++) feed.pushUnit(unit(i * 40_000, i === 1));
  feed.pushFormat({ ...FORMAT, widthPx: 640, heightPx: 360 });
  feed.pushUnit(unit(160_000, true));
  await until('all messages are there', () => viewer.messages.length === 8);
  const format = { type: 'format', codec: 'avc1.42C01F', widthPx: 1280, heightPx: 720, frameRate: 25 };
  assert.deepEqual(JSON.parse(viewer.messages[0] ?? ''), format);
  assert.deepEqual(viewer.messages.slice(1, 5), ['ftyp+moov', 'moof+mdat', 'moof+mdat', 'moof+mdat']);
  assert.deepEqual(JSON.parse(viewer.messages[5] ?? ''), { ...format, widthPx: 640, heightPx: 360 });
  assert.deepEqual(viewer.messages.slice(6), ['ftyp+moov', 'moof+mdat']);
  await until('the metrics know', () => box.metrics.sent.length === 4);
  assert.ok(box.metrics.sent.every(({ kind, feed: name }) => kind === 'ws' && name === 'gate'));
  assert.equal(box.metrics.counts.get('ws gate'), 1);
  viewer.socket.close();
  await until('the viewer is gone', () => feed.subscriberCount === 0);
  assert.equal(box.metrics.counts.get('ws gate'), 0);
});

test('a viewer that does not read is dropped; the others get every picture', async () => {
  const feed = new ManualFeed('gate', FORMAT);
  let nowMs = 0;
  await using box = await startConsole([new DressedFeed(feed)], {
    clock: { monotonicMs: () => nowMs, wallMs: () => Date.now() },
  });
  const good = await view(box.host);
  const slow = await view(box.host);
  slow.socket.pause();
  await until('both follow', () => feed.subscriberCount === 2);
  let pushed = 0;
  // 20 MB a step of the clock: far beyond what the kernel keeps for a socket.
  await until('the slow one is dropped', async () => {
    for (let i = 0; i < 4; i++) {
      feed.pushUnit(unit(pushed * 40_000, pushed % 4 === 0, 500_000));
      pushed++;
      await until('the good one has it', () => good.messages.length === pushed + 2);
    }
    nowMs += 1000;
    return box.metrics.dropped.length > 0;
  });
  assert.deepEqual(box.metrics.dropped, ['ws gate slow']);
  await until('its place is free', () => feed.subscriberCount === 1);
  feed.pushUnit(unit(pushed * 40_000, true));
  await until('the good one goes on', () => good.messages.length === pushed + 3);
  assert.equal(good.socket.readyState, WebSocket.OPEN);
  slow.socket.terminate();
  good.socket.close();
});

test('no more viewers than the limit, and a viewer that talks is cut', async () => {
  const feed = new ManualFeed('gate', FORMAT);
  await using box = await startConsole([new DressedFeed(feed)]);
  const viewers = await Promise.all(Array.from({ length: VIEWERS_MAX }, () => view(box.host)));
  const extra = new WebSocket(`ws://${box.host}/cameras/gate/live`, { headers: { Authorization: BASIC } });
  extra.on('error', () => {});
  const [, response] = await once(extra, 'unexpected-response');
  assert.equal(response.statusCode, 503);
  extra.terminate();
  const [first] = viewers;
  first?.socket.send('x'.repeat(10_000));
  await until('it is cut', () => feed.subscriberCount === VIEWERS_MAX - 1);
  const next = await view(box.host);
  for (const { socket } of [...viewers, next]) socket.terminate();
});

test('status comes at once and then each second', async () => {
  await using box = await startConsole([new DressedFeed(new ManualFeed('gate', FORMAT))]);
  const watcher = await view(box.host, '/api/events');
  await until('two messages', () => watcher.messages.length >= 2);
  const status = JSON.parse(watcher.messages[1] ?? '');
  assert.equal(status.cameras[0].name, 'gate');
  assert.deepEqual(status.cameras[0].format, { codec: 'h264', widthPx: 1280, heightPx: 720, frameRate: 25 });
  assert.equal(status.cameras[0].health.coveredNow.face, 3);
  assert.equal(status.agent.rtspPort, 8554);
  watcher.socket.close();
});

test('closing the server ends every viewer and frees the port', async () => {
  const feed = new ManualFeed('gate', FORMAT);
  const box = await startConsole([new DressedFeed(feed)]);
  const viewer = await view(box.host);
  const closed = once(viewer.socket, 'close');
  await box.server.close();
  await closed;
  await until('the feed is left', () => feed.subscriberCount === 0);
  await assert.rejects(fetch(box.url));
});
