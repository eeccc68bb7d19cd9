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
import type { Clock } from '../base/clock.ts';
import { SETTLE_MS } from '../base/limits.ts';
import type { CountLine, Look, Mask } from '../config/schema.ts';
import type { Planted } from './canary/port.ts';
import type { Capture, CaptureEvent, SourceInfo } from './capture/port.ts';
import { Counts } from './count/counts.ts';
import { CoverPlanner } from './cover-planner.ts';
import { DelayLine, type Release } from './delay-line.ts';
import type { Detection, Detector } from './detect/port.ts';
import { SecondLook } from './detect/second/second-look.ts';
import type { ZoneRules } from './detect/second/zones.ts';
import { DetectionLoop, type DetectSettings } from './detection-loop.ts';
import type { RawFrame } from './frame.ts';
import { MarkerLook } from './marker/marker-look.ts';
import { type MarkerSeeker, MarkerThread } from './marker/marker-thread.ts';
import { COUNTED_CLASSES, type CountedClass, type CountedCrossing, type WholeFrameReason } from './messages.ts';
import type { FilteredFrame } from './redact/filtered-frame.ts';
import type { CoverPlan } from './redact/plan.ts';
import { Redactor } from './redact/redactor.ts';
import { Signal } from './signal.ts';
import { Tracker } from './track/tracker.ts';

export interface PipelineOptions {
  capture: Capture;
  detector: Detector;
  /** Finds persons and vehicles at a low rate; nothing waits for it but a file. */
  second?: Detector | undefined;
  /** What follows from persons and vehicles; nothing unless set. */
  secondOpinion?: ZoneRules;
  /** Looks for the common marker; by default a thread of the pipeline's own. */
  markers?: MarkerSeeker;
  /** Known people and vehicles that are shown to the detector beside the feed, never in it; each look then costs two. */
  planted?: Planted | undefined;
  look: Look;
  masks: readonly Mask[];
  /** Lines whose crossings are counted. */
  countLines?: readonly CountLine[] | undefined;
  detect: DetectSettings;
  delayMs: number;
  /** `unpaced`: no deadline, nothing dropped; for files. */
  pacing: 'live' | 'unpaced';
  clock: Clock;
  /** Asked for each frame that is released: a reason covers it whole, whatever the verdicts say. */
  coverWhole?(): WholeFrameReason | undefined;
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

/** Without a verdict for so long nobody is counted. */
const VERDICT_MS_MAX = 2_000;

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
  readonly #tracker = new Tracker();
  readonly #detection: DetectionLoop;
  readonly #second: SecondLook | undefined;
  readonly #markers: MarkerLook;
  readonly #counts: Counts | undefined;
  readonly #planner: CoverPlanner;
  readonly #redactor: Redactor;
  /** Raised when a frame came or left, a verdict came, or the end was reached. */
  readonly #changed = new Signal();
  #framesIn = 0;
  /** Of the newest verdict. */
  #verdictMs = Number.NEGATIVE_INFINITY;
  /** When it came, by the monotonic clock. */
  #heardMs = Number.NEGATIVE_INFINITY;
  #isEnded = false;
  #isStopped = false;
  #failure: unknown;

