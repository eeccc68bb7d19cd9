/** A clock that stands still until the test moves it. */
import type { Clock } from '../../edge/base/clock.ts';

export function manualClock(startMs = 1000): Clock & { advance(ms: number): void } {
  let nowMs = startMs;
  return {
    monotonicMs: () => nowMs,
    wallMs: () => nowMs,
    advance: (ms) => {
      nowMs += ms;
    },
  };
}
