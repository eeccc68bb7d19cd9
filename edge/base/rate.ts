/** How fast somebody may speak: a token bucket of one second. */
import type { Clock } from './clock.ts';

export class RateLimit {
  readonly #clock: Clock;
  readonly #perSecond: number;
  #tokens: number;
  #filledMs: number;

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#tokens = perSecond;
    this.#filledMs = clock.monotonicMs();
  }

  /** Milliseconds until the next message may come; 0: now. */
  waitMs(): number {
    const nowMs = this.#clock.monotonicMs();
    this.#tokens = Math.min(this.#perSecond, this.#tokens + ((nowMs - this.#filledMs) * this.#perSecond) / 1000);
    this.#filledMs = nowMs;
    return this.#tokens >= 1 ? 0 : Math.ceil(((1 - this.#tokens) * 1000) / this.#perSecond);
  }

  /** A message came. What a batch holds beyond the bucket is paid for by waiting longer. */
  took(): void {
    this.#tokens -= 1;
  }
}
