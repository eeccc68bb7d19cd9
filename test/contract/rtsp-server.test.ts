/**
 * The RTSP server as a viewer meets it, over real sockets. Feeds are pushed by hand, so that each test decides what is sent when;
 * what comes out is read by a client and a depacketiser that share no code with the server.
 */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { systemClock } from '../../edge/base/clock.ts';
import { VIEWERS_MAX } from '../../edge/base/limits.ts';
import { FailureDamper } from '../../edge/gateway/auth/damper.ts';
import type { AccessUnit, StreamFormat } from '../../edge/gateway/feed.ts';
import { NONCE_LIFETIME_MS, SESSION_EXPIRY_MS } from '../../edge/gateway/rtsp/limits.ts';
import { startRtspServer } from '../../edge/gateway/rtsp/server.ts';
import { ViewerSlots } from '../../edge/gateway/viewer-slots.ts';
import { ManualDirectory, ManualFeed } from '../support/manual-feed.ts';
import { annexB, Depacketiser, parseRtp } from '../support/rtp.ts';
import { headersOf, RtspClient, sessionOf } from '../support/rtsp-client.ts';
import { OneUser, RecordingMetrics, type RtspFixture, startRtspFixture } from '../support/rtsp-fixture.ts';
import { openTestDesk } from '../support/use.ts';
import { until } from '../support/wait.ts';

