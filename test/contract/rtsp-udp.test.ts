/**
 * Goal: over UDP a session outlives its connection, keeps to datagrams that fit, and ends when its viewer is silent. Method: a pair of real sockets, a feed
 * pushed by hand, a depacketiser that shares no code with the server, and a clock that the test sets forward.
 */
import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { systemClock } from '../../edge/base/clock.ts';
import { SESSION_EXPIRY_MS } from '../../edge/gateway/rtsp/limits.ts';
import { ManualDirectory, ManualFeed } from '../support/manual-feed.ts';
import { Depacketiser, parseRtp } from '../support/rtp.ts';
import { headersOf, RtspClient, sessionOf } from '../support/rtsp-client.ts';
import { startRtspFixture } from '../support/rtsp-fixture.ts';
import { FORMAT, fixtureOf, unit } from '../support/rtsp-viewer.ts';
import { until } from '../support/wait.ts';

describe('sessions over UDP', () => {
  async function udpPair(): Promise<{ rtp: ReturnType<typeof createSocket>; rtcp: ReturnType<typeof createSocket> }> {
    const sockets = [createSocket('udp4'), createSocket('udp4')] as const;
    for (const socket of sockets) {
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
    }
    return { rtp: sockets[0], rtcp: sockets[1] };
  }

  /** A datagram sent after others of this process has come, and so have they: they lay ready before it. */
  async function loopIsRound(to: Socket, from: Socket): Promise<void> {
    const came = once(to, 'message');
    from.send('behind the others', to.address().port, '127.0.0.1');
    await came;
    await new Promise((resolve) => setImmediate(resolve));
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
      await loopIsRound(rtp, rtcp);
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
