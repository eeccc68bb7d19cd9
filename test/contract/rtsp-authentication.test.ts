/**
 * Goal: nobody sees or learns anything over RTSP without the password, and who guesses it is slowed down. Method: a client over real sockets with
 * its own digest computation; a clock that the test sets forward.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemClock } from '../../edge/base/clock.ts';
import { NONCE_LIFETIME_MS } from '../../edge/gateway/rtsp/limits.ts';
import { ManualDirectory, ManualFeed } from '../support/manual-feed.ts';
import { headersOf, RtspClient } from '../support/rtsp-client.ts';
import { startRtspFixture } from '../support/rtsp-fixture.ts';
import { FORMAT, fixtureOf, play } from '../support/rtsp-viewer.ts';
import { until } from '../support/wait.ts';

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
    const startMs = performance.now();
    for (let guess = 0; guess < 5; guess++) assert.equal((await client.request('DESCRIBE', url)).status, 401);
    assert.ok(performance.now() - startMs >= 2900, 'the fourth and fifth guess wait 1 s and 2 s');
    await until('the connection is closed', () => client.isClosed);
    assert.deepEqual(fixture.metrics.drops, [':auth-refused']);
  });
});
