/**
 * Looks at frames that wait in the delay line, one at a time: which one and how often, what else is looked at with it (a tile, the second
 * opinion), and what happens when no verdict comes. What was seen goes to the tracker, and that a verdict is in to the line.
 *
 * A live camera is looked at as often as half a core allows, always at its newest frame; a file at every frame whose turn it is.
 */
import { SETTLE_MS } from '../base/limits.ts';
import type { LookAtFrame, Planted } from './canary/port.ts';
import type { DelayLine, Waiting } from './delay-line.ts';
import { toFrame } from './detect/letterbox.ts';
import { PictureMaker } from './detect/picture.ts';
import type { Detection, Detector, Verdict } from './detect/port.ts';
import type { SecondLook } from './detect/second/second-look.ts';
import { isCounted, LIVE_RULES } from './detect/thresholds.ts';
import { type ChosenTile, TileLook } from './detect/tile-look.ts';
import { mergeLooks } from './detect/tiles.ts';
import type { RawFrame } from './frame.ts';
import type { WholeFrameReason } from './messages.ts';
import { carryBox } from './track/motion.ts';
import { MotionFrames } from './track/motion-frames.ts';
import type { Tracker } from './track/tracker.ts';

/** Share of one core that detection of a live camera may take when looking at every frame would cost more. */
const DETECTION_SHARE_MAX = 0.5;
/** A detector that does not answer within this time is stalled, not slow. */
const STALL_MS = { live: 2_000, unpaced: 30_000 } as const;
/** Attempts at a verdict before frames of a file are covered whole, and the pause after each: time for a worker to be replaced. */
const ATTEMPTS_MAX = 6;
const RETRY_MS = { live: 20, unpaced: 500 } as const;
/** A longer time between two frames says nothing about the camera's rate. */
const FRAME_GAP_MS_MAX = 1_000;
/** Inference times that wait to be taken. */
const INFERENCE_TIMES_MAX = 64;

/** `tiles`: `auto` looks closer at parts of large frames, where the box can afford it. */
export interface DetectSettings {
  longSidePx: number;
  intervalMs: number;
  tiles: 'auto' | 'off';
}

interface DetectionLoopOptions {
  detector: Detector;
  second: SecondLook | undefined;
  detect: DetectSettings;
  delayMs: number;
  pacing: 'live' | 'unpaced';
  line: DelayLine<RawFrame>;
  tracker: Tracker;
  canaries: Planted | undefined;
  /** Boxes of a verdict, in frame pixels, after the tracker took them and before a frame leaves for them. */
  onVerdict(frame: { ms: number; capturedMs: number }, detections: readonly Detection[]): void;
  /** Something may leave the line now. */
  onChange(): void;
  onFailure(error: unknown): void;
}

export class DetectionLoop implements Disposable {
  readonly #options: DetectionLoopOptions;
  readonly #pictures: PictureMaker;
  readonly #tiles: TileLook | undefined;
  readonly #motion = new MotionFrames();
  #isLooking = false;
  #isStopped = false;
  #isLast = false;
  /** Number of the connection and picture size that frames come from now; a verdict of an earlier one is void. */
  #epoch = 0;
  #requestedMs = Number.NEGATIVE_INFINITY;
  #failedAttempts = 0;
  #unavailable: WholeFrameReason | undefined;
  #inferenceMs: number[] = [];
  /** Of both looks together, and of that at the whole frame. */
  #inferenceMeanMs = 0;
  #wholeMeanMs = 0;
  /** What looks at canaries take; 0 while there are none. */
  #plantedMs = 0;
  #frameGapMs = 40;
  #counts = { verdicts: 0, verdictsUnavailable: 0 };

  constructor(options: DetectionLoopOptions) {
    const { detect, detector } = options;
    this.#options = options;
    const take = (lengthBytes: number): Uint8Array<ArrayBuffer> =>
      detector.takeBuffer?.(lengthBytes) ?? new Uint8Array(lengthBytes);
    this.#pictures = new PictureMaker(detect.longSidePx, take);
    this.#tiles = detect.tiles === 'auto' ? new TileLook(detect.longSidePx, take) : undefined;
  }

