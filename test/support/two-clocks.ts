/** A wall clock and a monotonic clock that stand still until the test moves them: together (`pass`), or the wall clock alone (`jump`). */
import type { Clock } from '../../edge/base/clock.ts';

export interface TwoClocks extends Clock {
  pass(ms: number): void;
  jump(ms: number): void;
}

export function twoClocks(wallStartMs: number): TwoClocks {
  let wallNowMs = wallStartMs;
  let monotonicNowMs = 0;
  return {
    wallMs: () => wallNowMs,
    monotonicMs: () => monotonicNowMs,
    pass: (ms) => {
      wallNowMs += ms;
      monotonicNowMs += ms;
    },
    jump: (ms) => {
      wallNowMs += ms;
    },
  };
}
