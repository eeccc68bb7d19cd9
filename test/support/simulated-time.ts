/**
 * A day in seconds: both clocks stand still until the test moves them, and while it is installed timers are theirs. What reads and writes in
 * earnest is waited for between two steps. Timers inside Node's own servers stay real.
 */
import type { Clock } from '../../edge/base/clock.ts';

interface Timer {
  dueMs: number;
  everyMs: number | undefined;
  run: () => void;
}

/** What of `process.getActiveResourcesInfo()` is work under way, and not a handle that waits. */
const WORK = /Req|REQ|Job|JOB|Promise/;
const REAL = {
  setTimeout: globalThis.setTimeout,
  setInterval: globalThis.setInterval,
  clearTimeout: globalThis.clearTimeout,
  clearInterval: globalThis.clearInterval,
};

export class SimulatedTime implements Clock, Disposable {
  readonly #timers = new Map<object, Timer>();
  #wallAheadMs: number;
  #nowMs = 0;

  constructor(wallStartMs: number) {
    this.#wallAheadMs = wallStartMs;
    const set = (everyMs: (ms: number) => number | undefined) =>
      ((run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
        const delayMs = Math.max(1, ms > 0x7fffffff ? 1 : ms); // as Node does
        const handle = handleOf(() => this.#timers.has(handle));
        this.#timers.set(handle, { dueMs: this.#nowMs + delayMs, everyMs: everyMs(delayMs), run: () => run(...args) });
        return handle;
      }) as unknown as typeof setTimeout;
    const clear = ((handle?: object) => {
      if (handle !== undefined) this.#timers.delete(handle);
    }) as typeof clearTimeout;
    Object.assign(globalThis, {
      setTimeout: set(() => undefined),
      setInterval: set((ms) => ms),
      clearTimeout: clear,
      clearInterval: clear,
    });
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#wallAheadMs + this.#nowMs;
  }

  /** Timers that wait. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Somebody sets the wall clock. */
  jump(ms: number): void {
    this.#wallAheadMs += ms;
  }

  /** Lets time pass: what is due runs in its order, and then all that it began. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    for (;;) {
      let next: [object, Timer] | undefined;
      for (const entry of this.#timers) if (entry[1].dueMs < (next?.[1].dueMs ?? endMs + 1)) next = entry;
      if (next === undefined) break;
      const [handle, timer] = next;
      this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
      if (timer.everyMs === undefined) this.#timers.delete(handle);
      else timer.dueMs += timer.everyMs;
      timer.run();
    }
    this.#nowMs = endMs;
    await settled();
  }

  [Symbol.dispose](): void {
    Object.assign(globalThis, REAL);
    this.#timers.clear();
  }
}

/** Resolves when nothing is read, written or computed any more. */
export async function settled(): Promise<void> {
  for (let quiet = 0; quiet < 3; ) {
    await new Promise(setImmediate);
    quiet = process.getActiveResourcesInfo().some((kind) => WORK.test(kind)) ? 0 : quiet + 1;
  }
}

function handleOf(isWaiting: () => boolean): NodeJS.Timeout {
  const handle = {
    ref: () => handle,
    unref: () => handle,
    hasRef: isWaiting,
    refresh: () => assertUnused('refresh'),
    close: () => assertUnused('close'),
    [Symbol.toPrimitive]: () => assertUnused('a number'),
    [Symbol.dispose]: () => assertUnused('dispose'),
  };
  return handle as unknown as NodeJS.Timeout;
}

/** Nobody asked for it so far. */
function assertUnused(what: string): never {
  throw new Error(`simulated timers have no ${what}`);
}
