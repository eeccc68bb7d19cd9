/** A wake-up for loops that share state: `raise()` wakes everybody who waits now. */
export class Signal {
  #waiting: (() => void)[] = [];

  raise(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Until the next `raise()`, or until the time is over. */
  wait(ms?: number): Promise<void> {
    return new Promise((resolve) => {
      if (ms === undefined) {
        this.#waiting.push(resolve);
        return;
      }
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((w) => w !== wake);
        resolve();
      }, ms);
      const wake = (): void => {
        clearTimeout(timer);
        resolve();
      };
      this.#waiting.push(wake);
    });
  }
}
