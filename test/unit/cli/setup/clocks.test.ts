/** Goal: clocks that are wrong are told in words and set only where that was asked and this box's own is right. Method: given offsets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { realSystem, type System } from '../../../../edge/cli/doctor/system.ts';
import { boxClock, cameraClock } from '../../../../edge/cli/setup/clocks.ts';

const HOUR_MS = 3_600_000;

test('a camera whose clock differs is warned about', async () => {
  const told = async (offsetMs: number | undefined) => {
    const { status, detail } = await cameraClock('gate', offsetMs, undefined, true);
    return `${status} ${detail}`;
  };
  assert.equal(await told(1_000), 'ok as this box');
  assert.equal(await told(undefined), 'ok the camera does not tell it');
  assert.equal(await told(-90_000), 'warn 90 s behind this box');
  assert.equal(await told(9 * HOUR_MS), 'warn 9 h ahead of this box');
});

test('it is set where that was asked, never from a clock that is in doubt', async () => {
  let count = 0;
  const set = async (): Promise<number> => {
    count++;
    return 300;
  };
  assert.deepEqual((await cameraClock('gate', HOUR_MS, set, true)).status, 'ok');
  const doubtful = await cameraClock('gate', HOUR_MS, set, false);
  assert.deepEqual([doubtful.status, count], ['warn', 1]);
  const failed = await cameraClock('gate', HOUR_MS, () => Promise.reject(new Error('it says no')), true);
  assert.match(failed.detail, /could not be set: it says no/);
  const stubborn = await cameraClock('gate', HOUR_MS, () => Promise.resolve(HOUR_MS), true);
  assert.match(stubborn.detail, /^set, and yet 60 min ahead/);
});

test('NTP of the box is switched on where that was asked', async () => {
  const ran: string[] = [];
  const system = (error?: string): System => ({
    ...realSystem,
    wallMs: () => Date.UTC(2026, 10, 23),
    run: async (program, args) => {
      ran.push([program, ...args].join(' '));
      if (args[0] === 'set-ntp') return error === undefined ? { output: '' } : { error };
      return { output: 'yes\n' };
    },
  });
  assert.equal((await boxClock(system(), 'check')).status, 'ok');
  assert.ok(!ran.some((line) => line.includes('set-ntp')));
  assert.equal((await boxClock(system(), 'ntp')).status, 'ok');
  assert.ok(ran.includes('timedatectl set-ntp true'));
  const refused = await boxClock(system('1'), 'ntp');
  assert.equal(refused.status, 'fail');
  assert.match(refused.fix ?? '', /Run as root/);
});
