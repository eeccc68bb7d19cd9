/** What anybody may ask of the record, answered from the ledger; and objections, which go into it. */
import type { Clock } from '../base/clock.ts';
import { WorldError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Inquiries } from '../gateway/public/port.ts';
import { canonicalCode, type PresenceCodes, presenceHash } from '../ledger/presence.ts';
import { spanOf, type Window, windowName } from '../ledger/window.ts';
import { sentenceOf } from '../ledger/words.ts';
import type { Recorder } from './record/recorder.ts';

/** Objections of this process: a code has one entry. Codes are valid for a month; beyond it the oldest is forgotten, which costs an entry. */
const OBJECTIONS_MAX = 4096;

export function inquiriesInto(options: {
  record: Recorder;
  presence: PresenceCodes;
  /** Names of cameras and sensors. */
  places: readonly string[];
  clock: Clock;
  log: Log;
}): Inquiries {
  const { record, presence, places, clock, log } = options;
  const objected = new Set<string>();

  const hasObjection = async (window: Window): Promise<boolean> => {
    if (objected.has(windowName(window))) return true;
    const [fromMs] = spanOf(window);
    const { found } = await record.lookUp({ fromMs, toMs: fromMs });
    return found.some(({ leaf }) => leaf.kind === 'object' && windowName(leaf.window) === windowName(window));
  };

  return {
    places: () => places,
    async lookUp(query) {
      const { found, ...rest } = await record.lookUp(query);
      const { origin, vkey } = record.status();
      const leaves = found.map(({ index, leaf }) => ({
        index,
        leaf,
        text: { ko: sentenceOf(leaf, 'ko'), en: sentenceOf(leaf, 'en') },
      }));
      return { ...rest, origin, vkey, leaves };
    },
    proof: (index) => record.proof(index),
    presenceCode() {
      const { code, endsMs } = presence.current();
      return { code, endsMs, leftMs: endsMs - clock.wallMs() };
    },
    presenceOf(code) {
      const window = presence.find(code);
      if (window === undefined) return undefined;
      const [startMs, endMs] = spanOf(window);
      return { startMs, endMs };
    },
    async object(code) {
      const window = presence.find(code);
      const canonical = canonicalCode(code);
      if (window === undefined || canonical === undefined)
        throw new WorldError('ledger-failed', 'no window has that code');
      if (await hasObjection(window)) return;
      objected.add(windowName(window));
      for (const oldest of objected) {
        if (objected.size <= OBJECTIONS_MAX) break;
        objected.delete(oldest);
      }
      try {
        await record.object(window, presenceHash(canonical));
      } catch (error) {
        objected.delete(windowName(window));
        throw error;
      }
      log.warn(
        { window },
        'somebody who was there objects to the use of what was taken then: it is on record, and exact values of it are destroyed; what becomes of recordings of that time is yours to decide',
      );
    },
  };
}
