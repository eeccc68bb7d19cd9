/**
 * One camera, in a process of its own: the composition of capture, detector, pipeline and output, and what it tells the agent.
 *
 * The process ends itself with exit code 1 on any failure that it can't mend; the supervisor then shows a slate and starts it again.
 */
import { systemClock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import { SLATE_FRAME_RATE } from '../base/limits.ts';
import { type Log, nameLoggingProcess, rootLog } from '../base/log.ts';
import { registerUrlSecrets } from '../base/secrets.ts';
import { type CanaryRound, CanaryRounds } from './canary/rounds.ts';
import { openCapture } from './capture/open.ts';
import { type Channel, openChannel } from './channel.ts';
import { Counter, median } from './counter.ts';
import { createOnnxDetector } from './detect/detector.ts';
import type { Detector } from './detect/port.ts';
import { createSecondOpinion, wantsSecond } from './detect/second/second-opinion.ts';
import { openModelStore } from './detect/store.ts';
import { LIVE_THRESHOLD_OFFSET } from './detect/thresholds.ts';
import { createSurface, type Surface } from './draw/surface.ts';
import {
  CANARY_TALLIES_MAX,
  type CameraHealth,
  type CountedClass,
  CROSSINGS_PER_MESSAGE_MAX,
  type SlateReason,
  type ToCamera,
} from './messages.ts';
import { Output } from './output.ts';
import { Pipeline } from './pipeline.ts';
import { Redactor } from './redact/redactor.ts';
import { drawSlate } from './slate.ts';

const HEALTH_EVERY_MS = 1_000;
/** A camera that answers within this time is never announced by a slate. */
const FIRST_SLATE_AFTER_MS = 1_500;
/** Size of slates until the camera's own is known. */
const SLATE_SIZE = { widthPx: 1280, heightPx: 720 };

type Start = Extract<ToCamera, { type: 'start' }>;

/** What a test may put in the place of the real thing; the product always uses the defaults. */
export interface CameraParts {
  createDetector(start: Start, log: Log): Promise<Detector>;
  createSecondOpinion?(start: Start, log: Log): Promise<Detector | undefined>;
}

const realParts: CameraParts = {
  async createDetector(start, log) {
    const store = openModelStore({ stateDir: start.stateDir, env: process.env });
    const detector = createOnnxDetector({
      store,
      log,
      thresholdOffset: LIVE_THRESHOLD_OFFSET,
      provider: start.settings.detect.provider,
    });
    await detector.settled();
    return detector;
  },
  createSecondOpinion({ stateDir, settings }, log) {
    const store = openModelStore({ stateDir, env: process.env });
    return createSecondOpinion({ store, stateDir, isWanted: wantsSecond(settings), log });
  },
};

/** Entry of the camera process: waits for `start` and runs until `stop`, the end of the source, or the agent's end. */
export function runCameraProcess(parts: CameraParts = realParts): void {
  process.title = 'garim-camera';
  nameLoggingProcess('camera');
  let camera: Camera | undefined;
  const channel = openChannel((message) => {
    switch (message.type) {
      case 'start':
        if (camera !== undefined) return;
        registerUrlSecrets(message.sourceUrl);
        process.title = `garim-camera ${message.name}`;
        camera = new Camera(message, channel, parts);
        camera.run().then(
          () => channel.sendAndExit({ type: 'stopped' }),
          (error: unknown) => {
            rootLog.error({ camera: message.name, err: error }, `camera process failed: ${messageOf(error)}`);
            process.exit(1);
          },
        );
        break;
      case 'request-key-frame':
        camera?.output.requestKeyFrame();
        break;
      case 'request-snapshot':
        camera?.output.requestSnapshot(message.requestId);
        break;
      case 'cover-whole':
        camera?.cover(message.isOn);
        break;
      case 'plant-canaries':
        camera?.plantCanaries(message);
        break;
      case 'stop':
        if (camera) camera.stop();
        else process.exit(0);
        break;
      case 'start-slate': // for slate-process.ts
        break;
    }
  });
}

class Camera {
  readonly output: Output;
  /** Read for each frame that leaves the delay line. */
  #coversWhole: boolean;
  readonly #start: Start;
  readonly #channel: Channel;
  readonly #parts: CameraParts;
  readonly #log: Log;
  readonly #counter = new Counter();
  readonly #source: CameraHealth['source'] = { state: 'connecting', description: '', lastError: '', reconnects: 0 };
  #slate: { reason: SlateReason; sinceMs: number } | undefined;
  #size = SLATE_SIZE;
  #pipeline: Pipeline | undefined;
  #canaries: CanaryRounds | undefined;
  #channelFull = 0;
  readonly #uncounted: { now: string; told: string | undefined } = { now: '', told: undefined };

  constructor(start: Start, channel: Channel, parts: CameraParts) {
    this.#start = start;
    this.#coversWhole = start.coversWhole;
    this.#channel = channel;
    this.#parts = parts;
    this.#log = rootLog.child({ camera: start.name });
    this.output = new Output({
      encode: start.settings.encode,
      log: this.#log,
      send: (message) => this.#channel.send(message),
    });
  }

  stop(): void {
    this.#pipeline?.stop();
  }

  /** Everything, by order of the agent. */
  cover(isOn: boolean): void {
    this.#coversWhole = isOn;
    if (isOn) this.#canaries?.end('covered');
  }

  /** Without a pipeline there is nothing to measure; the agent does not wait for ever. */
  plantCanaries(round: CanaryRound): void {
    void this.#canaries?.begin(round);
    if (this.#coversWhole) this.#canaries?.end('covered');
  }

  async run(): Promise<void> {
    const { settings, sourceUrl } = this.#start;
    const detector = await this.#parts.createDetector(this.#start, this.#log);
    const second = await this.#parts.createSecondOpinion?.(this.#start, this.#log);
    const capture = openCapture({
      url: sourceUrl,
      transport: settings.transport,
      ca: settings.tls?.ca,
      pacing: 'live',
      motionVectors: true,
      hardware: settings.decoder === 'auto' ? 'auto' : 'off',
    });
    const canaries = this.#roundsOver(detector);
    const pipeline = new Pipeline({
      ...settings,
      capture,
      detector,
      second,
      planted: canaries,
      countLines: settings.count?.lines,
      pacing: 'live',
      clock: systemClock,
      coverWhole: () => (this.#coversWhole ? 'no-evidence' : undefined),
      sink: {
        frame: async (frame, plan) => {
          // Frames that left the delay line after the camera was lost say nothing about its return.
          if (this.#source.state === 'connected') this.#slate = undefined;
          this.#size = { widthPx: frame.widthPx, heightPx: frame.heightPx };
          await this.output.write(frame);
          this.#counter.frameOut(plan);
        },
        crossed: (crossings, dropped) => {
          for (let at = 0; at === 0 || at < crossings.length; at += CROSSINGS_PER_MESSAGE_MAX) {
            const part = crossings.slice(at, at + CROSSINGS_PER_MESSAGE_MAX);
            this.#channel.send({ type: 'counts', crossings: part, dropped: at === 0 ? dropped : 0 });
          }
        },
        connected: (info) => {
          this.#source.state = 'connected';
          this.#source.description = `${info.codec} ${info.widthPx}x${info.heightPx} ${Math.round(info.frameRate)} fps`;
          this.#source.lastError = '';
          this.output.frameRate = info.frameRate;
          this.#log.info({ source: this.#source.description }, 'camera connected');
        },
        lost: (event) => {
          this.#source.state = 'lost';
          this.#source.lastError = event.error;
          this.#slate = { reason: event.reason, sinceMs: this.#slate?.sinceMs ?? systemClock.wallMs() };
          this.#log.warn({ reason: event.reason, retryMs: Math.round(event.retryMs) }, `camera lost: ${event.error}`);
        },
      },
    });
    this.#pipeline = pipeline;

    const firstSlate = setTimeout(() => {
      if (this.output.lastPtsUs < 0) this.#slate ??= { reason: 'source-connecting', sinceMs: systemClock.wallMs() };
    }, FIRST_SLATE_AFTER_MS);
    const health = setInterval(() => {
      canaries.tick();
      this.#tell(detector, pipeline, capture.counts);
    }, HEALTH_EVERY_MS);
    const slates = this.#startSlates(settings.look, pipeline);
    try {
      await pipeline.run();
    } finally {
      clearTimeout(firstSlate);
      clearInterval(health);
      slates[Symbol.dispose]();
      canaries[Symbol.dispose]();
      this.#tell(detector, pipeline, capture.counts);
      await this.output.close();
      await detector.close();
      await second?.close();
    }
  }

  #roundsOver(detector: Detector): CanaryRounds {
    const { detect, secondOpinion } = this.#start.settings;
    this.#canaries = new CanaryRounds({
      detect,
      zones: secondOpinion,
      takeBuffer: (lengthBytes) => detector.takeBuffer?.(lengthBytes) ?? new Uint8Array(lengthBytes),
      clock: systemClock,
      onResult: ({ tallies, ...result }) => {
        const { digests } = detector.state;
        this.#channel.send({ type: 'canaries', ...result, digests, tallies: tallies.slice(0, CANARY_TALLIES_MAX) });
      },
      onFault: (error) => this.#log.error({ err: error }, `canaries: ${messageOf(error)}`),
    });
    return this.#canaries;
  }

  /** Draws slates while there is nothing else to show; they continue the feed's timeline. */
  #startSlates(look: Start['settings']['look'], pipeline: Pipeline): Disposable {
    const redactor = new Redactor(look);
    const startedMs = systemClock.monotonicMs();
    let lastPtsUs = 0;
    let lastMs = startedMs;
    let isBusy = false;
    let surface: Surface | undefined; // kept while slates go on: six megabytes of garbage each would grow the process
    const timer = setInterval(async () => {
      const nowMs = systemClock.monotonicMs();
      if (this.output.lastPtsUs !== lastPtsUs) {
        lastPtsUs = this.output.lastPtsUs;
        lastMs = nowMs;
      }
      if (this.#slate === undefined) surface = undefined;
      if (this.#slate === undefined || isBusy || pipeline.status.delayLineFrames > 0) return;
      isBusy = true;
      try {
        const { widthPx, heightPx } = this.#size;
        if (surface?.widthPx !== widthPx || surface.heightPx !== heightPx) surface = createSurface(widthPx, heightPx);
        drawSlate(surface, { cameraName: this.#start.name, ...this.#slate, wallMs: systemClock.wallMs() });
        const ptsUs = Math.max(0, lastPtsUs) + Math.round((nowMs - lastMs) * 1000);
        await this.output.write(redactor.fromSurface(surface, ptsUs, nowMs));
        lastPtsUs = this.output.lastPtsUs;
        lastMs = nowMs;
        this.#counter.slateOut();
      } catch (error) {
        this.#log.error({ err: error }, `slate could not be shown: ${messageOf(error)}`);
        process.exit(1);
      } finally {
        isBusy = false;
      }
    }, 1000 / SLATE_FRAME_RATE);
    return {
      [Symbol.dispose]: () => {
        clearInterval(timer);
        redactor[Symbol.dispose]();
      },
    };
  }

  /** Once a change that lasts: the first looks take a moment. */
  #sayUncounted(uncounted: readonly CountedClass[]): void {
    const now = uncounted.join(', ');
    const isSettled = now === this.#uncounted.now;
    this.#uncounted.now = now;
    if (!isSettled || now === this.#uncounted.told || this.#source.state !== 'connected') return;
    if (now !== '') this.#log.warn(`not counted at present: ${now}; garim doctor says what is missing`);
    else if (this.#uncounted.told !== undefined) this.#log.info('all classes are counted');
    this.#uncounted.told = now;
  }

  #tell(
    detector: Detector,
    pipeline: Pipeline,
    capture: { framesDropped: number; decodeErrors: number; reconnects: number },
  ): void {
    const { status } = pipeline;
    const inferenceMs = pipeline.takeInferenceMs();
    const { uncounted } = pipeline;
    this.#sayUncounted(uncounted);
    this.#channelFull += this.output.takeDropped();
    this.#source.reconnects = capture.reconnects;
    this.#counter.inferences(inferenceMs);
    this.#counter.totals({
      framesIn: status.framesIn,
      verdicts: status.verdicts,
      verdictsUnavailable: status.verdictsUnavailable,
      reconnects: capture.reconnects,
      overload: capture.framesDropped,
      decodeErrors: capture.decodeErrors,
      channelFull: this.#channelFull,
    });
    const reason = this.#slate?.reason ?? this.#counter.wholeNow;
    this.#channel.send({
      type: 'health',
      counts: this.#counter.take(),
      health: {
        state: this.#slate ? 'slate' : this.#counter.wholeNow ? 'covered' : 'live',
        ...(reason === undefined ? {} : { reason }),
        advice: detector.state.advice || this.#source.lastError,
        source: { ...this.#source },
        detector: {
          state: detector.state.state,
          models: detector.state.models,
          digests: detector.state.digests,
          inferenceMsP50: median(inferenceMs),
          cadenceFrames: status.cadenceFrames,
        },
        encoder: this.output.encoderName,
        coveredNow: this.#counter.coveredNow,
        delayLineFrames: status.delayLineFrames,
        uncounted,
      },
    });
  }
}
