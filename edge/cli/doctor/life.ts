/** Checks of what wears a box out: how much is written to its flash, and how warm it runs. Linux; elsewhere they say that they don't know. */
import { readHeat, WARM_C } from '../../agent/heat.ts';
import { type Check, ok, warn } from './check.ts';
import { nearestFolder } from './places.ts';

const SECTOR_BYTES = 512; // the kernel's unit in `stat`, whatever the device's own is
const DAY_S = 86_400;
/** A 32 GB card of the common kind bears about 16 TB: five years at this rate. */
const CARD_BYTES_PER_DAY_MAX = 8e9;

/** Bytes written a day to the device that holds the state, since boot, by whomever. */
export const checkWear: Check = async ({ system, loaded: { config } }) => {
  const name = 'wear';
  const device = await system.deviceOf(await nearestFolder(config.state, system));
  const sys = `/sys/dev/block/${device}`;
  const sectors = Number((await system.readText(`${sys}/stat`))?.trim().split(/\s+/)[6]);
  const uptimeS = Number((await system.readText('/proc/uptime'))?.split(' ')[0]);
  if (device === undefined || !(sectors >= 0) || !(uptimeS > 0)) return ok(name, 'not known on this system');
  const isCard = /^DEVNAME=mmcblk/m.test((await system.readText(`${sys}/uevent`)) ?? '');
  const bytesPerDay = (sectors * SECTOR_BYTES * DAY_S) / uptimeS;
  const hours = Math.round(uptimeS / 360) / 10;
  const detail = `${Math.round(bytesPerDay / 1e6)} MB a day written to ${isCard ? 'the card' : 'the disk'} of ${config.state}, over ${hours} h since boot`;
  if (!isCard || bytesPerDay <= CARD_BYTES_PER_DAY_MAX) return ok(name, detail);
  return warn(
    name,
    `${detail}; a card of 32 GB bears that for less than five years`,
    'Write segments to a disk (segments.dir), and set log.level to warn.',
  );
};

/** Temperature, and whether the processor is held back because of it. */
export const checkHeat: Check = async ({ system }) => {
  const name = 'heat';
  const { celsius, isHeldBack, timesHeldBack, isKnown } = await readHeat(system.readText);
  if (!isKnown) return ok(name, 'no sensor on this system');
  const warm = celsius === undefined ? 'no sensor' : `${Math.round(celsius)} °C`;
  const detail = timesHeldBack === 0 ? warm : `${warm}, held back ${timesHeldBack} times since boot`;
  const fix =
    'Give it shade, a heat sink or air, then compare with garim tune; until then fewer pictures are looked at.';
  if (isHeldBack) return warn(name, `${detail}, and the processor is held back by heat`, fix);
  const isWarm = celsius !== undefined && celsius >= WARM_C;
  return isWarm ? warn(name, `${detail}, close to where the processor is held back`, fix) : ok(name, detail);
};