  get status(): { cadenceFrames: number; verdicts: number; verdictsUnavailable: number } {
    return { ...this.#counts, cadenceFrames: Math.max(1, Math.round(this.#cadenceMs() / this.#frameGapMs)) };
  }

  /** Why there is no verdict at present; undefined while they come. */
  get unavailable(): WholeFrameReason | undefined {
    return this.#unavailable;
  }

  /** Feed time that a frame waits for later verdicts: what just entered has then been seen twice. */
  get settleMs(): number {
    return Math.max(SETTLE_MS, this.#cadenceMs());
  }

  /** How far apart two verdicts may be for what lies between them. */
  static freshMs(intervalMs: number): number {
    return Math.max(500, 2 * intervalMs);
  }

  /** Inference times, milliseconds, since the last call. */
  takeInferenceMs(): number[] {
    return this.#inferenceMs.splice(0);
  }

  /** A frame came so long after the one before. */
  noteFrameGap(ms: number): void {
    if (ms < FRAME_GAP_MS_MAX) this.#frameGapMs += (ms - this.#frameGapMs) * 0.1;
  }

  /** A frame had to leave without a verdict: the box has no time for tiles now. */
  fellBehind(): void {
    this.#tiles?.pause();
  }

  /** Starts a look if none is under way: at the frame whose turn it is (`due`), or at the newest one that has not been looked at. */
  look(which: 'due' | 'newest'): void {
    if (this.#isLooking || this.#isStopped) return;
    const frames = this.#options.line.frames();
    // Half a frame of tolerance: a cadence of 40 ms at 25 frames/s means every frame, jitter or not.
    const dueMs = this.#requestedMs + this.#cadenceMs() - this.#frameGapMs / 2;
    const isLive = this.#options.pacing === 'live';
    const found =
      which === 'newest' || isLive ? frames.at(-1) : frames.find((f) => f.ms > this.#requestedMs && f.ms >= dueMs);
    if (found === undefined || found.ms <= this.#requestedMs) return;
    if (which === 'due' && found.ms < dueMs) return;
    this.#isLooking = true;
    const { item, ms } = (isLive ? undefined : this.#lastBeforeGap(found.ms)) ?? found;
    void this.#lookAt(item, ms);
  }

  /** No further frame comes: from now on it is always the newest one's turn. */
  end(): void {
    this.#isLast = true;
    this.look('newest');
  }

  /** Frames of another connection or picture size follow: what was seen means nothing for them. */
  startAfresh(): void {
    this.#epoch++;
    this.#requestedMs = Number.NEGATIVE_INFINITY;
  }

  /** No further look begins. One that is under way ends by itself. */
  stop(): void {
    this.#isStopped = true;
  }

  [Symbol.dispose](): void {
    this.#pictures[Symbol.dispose]();
    this.#tiles?.[Symbol.dispose]();
  }

  /** Time between verdicts: as often as the box can afford, at least every `intervalMs`. */
  #cadenceMs(): number {
    const { detect, pacing } = this.#options;
    if (pacing === 'unpaced') return detect.intervalMs;
    return Math.min(detect.intervalMs, (this.#inferenceMeanMs + this.#plantedMs) / DETECTION_SHARE_MAX);
  }

  /** Of a file, the frame to look at first where the chosen one is too far from the last look: what lies between would never be bracketed. */
  #lastBeforeGap(chosenMs: number): Waiting<RawFrame> | undefined {
    const { detect, line } = this.#options;
    const freshMs = DetectionLoop.freshMs(detect.intervalMs);
    if (chosenMs - this.#requestedMs <= freshMs) return undefined;
    const between = line.frames().filter((f) => f.ms > this.#requestedMs && f.ms < chosenMs);
    return between.findLast((f) => f.ms - this.#requestedMs <= freshMs) ?? between[0];
  }

  async #lookAt(frame: RawFrame, ms: number): Promise<void> {
    const { detector, second, canaries, pacing, onChange, onFailure } = this.#options;
    const previousMs = this.#requestedMs;
    const epoch = this.#epoch;
    this.#requestedMs = ms;
    try {
      // The frame's pixels are read before the first await: by the time the verdict is in, the frame may be gone.
      const made = this.#pictures.make(frame.av);
      const { widthPx, heightPx, capturedMs } = frame;
      const seconded = made && second?.offer(made, frame, ms);
      const tile = made && this.#chooseTile(frame, ms);
      const looking: Promise<Verdict> | Verdict = made
        ? detector.detect(made.picture, STALL_MS[pacing])
        : { kind: 'unavailable', reason: 'detector-unavailable', detail: '' };
      // Painted while the detector is at the frame itself.
      const planted = made && canaries?.paint(frame, ms, this.#asPlanted(tile !== undefined));
      if (planted === undefined) this.#plantedMs = 0;
      const verdict = await looking;
      const closer = tile && verdict.kind === 'detected' ? await this.#lookCloser(tile) : undefined;
      if (pacing === 'unpaced') await seconded;
      const isPlanted = planted !== undefined && verdict.kind === 'detected' && epoch === this.#epoch;
      this.#isLooking = isPlanted;
      if (epoch !== this.#epoch) {
        // The line ran empty meanwhile: its frames left covered.
      } else if (verdict.kind === 'detected' && made) {
        this.#noteInference(verdict.inferenceMs, closer?.inferenceMs);
        const whole = toFrame(verdict.detections, made.letterbox, widthPx, heightPx);
        const counts = this.#countsIn({ widthPx, heightPx });
        const detections = mergeLooks(whole.filter(counts), closer?.boxes.filter(counts) ?? []);
        this.#take({ ms, capturedMs, widthPx, heightPx }, detections);
        if (isPlanted) {
          onChange(); // the feed does not wait for what follows
          const tookMs = await planted.run(detector, STALL_MS[pacing], counts, detections);
          this.#plantedMs = meanOf(this.#plantedMs, tookMs);
          this.#isLooking = false;
        }
      } else if (verdict.kind === 'unavailable') {
        await this.#doWithout(verdict.reason, ms, previousMs);
      }
      onChange();
      this.look(this.#isLast ? 'newest' : 'due');
    } catch (error) {
      onFailure(error);
    }
  }

  /** Before the first look at canaries, it is taken to cost what one at the frame does. */
  #asPlanted(isTiled: boolean): LookAtFrame {
    const { tracker } = this.#options;
    return {
      isTiled,
      everyMs: this.#cadenceMs(),
      costMs: this.#inferenceMeanMs + (this.#plantedMs || this.#inferenceMeanMs),
      real: () => tracker.lastSeen().map(({ label, box }) => ({ label, ...box })),
    };
  }

  #countsIn(size: { widthPx: number; heightPx: number }): (detection: Detection) => boolean {
    const { thresholds } = this.#options.detector.state;
    return (detection) => thresholds === undefined || isCounted(detection, size, thresholds, LIVE_RULES);
  }

  #take(
    { ms, capturedMs, widthPx, heightPx }: { ms: number; capturedMs: number; widthPx: number; heightPx: number },
    detections: readonly Detection[],
  ): void {
    const { line, tracker, onVerdict } = this.#options;
    this.#failedAttempts = 0;
    this.#unavailable = undefined;
    this.#counts.verdicts++;
    const motion = line.frames().map((f) => this.#motion.of(f.item, f.ms));
    tracker.picture = { widthPx, heightPx };
    tracker.neededFromMs = line.oldest?.ms ?? ms;
    tracker.update(ms, detections, (box, fromMs, toMs) => carryBox(motion, box, fromMs, toMs));
    onVerdict({ ms, capturedMs }, detections);
    line.verdict(ms);
  }

  /** Tries again soon, a live camera on its newest frame; or gives the frames up, which are then covered whole. */
  async #doWithout(reason: WholeFrameReason, ms: number, previousMs: number): Promise<void> {
    const { line, pacing } = this.#options;
    this.#counts.verdictsUnavailable++;
    this.#unavailable = reason;
    this.#failedAttempts++;
    if (reason === 'model-missing' || (pacing === 'unpaced' && this.#failedAttempts >= ATTEMPTS_MAX)) {
      line.giveUp(ms);
      this.#failedAttempts = 0;
    } else {
      this.#requestedMs = previousMs;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS[pacing]));
    }
  }

  #chooseTile(frame: RawFrame, ms: number): ChosenTile | undefined {
    const { detect, delayMs, pacing, tracker } = this.#options;
    const { field } = this.#motion.of(frame, ms);
    const budget = {
      wholeMs: this.#wholeMeanMs,
      frameGapMs: this.#frameGapMs,
      intervalMs: detect.intervalMs,
      delayMs,
      shareMax: DETECTION_SHARE_MAX,
    };
    return this.#tiles?.choose(frame.av, pacing === 'live' ? budget : detect.intervalMs, {
      seen: tracker.lastSeen(),
      movingShare: (part) => field()?.movingShare(part) ?? 0,
    });
  }

  /** The boxes of a tile; undefined without an answer: then the look at the whole frame stands alone. */
  async #lookCloser({
    picture,
    boxesOf,
  }: ChosenTile): Promise<{ boxes: Detection[]; inferenceMs: number } | undefined> {
    const { detector, pacing } = this.#options;
    const verdict = await detector.detect(picture, STALL_MS[pacing]);
    if (verdict.kind !== 'detected') return undefined;
    this.#tiles?.noteCost(verdict.inferenceMs);
    return { boxes: boxesOf(verdict.detections), inferenceMs: verdict.inferenceMs };
  }

  #noteInference(wholeMs: number, tileMs = 0): void {
    this.#wholeMeanMs = meanOf(this.#wholeMeanMs, wholeMs);
    this.#inferenceMeanMs = meanOf(this.#inferenceMeanMs, wholeMs + tileMs);
    if (this.#inferenceMs.length < INFERENCE_TIMES_MAX) this.#inferenceMs.push(wholeMs + tileMs);
  }
}

/** With the newest value; 0 before the first. */
function meanOf(before: number, ms: number): number {
  return before === 0 ? ms : before + (ms - before) * 0.1;
}
