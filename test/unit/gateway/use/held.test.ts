/**
 * Goal: who stays is on record without a gap, and no clock that is set floods the record, leaves it silent or cuts anybody off. Method: the real desk on
 * simulated time, for a day, with a clock that jumps.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdUse } from '../../../../edge/gateway/use/held.ts';
import { SimulatedTime } from '../../../support/simulated-time.ts';
import { openTestDesk } from '../../../support/use.ts';

const STEP_MS = 5_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const YEAR_MS = 365 * 24 * HOUR_MS;
const START_MS = Date.UTC(2026, 10, 23, 5);
const REQUEST = { puller: 'user:operator', feed: 'gate', kind: 'camera', way: 'rtsp', asked: {} } as const;

async function watch(time: SimulatedTime) {
  const { desk, record } = await openTestDesk({ clock: time });
  const admission = await desk.pull(REQUEST);
  assert.ok(admission.admitted);
  const held = holdUse(desk, REQUEST, admission.untilMs, (reason) => assert.fail(reason));
  const pass = async (ms: number): Promise<void> => {
    for (let at = 0; at < ms; at += STEP_MS) await time.pass(STEP_MS);
  };
  const starts = (): string[] => record.pulls.map(({ window }) => window[0]);
  return { held, pass, starts };
}

test('each hour has its entry', async () => {
  using time = new SimulatedTime(START_MS);
  const { held, pass, starts } = await watch(time);
  using _held = held;
  await pass(4 * HOUR_MS - MINUTE_MS);
  assert.deepEqual(
    starts(),
    ['05', '06', '07', '08'].map((hour) => `2026-11-23T${hour}:00Z`),
  );
  assert.equal(time.timers, 1);
});

for (const [what, jumpMs] of [
  ['years ahead', 40 * YEAR_MS],
  ['years back', -40 * YEAR_MS],
  ['two hours ahead', 2 * HOUR_MS],
  ['two hours back', -2 * HOUR_MS],
] as const) {
  test(`a clock that is set ${what}: one entry that holds the new time, and then one an hour`, async () => {
    using time = new SimulatedTime(START_MS);
    const { held, pass, starts } = await watch(time);
    using _held = held;
    await pass(30 * MINUTE_MS);
    time.jump(jumpMs);
    await pass(3 * HOUR_MS - 5 * MINUTE_MS);
    const from = START_MS + 30 * MINUTE_MS + jumpMs;
    const expected = [0, 1, 2].map((hour) => new Date(from + hour * HOUR_MS).toISOString().slice(0, 16));
    assert.deepEqual(starts(), ['2026-11-23T05:00Z', ...expected.map((minute) => `${minute}Z`)]);
  });
}

test('a clock that is set back within the hour leaves no time without an entry', async () => {
  using time = new SimulatedTime(START_MS);
  const { held, pass, starts } = await watch(time);
  using _held = held;
  await pass(50 * MINUTE_MS);
  time.jump(-20 * MINUTE_MS);
  await pass(60 * MINUTE_MS);
  assert.ok(starts().length >= 2 && starts().length <= 4, starts().join(' '));
});
