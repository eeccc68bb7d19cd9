/**
 * The thread that looks for the marker, as a call. It is started by the first call; one that was lost is started again by a later call,
 * after a pause that doubles up to half a minute. Nothing here throws or rejects: without an answer a call gives undefined.
 */
import { Worker } from 'node:worker_threads';
import type { MarkerAnswer } from './marker-worker.ts';
import type { GreyPicture } from './outlines.ts';

const RESTART_MS_MIN = 250;
const RESTART_MS_MAX = 30_000;
/** Of the thread; a look at the largest picture with much texture takes a third of it. */
const HEAP_MB_MAX = 128;

/** Something that looks for markers; a test has its own. */
export interface MarkerSeeker {
  /** Undefined without an answer in time. One call at a time. The picture is shared with the thread until the answer. */
  seek(picture: GreyPicture, timeoutMs: number): Promise<MarkerAnswer | undefined>;
  close(): Promise<void>;
}

export class MarkerThread implements MarkerSeeker {
  #worker: Worker | undefined;
  #answer: ((answer: MarkerAnswer | undefined) => void) | undefined;
  #restartMs = RESTART_MS_MIN;
  #restartAtMs = Number.NEGATIVE_INFINITY;

  async seek(picture: GreyPicture, timeoutMs: number): Promise<MarkerAnswer | undefined> {
    const worker = this.#worker ?? this.#start();
    if (worker === undefined || this.#answer !== undefined) return undefined;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#lose(worker), timeoutMs);
      this.#answer = (answer) => {
        clearTimeout(timer);
        this.#answer = undefined;
        if (answer !== undefined) this.#restartMs = RESTART_MS_MIN;
        resolve(answer);
      };
      worker.postMessage(picture);
    });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#restartAtMs = Number.POSITIVE_INFINITY;
    this.#worker = undefined;
    this.#answer?.(undefined);
    await worker?.terminate();
  }

  #start(): Worker | undefined {
    if (performance.now() < this.#restartAtMs) return undefined;
    const worker = new Worker(new URL('./marker-worker.js', import.meta.url), {
      name: 'marker',
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
    });
    worker.on('message', (answer: MarkerAnswer) => {
      if (worker === this.#worker) this.#answer?.(answer);
    });
    worker.on('error', () => this.#lose(worker));
    worker.on('exit', () => this.#lose(worker));
    this.#worker = worker;
    return worker;
  }

  #lose(worker: Worker): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    this.#restartAtMs = performance.now() + this.#restartMs;
    this.#restartMs = Math.min(RESTART_MS_MAX, 2 * this.#restartMs);
    void worker.terminate();
    this.#answer?.(undefined);
  }
}
