/** Goal: wear and heat are told with their figures, and warned of where they harm. Method: a machine whose files the test writes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Check, CheckResult } from '../../../../edge/cli/doctor/check.ts';
import { checkHeat, checkWear } from '../../../../edge/cli/doctor/life.ts';
import { contextWith } from './fake-system.ts';

const one = async (check: Check, files: Record<string, string>): Promise<CheckResult> => {
  const context = contextWith({ readText: async (file) => files[file], deviceOf: async () => '179:2' });
  return [await check(context)].flat()[0]!;
};

/** Sectors stand in the seventh field. */
const disk = (sectors: number, name: string): Record<string, string> => ({
  '/sys/dev/block/179:2/stat': `  10  0  99  5  20  0 ${sectors}  7  0  8  9\n`,
  '/sys/dev/block/179:2/uevent': `MAJOR=179\nDEVNAME=${name}\n`,
  '/proc/uptime': '43200.00 80000.00\n',
});

test('wear: bytes a day, and a warning for a card that will not last', async () => {
  const little = await one(checkWear, disk(1_000_000, 'mmcblk0p2'));
  assert.equal(little.status, 'ok');
  assert.match(little.detail, /^1024 MB a day written to the card of .*, over 12 h since boot$/);
  const much = await one(checkWear, disk(10_000_000, 'mmcblk0p2'));
  assert.equal(much.status, 'warn');
  assert.match(much.detail, /^10240 MB a day/);
  assert.equal((await one(checkWear, disk(10_000_000, 'nvme0n1p2'))).status, 'ok', 'no card');
  assert.equal((await one(checkWear, {})).detail, 'not known on this system');
});

test('heat: the warmest zone, and a processor that is held back', async () => {
  const zones = (...celsius: number[]): Record<string, string> =>
    Object.fromEntries(
      celsius.flatMap((value, index) => [
        [`/sys/class/thermal/thermal_zone${index}/type`, 'cpu-thermal\n'],
        [`/sys/class/thermal/thermal_zone${index}/temp`, `${value * 1000}\n`],
      ]),
    );
  const cooling = (type: string, state: number): Record<string, string> => ({
    '/sys/class/thermal/cooling_device0/type': `${type}\n`,
    '/sys/class/thermal/cooling_device0/cur_state': `${state}\n`,
  });
  assert.equal((await one(checkHeat, zones(41, 55))).detail, '55 °C');
  assert.equal((await one(checkHeat, zones(41, 80))).status, 'warn');
  assert.equal((await one(checkHeat, { ...zones(60), ...cooling('cpufreq-cpu0', 2) })).status, 'warn');
  assert.equal((await one(checkHeat, { ...zones(60), ...cooling('pwm-fan', 2) })).status, 'ok', 'a fan that turns');
  assert.equal((await one(checkHeat, { ...zones(60), ...cooling('cpufreq-cpu0', 0) })).status, 'ok');
  assert.equal((await one(checkHeat, {})).detail, 'no sensor on this system');
});