const SPS = Buffer.from([0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x01]);
const PPS = Buffer.from([0x68, 0xcb, 0x83]);
const FORMAT: StreamFormat = { codec: 'h264', widthPx: 640, heightPx: 360, frameRate: 25, sps: SPS, pps: PPS };
const TCP = { Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' };

function unit(number: number, isKey: boolean, bytes = 100): AccessUnit {
  const slice = Buffer.alloc(bytes, 0x11).fill(isKey ? 0x65 : 0x41, 0, 1);
  const data = isKey ? annexB(SPS, PPS, slice) : annexB(slice);
  return { ptsUs: number * 40_000, capturedMs: systemClock.monotonicMs(), isKey, cover: 'regions', data };
}

async function play(client: RtspClient, url: string): Promise<string> {
  const setup = await client.request('SETUP', `${url}/trackID=0`, TCP);
  assert.equal(setup.status, 200);
  const session = sessionOf(setup);
  assert.equal((await client.request('PLAY', url, { Session: session })).status, 200);
  return session;
}

function received(client: RtspClient): Depacketiser {
  const depacketiser = new Depacketiser();
  for (const frame of client.frames) if (frame.channel === 0) depacketiser.push(parseRtp(frame.payload));
  return depacketiser;
}

const typesOf = (nals: Buffer[]): number[] => nals.map((nal) => nal[0]! & 0x1f);

async function fixtureOf(feed: ManualFeed): Promise<{ fixture: RtspFixture; url: string; directory: ManualDirectory }> {
  const directory = new ManualDirectory(feed);
  const fixture = await startRtspFixture(directory);
  return { fixture, url: `${fixture.base}/${feed.name}`, directory };
}

describe('authentication', () => {
  test('tells nothing without a password, and offers MD5 and SHA-256 but not Basic', async () => {
    const { fixture, url } = await fixtureOf(new ManualFeed('gate', FORMAT));
    await using _fixture = fixture;
    using client = await RtspClient.connect(fixture.server.address.port);
    for (const method of [
      'DESCRIBE',
      'SETUP',
      'PLAY',
      'PAUSE',
      'TEARDOWN',
      'GET_PARAMETER',
      'SET_PARAMETER',
      'RECORD',
    ]) {
      for (const uri of [url, `${fixture.base}/nothing`]) assert.equal((await client.plain(method, uri)).status, 401);
    }
    const reply = await client.plain('DESCRIBE', url);
    const offered = headersOf(reply, 'WWW-Authenticate').map((value) =>
      /^(\w+) .*algorithm=([^,]+)/.exec(value)?.slice(1),
    );
    assert.deepEqual(offered, [
      ['Digest', 'SHA-256'],
      ['Digest', 'MD5'],
    ]);
    assert.equal((await client.plain('OPTIONS', '*')).status, 200);
  });

  for (const digest of ['MD5', 'SHA-256', 'MD5-without-qop'] as const) {
    test(`accepts ${digest}`, async () => {
      const { fixture, url } = await fixtureOf(new ManualFeed('gate', FORMAT));
      await using _fixture = fixture;
      using client = await RtspClient.connect(fixture.server.address.port);
      client.digest = digest;
      assert.equal((await client.request('DESCRIBE', url)).status, 200);
      assert.equal((await client.request('DESCRIBE', url)).status, 200);
    });
  }

  test('refuses a wrong password, a wrong user, an answer used twice, and one for another method or feed', async () => {
    const { fixture, url, directory } = await fixtureOf(new ManualFeed('gate', FORMAT));
    directory.feeds.set('other', new ManualFeed('other', FORMAT));
    await using _fixture = fixture;
    const { port } = fixture.server.address;
    {
      using client = await RtspClient.connect(port);
      client.password = 'wrong';
      assert.equal((await client.request('DESCRIBE', url)).status, 401);
    }
    {
      using client = await RtspClient.connect(port);
      client.user = 'nobody';
      assert.equal((await client.request('DESCRIBE', url)).status, 401);
    }
    using client = await RtspClient.connect(port);
    client.takeNonce(await client.plain('DESCRIBE', url));
    const Authorization = client.authorization('DESCRIBE', url);
    assert.equal((await client.plain('DESCRIBE', url, { Authorization })).status, 200);
    const again = await client.plain('DESCRIBE', url, { Authorization });
    assert.equal(again.status, 401);
    assert.match(headersOf(again, 'WWW-Authenticate')[0] ?? '', /stale=true/);
    client.takeNonce(again);
    const elsewhere = client.authorization('DESCRIBE', url);
    assert.equal((await client.plain('DESCRIBE', `${fixture.base}/other`, { Authorization: elsewhere })).status, 401);
  });

  test('a nonce of another connection is stale, even with the right password', async () => {
    const { fixture, url } = await fixtureOf(new ManualFeed('gate', FORMAT));
    await using _fixture = fixture;
    using first = await RtspClient.connect(fixture.server.address.port);
    first.takeNonce(await first.plain('DESCRIBE', url));
    using second = await RtspClient.connect(fixture.server.address.port);
    const reply = await second.plain('DESCRIBE', url, { Authorization: first.authorization('DESCRIBE', url) });
    assert.equal(reply.status, 401);
    assert.match(headersOf(reply, 'WWW-Authenticate')[0] ?? '', /stale=true/);
  });

  test('a nonce expires, and the next one is good', async () => {
    const feed = new ManualFeed('gate', FORMAT);
    let aheadMs = 0;
    const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + aheadMs };
    await using fixture = await startRtspFixture(new ManualDirectory(feed), clock);
    const url = `${fixture.base}/gate`;
    using client = await RtspClient.connect(fixture.server.address.port);
    const Session = await play(client, url);
    aheadMs = NONCE_LIFETIME_MS + 1000;
    const reply = await client.request('GET_PARAMETER', url, { Session });
    assert.equal(reply.status, 401);
    assert.match(headersOf(reply, 'WWW-Authenticate')[0] ?? '', /stale=true/);
    assert.equal((await client.request('GET_PARAMETER', url, { Session })).status, 200);
    assert.equal(feed.subscriberCount, 1);
  });

  test('makes who guesses wait, and closes the connection in the end', async () => {
    const { fixture, url } = await fixtureOf(new ManualFeed('gate', FORMAT));
    await using _fixture = fixture;
    using client = await RtspClient.connect(fixture.server.address.port);
    client.password = 'guess';
    const startMs = Date.now();
    for (let guess = 0; guess < 5; guess++) assert.equal((await client.request('DESCRIBE', url)).status, 401);
    assert.ok(Date.now() - startMs >= 2900, 'the fourth and fifth guess wait 1 s and 2 s');
    await until('the connection is closed', () => client.isClosed);
    assert.deepEqual(fixture.metrics.drops, [':auth-refused']);
  });
});

