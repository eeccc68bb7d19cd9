/**
 * coco-ssd as a `Detector` of persons and vehicles, in a worker thread of its own.
 *
 * It is a second opinion: when it stalls, crashes or can't be loaded, calls answer `unavailable` and nothing waits for it. A thread that
 * was lost is started again by a later call, after a pause that doubles up to a minute.
 */
import { Worker } from 'node:worker_threads';
import { messageOf } from '../../../base/errors.ts';
import type { Log } from '../../../base/log.ts';
import type { Detector, DetectorPicture, DetectorState, Verdict } from '../port.ts';
import type { FromWorker, ToWorker } from '../worker-messages.ts';
import { COCO_SSD_NAME, type CocoSsdWeights } from './weights.ts';

const RESTART_MS_MIN = 1_000;
const RESTART_MS_MAX = 60_000;

type Answer = Extract<FromWorker, { type: 'detected' | 'failed' }> | { type: 'lost'; detail: string };

export interface CocoSsdDetectorOptions {
  /** sha256 of the files, for the record. */
  digests: string[];
  /** Verified weights, read anew for each thread: they are handed over, so that they are in memory once. */
  readWeights: () => Promise<CocoSsdWeights>;
  log: Log;
  /** Another worker file, for tests of its failures. */
  workerUrl?: URL;
}

export interface CocoSsdDetector extends Detector {
  /** Resolves when `state` is no longer `starting`. */
  settled(): Promise<void>;
}

/** Starts at once in the background; never throws. */
export function createCocoSsdDetector(options: CocoSsdDetectorOptions): CocoSsdDetector {
  return new ThreadedCocoSsd(options);
}

class ThreadedCocoSsd implements CocoSsdDetector {
  readonly #options: CocoSsdDetectorOptions;
  #worker: Worker | undefined;
  #state: DetectorState['state'] = 'starting';
  #advice = 'coco-ssd is starting';
  #settled: (() => void)[] = [];
  #pending: { requestId: number; answer: (answer: Answer) => void } | undefined;
  #nextRequestId = 1;
  #restartMs = RESTART_MS_MIN;
  #restartAtMs = 0;
  #isClosed = false;

  constructor(options: CocoSsdDetectorOptions) {
    this.#options = options;
    void this.#start();
  }

  get state(): DetectorState {
    const { digests } = this.#options;
    return { state: this.#state, models: [COCO_SSD_NAME], digests, confirmScores: {}, advice: this.#advice };
  }

  settled(): Promise<void> {
    if (this.#state !== 'starting') return Promise.resolve();
    return new Promise((resolve) => this.#settled.push(resolve));
  }

  async detect(picture: DetectorPicture, timeoutMs: number): Promise<Verdict> {
    if (this.#isClosed) return unavailable('coco-ssd is closed');
    if (this.#pending !== undefined) return unavailable('a call is already under way');
    if (this.#state === 'unavailable' && performance.now() >= this.#restartAtMs) void this.#start();
    if (this.#worker === undefined || this.#state !== 'ready') return unavailable(this.#advice);
    const answer = await this.#ask(this.#worker, picture, timeoutMs);
    if (answer.type !== 'detected') return unavailable(answer.detail);
    this.#restartMs = RESTART_MS_MIN;
    return { kind: 'detected', detections: answer.detections, inferenceMs: answer.inferenceMs };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const worker = this.#worker;
    this.#lose('coco-ssd is closed');
    await worker?.terminate();
  }

  #ask(worker: Worker, picture: DetectorPicture, timeoutMs: number): Promise<Answer> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#lose(`no answer within ${timeoutMs} ms`), timeoutMs);
      const requestId = this.#nextRequestId++;
      const answer = (said: Answer) => {
        clearTimeout(timer);
        this.#pending = undefined;
        resolve(said);
      };
      this.#pending = { requestId, answer };
      try {
        worker.postMessage({ type: 'detect', requestId, picture } satisfies ToWorker, [picture.rgb.buffer]);
      } catch (error) {
        answer({ type: 'lost', detail: messageOf(error) }); // the picture could not be handed over
      }
    });
  }

  async #start(): Promise<void> {
    this.#become('starting', 'coco-ssd is starting');
    const url = this.#options.workerUrl ?? new URL('./coco-ssd-worker.js', import.meta.url);
    try {
      const weights = await this.#options.readWeights();
      if (this.#isClosed) return;
      const worker = new Worker(url, {
        name: 'second-opinion',
        workerData: weights,
        transferList: [weights.data.buffer],
        stdout: true,
        stderr: true,
      });
      this.#worker = worker;
      const lose = (detail: string) => {
        if (this.#worker === worker) this.#lose(detail);
      };
      worker.on('message', (message: FromWorker) => {
        if (this.#worker === worker) this.#hear(message);
      });
      worker.on('messageerror', (error) => lose(`message not understood: ${messageOf(error)}`));
      worker.on('error', (error) => lose(`its thread failed: ${messageOf(error)}`));
      worker.on('exit', (code) => lose(`its thread ended with code ${code}`));
      // tfjs talks to the console; what matters comes as messages.
      worker.stdout.resume();
      worker.stderr.resume();
    } catch (error) {
      this.#lose(messageOf(error)); // changed weights, or no thread to be had
    }
  }

  #hear(message: FromWorker): void {
    switch (message.type) {
      case 'ready':
        this.#become('ready', '');
        this.#options.log.info({ models: [COCO_SSD_NAME] }, 'second opinion ready');
        return;
      case 'load-failed':
        this.#lose(`its weights can't be used: ${message.detail}`);
        return;
      case 'detected':
      case 'failed':
        if (message.requestId === this.#pending?.requestId) this.#pending.answer(message);
        return;
      default:
        message satisfies never;
    }
  }

  #lose(detail: string): void {
    const worker = this.#worker;
    this.#worker = undefined;
    void worker?.terminate();
    this.#restartAtMs = performance.now() + this.#restartMs;
    const advice = `coco-ssd stopped: ${detail}; it starts again in ${this.#restartMs / 1000} s`;
    this.#restartMs = Math.min(RESTART_MS_MAX, this.#restartMs * 2);
    this.#become('unavailable', this.#isClosed ? detail : advice);
    if (!this.#isClosed) this.#options.log.warn(advice);
    this.#pending?.answer({ type: 'lost', detail });
  }

  #become(state: DetectorState['state'], advice: string): void {
    this.#state = state;
    this.#advice = advice;
    if (state !== 'starting') for (const resolve of this.#settled.splice(0)) resolve();
  }
}

const unavailable = (detail: string): Verdict => ({ kind: 'unavailable', reason: 'detector-unavailable', detail });
