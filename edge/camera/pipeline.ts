/**
 * The life of a frame inside a camera process: capture -> delay line -> (detect, track) -> cover -> sink.
 *
 * Three activities overlap: the intake pulls decoded frames into the delay line; detection looks at some of them, one at a time, in its
 * worker; the output releases frames in order, paints them and hands them to the sink while the next one is being prepared.
 * Owner of raw frames: the delay line, from push until release; then the redactor, which frees them.
 *
 * When it falls behind: a full line stops the intake, so that capture drops the oldest frames of a live camera and counts them; a
 * frame that reaches its deadline without a verdict on both sides is covered whole. An exception anywhere stops the pipeline and
 * rejects `run()`: the process then ends and its supervisor shows a slate; nothing is passed through.
 */
import { AV_FRAME_DATA_MOTION_VECTORS } from 'node-av/constants';
import type { Clock } from '../base/clock.ts';
import { SETTLE_MS } from '../base/limits.ts';
import type { CountLine, Look, Mask } from '../config/schema.ts';
import type { Capture, CaptureEvent, SourceInfo } from './capture/port.ts';
import { Counts } from './count/counts.ts';
import { DelayLine, type Release, type Waiting } from './delay-line.ts';
import { toFrame } from './detect/letterbox.ts';
import { PictureMaker } from './detect/picture.ts';
import type { Detection, Detector } from './detect/port.ts';
import { SecondLook } from './detect/second/second-look.ts';
import { unseenZones, type ZoneRules } from './detect/second/zones.ts';
import { isCounted, LIVE_RULES } from './detect/thresholds.ts';
import { type ChosenTile, TileLook } from './detect/tile-look.ts';
import { mergeLooks } from './detect/tiles.ts';
import type { RawFrame } from './frame.ts';
import { MarkerLook } from './marker/marker-look.ts';
import { type MarkerSeeker, MarkerThread } from './marker/marker-thread.ts';
import type { CountedCrossing, WholeFrameReason } from './messages.ts';
import type { FilteredFrame } from './redact/filtered-frame.ts';
import { type CoverPlan, planCover } from './redact/plan.ts';
import { Redactor } from './redact/redactor.ts';
import { Signal } from './signal.ts';
import { carryBox, MotionField, type MotionFrame } from './track/motion.ts';
import { Tracker } from './track/tracker.ts';

/** Share of one core that detection of a live camera may take when looking at every frame would cost more. */
const DETECTION_SHARE_MAX = 0.5;
/** A detector that does not answer within this time is stalled, not slow. */
const STALL_MS = { live: 2_000, unpaced: 30_000 } as const;
/** Attempts at a verdict before frames of a file are covered whole, and the pause after each: time for a worker to be replaced. */
const ATTEMPTS_MAX = 6;
const RETRY_MS = { live: 20, unpaced: 500 } as const;

/** `tiles`: `auto` looks closer at parts of large frames, where the box can afford it. */
export interface DetectSettings {
  longSidePx: number;
  intervalMs: number;
  tiles: 'auto' | 'off';
}

export interface PipelineOptions {
  capture: Capture;
  detector: Detector;
  /** Finds persons and vehicles at a low rate; nothing waits for it but a file. */
  second?: Detector | undefined;
  /** What follows from persons and vehicles; nothing unless set. */
  secondOpinion?: ZoneRules;
  /** Looks for the common marker; by default a thread of the pipeline's own. */
  markers?: MarkerSeeker;
  look: Look;
  masks: readonly Mask[];
  /** Lines whose crossings are counted. */
  countLines?: readonly CountLine[] | undefined;
  detect: DetectSettings;
  delayMs: number;
  /** `unpaced`: no deadline, nothing dropped; for files. */
  pacing: 'live' | 'unpaced';
  clock: Clock;
  sink: PipelineSink;
}

interface PipelineSink {
  /** Frames in order, one call at a time. Takes ownership. A rejection stops the pipeline. */
  frame(frame: FilteredFrame, plan: CoverPlan, seq: number): Promise<void>;
  connected(info: SourceInfo): void;
  lost(event: Extract<CaptureEvent, { kind: 'lost' }>): void;
  /** What a verdict said of the frame at this feed time, in frame pixels; for measuring. */
  looked?(ms: number, detections: readonly Detection[]): void;
  /** Who went over counting lines, some seconds ago. */
  crossed?(crossings: CountedCrossing[], dropped: number): void;
}

