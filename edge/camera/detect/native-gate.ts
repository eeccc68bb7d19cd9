/**
 * Keeps a worker thread from being terminated while it is inside onnxruntime: a native call can't be interrupted, and when it returns
 * into a terminated thread it aborts the whole process. Worker and owner share one integer, changed atomically only.
 */
const OUTSIDE = 0;
const INSIDE = 1;
const SHUT = 2;

export class NativeGate {
  readonly shared: SharedArrayBuffer;
  readonly #cell: Int32Array;

  constructor(shared = new SharedArrayBuffer(4)) {
    this.shared = shared;
    this.#cell = new Int32Array(shared);
  }

  /** Worker: runs `work` inside. Rejects without running it once the gate is shut. */
  async inside<T>(work: () => Promise<T>): Promise<T> {
    if (Atomics.compareExchange(this.#cell, 0, OUTSIDE, INSIDE) !== OUTSIDE)
      throw new Error('the thread is being ended');
    try {
      return await work();
    } finally {
      Atomics.store(this.#cell, 0, OUTSIDE);
      Atomics.notify(this.#cell, 0);
    }
  }

  /** Owner: true when the worker is outside and will stay there, so that it may be terminated. */
  shut(): boolean {
    return Atomics.compareExchange(this.#cell, 0, OUTSIDE, SHUT) !== INSIDE;
  }

  /** Owner: blocks until the gate could be shut, at most `waitMsMax`. For the last moment of a process only. */
  shutBlocking(waitMsMax: number): void {
    const deadlineMs = performance.now() + waitMsMax;
    while (!this.shut()) {
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) return;
      Atomics.wait(this.#cell, 0, INSIDE, leftMs);
    }
  }
}
