/** Goal: the offset of a time server is told with its sign, and what has no time for this box is refused by name. Method: real datagrams on loopback. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askTimeServer } from '../../../../edge/agent/setup/time-server.ts';
import { systemClock } from '../../../../edge/base/clock.ts';
import { startTimeServer } from '../../../support/time-server.ts';

/** Of a machine that is busy between two packets. */
const SLACK_MS = 1_000;

test('ahead and behind, also beyond 2036, where its seconds begin anew', async () => {
  for (const aheadMs of [0, 3_600_000, -7_200_000, 20 * 365 * 86_400_000]) {
    await using server = await startTimeServer({ aheadMs });
    const offsetMs = await askTimeServer('127.0.0.1', systemClock, server.port);
    assert.ok(Math.abs(offsetMs + aheadMs) < SLACK_MS, `${aheadMs}: ${offsetMs}`);
  }
});

test('one that does not answer, has no time itself, or answers what was not asked', async () => {
  await using unsynchronised = await startTimeServer({ stratum: 0 });
  await assert.rejects(askTimeServer('localhost', systemClock, unsynchronised.port), {
    message: 'server: localhost answers, and does not know the time itself',
  });
  await using forged = await startTimeServer({ isForged: true });
  await assert.rejects(askTimeServer('127.0.0.1', systemClock, forged.port), {
    message: 'server: 127.0.0.1 does not answer within 3 s',
  });
  const gone = await startTimeServer();
  await gone[Symbol.asyncDispose]();
  await assert.rejects(askTimeServer('127.0.0.1', systemClock, gone.port), {
    message: "server: 127.0.0.1 can't be asked (ECONNREFUSED)",
  });
  await assert.rejects(askTimeServer('nobody.invalid', systemClock), {
    message: /^server: nobody\.invalid can't be resolved/,
  });
});
