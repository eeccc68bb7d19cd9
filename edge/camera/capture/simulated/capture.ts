/**
 * The simulated street as a camera.
 *
 * Owner of a worker thread that draws, and of two picture buffers that travel between it and this thread. Paced `live`, frames come when
 * they are due and frames that the worker was too late for are counted as dropped, as a camera's would be; `unpaced`, drawing waits for
 * the puller. A fault of the worker shows as `lost`; a new worker goes on where the street is.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { Rational } from 'node-av/lib';
import { systemClock } from '../../../base/clock.ts';
import { messageOf } from '../../../base/errors.ts';
import { DECODE_AHEAD_FRAMES_MAX } from '../../../base/limits.ts';
import type { SimulatedSource } from '../../../config/simulated.ts';
import { createSurface, type Surface } from '../../draw/surface.ts';
import { RawFrame } from '../../frame.ts';
import { EventQueue } from '../event-queue.ts';
import type { Capture, CaptureCounts, CaptureEvent } from '../port.ts';
import type { RenderRequest, WorkerAnswer } from './worker.ts';
import { YuvConverter } from './yuv.ts';

const RESTART_MS = 1000;
const MICROSECONDS = new Rational(1, 1_000_000);

export class SimulatedCapture implements Capture {
  readonly counts: CaptureCounts = { framesDecoded: 0, framesDropped: 0, decodeErrors: 0, reconnects: 0 };
  readonly #source: SimulatedSource;
  readonly #pacing: 'live' | 'unpaced';
  readonly #queue: EventQueue;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  /** Frame of the street that comes next; also its `seq`, so that skipped frames leave a gap. */
  #index = 0;

  constructor(source: SimulatedSource, pacing: 'live' | 'unpaced') {
    this.#source = source;
    this.#pacing = pacing;
    this.#queue = new EventQueue(pacing, DECODE_AHEAD_FRAMES_MAX, () => {
      this.counts.framesDropped++;
    });
    this.#done = this.#run();
  }

  next(): Promise<CaptureEvent> {
    return this.#queue.next();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#queue.close();
    await this.#done;
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await this.#session();
        if (!this.#stop.signal.aborted) this.#queue.push({ kind: 'ended' });
        return;
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.counts.reconnects++;
        this.#queue.push({ kind: 'lost', reason: 'source-lost', error: messageOf(error), retryMs: RESTART_MS });
        await this.#pause(RESTART_MS);
      }
    }
  }

  /** Draws with one worker until the end, the close or a fault. */
  async #session(): Promise<void> {
    const { street, seconds } = this.#source;
    const end = seconds === undefined ? Number.POSITIVE_INFINITY : Math.max(1, Math.round(seconds * street.frameRate));
    using converter = new YuvConverter();
    const renderer = new Renderer(this.#source, this.#stop.signal);
    try {
      await renderer.ready;
      const { widthPx, heightPx, frameRate } = street;
      this.#queue.push({ kind: 'connected', info: { codec: 'simulated', widthPx, heightPx, frameRate } });
      const firstDueMs = systemClock.monotonicMs() - (this.#index / frameRate) * 1000;
      const spare = [createSurface(widthPx, heightPx), createSurface(widthPx, heightPx)];
      let ahead = await this.#request(renderer, spare.pop()!, firstDueMs, end);
      while (ahead !== undefined) {
        const { index, surface } = await ahead.rendered;
        const capturedMs = systemClock.monotonicMs();
        ahead = await this.#request(renderer, spare.pop()!, firstDueMs, end);
        const ptsUs = Math.round((index * 1e6) / frameRate);
        const av = await converter.convert(surface, MICROSECONDS, BigInt(ptsUs));
        spare.push(surface);
        this.counts.framesDecoded++;
        await this.#queue.pushFrame({ kind: 'frame', frame: new RawFrame(av, index, ptsUs, capturedMs) });
        if (this.#stop.signal.aborted) return;
      }
    } finally {
      await renderer.close();
    }
  }

  /** Orders the next frame when it is due; undefined after the last one. */
  async #request(renderer: Renderer, surface: Surface, firstDueMs: number, end: number): Promise<Ordered | undefined> {
    if (this.#pacing === 'live') {
      const frameMs = 1000 / this.#source.street.frameRate;
      const dueNow = Math.floor((systemClock.monotonicMs() - firstDueMs) / frameMs);
      if (dueNow > this.#index) {
        const skipped = Math.min(dueNow, end) - this.#index;
        this.counts.framesDropped += skipped;
        this.#index += skipped;
      }
      if (this.#index < end) await this.#pause(firstDueMs + this.#index * frameMs - systemClock.monotonicMs());
    }
    if (this.#index >= end || this.#stop.signal.aborted) return undefined;
    return { rendered: renderer.render(this.#index++, surface) };
  }

  async #pause(ms: number): Promise<void> {
    if (ms <= 0) return;
    await sleep(ms, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }
}

/** Wrapped, since a promise of a promise would be awaited to its end. */
interface Ordered {
  rendered: Promise<{ index: number; surface: Surface }>;
}

/** The worker thread; one frame at a time. */
class Renderer {
  readonly ready: Promise<void>;
  readonly #worker: Worker;
  readonly #size: { widthPx: number; heightPx: number };
  #settle:
    | { resolve: (answer: { index: number; surface: Surface }) => void; reject: (error: Error) => void }
    | undefined;
  #failed: Error | undefined;

  constructor(source: SimulatedSource, signal: AbortSignal) {
    this.#size = { widthPx: source.street.widthPx, heightPx: source.street.heightPx };
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: source.street });
    this.ready = new Promise((resolve, reject) => {
      this.#worker.on('message', (answer: WorkerAnswer) => {
        if (answer.kind === 'ready') resolve();
        else this.#settle?.resolve({ index: answer.index, surface: { ...this.#size, rgb: answer.rgb } });
      });
      const fail = (error: Error): void => {
        this.#failed ??= error;
        reject(error);
        this.#settle?.reject(error);
      };
      this.#worker.on('error', fail);
      this.#worker.on('exit', () => fail(new Error('the drawing thread of the simulated street ended')));
      signal.addEventListener('abort', () => fail(new Error('closed')), { once: true });
    });
    // A fault between two frames is reported by the next `render()`.
    this.ready.catch(() => undefined);
  }

  render(index: number, surface: Surface): Promise<{ index: number; surface: Surface }> {
    if (this.#failed !== undefined) return Promise.reject(this.#failed);
    const rendered = new Promise<{ index: number; surface: Surface }>((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // It may fail before anyone waits for it.
    rendered.catch(() => undefined);
    const request: RenderRequest = { index, rgb: surface.rgb };
    this.#worker.postMessage(request, [surface.rgb.buffer]);
    return rendered;
  }

  async close(): Promise<void> {
    this.#failed ??= new Error('closed');
    await this.#worker.terminate();
  }
}