  constructor(options: PipelineOptions) {
    const { detector, detect, delayMs, pacing, masks } = options;
    const isLive = pacing === 'live';
    this.#options = options;
    this.#line = new DelayLine({
      deadlineMs: isLive ? delayMs : Number.POSITIVE_INFINITY,
      freshMs: DetectionLoop.freshMs(detect.intervalMs),
      settleMs: () => this.#detection.settleMs,
      spanMsMax: isLive ? 2 * delayMs : 2 * detect.intervalMs + SETTLE_MS,
    });
    const [line, tracker] = [this.#line, this.#tracker];
    const second = options.second && new SecondLook(options.second);
    this.#second = second;
    this.#markers = new MarkerLook(options.markers ?? new MarkerThread(), pacing);
    this.#counts = options.countLines && new Counts(options.countLines);
    this.#detection = new DetectionLoop({
      ...{ detector, second, detect, delayMs, pacing, line, tracker, canaries: options.planted },
      onVerdict: (frame, detections) => this.#takeVerdict(frame, detections),
      onChange: () => this.#changed.raise(),
      onFailure: (error) => this.#fail(error),
    });
    this.#planner = new CoverPlanner({ tracker, second, rules: options.secondOpinion, markers: this.#markers, masks });
    this.#redactor = new Redactor(options.look);
  }

  get status(): PipelineStatus {
    return { ...this.#detection.status, framesIn: this.#framesIn, delayLineFrames: this.#line.length };
  }

  /** What can't be counted at present; nothing where nothing is to be counted. */
  get uncounted(): CountedClass[] {
    if (this.#counts === undefined) return [];
    const isBlind = this.#options.clock.monotonicMs() - this.#heardMs > VERDICT_MS_MAX;
    return isBlind ? [...COUNTED_CLASSES] : this.#counts.uncounted;
  }

  /** Inference times, milliseconds, since the last call. */
  takeInferenceMs(): number[] {
    return this.#detection.takeInferenceMs();
  }

  /** Until the source ends or `stop()` is called. Rejects when a stage failed; everything is released then too. */
  async run(): Promise<void> {
    const intake = this.#intake().catch((error: unknown) => this.#fail(error));
    await this.#output().catch((error: unknown) => this.#fail(error));
    this.stop();
    await this.#options.capture.close();
    await intake;
    for (const frame of this.#line.drain()) frame[Symbol.dispose]();
    this.#detection[Symbol.dispose]();
    await this.#markers[Symbol.asyncDispose]();
    this.#redactor[Symbol.dispose]();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Ends `run()` soon; frames that wait in the line are dropped. */
  stop(): void {
    this.#isStopped = true;
    this.#detection.stop();
    this.#changed.raise();
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.stop();
  }

  async #intake(): Promise<void> {
    while (!this.#isStopped) {
      if (this.#line.isFull) {
        if (!this.#line.isMoving) this.#detection.look('newest');
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
          this.#detection.end();
          this.#changed.raise();
          return;
      }
      this.#changed.raise();
    }
  }

  async #take(frame: RawFrame): Promise<void> {
    this.#framesIn++;
    const newest = this.#line.newest?.item;
    if (newest && (newest.widthPx !== frame.widthPx || newest.heightPx !== frame.heightPx)) await this.#startAfresh();
    if (this.#isStopped) {
      frame[Symbol.dispose]();
      return;
    }
    const ms = frame.ptsUs / 1000;
    if (newest) this.#detection.noteFrameGap(ms - newest.ptsUs / 1000);
    const bytes = frame.widthPx * frame.heightPx * 1.5;
    // The frame's pixels are read before it is in the line, whose output may free it.
    this.#markers.offer(frame, ms, this.#line.oldest?.ms ?? ms);
    this.#line.push({ item: frame, ms, capturedMs: frame.capturedMs, bytes });
    this.#detection.look('due');
  }

  /** Boxes of another picture size or another connection mean nothing for the next frame: let the line run empty first. */
  async #startAfresh(): Promise<void> {
    this.#line.end();
    this.#changed.raise(); // what waited to settle may leave now
    while (this.#line.length > 0 && !this.#isStopped) {
      this.#detection.look('newest');
      await this.#changed.wait();
    }
    this.#detection.startAfresh();
    this.#tracker.reset();
    this.#options.planted?.reset();
    this.#second?.reset();
    this.#settleCounts(Number.POSITIVE_INFINITY);
    this.#counts?.reset();
    this.#markers.reset();
    this.#line.forgetVerdicts();
  }

  #takeVerdict({ ms, capturedMs }: { ms: number; capturedMs: number }, detections: readonly Detection[]): void {
    const { clock, sink } = this.#options;
    const wallMs = clock.wallMs() - (clock.monotonicMs() - capturedMs);
    this.#verdictMs = ms;
    this.#heardMs = clock.monotonicMs();
    const { tracks: first, picture } = this.#tracker;
    this.#counts?.update({ ms, wallMs, picture, first, second: this.#second?.seen });
    this.#settleCounts(ms);
    sink.looked?.(ms, detections);
  }

  #settleCounts(ms: number): void {
    if (this.#counts === undefined) return;
    const crossings = this.#counts.settle(ms, (...who) => this.#markers.isLeftOut(...who));
    const dropped = this.#counts.takeDropped();
    if (crossings.length + dropped > 0) this.#options.sink.crossed?.(crossings, dropped);
  }

  async #output(): Promise<void> {
    const { clock, sink, pacing } = this.#options;
    let handedOver: Promise<void> = Promise.resolve();
    while (!this.#isStopped) {
      // Never between release and plan: a line that ran empty lets tracks be forgotten.
      if (pacing === 'unpaced') await this.#markers.answered;
      const release = this.#line.release(clock.monotonicMs());
      if (release === undefined) {
        if (this.#isEnded && this.#line.length === 0) break;
        await this.#changed.wait(this.#msToDeadline());
        continue;
      }
      this.#changed.raise(); // there is room in the line
      const seq = release.item.seq;
      const { frame, plan } = this.#redactor.redact(release.item, this.#planFor(release));
      const isWhole = plan.kind === 'whole-frame';
      this.#options.planted?.left({ ms: release.ms, isWhole, knownMs: this.#verdictMs });
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

  #planFor({ as, ms, item }: Release<RawFrame>): CoverPlan {
    const ordered = this.#options.coverWhole?.();
    if (ordered !== undefined) return { kind: 'whole-frame', reason: ordered };
    if (as === 'bracketed') return this.#planner.planAt(ms, item);
    this.#detection.fellBehind();
    return { kind: 'whole-frame', reason: this.#detection.unavailable ?? 'verdict-late' };
  }
}
