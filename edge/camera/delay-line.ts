/**
 * The delay line: frames wait here, in order, until it is known what must be covered on them (*bracketed release*).
 *
 * A frame is released as `bracketed` when there is a verdict at or before it and one at or after it, not further apart than
 * `freshMs`, and the newest verdict is at least `settleMs` younger than the frame (unless memory runs out). It is released as `late` when
 * its deadline passes without that, or as soon as a verdict after it leaves it out of all brackets (verdicts only rise, so none will come);
 * the caller then covers it whole. Nothing else leaves the line. Bounded by frames and bytes: a full
 * line says so, and the caller stops taking frames from capture (which drops the oldest of a live camera and counts it).
 *
 * Pure: times come in as arguments. Feed time (`ms`) orders frames and verdicts; monotonic time (`nowMs`) runs the deadline.
 */
import { DELAY_LINE_BYTES_MAX, DELAY_LINE_FRAMES_MAX } from '../base/limits.ts';

export interface DelayLineOptions {
  /** Deadline after capture; infinite for files that are redacted at leisure. */
  deadlineMs: number;
  /** Longest distance of the two verdicts around a frame. */
  freshMs: number;
  /** Asked at each release: at least the present distance of verdicts, so that what just entered has been seen twice and shows its speed. */
  settleMs: () => number;
  /** Feed time from the oldest to the newest frame, at most: what bracketing needs, so that a fast file does not fill the memory. */
  spanMsMax: number;
}

export interface Waiting<T> {
  item: T;
  /** Feed time. */
  ms: number;
  /** Monotonic time of capture. */
  capturedMs: number;
  bytes: number;
}

export type Release<T> = { item: T; ms: number; as: 'bracketed' | 'late' };

export class DelayLine<T> {
  readonly #options: DelayLineOptions;
  readonly #waiting: Waiting<T>[] = [];
  /** Feed times of good verdicts, rising; those too old for any waiting frame are dropped. */
  #verdicts: number[] = [];
  #bytes = 0;
  #isEnded = false;
  #givenUpMs = Number.NEGATIVE_INFINITY;

  constructor(options: DelayLineOptions) {
    this.#options = options;
  }

  get length(): number {
    return this.#waiting.length;
  }

  get isFull(): boolean {
    if (this.#isOutOfMemory) return true;
    return this.#waiting.length > 1 && this.newest!.ms - this.oldest!.ms >= this.#options.spanMsMax;
  }

  get #isOutOfMemory(): boolean {
    return this.#waiting.length >= DELAY_LINE_FRAMES_MAX || this.#bytes >= DELAY_LINE_BYTES_MAX;
  }

  /** True when a verdict at or after the oldest frame is in: the line moves by itself. */
  get isMoving(): boolean {
    const head = this.#waiting[0];
    return head !== undefined && (this.#verdicts.at(-1) ?? Number.NEGATIVE_INFINITY) >= head.ms;
  }

  get oldest(): Waiting<T> | undefined {
    return this.#waiting[0];
  }

  get newest(): Waiting<T> | undefined {
    return this.#waiting.at(-1);
  }

  /** Frames in order of time. */
  frames(): readonly Waiting<T>[] {
    return this.#waiting;
  }

  push(frame: Waiting<T>): void {
    if (this.isFull) throw new RangeError('delay line is full');
    const newest = this.newest;
    if (newest && frame.ms <= newest.ms) throw new RangeError('frames must rise in time');
    this.#isEnded = false;
    this.#waiting.push(frame);
    this.#bytes += frame.bytes;
  }

  /** A verdict `detected` for the frame at this feed time. */
  verdict(ms: number): void {
    const last = this.#verdicts.at(-1);
    if (last !== undefined && ms <= last) return;
    this.#verdicts.push(ms);
  }

  /** The verdicts so far say nothing about the frames that come: another connection, another picture size. */
  forgetVerdicts(): void {
    this.#verdicts = [];
  }

  /** No verdict will come for frames up to this feed time: those without one on both sides leave as `late` at once. */
  giveUp(ms: number): void {
    this.#givenUpMs = Math.max(this.#givenUpMs, ms);
  }

  /** No further frame comes for now (end of file, source lost): frames need not settle. */
  end(): void {
    this.#isEnded = true;
  }

  /** The oldest frame, if it may leave now. Call again until it answers undefined. */
  release(nowMs: number): Release<T> | undefined {
    const head = this.#waiting[0];
    if (head === undefined) return undefined;
    const isBracketed = this.#isBracketed(head.ms);
    const newest = this.#verdicts.at(-1) ?? Number.NEGATIVE_INFINITY;
    const isSettled = newest >= head.ms + this.#options.settleMs() || this.#isEnded || this.#isOutOfMemory;
    const isPassedOver = !isBracketed && newest >= head.ms;
    const isDue = nowMs - head.capturedMs >= this.#options.deadlineMs || head.ms <= this.#givenUpMs || isPassedOver;
    if (!(isBracketed && isSettled) && !isDue) return undefined;
    this.#waiting.shift();
    this.#bytes -= head.bytes;
    this.#dropOldVerdicts();
    return { item: head.item, ms: head.ms, as: isBracketed ? 'bracketed' : 'late' };
  }

  /** Monotonic time at which the oldest frame must leave, or undefined when the line is empty. */
  nextDeadlineMs(): number | undefined {
    const head = this.#waiting[0];
    return head && head.capturedMs + this.#options.deadlineMs;
  }

  /** Everything that waits, for disposal; the line is empty afterwards. */
  drain(): T[] {
    this.#bytes = 0;
    return this.#waiting.splice(0).map((w) => w.item);
  }

  #isBracketed(ms: number): boolean {
    const after = this.#verdicts.find((v) => v >= ms);
    const before = this.#verdicts.findLast((v) => v <= ms);
    return after !== undefined && before !== undefined && after - before <= this.#options.freshMs;
  }

  /** Keeps the newest verdict at or before the head: it brackets the frames that come. */
  #dropOldVerdicts(): void {
    const headMs = this.#waiting[0]?.ms ?? Number.POSITIVE_INFINITY;
    const keepFrom = this.#verdicts.findLastIndex((v) => v <= headMs);
    if (keepFrom > 0) this.#verdicts = this.#verdicts.slice(keepFrom);
  }
}
