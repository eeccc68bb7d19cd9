/**
 * One inference worker from start to end: created by the detector, used until it fails once, then thrown away.
 *
 * A pending request is answered before the worker ends, whatever ends it. `onEnd` then fires once: after its own crash, an unusable
 * model or `kill()`, but not after `close()`.
 */
import { Worker } from 'node:worker_threads';
import { messageOf } from '../../base/errors.ts';
import './telemetry.ts';
import { NativeGate } from './native-gate.ts';
import type { DetectorPicture } from './port.ts';
import type { Provider } from './provider.ts';
import type { FromWorker, LoadedModel, ToWorker } from './worker-messages.ts';

export type Answer =
  | Extract<FromWorker, { type: 'detected' | 'failed' }>
  /** The worker is gone. */
  | { type: 'lost'; detail: string };

export interface WorkerHandleOptions {
  url: URL;
  models: LoadedModel[];
  threads: number;
  warmUp: { widthPx: number; heightPx: number } | undefined;
  provider: Provider | 'auto';
  onReady: (provider: Provider, remarks: readonly string[]) => void;
  onEnd: (detail: string) => void;
}

/** How long `close()` waits for a worker to release its sessions. */
const CLOSE_MS_MAX = 2_000;

/** How long the end of the process waits for inferences under way: `process.exit()` terminates threads wherever they are. */
const EXIT_MS_MAX = 1_000;

const liveGates = new Set<NativeGate>();
process.on('exit', () => {
  for (const gate of liveGates) gate.shutBlocking(EXIT_MS_MAX);
});

export class WorkerHandle {
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  readonly #options: WorkerHandleOptions;
  readonly #gate = new NativeGate();
  #pending: { requestId: number; answer: (answer: Answer) => void } | undefined;
  #nextRequestId = 1;
  #isEnded = false;
  #isGone = false;

  constructor(options: WorkerHandleOptions) {
    this.#options = options;
    this.#worker = new Worker(options.url, { name: 'inference', workerData: this.#gate.shared });
    liveGates.add(this.#gate);
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.#isGone = true;
        liveGates.delete(this.#gate);
        resolve();
      });
    });
    this.#worker.on('message', (message: FromWorker) => this.#onMessage(message));
    this.#worker.on('messageerror', (error) => this.kill(`message not understood: ${messageOf(error)}`));
    this.#worker.on('error', (error) => this.kill(`the inference thread failed: ${messageOf(error)}`));
    this.#worker.on('exit', (code) => this.kill(`the inference thread ended with code ${code}`));
    this.#post({
      type: 'load',
      models: options.models,
      threads: options.threads,
      provider: options.provider,
      warmUp: options.warmUp,
    });
  }

  /** One request at a time. The answer always comes: at the latest when the worker is killed. */
  detect(picture: DetectorPicture): Promise<Answer> {
    if (this.#isEnded) return Promise.resolve({ type: 'lost', detail: 'the inference thread has ended' });
    return new Promise((resolve) => {
      const requestId = this.#nextRequestId++;
      this.#pending = { requestId, answer: resolve };
      this.#post({ type: 'detect', requestId, picture }, [picture.rgb.buffer]);
    });
  }

  /** True once the thread is gone. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Gives the worker up for `detail`. Inside a native call it can't be ended; it then ends by itself when the call returns. */
  kill(detail: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#end();
    this.#answer({ type: 'lost', detail });
    this.#options.onEnd(detail);
  }

  /** Lets the worker release its sessions. Resolves when the thread is gone, or stuck in a native call for 2 s. */
  async close(): Promise<void> {
    if (!this.#isEnded) {
      this.#isEnded = true;
      this.#answer({ type: 'lost', detail: 'the detector was closed' });
      this.#post({ type: 'close' });
    }
    let timer: NodeJS.Timeout | undefined;
    const stuck = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.#end();
        resolve();
      }, CLOSE_MS_MAX);
    });
    await Promise.race([this.#exited, stuck]);
    clearTimeout(timer);
  }

  #end(): void {
    if (this.#isGone) return;
    if (this.#gate.shut()) {
      void this.#worker.terminate();
    } else {
      this.#post({ type: 'close' });
      this.#worker.unref();
    }
  }

  #onMessage(message: FromWorker): void {
    if (this.#isEnded) return;
    switch (message.type) {
      case 'ready':
        this.#options.onReady(message.provider, message.remarks);
        return;
      case 'load-failed':
        this.kill(`the model can't be used: ${message.detail}`);
        return;
      case 'detected':
      case 'failed':
        if (message.requestId === this.#pending?.requestId) this.#answer(message);
        return;
      default:
        message satisfies never;
    }
  }

  #answer(answer: Answer): void {
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.answer(answer);
  }

  #post(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }
}
