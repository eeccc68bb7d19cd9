/**
 * Uses that last. A held use follows one viewer: before its window ends it is decided and recorded anew, and when it is refused then, or can't
 * be recorded, the viewer is told at the end of the window, not later. Windows are of the wall clock: when that is set, a use goes on in a
 * window that holds the new time, and what lies between is not recorded, since nobody watched in it. A standing use follows a way out for which nobody logs in (push,
 * segments): it is opened when it is on record and closed when it lapses.
 */
import type { UseRequest } from './decision.ts';
import type { Admission, UseDesk } from './desk.ts';
import { explain } from './texts.ts';

/** The next window is on record this long before it begins, so that no byte falls between two. */
const RENEW_AHEAD_MS = 10_000;
/** How long it may take until it is seen that the wall clock was set. */
const LOOK_EVERY_MS = 10_000;
/** A record that failed is tried again; other refusals stand until the configuration changes. */
const STANDING_RETRY_MS = 60_000;

type Refused = Extract<Admission, { admitted: false }>['reason'];

/** Until disposed. `onLapse` is called at most once. */
export function holdUse(
  desk: UseDesk,
  request: UseRequest,
  untilMs: number,
  onLapse: (reason: Refused) => void,
): Disposable {
  let isOver = false;
  let timer: NodeJS.Timeout;
  let startMs = desk.clock.wallMs();
  let endMs = untilMs;
  /** Of the window, by timers: they go on whatever becomes of the clock. */
  let leftMs = endMs - startMs;
  /** Decided and recorded, or refused: what holds from `endMs` on. */
  let next: Admission | undefined;

  const look = async (): Promise<void> => {
    const nowMs = desk.clock.wallMs();
    leftMs = Math.min(leftMs, endMs - nowMs); // timers are late, never early
    const knownUntilMs = next?.admitted === true ? next.untilMs : endMs;
    const isSet = nowMs < startMs - RENEW_AHEAD_MS || nowMs >= knownUntilMs + LOOK_EVERY_MS;
    if (isSet) {
      next = await desk.pull(request);
      endMs = nowMs;
    } else if (next === undefined && leftMs <= RENEW_AHEAD_MS) {
      next = await desk.admit(desk.decide(request, endMs), { fromMs: endMs });
    }
    if (isOver) return;
    if (next !== undefined && (isSet || leftMs <= 0)) {
      if (!next.admitted) return onLapse(next.reason);
      leftMs = next.untilMs - endMs + (isSet ? 0 : Math.min(0, leftMs));
      [startMs, endMs, next] = [endMs, next.untilMs, undefined];
    }
    wait();
  };
  const wait = (): void => {
    const dueMs = next === undefined ? leftMs - RENEW_AHEAD_MS : leftMs;
    // One more, since a timer may be early by less than that.
    const waitMs = Math.min(LOOK_EVERY_MS, Math.max(0, Math.ceil(dueMs)) + 1);
    timer = setTimeout(() => {
      leftMs -= waitMs;
      void look();
    }, waitMs);
    timer.unref();
  };
  wait();
  return {
    [Symbol.dispose]: () => {
      isOver = true;
      clearTimeout(timer);
    },
  };
}

export interface StandingUse {
  /** What is wrong, for the console. */
  notices(): readonly string[];
  close(): Promise<void>;
}

/** Opens once the use is on record, and keeps it recorded. */
export function standUse(options: {
  desk: UseDesk;
  request: UseRequest;
  open: () => { close(): Promise<void> };
}): StandingUse {
  const { desk, request, open } = options;
  let opened: { close(): Promise<void> } | undefined;
  let held: Disposable | undefined;
  let retry: NodeJS.Timeout | undefined;
  let refused: Refused | undefined;
  let isClosing = false;

  const lapse = (reason: Refused): void => {
    refused = reason;
    held = undefined;
    const ending = opened;
    opened = undefined;
    void ending?.close();
    if (reason === 'not-recorded' && !isClosing) retry = setTimeout(() => void begin(), STANDING_RETRY_MS);
  };
  const begin = async (): Promise<void> => {
    const admission = await desk.pull(request);
    if (isClosing) return;
    if (!admission.admitted) return lapse(admission.reason);
    refused = undefined;
    held = holdUse(desk, request, admission.untilMs, lapse);
    opened = open();
  };
  const begun = begin();

  return {
    notices: () =>
      refused === undefined ? [] : [`${request.feed}: ${request.puller} gets nothing. ${explain(refused).en}`],
    async close() {
      isClosing = true;
      clearTimeout(retry);
      held?.[Symbol.dispose]();
      await begun;
      await opened?.close();
    },
  };
}
