/** Goal: clocks that are wrong are told in words, and a camera is set only from a box that is known to be right. Method: given offsets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { realSystem, type System } from '../../../../edge/cli/doctor/system.ts';
import { boxClock, cameraClock } from '../../../../edge/cli/setup/clocks.ts';

const HOUR_MS = 3_600_000;

test('a camera whose clock differs is warned about', async () => {
  const told = async (offsetMs: number | undefined) => {
    const { status, detail } = await cameraClock('gate', offsetMs, undefined);
    return `${status} ${detail}`;
  };
  assert.equal(await told(1_000), 'ok as this box');
  assert.equal(await told(undefined), 'ok the camera does not tell it');
  assert.equal(await told(-90_000), 'warn 90 s behind this box');
  assert.equal(await told(9 * HOUR_MS), 'warn 9 h ahead of this box');
});

test('it is set where that was asked, and read again', async () => {
  const told = async (set: () => Promise<number | undefined>) => {
    const { status, detail } = await cameraClock('gate', HOUR_MS, set);
    return `${status} ${detail}`;
  };
  assert.equal(await told(() => Promise.resolve(300)), 'ok set; as this box');
  assert.equal(await told(() => Promise.resolve(HOUR_MS)), 'warn set, and yet 60 min ahead of this box');
  assert.equal(await told(() => Promise.reject(new Error('it says no'))), 'warn it could not be set: it says no');
});

test('NTP of the box is switched on where that was asked, and only a synchronised box is right', async () => {
  const ran: string[] = [];
  const system = (word: string, error?: string): System => ({
    ...realSystem,
    wallMs: () => Date.UTC(2026, 10, 23),
    run: async (program, args) => {
      ran.push([program, ...args].join(' '));
      if (args[0] === 'set-ntp') return error === undefined ? { output: '' } : { error };
      return word === '' ? { error: 'ENOENT' } : { output: `${word}\n` };
    },
  });
  for (const [word, status, isRight] of [
    ['yes', 'ok', true],
    ['no', 'warn', false],
    ['', 'ok', false],
  ] as const) {
    const clock = await boxClock(system(word), 'check');
    assert.deepEqual([clock.result.status, clock.isRight], [status, isRight], word);
  }
  assert.ok(!ran.some((line) => line.includes('set-ntp')));
  assert.equal((await boxClock(system('yes'), 'ntp')).result.status, 'ok');
  assert.ok(ran.includes('timedatectl set-ntp true'));
  const refused = await boxClock(system('no', '1'), 'ntp');
  assert.equal(refused.result.status, 'fail');
  assert.match(refused.result.fix ?? '', /Run as root/);
});
