import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FailureDamper } from '../../../../edge/gateway/rtsp/damper.ts';
import {
  AUTH_ADDRESSES_MAX,
  AUTH_DELAY_MS_MAX,
  AUTH_DELAY_MS_MIN,
  AUTH_FAILURES_FORGOTTEN_MS,
  AUTH_FAILURES_FREE,
} from '../../../../edge/gateway/rtsp/limits.ts';

function failOften(damper: FailureDamper, address: string, times: number, nowMs = 0): void {
  for (let index = 0; index < times; index++) damper.failed(address, nowMs);
}

test('lets a few mistakes pass, then doubles the wait up to its bound', () => {
  const damper = new FailureDamper();
  failOften(damper, 'a', AUTH_FAILURES_FREE - 1);
  assert.equal(damper.reserve('a', 0), 0);
  failOften(damper, 'a', 1);
  assert.equal(damper.reserve('a', 0), AUTH_DELAY_MS_MIN);
  failOften(damper, 'a', 1);
  assert.equal(damper.reserve('a', 10_000), 2 * AUTH_DELAY_MS_MIN);
  failOften(damper, 'a', 30);
  assert.equal(damper.reserve('a', 100_000), AUTH_DELAY_MS_MAX);
  assert.equal(damper.reserve('b', 0), 0);
});

test('makes attempts at the same time take turns, and refuses more than may wait', () => {
  const damper = new FailureDamper();
  failOften(damper, 'a', AUTH_FAILURES_FREE);
  const waits = Array.from({ length: 20 }, () => damper.reserve('a', 0));
  assert.deepEqual(waits.slice(0, 3), [AUTH_DELAY_MS_MIN, 2 * AUTH_DELAY_MS_MIN, 3 * AUTH_DELAY_MS_MIN]);
  assert.equal(waits.at(-1), undefined);
});

test('forgets after a while, and holds a bounded number of addresses', () => {
  const damper = new FailureDamper();
  failOften(damper, 'a', 10);
  assert.equal(damper.reserve('a', AUTH_FAILURES_FORGOTTEN_MS + 1), 0);
  failOften(damper, 'old', 10);
  for (let index = 0; index < AUTH_ADDRESSES_MAX; index++) damper.failed(`10.0.0.${index}`, 1);
  assert.equal(damper.reserve('old', 1), 0);
});

test('takes an IPv6 network as one address', () => {
  const damper = new FailureDamper();
  failOften(damper, '2001:db8:1:2::5', AUTH_FAILURES_FREE);
  assert.equal(damper.reserve('2001:db8:1:2:aaaa::1', 0), AUTH_DELAY_MS_MIN);
  assert.equal(damper.reserve('2001:db8:1:3::5', 0), 0);
});
