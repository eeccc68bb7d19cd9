/** A clock that stands still until the test moves it. */
import type { Clock } from '../../edge/base/clock.ts';

export function manualClock(): Clock & { advance(ms: number): void } {
  let nowMs = 1000;
  return {
    monotonicMs: () => nowMs,
    wallMs: () => nowMs,
    advance: (ms) => {
      nowMs += ms;
    },
  };
}
