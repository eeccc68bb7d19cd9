/**
 * One camera's feed, as the gateway pulls it: fans the units of whichever process shows the camera out to all subscribers.
 *
 * Always holds:
 * - `ptsUs` rises strictly, whatever process a unit came from: each process counts from its own zero, so the feed shifts a new
 *   one's times behind the last unit, by as much as the capture clock says has passed;
 * - a subscriber gets the format first, then a key frame, then every unit until the next gap; after a gap (a unit that was dropped
 *   here) it gets nothing until the next key frame;
 * - while there is no evidence (record/evidence.ts), nothing passes but pictures that are covered whole and slates, and no snapshot;
 * - a subscriber that throws is removed and logged, and the others go on. Nothing is queued here.
 */
import type { Clock } from '../base/clock.ts';
import { WorldError } from '../base/errors.ts';
import { FEED_SUBSCRIBERS_MAX, KEY_FRAME_REQUEST_MS_MIN, SNAPSHOT_TIMEOUT_MS } from '../base/limits.ts';
import type { Log } from '../base/log.ts';
import type { AccessUnit, CameraHealth, Feed, FeedSubscriber, StreamFormat } from '../gateway/feed.ts';
import type { Evidence } from './record/evidence.ts';

/** Least distance between two units where the capture clock gives none: a tenth of a frame at 100 frames/s. */
const STEP_US_MIN = 1_000;

/**
 * How far the feed's time may run ahead of the clock between two units. More is a lie: a process could otherwise put the timeline where
 * no later unit, not even of its slate, comes behind it.
 */
const AHEAD_US_MAX = 60_000_000;

const SNAPSHOTS_PENDING_MAX = 16;

/** Why the feed itself dropped a unit. Each value is a label of a counter. `time-not-rising`: or rising faster than time does. */
export type FeedDropReason = 'time-not-rising' | 'no-key-frame' | 'no-format' | 'no-evidence';

export interface CameraFeedOptions {
  name: string;
  clock: Clock;
  log: Log;
  /** Passes the wish on to the camera process; at most one a second. */
  requestKeyFrame(): void;
  /** False when there is no process to ask. */
  requestSnapshot(requestId: number): boolean;
  unitDropped(reason: FeedDropReason): void;
  evidence: Evidence;
}

interface Subscription {
  subscriber: FeedSubscriber;
  started: boolean;
}

/** The units of one run of one process. */
export interface FeedSource {
  format: StreamFormat | undefined;
}

interface PendingSnapshot {
  resolve(jpeg: Uint8Array): void;
  reject(error: WorldError): void;
  timer: NodeJS.Timeout;
}

export class CameraFeed implements Feed {
  readonly name: string;
  readonly #options: CameraFeedOptions;
  readonly #subscriptions = new Set<Subscription>();
  readonly #snapshots = new Map<number, PendingSnapshot>();
  #format: StreamFormat | undefined;
  #health: CameraHealth | undefined;
  #source: FeedSource | undefined;
  #offsetUs = 0;
  #lastPtsUs: number | undefined;
  #lastCapturedMs = 0;
  #lastPushedMs = 0;
  #waitsForKey = true;
  #keyFrameTimer: NodeJS.Timeout | undefined;
  #keyFrameAskedMs = Number.NEGATIVE_INFINITY;
  #nextRequestId = 1;

