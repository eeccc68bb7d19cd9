/**
 * Goal: each request that is wrong gets its own answer, hostile bytes cost the connection that sent them and no other, and a server that is closed
 * gives everything back. Method: requests and raw bytes over real sockets, beside a viewer that must go on.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { systemClock } from '../../edge/base/clock.ts';
import { FailureDamper } from '../../edge/gateway/auth/damper.ts';
import { startRtspServer } from '../../edge/gateway/rtsp/server.ts';
import { ViewerSlots } from '../../edge/gateway/viewer-slots.ts';
import { ManualDirectory, ManualFeed } from '../support/manual-feed.ts';
import { RtspClient, sessionOf } from '../support/rtsp-client.ts';
import { OneUser, RecordingMetrics, startRtspFixture } from '../support/rtsp-fixture.ts';
import { FORMAT, fixtureOf, play, received, TCP, unit } from '../support/rtsp-viewer.ts';
import { openTestDesk } from '../support/use.ts';
import { until } from '../support/wait.ts';

describe('status codes', () => {
  test('names what is wrong with a request', async () => {
    const { fixture, url, directory } = await fixtureOf(new ManualFeed('gate', FORMAT));
    directory.feeds.set('other', new ManualFeed('other', FORMAT));
    await using _fixture = fixture;
    using client = await RtspClient.connect(fixture.server.address.port);
    const track = `${url}/trackID=0`;
    const status = async (
      method: string,
      uri: string,
      headers: Record<string, string> = {},
      body = '',
    ): Promise<number> => (await client.request(method, uri, headers, body)).status;

    assert.equal(await status('SETUP', url, TCP), 459);
    assert.equal(await status('SETUP', `${url}/trackID=1`, TCP), 404);
    assert.equal(await status('SETUP', track), 400);
    assert.equal(await status('SETUP', track, { Transport: 'RTP/AVP;multicast' }), 461);
    assert.equal(await status('PLAY', url), 454);
    assert.equal(await status('PLAY', url, { Session: 'unknown' }), 454);
    assert.equal(await status('ANNOUNCE', url), 405);
    assert.equal(await status('FLY', url), 501);
    assert.equal(await status('DESCRIBE', url, { Require: 'x-y' }), 551);

    const Session = sessionOf(await client.request('SETUP', track, TCP));
    assert.equal(await status('SETUP', track, { ...TCP, Session }), 455);
    assert.equal(await status('SETUP', `${fixture.base}/other/trackID=0`, { ...TCP, Session }), 459);
    assert.equal(await status('PLAY', `${fixture.base}/other`, { Session }), 454);
    assert.equal(await status('PLAY', url, { Session, Range: 'npt=10-20' }), 457);
    assert.equal(await status('GET_PARAMETER', url, { Session }), 200);
    assert.equal(await status('SET_PARAMETER', url, { Session }, 'volume: 3'), 451);
    assert.equal(await status('OPTIONS', '*', { Session }), 200);

    assert.equal((await client.raw('OPTIONS * RTSP/1.0\r\n\r\n')).status, 400);
    assert.equal((await client.raw('OPTIONS * RTSP/2.0\r\nCSeq: 1\r\n\r\n')).status, 505);
  });

  test("another connection can't use a session that is interleaved", async () => {
    const { fixture, url } = await fixtureOf(new ManualFeed('gate', FORMAT));
    await using _fixture = fixture;
    using owner = await RtspClient.connect(fixture.server.address.port);
    const Session = await play(owner, url);
    using other = await RtspClient.connect(fixture.server.address.port);
    assert.equal((await other.request('TEARDOWN', url, { Session })).status, 454);
  });
});

describe('hostile input', () => {
  const inputs: [name: string, bytes: Buffer, reason: string][] = [
    ['another protocol', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), 'bad-request-line'],
    ['binary garbage', Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 0x0a]), 'bad-request-line'],
    ['an endless line', Buffer.alloc(20_000, 'a'), 'head-too-long'],
    ['a huge body', Buffer.from('PLAY * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 999999999\r\n\r\n'), 'body-too-long'],
    ['a frame of an unknown channel', Buffer.from([0x24, 9, 0, 1, 0]), 'unknown-channel'],
    ['a huge frame', Buffer.from([0x24, 0, 0xff, 0xff]), 'frame-too-long'],
  ];
  for (const [name, bytes, reason] of inputs) {
    test(`${name} closes that connection, and only that one`, async () => {
      const feed = new ManualFeed('gate', FORMAT);
      const { fixture, url } = await fixtureOf(feed);
      await using _fixture = fixture;
      using viewer = await RtspClient.connect(fixture.server.address.port);
      await play(viewer, url);
      using hostile = await RtspClient.connect(fixture.server.address.port);
      hostile.socket.write(bytes);
      await until('it is closed', () => hostile.isClosed);
      assert.deepEqual(fixture.metrics.drops, [`:${reason}`]);
      feed.pushUnit(unit(0, true));
      await until('the viewer goes on', () => received(viewer).units.length === 1);
    });
  }

  test('a connection that says nothing is closed', async () => {
    let aheadMs = 0;
    const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + aheadMs };
    await using fixture = await startRtspFixture(new ManualDirectory(), clock);
    using client = await RtspClient.connect(fixture.server.address.port);
    aheadMs = 60_000;
    await until('it is closed', () => client.isClosed);
  });
});

describe('life of the server', () => {
  test('closing gives everything back, with viewers and half requests in flight', async () => {
    const feed = new ManualFeed('gate', FORMAT);
    const { fixture, url } = await fixtureOf(feed);
    using viewer = await RtspClient.connect(fixture.server.address.port);
    await play(viewer, url);
    const half = connect(fixture.server.address.port, '127.0.0.1');
    await once(half, 'connect');
    half.on('error', () => {});
    half.write('DESCRIBE rtsp');
    await fixture.server.close();
    await fixture.server.close();
    await until('the viewer is closed', () => viewer.isClosed && half.destroyed);
    assert.equal(feed.subscriberCount, 0);
  });

  test('says which setting is at fault when it can not listen', async () => {
    await using fixture = await startRtspFixture(new ManualDirectory());
    const listen = `127.0.0.1:${fixture.server.address.port}`;
    const { pino } = await import('pino');
    const second = startRtspServer({
      listen,
      feeds: new ManualDirectory(),
      credentials: new OneUser(),
      damper: new FailureDamper(systemClock),
      slots: new ViewerSlots(),
      desk: (await openTestDesk()).desk,
      metrics: new RecordingMetrics(),
      log: pino({ level: 'silent' }),
    });
    await assert.rejects(second, { name: 'UserError', fix: /rtsp\.listen/ });
  });
});
