/**
 * The product's `Detector`: verified models in one onnxruntime worker thread, which is replaced whenever it stalls, crashes or exits.
 *
 * Always holds: every `detect` is answered, by the deadline, and never with an empty list for want of an answer. What it can't do
 * it says in `state.advice`. When it falls behind, calls answer `unavailable`, and the caller covers whole frames.
 */
import { messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { withCarriers } from './carriers.ts';
import type { ModelEntry } from './manifest.ts';
import type { Detection, DetectionLabel, Detector, DetectorPicture, DetectorState, Verdict } from './port.ts';
import type { Provider } from './provider.ts';
import { CATEGORIES, type ModelStore } from './store.ts';
import { type Answer, WorkerHandle } from './worker-handle.ts';
import type { LoadedModel } from './worker-messages.ts';

/** Pause before a worker is replaced, doubled each time until one has answered. */
const RESTART_MS_MIN = 200;
const RESTART_MS_MAX = 10_000;

/** How often missing models are looked for again: after `garim models pull` a camera recovers by itself. */
const RESELECT_MS = 5_000;

/** Time for a warm-up: the first inference at a size allocates. */
const WARM_UP_MS_MAX = 30_000;

/** Workers that were given up but are still inside a native call. With as many, no further one is started until one returns. */
const STUCK_WORKERS_MAX = 2;

/** Failures of an accelerator without an answer between them. */
const ACCELERATOR_FAULTS_MAX = 3;

/** Picture buffers kept for reuse: of whole frames and of tiles, one being filled, one being read. */
const SPARE_BUFFERS_MAX = 4;

export interface OnnxDetectorOptions {
  store: Pick<ModelStore, 'selectModels'>;
  /** What must be found; `face` and `plate` by default. */
  categories?: readonly DetectionLabel[];
  /** Threads of one inference, 1 by default. */
  threads?: number;
  /** What runs the networks, `cpu` by default. */
  provider?: Provider | 'auto';
  /** Added to the manifest's thresholds, for callers who choose among weaker boxes themselves; 0 by default. */
  thresholdOffset?: number;
  log: Log;
  /** Another worker file, for tests of its failures. */
  workerUrl?: URL;
}

export interface OnnxDetector extends Detector {
  /** Resolves when `state` is no longer `starting`. */
  settled(): Promise<void>;
  takeBuffer(lengthBytes: number): Uint8Array<ArrayBuffer>;
  /** Runs once on a black picture, and again in each replaced worker before it counts as ready. */
  warmUp(widthPx: number, heightPx: number): Promise<Verdict>;
}

/** Starts at once in the background; never throws. */
export function createOnnxDetector(options: OnnxDetectorOptions): OnnxDetector {
  return new SupervisedDetector(options);
}

type Unavailable = Extract<Verdict, { kind: 'unavailable' }>;

class SupervisedDetector implements OnnxDetector {
  readonly #options: OnnxDetectorOptions;
  readonly #workerUrl: URL;
  readonly #settled = withResolvers();
  #state: DetectorState = {
    state: 'starting',
    models: [],
    digests: [],
    advice: 'the detector is starting',
  };
  #reason: Unavailable['reason'] = 'detector-unavailable';
  #models: LoadedModel[] | undefined;
  /** Of the manifest. */
  #thresholds: ModelEntry['thresholds'] = {};
  /** What the models can see. */
  #known: ReadonlySet<DetectionLabel> = new Set();
  #worker: WorkerHandle | undefined;
  #stuck: WorkerHandle[] = [];
  #restartMs = RESTART_MS_MIN;
  #timer: NodeJS.Timeout | undefined;
  #isBusy = false;
  #isClosed = false;
  #warmUpSize: { widthPx: number; heightPx: number } | undefined;
  #spare: Uint8Array<ArrayBuffer>[] = [];
  /** What to ask the next worker for; the processor for good once an accelerator has failed too often. */
  #wanted: Provider | 'auto';
  /** Of the present worker. */
  #provider: Provider = 'cpu';
  #acceleratorFaults = 0;

  constructor(options: OnnxDetectorOptions) {
    this.#options = options;
    this.#wanted = options.provider ?? 'cpu';
    this.#workerUrl = options.workerUrl ?? new URL('./inference-worker.js', import.meta.url);
    void this.#select();
  }

  get state(): DetectorState {
    return this.#state;
  }

  settled(): Promise<void> {
    return this.#settled.promise;
  }

  takeBuffer(lengthBytes: number): Uint8Array<ArrayBuffer> {
    const at = this.#spare.findIndex((spare) => spare.length === lengthBytes);
    return at < 0 ? new Uint8Array(lengthBytes) : this.#spare.splice(at, 1)[0]!;
  }

  async warmUp(widthPx: number, heightPx: number): Promise<Verdict> {
    this.#warmUpSize = { widthPx, heightPx };
    await this.#settled.promise;
    const rgb = new Uint8Array(widthPx * heightPx * 3);
    const picture = { rgb, widthPx, heightPx, contentWidthPx: widthPx, contentHeightPx: heightPx };
    return this.detect(picture, WARM_UP_MS_MAX);
  }

  async detect(picture: DetectorPicture, timeoutMs: number): Promise<Verdict> {
    if (this.#isClosed) return this.#unavailable('the detector is closed');
    if (this.#isBusy) return this.#unavailable('a call is already under way');
    const worker = this.#worker;
    if (worker === undefined || this.#state.state !== 'ready') return this.#unavailable(this.#state.advice);
    const fault = faultOf(picture);
    if (fault !== undefined) return this.#unavailable(fault);
    this.#isBusy = true;
    const timer = setTimeout(() => worker.kill(`no answer within ${timeoutMs} ms`), timeoutMs);
    try {
      return this.#verdictOf(await worker.detect(picture));
    } catch (error) {
      return this.#unavailable(messageOf(error)); // the picture could not be handed over
    } finally {
      clearTimeout(timer);
      this.#isBusy = false;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#become('unavailable', 'the detector is closed');
    const worker = this.#worker;
    this.#worker = undefined;
    await Promise.all([...this.#stuck, worker].map((handle) => handle?.close()));
  }

  #verdictOf(answer: Answer): Verdict {
    switch (answer.type) {
      case 'detected':
        this.#keep(answer.rgb);
        if (!answer.detections.every(hasFiniteNumbers))
          return this.#unavailable('the network answered with numbers that are not finite');
        this.#restartMs = RESTART_MS_MIN;
        this.#acceleratorFaults = 0;
        return {
          kind: 'detected',
          detections: withCarriers(answer.detections, this.#known),
          inferenceMs: answer.inferenceMs,
        };
      case 'failed':
        this.#keep(answer.rgb);
        this.#blameAccelerator();
        return this.#unavailable(answer.detail);
      case 'lost':
        return this.#unavailable(answer.detail);
    }
  }

  #unavailable(detail: string): Unavailable {
    return { kind: 'unavailable', reason: this.#reason, detail };
  }

  #keep(rgb: Uint8Array<ArrayBuffer>): void {
    if (this.#spare.length >= SPARE_BUFFERS_MAX) this.#spare.shift(); // of a size that is not asked for any more, most likely
    this.#spare.push(rgb);
  }

  /** Finds the models. Without all of them there is no worker: half a detector would let the other half leave uncovered. */
  async #select(): Promise<void> {
    let advice: string;
    try {
      const { models, missing } = await this.#options.store.selectModels(this.#options.categories ?? CATEGORIES);
      if (this.#isClosed) return;
      if (missing.length === 0) {
        const offset = this.#options.thresholdOffset ?? 0;
        this.#thresholds = Object.assign({}, ...models.map(({ entry }) => entry.thresholds));
        this.#models = models.map(({ entry, bytes }) => ({ entry: withOffset(entry, offset), bytes }));
        this.#known = new Set(models.flatMap(({ entry }) => entry.labels));
        this.#reason = 'detector-unavailable';
        this.#start();
        return;
      }
      advice = missing.map((item) => item.advice).join('; ');
    } catch (error) {
      advice = messageOf(error);
    }
    if (this.#isClosed) return;
    this.#reason = 'model-missing';
    this.#become('unavailable', advice);
    this.#timer = setTimeout(() => void this.#select(), RESELECT_MS);
  }

  #start(): void {
    this.#stuck = this.#stuck.filter((worker) => !worker.isGone);
    if (this.#stuck.length >= STUCK_WORKERS_MAX) {
      this.#restartAfter('earlier inferences have not returned');
      return;
    }
    const models = this.#models ?? [];
    const threads = this.#options.threads ?? 1;
    try {
      this.#worker = new WorkerHandle({
        url: this.#workerUrl,
        models,
        threads,
        provider: this.#wanted,
        warmUp: this.#warmUpSize,
        onReady: (provider, remarks) => {
          this.#provider = provider;
          for (const remark of remarks) this.#options.log.info({ provider }, remark);
          this.#become('ready', '');
        },
        onEnd: (detail) => this.#restartAfter(detail),
      });
    } catch (error) {
      this.#restartAfter(messageOf(error)); // no thread to be had
    }
  }

  /** A driver may open, answer at first, and fail then, with an answer or with the whole thread. */
  #blameAccelerator(): void {
    if (this.#provider === 'cpu' || ++this.#acceleratorFaults < ACCELERATOR_FAULTS_MAX) return;
    this.#options.log.warn(
      { provider: this.#provider },
      'it fails again and again: the processor runs the networks now',
    );
    this.#wanted = 'cpu';
    this.#provider = 'cpu';
    this.#worker?.kill('its accelerator fails');
  }

  #restartAfter(detail: string): void {
    if (this.#isClosed) return;
    this.#blameAccelerator();
    if (this.#worker !== undefined) this.#stuck.push(this.#worker);
    this.#worker = undefined;
    const pauseMs = this.#restartMs;
    this.#restartMs = Math.min(RESTART_MS_MAX, pauseMs * 2);
    this.#become('unavailable', `the detector stopped: ${detail}; it starts again in ${pauseMs / 1000} s`);
    this.#timer = setTimeout(() => this.#start(), pauseMs);
  }

  #become(state: 'ready' | 'unavailable', advice: string): void {
    const models = this.#models ?? [];
    const before = this.#state;
    this.#state = {
      state,
      models: models.map(({ entry }) => entry.name),
      digests: models.map(({ entry }) => entry.sha256),
      advice,
      ...(this.#options.thresholdOffset !== undefined && { thresholds: this.#thresholds }),
    };
    this.#settled.resolve();
    if (this.#isClosed || (before.state === state && before.advice === advice)) return;
    if (state === 'ready') this.#options.log.info({ models: this.#state.models }, 'detector ready');
    else this.#options.log.warn({ reason: this.#reason }, advice);
  }
}

function withOffset(entry: ModelEntry, offset: number): ModelEntry {
  const thresholds = { ...entry.thresholds };
  for (const label of entry.labels) thresholds[label] = Math.max(0.01, (thresholds[label] ?? 0) + offset);
  return { ...entry, thresholds };
}

/** Why a picture can't be looked at; undefined when it can. */
function faultOf({ rgb, widthPx, heightPx, contentWidthPx, contentHeightPx }: DetectorPicture): string | undefined {
  const isSize = (px: number) => Number.isInteger(px) && px > 0;
  if (!isSize(widthPx) || !isSize(heightPx) || widthPx % 32 !== 0 || heightPx % 32 !== 0) {
    return `a picture of ${widthPx}x${heightPx} px is not in multiples of 32`;
  }
  if (!isSize(contentWidthPx) || !isSize(contentHeightPx) || contentWidthPx > widthPx || contentHeightPx > heightPx) {
    return `the content of ${contentWidthPx}x${contentHeightPx} px does not fit the picture`;
  }
  return rgb.length === widthPx * heightPx * 3
    ? undefined
    : `a picture of ${widthPx}x${heightPx} px has ${rgb.length} bytes`;
}

function hasFiniteNumbers({ x, y, w, h, score }: Detection): boolean {
  return Number.isFinite(x + y + w + h + score);
}

/** Promise.withResolvers, which Node 20 lacks. */
function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
