/** The places of viewers of all kinds together: whoever serves one takes a place first, and gives it back by disposing it. */
import { VIEWERS_MAX } from '../base/limits.ts';

export class ViewerSlots {
  #taken = 0;

  get isFull(): boolean {
    return this.#taken >= VIEWERS_MAX;
  }

  /** Undefined when all places are taken. Disposing twice is harmless. */
  take(): Disposable | undefined {
    if (this.isFull) return undefined;
    this.#taken++;
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (isHeld) this.#taken--;
        isHeld = false;
      },
    };
  }
}
