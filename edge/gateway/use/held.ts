/**
 * Uses that last. A held use follows one viewer: before its window ends it is decided and recorded anew, and when it is refused then, or can't
 * be recorded, the viewer is told at the end of the window, not later. A standing use follows a way out for which nobody logs in (push,
 * segments): it is opened when it is on record and closed when it lapses.
 */
import type { UseRequest } from './decision.ts';
import type { Admission, UseDesk } from './desk.ts';
import { explain } from './texts.ts';

/** The next window is on record this long before it begins, so that no byte falls between two. */
const RENEW_AHEAD_MS = 10_000;
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
  const after = (dueMs: number, run: () => void): void => {
    timer = setTimeout(run, Math.max(0, dueMs - desk.clock.wallMs()));
    timer.unref();
  };
  const renew = async (endMs: number): Promise<void> => {
    const next = await desk.admit(desk.decide(request, endMs), { fromMs: endMs });
    if (isOver) return;
    if (next.admitted) after(next.untilMs - RENEW_AHEAD_MS, () => void renew(next.untilMs));
    else after(endMs, () => onLapse(next.reason));
  };
  after(untilMs - RENEW_AHEAD_MS, () => void renew(untilMs));
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
