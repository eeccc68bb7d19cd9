/** The time of the box and of its cameras. The box's counts: feeds, records and schedules go by it; a camera's stands in its picture. */
import { messageOf } from '../../base/errors.ts';
import { type CheckResult, fail, ok, warn } from '../doctor/check.ts';
import { clockOf, isSynchronised } from '../doctor/machine.ts';
import type { System } from '../doctor/system.ts';

/** A camera that differs by more shows a time that is wrong to whoever compares pictures. */
const OFFSET_MS_MAX = 2_000;

export interface BoxClock {
  result: CheckResult;
  /** Whether cameras may be set by it: known to be synchronised. */
  isRight: boolean;
}

/** Switches the NTP client on where that was asked, and says how the clock is. */
export async function boxClock(system: System, wanted: 'check' | 'ntp'): Promise<BoxClock> {
  let trouble: string | undefined;
  if (wanted === 'ntp') {
    const answer = await system.run('timedatectl', ['set-ntp', 'true']);
    if ('error' in answer) trouble = answer.error;
  }
  const clock = await clockOf(system);
  const isRight = clock.status === 'ok' && (await isSynchronised(system)) === true;
  if (trouble === undefined) return { result: clock, isRight };
  const detail = `${clock.detail}; NTP could not be switched on (${trouble})`;
  return { result: fail('clock', detail, 'Run as root: timedatectl set-ntp true'), isRight };
}

/** `set` is given where the camera shall be set, and resolves with the offset afterwards. */
export async function cameraClock(
  name: string,
  offsetMs: number | undefined,
  set: (() => Promise<number | undefined>) | undefined,
): Promise<CheckResult> {
  const subject = `clock of ${name}`;
  if (set !== undefined) {
    try {
      const after = await set();
      if (after === undefined || Math.abs(after) <= OFFSET_MS_MAX) return ok(subject, `set; ${shown(after)}`);
      return warn(subject, `set, and yet ${shown(after)}`, "Look at the time settings in the camera's own page.");
    } catch (error) {
      return warn(subject, `it could not be set: ${messageOf(error)}`, "Set it in the camera's own page, best by NTP.");
    }
  }
  if (offsetMs === undefined) return ok(subject, 'the camera does not tell it');
  if (Math.abs(offsetMs) <= OFFSET_MS_MAX) return ok(subject, shown(offsetMs));
  return warn(subject, shown(offsetMs), "Set it with time.cameras: set, or in the camera's own page by NTP.");
}

/** A box whose own clock is in doubt would spread its error. */
export function unsetClock(name: string): CheckResult {
  const fix = 'Synchronise the box and repeat, or name a server for the camera to follow with time.ntp.';
  return warn(`clock of ${name}`, 'not set, since this box is not known to be synchronised', fix);
}

function shown(offsetMs: number | undefined): string {
  if (offsetMs === undefined) return 'the camera does not tell it';
  const seconds = Math.abs(offsetMs) / 1000;
  if (seconds * 1000 <= OFFSET_MS_MAX) return 'as this box';
  const amount =
    seconds < 120
      ? `${seconds.toFixed(0)} s`
      : seconds < 7200
        ? `${(seconds / 60).toFixed(0)} min`
        : `${(seconds / 3600).toFixed(0)} h`;
  return `${amount} ${offsetMs > 0 ? 'ahead of' : 'behind'} this box`;
}
