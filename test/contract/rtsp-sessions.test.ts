/**
 * Goal: a viewer over RTSP and TCP is told what the feed is, gets all of it from a key frame on, and harms nobody by falling behind or
 * vanishing. Method: feeds pushed by hand, so that each test decides what is sent when; what comes out is read by a client and a depacketiser
 * that share no code with the server.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { VIEWERS_MAX } from '../../edge/base/limits.ts';
import { ManualFeed } from '../support/manual-feed.ts';
import { parseRtp } from '../support/rtp.ts';
import { headersOf, RtspClient, sessionOf } from '../support/rtsp-client.ts';
import { FORMAT, fixtureOf, PPS, play, received, SPS, TCP, typesOf, unit } from '../support/rtsp-viewer.ts';
import { until } from '../support/wait.ts';

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