describe('description', () => {
  test('describes the feed as players need it, and nothing about the host', async () => {
    const { fixture, url } = await fixtureOf(new ManualFeed('gate', FORMAT));
    await using _fixture = fixture;
    using client = await RtspClient.connect(fixture.server.address.port);
    const reply = await client.request('DESCRIBE', url, { Accept: 'application/sdp' });
    assert.deepEqual(headersOf(reply, 'Content-Type'), ['application/sdp']);
    assert.deepEqual(headersOf(reply, 'Content-Base'), [`${url}/`]);
    const sets = `${SPS.toString('base64')},${PPS.toString('base64')}`;
    assert.ok(
      reply.body.includes(`a=fmtp:96 packetization-mode=1;profile-level-id=42C01E;sprop-parameter-sets=${sets}\r\n`),
    );
    for (const line of ['m=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000', 'a=control:trackID=0', 'a=framerate:25']) {
      assert.ok(reply.body.includes(`${line}\r\n`), line);
    }
    assert.equal((await client.request('DESCRIBE', `${fixture.base}/nothing`)).status, 404);
    assert.equal((await client.request('DESCRIBE', url, { Accept: 'text/html' })).status, 406);
  });

  test('waits for the first format, and describes the newest one', async () => {
    const feed = new ManualFeed('gate');
    const { fixture, url } = await fixtureOf(feed);
    await using _fixture = fixture;
    using client = await RtspClient.connect(fixture.server.address.port);
    const reply = client.request('DESCRIBE', url);
    await until('the server waits for the feed', () => feed.subscriberCount === 1);
    feed.pushFormat(FORMAT);
    assert.equal((await reply).status, 200);
    assert.equal(feed.subscriberCount, 0);
    feed.pushFormat({ ...FORMAT, sps: Buffer.from([0x67, 0x64, 0, 0x28, 1]) });
    assert.match((await client.request('DESCRIBE', url)).body, /profile-level-id=640028/);
  });

  test('answers 503 when no format comes', async () => {
    const { fixture, url } = await fixtureOf(new ManualFeed('gate'));
    await using _fixture = fixture;
    using client = await RtspClient.connect(fixture.server.address.port);
    assert.equal((await client.request('DESCRIBE', url)).status, 503);
  });
});