export interface PipelineStatus {
  delayLineFrames: number;
  cadenceFrames: number;
  framesIn: number;
  verdicts: number;
  verdictsUnavailable: number;
}

export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #line: DelayLine<RawFrame>;
  /** How far apart two verdicts may be for what lies between them. */
  readonly #freshMs: number;
  readonly #tracker: Tracker;
  readonly #second: SecondLook | undefined;
  readonly #seeker: MarkerSeeker;
  readonly #markers: MarkerLook;
  readonly #counts: Counts | undefined;
  readonly #pictures: PictureMaker;
  readonly #tiles: TileLook | undefined;
  readonly #redactor: Redactor;
  /** Raised when a frame came or left, a verdict came, or the end was reached. */
  readonly #changed = new Signal();
  readonly #motionFrames = new WeakMap<RawFrame, MotionFrame>();
  /** Looks for the marker that are under way; a file waits for them. */
  #marked: Promise<unknown> = Promise.resolve();
  #isDetecting = false;
  /** Number of the connection and picture size that frames come from now; a verdict of an earlier one is void. */
  #epoch = 0;
  #requestedMs = Number.NEGATIVE_INFINITY;
  #failedAttempts = 0;
  #unavailable: WholeFrameReason | undefined;
  #inferenceMs: number[] = [];
  /** Of both looks together, and of that at the whole frame. */
  #inferenceMeanMs = 0;
  #wholeMeanMs = 0;
  #frameGapMs = 40;
  #isEnded = false;
  #isStopped = false;
  #failure: unknown;
  #status = { framesIn: 0, verdicts: 0, verdictsUnavailable: 0 };

  constructor(options: PipelineOptions) {
    const { detect, delayMs, pacing } = options;
    this.#options = options;
    this.#freshMs = Math.max(500, 2 * detect.intervalMs);
    this.#line = new DelayLine({
      deadlineMs: pacing === 'live' ? delayMs : Number.POSITIVE_INFINITY,
      freshMs: this.#freshMs,
      settleMs: () => Math.max(SETTLE_MS, this.#cadenceMs()),
      spanMsMax: pacing === 'live' ? 2 * delayMs : 2 * detect.intervalMs + SETTLE_MS,
    });
    this.#tracker = new Tracker();
    this.#second = options.second && new SecondLook(options.second);
    this.#seeker = options.markers ?? new MarkerThread();
    this.#markers = new MarkerLook(this.#seeker, pacing);
    this.#counts = options.countLines && new Counts(options.countLines);
    const take = (lengthBytes: number): Uint8Array<ArrayBuffer> => takeBuffer(options.detector, lengthBytes);
    this.#pictures = new PictureMaker(detect.longSidePx, take);
    this.#tiles = detect.tiles === 'auto' ? new TileLook(detect.longSidePx, take) : undefined;
    this.#redactor = new Redactor(options.look);
  }

  get status(): PipelineStatus {
    const cadenceFrames = Math.max(1, Math.round(this.#cadenceMs() / this.#frameGapMs));
    return { ...this.#status, delayLineFrames: this.#line.length, cadenceFrames };
  }

  /** Inference times, milliseconds, since the last call. */
  takeInferenceMs(): number[] {
    return this.#inferenceMs.splice(0);
  }

  /** Until the source ends or `stop()` is called. Rejects when a stage failed; everything is released then too. */
  async run(): Promise<void> {
    const fail = (error: unknown): void => {
      this.#failure ??= error;
      this.#isStopped = true;
      this.#changed.raise();
    };
    const intake = this.#intake().catch(fail);
    await this.#output().catch(fail);
    this.#isStopped = true;
    this.#changed.raise();
    await this.#options.capture.close();
    await intake;
    for (const frame of this.#line.drain()) frame[Symbol.dispose]();
    this.#pictures[Symbol.dispose]();
    this.#tiles?.[Symbol.dispose]();
    await this.#seeker.close();
    this.#markers[Symbol.dispose]();
    this.#redactor[Symbol.dispose]();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Ends `run()` soon; frames that wait in the line are dropped. */
  stop(): void {
    this.#isStopped = true;
    this.#changed.raise();
  }

  async #intake(): Promise<void> {
    while (!this.#isStopped) {
      if (this.#line.isFull) {
        if (!this.#line.isMoving) this.#detect('newest');
        await this.#changed.wait();
        continue;
      }
      const event = await this.#options.capture.next();
      switch (event.kind) {
        case 'frame':
          await this.#take(event.frame);
          break;
        case 'connected':
          await this.#startAfresh();
          this.#options.sink.connected(event.info);
          break;
        case 'lost':
          this.#line.end();
          this.#options.sink.lost(event);
          break;
        case 'ended':
          this.#isEnded = true;
          this.#line.end();
          this.#detect('newest');
          this.#changed.raise();
          return;
      }
      this.#changed.raise();
    }
  }

  async #take(frame: RawFrame): Promise<void> {
    this.#status.framesIn++;
    const newest = this.#line.newest?.item;
    if (newest && (newest.widthPx !== frame.widthPx || newest.heightPx !== frame.heightPx)) await this.#startAfresh();
    if (this.#isStopped) {
      frame[Symbol.dispose]();
      return;
    }
    const ms = frame.ptsUs / 1000;
    const gap = newest ? ms - newest.ptsUs / 1000 : undefined;
    if (gap !== undefined && gap < 1000) this.#frameGapMs += (gap - this.#frameGapMs) * 0.1;
    const bytes = frame.widthPx * frame.heightPx * 1.5;
    // The frame's pixels are read before it is in the line, whose output may free it.
    this.#marked = Promise.all([this.#marked, this.#markers.offer(frame, ms, this.#line.oldest?.ms ?? ms)]);
    this.#line.push({ item: frame, ms, capturedMs: frame.capturedMs, bytes });
    this.#detect('due');
  }

  /** Boxes of another picture size or another connection mean nothing for the next frame: let the line run empty first. */
  async #startAfresh(): Promise<void> {
    this.#line.end();
    this.#changed.raise(); // what waited to settle may leave now
    while (this.#line.length > 0 && !this.#isStopped) {
      this.#detect('newest');
      await this.#changed.wait();
    }
    this.#epoch++;
    this.#tracker.reset();
    this.#second?.reset();
    this.#settleCounts(Number.POSITIVE_INFINITY);
    this.#counts?.reset();
    this.#markers.reset();
    this.#line.forgetVerdicts();
    this.#requestedMs = Number.NEGATIVE_INFINITY;
  }

  /** Time between verdicts: as often as the box can afford, at least every `intervalMs`. */
  #cadenceMs(): number {
    const { detect, pacing } = this.#options;
    if (pacing === 'unpaced') return detect.intervalMs;
    return Math.min(detect.intervalMs, this.#inferenceMeanMs / DETECTION_SHARE_MAX);
  }

  /** Starts a detection if none runs: on the frame whose turn it is (`due`), or on the newest one that has not been looked at. */
  #detect(which: 'due' | 'newest'): void {
    if (this.#isDetecting || this.#isStopped) return;
    const frames = this.#line.frames();
    // Half a frame of tolerance: a cadence of 40 ms at 25 frames/s means every frame, jitter or not.
    const dueMs = this.#requestedMs + this.#cadenceMs() - this.#frameGapMs / 2;
    const isLive = this.#options.pacing === 'live';
    const found =
      which === 'newest' || isLive ? frames.at(-1) : frames.find((f) => f.ms > this.#requestedMs && f.ms >= dueMs);
    if (found === undefined || found.ms <= this.#requestedMs) return;
    if (which === 'due' && found.ms < dueMs) return;
    this.#isDetecting = true;
    const { item, ms } = (isLive ? undefined : this.#lastBeforeGap(found.ms)) ?? found;
    void this.#look(item, ms);
  }

  /** Of a file, the frame to look at first where the chosen one is too far from the last look: what lies between would never be bracketed. */
  #lastBeforeGap(chosenMs: number): Waiting<RawFrame> | undefined {
    if (chosenMs - this.#requestedMs <= this.#freshMs) return undefined;
    const between = this.#line.frames().filter((f) => f.ms > this.#requestedMs && f.ms < chosenMs);
    return between.findLast((f) => f.ms - this.#requestedMs <= this.#freshMs) ?? between[0];
  }

  async #look(frame: RawFrame, ms: number): Promise<void> {
    const { detector, pacing } = this.#options;
    const previousMs = this.#requestedMs;
    const epoch = this.#epoch;
    this.#requestedMs = ms;
    try {
      // The frame's pixels are read before the first await: by the time the verdict is in, the frame may be gone.
      const made = this.#pictures.make(frame.av);
      const { widthPx, heightPx } = frame;
      const second = made && this.#second?.offer(made, frame, ms);
      const tile = made && this.#chooseTile(frame, ms);
      const verdict = made
        ? await detector.detect(made.picture, STALL_MS[pacing])
        : ({ kind: 'unavailable', reason: 'detector-unavailable' } as const);
      const closer = tile && verdict.kind === 'detected' ? await this.#lookAt(tile) : undefined;
      if (pacing === 'unpaced') await second;
      this.#isDetecting = false;
      if (epoch !== this.#epoch) {
        // The line ran empty meanwhile: its frames left covered.
      } else if (verdict.kind === 'detected' && made) {
        this.#failedAttempts = 0;
        this.#unavailable = undefined;
        this.#status.verdicts++;
        this.#noteInference(verdict.inferenceMs, closer?.inferenceMs);
        const whole = toFrame(verdict.detections, made.letterbox, widthPx, heightPx);
        const { thresholds } = detector.state;
        const counts = (d: Detection): boolean =>
          thresholds === undefined || isCounted(d, { widthPx, heightPx }, thresholds, LIVE_RULES);
        const detections = mergeLooks(whole.filter(counts), closer?.boxes.filter(counts) ?? []);
        const motion = this.#line.frames().map((f) => this.#motionFrame(f.item, f.ms));
        this.#tracker.picture = { widthPx, heightPx };
        this.#tracker.neededFromMs = this.#line.oldest?.ms ?? ms;
        this.#tracker.update(ms, detections, (box, fromMs, toMs) => carryBox(motion, box, fromMs, toMs));
        const { clock } = this.#options;
        const wallMs = clock.wallMs() - (clock.monotonicMs() - frame.capturedMs);
        this.#counts?.update(this.#tracker.tracks, this.#tracker.picture, wallMs);
        this.#settleCounts(ms);
        this.#line.verdict(ms);
        this.#options.sink.looked?.(ms, detections);
      } else if (verdict.kind === 'unavailable') {
        this.#status.verdictsUnavailable++;
        this.#unavailable = verdict.reason;
        this.#failedAttempts++;
        if (verdict.reason === 'model-missing' || (pacing === 'unpaced' && this.#failedAttempts >= ATTEMPTS_MAX)) {
          this.#line.giveUp(ms);
          this.#failedAttempts = 0;
        } else {
          this.#requestedMs = previousMs; // try again; a live camera on its newest frame
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS[pacing]));
        }
      }
      this.#changed.raise();
      this.#detect(this.#isEnded ? 'newest' : 'due');
    } catch (error) {
      this.#failure ??= error;
      this.stop();
    }
  }

  #settleCounts(ms: number): void {
    if (this.#counts === undefined) return;
    const crossings = this.#counts.settle(ms, (...who) => this.#markers.isLeftOut(...who));
    const dropped = this.#counts.takeDropped();
    if (crossings.length + dropped > 0) this.#options.sink.crossed?.(crossings, dropped);
  }

  #chooseTile(frame: RawFrame, ms: number): ChosenTile | undefined {
    const { detect, delayMs, pacing } = this.#options;
    const field = this.#motionFrame(frame, ms).field;
    const budget = {
      wholeMs: this.#wholeMeanMs,
      frameGapMs: this.#frameGapMs,
      intervalMs: detect.intervalMs,
      delayMs,
      shareMax: DETECTION_SHARE_MAX,
    };
    return this.#tiles?.choose(frame.av, pacing === 'live' ? budget : detect.intervalMs, {
      seen: this.#tracker.lastSeen(),
      movingShare: (part) => field()?.movingShare(part) ?? 0,
    });
  }

  /** The boxes of a tile; undefined without an answer: then the look at the whole frame stands alone. */
  async #lookAt({ picture, boxesOf }: ChosenTile): Promise<{ boxes: Detection[]; inferenceMs: number } | undefined> {
    const { detector, pacing } = this.#options;
    const verdict = await detector.detect(picture, STALL_MS[pacing]);
    if (verdict.kind !== 'detected') return undefined;
    this.#tiles?.noteCost(verdict.inferenceMs);
    return { boxes: boxesOf(verdict.detections), inferenceMs: verdict.inferenceMs };
  }

  #noteInference(wholeMs: number, tileMs = 0): void {
    const mean = (before: number, ms: number): number => (before === 0 ? ms : before + (ms - before) * 0.1);
    this.#wholeMeanMs = mean(this.#wholeMeanMs, wholeMs);
    this.#inferenceMeanMs = mean(this.#inferenceMeanMs, wholeMs + tileMs);
    if (this.#inferenceMs.length < 64) this.#inferenceMs.push(wholeMs + tileMs);
  }

  #motionFrame(frame: RawFrame, ms: number): MotionFrame {
    let motion = this.#motionFrames.get(frame);
    if (motion === undefined) {
      let read: MotionField | null | undefined;
      motion = {
        ms,
        field: () => {
          if (read === undefined) {
            const vectors = frame.av.getSideData(AV_FRAME_DATA_MOTION_VECTORS);
            read = vectors && new MotionField(vectors, frame.widthPx, frame.heightPx);
          }
          return read ?? undefined;
        },
      };
      this.#motionFrames.set(frame, motion);
    }
    return motion;
  }

  async #output(): Promise<void> {
    const { clock, sink } = this.#options;
    let handedOver: Promise<void> = Promise.resolve();
    while (!this.#isStopped) {
      // Never between release and plan: a line that ran empty lets tracks be forgotten.
      if (this.#options.pacing === 'unpaced') await this.#marked;
      const release = this.#line.release(clock.monotonicMs());
      if (release === undefined) {
        if (this.#isEnded && this.#line.length === 0) break;
        await this.#changed.wait(this.#msToDeadline());
        continue;
      }
      this.#changed.raise(); // there is room in the line
      const seq = release.item.seq;
      const { frame, plan } = this.#redactor.redact(release.item, this.#planFor(release));
      try {
        await handedOver;
      } catch (error) {
        frame[Symbol.dispose]();
        throw error;
      }
      handedOver = sink.frame(frame, plan, seq);
      handedOver.catch(() => {}); // awaited above or below; not unhandled meanwhile
    }
    await handedOver;
    this.#settleCounts(Number.POSITIVE_INFINITY);
  }

  #msToDeadline(): number | undefined {
    const deadline = this.#line.nextDeadlineMs();
    if (deadline === undefined || !Number.isFinite(deadline)) return undefined;
    return Math.max(1, deadline - this.#options.clock.monotonicMs());
  }

  #planFor(release: Release<RawFrame>): CoverPlan {
    if (release.as === 'late') {
      this.#tiles?.pause();
      return { kind: 'whole-frame', reason: this.#unavailable ?? 'verdict-late' };
    }
    try {
      const { masks, secondOpinion } = this.#options;
      const { widthPx, heightPx } = release.item;
      const tracked = this.#tracker.regionsAt(release.ms);
      const second = this.#second?.regionsAt(release.ms) ?? [];
      const zones = secondOpinion ? unseenZones(tracked, second, secondOpinion, widthPx) : [];
      const persons = [...tracked, ...second].filter(({ label }) => label === 'person');
      const bodies = this.#markers.coversAt(release.ms, persons);
      if (this.#markers.isBlindAt(release.ms)) return { kind: 'whole-frame', reason: 'detector-unavailable' };
      return planCover(tracked, masks, widthPx, heightPx, [...zones, ...bodies]);
    } catch {
      return { kind: 'whole-frame', reason: 'internal-error' };
    }
  }
}

function takeBuffer(detector: Detector, lengthBytes: number): Uint8Array<ArrayBuffer> {
  return detector.takeBuffer?.(lengthBytes) ?? new Uint8Array(lengthBytes);
}