  constructor(options: CameraFeedOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get format(): StreamFormat | undefined {
    return this.#format;
  }

  get health(): CameraHealth | undefined {
    return this.#health;
  }

  /** Where the timeline stands now, in microseconds: what a slate that takes over should continue from. */
  get nextPtsUs(): number {
    return this.#lastPtsUs === undefined ? 0 : this.#lastPtsUs + STEP_US_MIN;
  }

  get subscriberCount(): number {
    return this.#subscriptions.size;
  }

  setHealth(health: CameraHealth): void {
    this.#health = health;
  }

  subscribe(subscriber: FeedSubscriber): Disposable {
    if (this.#subscriptions.size >= FEED_SUBSCRIBERS_MAX) {
      throw new WorldError('source-unreachable', `${this.name}: more than ${FEED_SUBSCRIBERS_MAX} subscribers`);
    }
    const subscription: Subscription = { subscriber, started: false };
    this.#subscriptions.add(subscription);
    if (this.#format !== undefined) this.#tellFormat(subscription, this.#format);
    this.#wantKeyFrame();
    return { [Symbol.dispose]: () => void this.#subscriptions.delete(subscription) };
  }

  /** Whether a unit may pass as far as evidence goes. */
  mayShow({ cover }: AccessUnit): boolean {
    return this.#options.evidence.isThere || cover !== 'regions';
  }

  /** Takes a unit of the process that is being shown. The supervisor decides which that is. */
  push(source: FeedSource, unit: AccessUnit): void {
    const refusal = this.mayShow(unit) ? this.#adopt(source, unit) : 'no-evidence';
    if (refusal !== undefined) {
      this.#drop(refusal);
      return;
    }
    const ptsUs = unit.ptsUs + this.#offsetUs;
    this.#waitsForKey = false;
    this.#lastPtsUs = ptsUs;
    this.#lastCapturedMs = unit.capturedMs;
    this.#lastPushedMs = this.#options.clock.monotonicMs();
    this.#deliver(ptsUs === unit.ptsUs ? unit : { ...unit, ptsUs });
  }

  snapshot(): Promise<Uint8Array> {
    const { evidence } = this.#options;
    if (!evidence.isThere) return Promise.reject(new WorldError('ledger-failed', `${this.name}: ${evidence.advice}`));
    if (this.#snapshots.size >= SNAPSHOTS_PENDING_MAX) {
      return Promise.reject(new WorldError('source-stalled', `${this.name}: too many snapshots are asked for at once`));
    }
    const requestId = this.#nextRequestId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#snapshots.delete(requestId);
        reject(new WorldError('source-stalled', `${this.name}: no frame within ${SNAPSHOT_TIMEOUT_MS} ms`));
      }, SNAPSHOT_TIMEOUT_MS);
      this.#snapshots.set(requestId, { resolve, reject, timer });
      if (!this.#options.requestSnapshot(requestId)) {
        this.#failSnapshot(requestId, `${this.name}: the camera process is not running; it is being restarted`);
      }
    });
  }

  /** An answer to a request of `snapshot()`. Unasked answers are ignored. */
  answerSnapshot(requestId: number, jpeg: Uint8Array): void {
    const pending = this.#snapshots.get(requestId);
    if (pending === undefined) return;
    if (!this.#options.evidence.isThere) {
      this.#failSnapshot(requestId, `${this.name}: ${this.#options.evidence.advice}`);
      return;
    }
    this.#snapshots.delete(requestId);
    clearTimeout(pending.timer);
    pending.resolve(jpeg);
  }

  /** The process that was asked is gone: its answers won't come. */
  failSnapshots(): void {
    for (const requestId of [...this.#snapshots.keys()]) {
      this.#failSnapshot(requestId, `${this.name}: the camera process ended`);
    }
  }

  close(): void {
    clearTimeout(this.#keyFrameTimer);
    this.#keyFrameTimer = undefined;
    this.failSnapshots();
    this.#subscriptions.clear();
  }

  #failSnapshot(requestId: number, message: string): void {
    const pending = this.#snapshots.get(requestId);
    if (pending === undefined) return;
    this.#snapshots.delete(requestId);
    clearTimeout(pending.timer);
    pending.reject(new WorldError('process-lost', message));
  }

  /** Changes over to the unit's source and format where they are new; says why the unit can't be taken, if it can't. */
  #adopt(source: FeedSource, unit: AccessUnit): FeedDropReason | undefined {
    if (source.format === undefined) return 'no-format';
    const isNew = source !== this.#source;
    if ((isNew || source.format !== this.#format || this.#waitsForKey) && !unit.isKey) return 'no-key-frame';
    if (isNew) this.#rebase(unit);
    this.#source = source;
    this.#setFormat(source.format);
    const stepUs = this.#lastPtsUs === undefined ? STEP_US_MIN : unit.ptsUs + this.#offsetUs - this.#lastPtsUs;
    if (stepUs <= 0 || stepUs > this.#stepUsMax()) {
      // The source's clock was set for good, maybe: its next key frame is taken as a new beginning.
      this.#source = undefined;
      return 'time-not-rising';
    }
    return undefined;
  }

  /** Shifts a new source's times behind the last unit, by the time that has passed between their captures. */
  #rebase(first: AccessUnit): void {
    if (this.#lastPtsUs === undefined) {
      this.#offsetUs = first.ptsUs > AHEAD_US_MAX ? -first.ptsUs : 0;
      return;
    }
    const passedUs = Math.round((first.capturedMs - this.#lastCapturedMs) * 1000);
    const stepUs = Math.max(STEP_US_MIN, Math.min(passedUs, this.#stepUsMax()));
    this.#offsetUs = this.#lastPtsUs + stepUs - first.ptsUs;
  }

  #stepUsMax(): number {
    return Math.round((this.#options.clock.monotonicMs() - this.#lastPushedMs) * 1000) + AHEAD_US_MAX;
  }

  #setFormat(format: StreamFormat): void {
    if (this.#format === format) return;
    this.#format = format;
    for (const subscription of this.#subscriptions) this.#tellFormat(subscription, format);
  }

  #tellFormat(subscription: Subscription, format: StreamFormat): void {
    subscription.started = false;
    this.#guarded(subscription, () => subscription.subscriber.onFormat(format));
  }

  #deliver(unit: AccessUnit): void {
    for (const subscription of this.#subscriptions) {
      if (!subscription.started && !unit.isKey) continue;
      subscription.started = true;
      this.#guarded(subscription, () => subscription.subscriber.onAccessUnit(unit));
    }
  }

  #guarded(subscription: Subscription, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#subscriptions.delete(subscription);
      this.#options.log.error({ err: error, feed: this.name }, 'a subscriber of the feed threw and is removed');
    }
  }

  #drop(reason: FeedDropReason): void {
    this.#options.unitDropped(reason);
    // Later pictures refer to the one that is missing now.
    this.#waitsForKey = true;
    for (const subscription of this.#subscriptions) subscription.started = false;
    this.#wantKeyFrame();
  }

  /** At most one request per KEY_FRAME_REQUEST_MS_MIN; a wish in between is kept and served at its end. */
  #wantKeyFrame(): void {
    if (this.#keyFrameTimer !== undefined) return;
    const nowMs = this.#options.clock.monotonicMs();
    const waitMs = this.#keyFrameAskedMs + KEY_FRAME_REQUEST_MS_MIN - nowMs;
    if (waitMs <= 0) {
      this.#keyFrameAskedMs = nowMs;
      this.#options.requestKeyFrame();
      return;
    }
    this.#keyFrameTimer = setTimeout(() => {
      this.#keyFrameTimer = undefined;
      this.#keyFrameAskedMs = this.#options.clock.monotonicMs();
      this.#options.requestKeyFrame();
    }, waitMs);
    this.#keyFrameTimer.unref();
  }
}
