/** Goal: RTSP and HTTP are one gateway: guesses over both count together, and so do viewers. Method: both servers, sharing as in the agent. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { VIEWERS_MAX } from '../../edge/base/limits.ts';
import { FAILURES_FREE } from '../../edge/gateway/auth/damper.ts';
import { BASIC, DressedFeed, startConsole } from '../support/console-fixture.ts';
import { FORMAT } from '../support/h264.ts';
import { manualClock } from '../support/manual-clock.ts';
import { ManualDirectory, ManualFeed } from '../support/manual-feed.ts';
import { RtspClient, sessionOf } from '../support/rtsp-client.ts';
import { startRtspFixture } from '../support/rtsp-fixture.ts';
import { until } from '../support/wait.ts';

test('guesses over RTSP make HTTP wait, and the other way round', async () => {
  const feed = new ManualFeed('gate', FORMAT);
  // It stands still: the pauses are as long as they are, however long a guess takes. Who must wait waits by a timer.
  const clock = manualClock();
  await using rtsp = await startRtspFixture(new ManualDirectory(feed), clock);
  await using http = await startConsole([feed], { damper: rtsp.damper, clock });
  const status = async (authorization: string): Promise<number> =>
    (await fetch(`${http.url}/api/cameras`, { headers: { authorization } })).status;
  using client = await RtspClient.connect(rtsp.server.address.port);
  client.password = 'guess';
  const url = `${rtsp.base}/gate`;
  for (let guess = 1; guess < FAILURES_FREE; guess++) assert.equal((await client.request('DESCRIBE', url)).status, 401);
  assert.equal(await status(`Basic ${btoa('operator:guess')}`), 401);
  assert.equal(await status(BASIC), 429, 'the right password waits too: it can not be told from a guess');
  const startMs = performance.now();
  assert.equal((await client.request('DESCRIBE', url)).status, 401);
  assert.ok(performance.now() - startMs >= 500, 'one more guess over RTSP waits');
});

test('viewers over RTSP and WebSocket share the places', async () => {
  const feed = new ManualFeed('gate', FORMAT);
  await using rtsp = await startRtspFixture(new ManualDirectory(feed));
  await using http = await startConsole([new DressedFeed(feed)], { slots: rtsp.slots });
  using client = await RtspClient.connect(rtsp.server.address.port);
  const setUp = () => client.request('SETUP', `${rtsp.base}/gate/trackID=0`, { Transport: 'RTP/AVP/TCP;unicast' });
  const view = () => new WebSocket(`ws://${http.host}/cameras/gate/live`, { headers: { Authorization: BASIC } });

  const viewer = view();
  await once(viewer, 'open');
  let last = '';
  for (let i = 1; i < VIEWERS_MAX; i++) last = sessionOf(await setUp());
  assert.equal((await setUp()).status, 503);
  const extra = view();
  extra.on('error', () => {});
  const [, response] = await once(extra, 'unexpected-response');
  assert.equal(response.statusCode, 503);
  extra.terminate();

  await client.request('TEARDOWN', `${rtsp.base}/gate`, { Session: last });
  const next = view();
  await once(next, 'open');
  assert.equal((await setUp()).status, 503);
  viewer.terminate();
  await until('its place is free', () => !rtsp.slots.isFull);
  assert.equal((await setUp()).status, 200);
  next.terminate();
});
