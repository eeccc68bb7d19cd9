/** Pauses between attempts: each step doubles the one before, each pause is drawn from the upper half of its step. */
import { RECONNECT_BACKOFF_MS_MAX, RECONNECT_BACKOFF_MS_MIN } from './limits.ts';

export class Backoff {
  readonly #random: () => number;
  #stepMs = RECONNECT_BACKOFF_MS_MIN;

  /** `random` gives values from 0 up to 1. */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  nextMs(): number {
    const stepMs = this.#stepMs;
    this.#stepMs = Math.min(stepMs * 2, RECONNECT_BACKOFF_MS_MAX);
    return this.#draw(stepMs);
  }

  /** For a fault that only a person mends: asking often would lock accounts of some cameras. */
  longestMs(): number {
    this.#stepMs = RECONNECT_BACKOFF_MS_MAX;
    return this.#draw(RECONNECT_BACKOFF_MS_MAX);
  }

  reset(): void {
    this.#stepMs = RECONNECT_BACKOFF_MS_MIN;
  }

  #draw(stepMs: number): number {
    return Math.round(stepMs * (0.5 + this.#random() / 2));
  }
}