describe('sessions over TCP', () => {
  test('plays, pauses, plays on and tears down', async () => {
    const feed = new ManualFeed('gate', FORMAT);
    const { fixture, url } = await fixtureOf(feed);
    await using _fixture = fixture;
    using client = await RtspClient.connect(fixture.server.address.port);
    const setup = await client.request('SETUP', `${url}/trackID=0`, TCP);
    assert.match(headersOf(setup, 'Transport')[0] ?? '', /^RTP\/AVP\/TCP;unicast;interleaved=0-1;ssrc=[0-9A-F]{8}/);
    assert.match(headersOf(setup, 'Session')[0] ?? '', /^[0-9a-f]{24};timeout=60$/);
    assert.equal(fixture.metrics.viewerCounts.get('gate'), 1);
    const Session = sessionOf(setup);
    const first = await client.request('PLAY', url, { Session, Range: 'npt=now-' });
    assert.equal(headersOf(first, 'Range')[0], 'npt=now-');
    const info = /^url=(.*);seq=(\d+);rtptime=(\d+)$/.exec(headersOf(first, 'RTP-Info')[0] ?? '');
    assert.equal(info?.[1], `${url}/trackID=0`);

    feed.pushUnit(unit(0, false));
    feed.pushUnit(unit(1, true, 20_000));
    feed.pushUnit(unit(2, false));
    await until('two units', () => received(client).units.length === 2);
    const { units } = received(client);
    assert.deepEqual(
      units.map((entry) => typesOf(entry.nals)),
      [[7, 8, 5], [1]],
    );
    assert.equal(units[0]?.timestamp, Number(info?.[3]));
    assert.equal(((units[1]?.timestamp ?? 0) - (units[0]?.timestamp ?? 0)) >>> 0, 3600);
    const [report, packet] = client.frames;
    assert.ok(report?.channel === 1 && report.payload[1] === 200, 'a sender report comes first');
    assert.equal(parseRtp(packet!.payload).sequence, Number(info?.[2]));
    assert.equal(fixture.metrics.sent.length, 2);
    assert.ok(
      fixture.metrics.sent.every(
        ({ feed: name, latencyMs, bytes }) => name === 'gate' && latencyMs >= 0 && bytes > 100,
      ),
    );

    assert.equal((await client.request('PAUSE', url, { Session })).status, 200);
    assert.equal(feed.subscriberCount, 0);
    feed.pushUnit(unit(3, true));
    const second = await client.request('PLAY', url, { Session });
    const resumed = Number(/rtptime=(\d+)/.exec(headersOf(second, 'RTP-Info')[0] ?? '')?.[1]);
    feed.pushUnit(unit(4, false));
    feed.pushUnit(unit(5, true));
    await until('a third unit', () => received(client).units.length === 3);
    assert.deepEqual(typesOf(received(client).units[2]!.nals), [7, 8, 5]);
    assert.equal(received(client).units[2]?.timestamp, resumed);

    assert.equal((await client.request('TEARDOWN', url, { Session })).status, 200);
    assert.ok(client.frames.at(-1)?.payload.subarray(-8).readUInt8(1) === 203, 'a goodbye comes last');
    assert.equal(feed.subscriberCount, 0);
    assert.equal(fixture.metrics.viewerCounts.get('gate'), 0);
    assert.equal((await client.request('PLAY', url, { Session })).status, 454);
    assert.deepEqual(fixture.metrics.drops, []);
  });

  test('a late joiner gets a key frame first, and a new size comes with its parameter sets', async () => {
    const feed = new ManualFeed('gate', FORMAT);
    const { fixture, url } = await fixtureOf(feed);
    await using _fixture = fixture;
    using early = await RtspClient.connect(fixture.server.address.port);
    await play(early, url);
    feed.pushUnit(unit(0, true));
    using late = await RtspClient.connect(fixture.server.address.port);
    await play(late, url);
    for (let number = 1; number < 8; number++) feed.pushUnit(unit(number, number === 4));
    await until('all units', () => received(early).units.length === 8 && received(late).units.length === 4);
    assert.deepEqual(typesOf(received(late).units[0]!.nals), [7, 8, 5]);
    feed.pushFormat({ ...FORMAT, widthPx: 320 });
    feed.pushUnit(unit(8, false));
    feed.pushUnit(unit(9, true));
    await until('the new key frame', () => received(late).units.length === 5);
    assert.deepEqual(typesOf(received(late).units[4]!.nals), [7, 8, 5]);
  });

  test('drops who does not read, and others go on', async () => {
    const feed = new ManualFeed('gate', FORMAT);
    const { fixture, url } = await fixtureOf(feed);
    await using _fixture = fixture;
    using slow = await RtspClient.connect(fixture.server.address.port);
    await play(slow, url);
    using good = await RtspClient.connect(fixture.server.address.port);
    await play(good, url);
    slow.socket.pause();
    let pushed = 0;
    await until('the slow reader is dropped', () => {
      if (pushed - received(good).units.length < 2) feed.pushUnit(unit(pushed, pushed++ === 0, 400_000));
      return fixture.metrics.drops.length > 0;
    });
    feed.pushUnit(unit(pushed++, false));
    await until('the other has everything', () => received(good).units.length === pushed);
    assert.deepEqual(fixture.metrics.drops, ['gate:backlog']);
    assert.equal(feed.subscriberCount, 1);
    assert.equal(fixture.metrics.viewerCounts.get('gate'), 1);
  });

  test('stays when its feed vanishes, and goes on when one of that name is back', async () => {
    const feed = new ManualFeed('gate', FORMAT);
    const { fixture, url, directory } = await fixtureOf(feed);
    await using _fixture = fixture;
    using client = await RtspClient.connect(fixture.server.address.port);
    await play(client, url);
    feed.pushUnit(unit(1000, true));
    await until('the first unit', () => received(client).units.length === 1);
    directory.feeds.delete('gate');
    await until('the old feed is left', () => feed.subscriberCount === 0);
    const next = new ManualFeed('gate', FORMAT);
    directory.feeds.set('gate', next);
    await until('the new feed is subscribed', () => next.subscriberCount === 1);
    next.pushUnit(unit(0, true));
    await until('a unit of the new feed', () => received(client).units.length === 2);
    const [before, after] = received(client).units;
    assert.ok((after!.timestamp - before!.timestamp) >>> 0 < 2 ** 31, 'timestamps do not run backwards');
  });

  test('a connection that breaks off takes its session along', async () => {
    const feed = new ManualFeed('gate', FORMAT);
    const { fixture, url } = await fixtureOf(feed);
    await using _fixture = fixture;
    const client = await RtspClient.connect(fixture.server.address.port);
    await play(client, url);
    client.socket.resetAndDestroy();
    await until(
      'the session is gone',
      () => feed.subscriberCount === 0 && fixture.metrics.viewerCounts.get('gate') === 0,
    );
  });

  test('refuses more viewers than allowed, and has room again after one left', async () => {
    const { fixture, url } = await fixtureOf(new ManualFeed('gate', FORMAT));
    await using _fixture = fixture;
    using client = await RtspClient.connect(fixture.server.address.port);
    const track = `${url}/trackID=0`;
    const anyChannel = { Transport: 'RTP/AVP/TCP;unicast' };
    let last = '';
    for (let viewer = 0; viewer < VIEWERS_MAX; viewer++) {
      const reply = await client.request('SETUP', track, anyChannel);
      assert.equal(reply.status, 200);
      last = sessionOf(reply);
    }
    assert.equal((await client.request('SETUP', track, anyChannel)).status, 503);
    await client.request('TEARDOWN', url, { Session: last });
    assert.equal((await client.request('SETUP', track, anyChannel)).status, 200);
  });
});

