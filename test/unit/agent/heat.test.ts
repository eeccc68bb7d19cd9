/** Goal: heat that holds the processor back is seen from each source that tells it, and said in console and metrics while it lasts. Method: made-up kernel files. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeatWatch, readHeat } from '../../../edge/agent/heat.ts';
import { createMetrics } from '../../../edge/agent/metrics.ts';

const ZONE = { '/sys/class/thermal/thermal_zone0/type': 'cpu\n', '/sys/class/thermal/thermal_zone0/temp': '81400\n' };
const BRAKE = {
  '/sys/class/thermal/cooling_device0/type': 'Processor\n',
  '/sys/class/thermal/cooling_device0/cur_state': '3\n',
};
const INTEL = '/sys/devices/system/cpu/cpu0/thermal_throttle/package_throttle_count';
const PI = '/sys/devices/platform/soc/soc:firmware/get_throttled';
const reading =
  (files: Record<string, string>) =>
  async (file: string): Promise<string | undefined> =>
    files[file];

test('each source is read, and none is needed', async () => {
  assert.deepEqual(await readHeat(reading({})), {
    celsius: undefined,
    isHeldBack: false,
    timesHeldBack: 0,
    isKnown: false,
  });
  assert.equal((await readHeat(reading(ZONE))).celsius, 81.4);
  assert.equal((await readHeat(reading({ ...ZONE, ...BRAKE }))).isHeldBack, true);
  assert.equal((await readHeat(reading({ [INTEL]: '7\n' }))).timesHeldBack, 7);
  assert.equal((await readHeat(reading({ [PI]: '50000\n' }))).isHeldBack, false, 'it was, and is not now');
  assert.equal((await readHeat(reading({ [PI]: '50001\n' }))).isHeldBack, false, 'low voltage is no heat');
  assert.equal((await readHeat(reading({ [PI]: 'e0008\n' }))).isHeldBack, true);
});

test('it is told while it lasts', async () => {
  const files: Record<string, string> = { ...ZONE, [INTEL]: '7\n' };
  using heat = new HeatWatch(reading(files));
  const metrics = createMetrics();
  metrics.watchBox({ heat, certificates: { ends: [{ server: 'http', endMs: 1_800_000_000_000 }] } });
  const told = async (): Promise<[number, string[]]> => {
    await heat.look();
    const lines = (await metrics.render()).split('\n').filter((line) => /^garim_(box|certificate)_/.test(line));
    return [heat.notices().length, lines];
  };
  const end = 'garim_certificate_end_seconds{server="http"} 1800000000';
  assert.deepEqual(await told(), [0, ['garim_box_celsius 81.4', 'garim_box_held_back 0', end]]);
  files[INTEL] = '9\n';
  assert.deepEqual(await told(), [1, ['garim_box_celsius 81.4', 'garim_box_held_back 1', end]]);
  assert.match(heat.notices()[0] ?? '', /too warm \(81 °C\).*held back/);
  assert.equal((await told())[0], 0, 'no more since');
  delete files['/sys/class/thermal/thermal_zone0/type'];
  assert.deepEqual((await told())[1], ['garim_box_held_back 0', end], 'without a sensor there is no figure');
});
