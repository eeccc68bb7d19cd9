/** Goal: guessing gets slow, over whatever protocol, and a viewer with the right password does not. Method: a clock that the test moves. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ADDRESSES_MAX,
  FAILURES_FORGOTTEN_MS,
  FAILURES_FREE,
  FailureDamper,
  PAUSE_MS_MAX,
  PAUSE_MS_MIN,
  TURN_WAIT_MS_MAX,
} from '../../../../edge/gateway/auth/damper.ts';
import { manualClock } from '../../../support/manual-clock.ts';

function setUp() {
  const clock = manualClock();
  const damper = new FailureDamper(clock);
  const fail = (address: string, times: number): void => {
    for (let i = 0; i < times; i++) damper.failed(address);
  };
  return { clock, damper, fail };
}

test('lets a few mistakes pass, then doubles the pause up to its bound', () => {
  const { clock, damper, fail } = setUp();
  fail('a', FAILURES_FREE - 1);
  assert.equal(damper.tryTurn('a'), 0);
  fail('a', 1);
  assert.equal(damper.tryTurn('a'), PAUSE_MS_MIN);
  fail('a', 2);
  assert.equal(damper.tryTurn('a'), 4 * PAUSE_MS_MIN);
  fail('a', 40);
  assert.equal(damper.tryTurn('a'), PAUSE_MS_MAX);
  assert.equal(damper.reserveTurn('a'), undefined, 'too far away to wait for');
  assert.equal(damper.tryTurn('b'), 0);
  clock.advance(PAUSE_MS_MAX);
  assert.equal(damper.tryTurn('a'), 0);
  assert.equal(damper.tryTurn('a'), PAUSE_MS_MAX, 'the turn is taken, whatever will come of it');
});

test('attempts at the same time take turns, and more than may wait are refused', () => {
  const { damper, fail } = setUp();
  fail('a', FAILURES_FREE);
  const waits = Array.from({ length: 20 }, () => damper.reserveTurn('a'));
  assert.deepEqual(waits.slice(0, 3), [PAUSE_MS_MIN, 2 * PAUSE_MS_MIN, 3 * PAUSE_MS_MIN]);
  assert.equal(waits.at(-1), undefined);
  const granted = waits.filter((wait) => wait !== undefined);
  assert.ok(granted.every((wait) => wait <= TURN_WAIT_MS_MAX));
  assert.ok(damper.tryTurn('a') > Math.max(...granted), 'one that comes back later does not overtake those who wait');
});

test('a right password forgives', () => {
  const { damper, fail } = setUp();
  fail('a', FAILURES_FREE + 3);
  damper.succeeded('a');
  assert.equal(damper.tryTurn('a'), 0);
  fail('a', FAILURES_FREE - 1);
  assert.equal(damper.tryTurn('a'), 0);
});

test('forgets after a while, and holds a bounded number of addresses', () => {
  const { clock, damper, fail } = setUp();
  fail('a', 40);
  clock.advance(FAILURES_FORGOTTEN_MS + 1);
  fail('a', 1);
  assert.equal(damper.tryTurn('a'), 0);
  fail('old', 10);
  for (let i = 0; i < ADDRESSES_MAX; i++) damper.failed(`10.0.${i >> 8}.${i & 255}`);
  assert.equal(damper.tryTurn('old'), 0);
});

test('takes an IPv6 network as one address, and IPv4 alike over both kinds of socket', () => {
  const { damper, fail } = setUp();
  fail('2001:db8:1:2::5', FAILURES_FREE);
  assert.equal(damper.tryTurn('2001:db8:1:2:aaaa::1'), PAUSE_MS_MIN);
  assert.equal(damper.tryTurn('2001:db8:1:3::5'), 0);
  fail('192.0.2.1', FAILURES_FREE);
  assert.equal(damper.tryTurn('::ffff:192.0.2.1'), PAUSE_MS_MIN);
  assert.equal(damper.tryTurn('192.0.2.2'), 0);
  fail('fe80::1%eth0', FAILURES_FREE);
  assert.equal(damper.tryTurn('fe80::2%eth1'), PAUSE_MS_MIN);
});