describe('sessions over UDP', () => {
  async function udpPair(): Promise<{ rtp: ReturnType<typeof createSocket>; rtcp: ReturnType<typeof createSocket> }> {
    const sockets = [createSocket('udp4'), createSocket('udp4')] as const;
    for (const socket of sockets) {
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
    }
    return { rtp: sockets[0], rtcp: sockets[1] };
  }

  test('sends to the port pair, survives its connection, and ends with a goodbye', async () => {
    const feed = new ManualFeed('gate', FORMAT);
    const { fixture, url } = await fixtureOf(feed);
    await using _fixture = fixture;
    const { rtp, rtcp } = await udpPair();
    try {
      const depacketiser = new Depacketiser();
      const sizes: number[] = [];
      const reports: Buffer[] = [];
      rtp.on('message', (data) => {
        sizes.push(data.length);
        depacketiser.push(parseRtp(data));
      });
      rtcp.on('message', (data) => reports.push(data));
      const client = await RtspClient.connect(fixture.server.address.port);
      const ports = `${rtp.address().port}-${rtcp.address().port}`;
      const setup = await client.request('SETUP', `${url}/trackID=0`, {
        Transport: `RTP/AVP;unicast;client_port=${ports}`,
      });
      const transport = headersOf(setup, 'Transport')[0] ?? '';
      const [, even, odd] = /server_port=(\d+)-(\d+)/.exec(transport) ?? [];
      assert.ok(transport.includes(`client_port=${ports}`));
      assert.equal(Number(even) % 2, 0);
      assert.equal(Number(odd), Number(even) + 1);
      const Session = sessionOf(setup);
      await client.request('PLAY', url, { Session });
      feed.pushUnit(unit(0, true, 300_000));
      feed.pushUnit(unit(1, false));
      await until('both units', () => depacketiser.units.length === 2);
      assert.ok(Math.max(...sizes) <= 1400);
      await until('a sender report', () => reports.length > 0);

      client[Symbol.dispose]();
      await until('the client is gone', () => client.isClosed);
      using second = await RtspClient.connect(fixture.server.address.port);
      assert.equal((await second.request('GET_PARAMETER', url, { Session })).status, 200);
      feed.pushUnit(unit(2, false));
      await until('a third unit', () => depacketiser.units.length === 3);
      assert.equal((await second.request('TEARDOWN', url, { Session })).status, 200);
      await until('a goodbye', () => reports.some((report) => report.at(-7) === 203));
      assert.equal(feed.subscriberCount, 0);
    } finally {
      rtp.close();
      rtcp.close();
    }
  });

  test('ends when the viewer is silent, but not while it sends receiver reports', async () => {
    const feed = new ManualFeed('gate', FORMAT);
    let aheadMs = 0;
    const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + aheadMs };
    await using fixture = await startRtspFixture(new ManualDirectory(feed), clock);
    const url = `${fixture.base}/gate`;
    const { rtp, rtcp } = await udpPair();
    try {
      using client = await RtspClient.connect(fixture.server.address.port);
      const setup = await client.request('SETUP', `${url}/trackID=0`, {
        Transport: `RTP/AVP;unicast;client_port=${rtp.address().port}-${rtcp.address().port}`,
      });
      const serverPort = Number(/server_port=\d+-(\d+)/.exec(headersOf(setup, 'Transport')[0] ?? '')?.[1]);
      await client.request('PLAY', url, { Session: sessionOf(setup) });
      aheadMs = SESSION_EXPIRY_MS - 5_000;
      rtcp.send(Buffer.from([0x80, 201, 0, 1, 1, 2, 3, 4]), serverPort, '127.0.0.1');
      await new Promise((resolve) => setTimeout(resolve, 1000));
      aheadMs = SESSION_EXPIRY_MS + 5_000;
      await new Promise((resolve) => setTimeout(resolve, 1500));
      assert.equal(feed.subscriberCount, 1);
      aheadMs = 3 * SESSION_EXPIRY_MS;
      await until('the session is ended', () => feed.subscriberCount === 0);
      assert.deepEqual(fixture.metrics.drops, ['gate:timeout']);
    } finally {
      rtp.close();
      rtcp.close();
    }
  });
});

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
