/**
 * Time comes from here only, so that tests and simulations can drive it.
 *
 * `monotonicMs` is CLOCK_MONOTONIC: it never jumps, and it is the same clock in every process of this machine, so a
 * capture time taken in a camera process can be compared with an egress time taken in the agent.
 */
export interface Clock {
  /** Milliseconds on the machine's monotonic clock, with fractions. */
  monotonicMs(): number;
  /** Wall-clock milliseconds since 1970; may jump when the box gets its time from the network. */
  wallMs(): number;
}

export const systemClock: Clock = {
  monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
  wallMs: () => Date.now(),
};
