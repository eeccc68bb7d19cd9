/**
 * Looks for the common marker beside a running pipeline, and knows whom to cover for it.
 *
 * A look takes place every SEARCH_INTERVAL_MS, every FOLLOW_INTERVAL_MS while somebody shows the marker, and more rarely where it costs
 * more than an eighth of a core. Whoever shows the marker is followed as other things are, held through missed looks, and stays covered as
 * a person while the person's own track lasts, so that turning away uncovers nobody. All of it only adds cover.
 *
 * Without an answer for BLIND_MS nobody could be left out: then `isBlindAt()` says so and frames are covered whole.
 */
import type { Box } from '../detect/port.ts';
import type { RawFrame } from '../frame.ts';
import { iou } from '../track/geometry.ts';
import type { PictureSize } from '../track/track.ts';
import { type TrackedRegion, Tracker } from '../track/tracker.ts';
import { anchorOf, bearersOf, bearingOf, coverOf } from './body.ts';
import { LumaMaker } from './luma.ts';
import type { MarkerSeeker } from './marker-thread.ts';
import type { GreyPicture } from './outlines.ts';

/** While nobody shows the marker: two looks within the second that the effect may take, with time to answer them. */
const SEARCH_INTERVAL_MS = 400;
/** While somebody does: what is followed from look to look must not get far between them. */
const FOLLOW_INTERVAL_MS = 250;
/** Two looks within that second, with none to spare. */
const INTERVAL_MS_MAX = 500;
const INTERVAL_PER_LOOK = 8;
/** A marker is missed now and then: blurred by motion, or turned too far. */
const HOLD_MS_MIN = 2_000;
const BLIND_MS = 3_000;
/** A look that takes longer is given up and its thread replaced. */
const STALL_MS = { live: 2_000, unpaced: 30_000 } as const;
/** A person who bore the marker and was not seen for this long is forgotten; tracks do not live on unseen for as long. */
const FORGET_MS = 5_000;

/** Somebody who passed behind a bearer is no bearer. */
const BEARER_FRAMES_MIN = 5;

/** Boxes of two detectors that overlap as much are of one person. */
const SAME_IOU_MIN = 0.5;

/** Covers carry the track numbers of persons (positive and negative) and of markers; a marked person's own cover must not share theirs. */
const BODY_TRACKS_FROM = 2 ** 30;

interface Look extends PictureSize {
  ms: number;
  neededFromMs: number;
}

export class MarkerLook implements AsyncDisposable {
  readonly #seeker: MarkerSeeker;
  readonly #pacing: 'live' | 'unpaced';
  readonly #luma = new LumaMaker();
  readonly #tracker = new Tracker(HOLD_MS_MIN);
  /** By track number of a person: frames on which the marker sat on nobody better, and when the person was last seen. */
  readonly #bearers = new Map<number, { seenMs: number; frames: number }>();
  #resets = 0;
  #isLooking = false;
  #answered: Promise<void> = Promise.resolve();
  #lookedMs = Number.NEGATIVE_INFINITY;
  #intervalMs = SEARCH_INTERVAL_MS;
  /** Feed time of the first look that is still without an answer. */
  #unansweredMs: number | undefined;

  constructor(seeker: MarkerSeeker, pacing: 'live' | 'unpaced') {
    this.#seeker = seeker;
    this.#pacing = pacing;
  }

  /** Resolves when the looks that were taken so far are answered. Never rejects. */
  get answered(): Promise<void> {
    return this.#answered;
  }

  /**
   * Takes a look if it is time for one. Reads the frame before it returns. `neededFromMs`: feed time of the oldest frame that `coversAt()`
   * will still be called for.
   */
  offer(frame: RawFrame, ms: number, neededFromMs: number): void {
    if (ms < this.#lookedMs + this.#intervalMs) return;
    this.#unansweredMs ??= ms;
    if (this.#isLooking) return;
    const picture = this.#luma.make(frame.av);
    if (picture === undefined) return;
    this.#isLooking = true;
    this.#lookedMs = ms;
    this.#answered = this.#seek(picture, { ms, neededFromMs, widthPx: frame.widthPx, heightPx: frame.heightPx });
  }

  async #seek(picture: GreyPicture, look: Look): Promise<void> {
    const resets = this.#resets;
    const answer = await this.#seeker.seek(picture, STALL_MS[this.#pacing]);
    this.#isLooking = false;
    if (answer === undefined || resets !== this.#resets) return;
    this.#unansweredMs = undefined;
    const wantedMs = answer.markers.length > 0 ? FOLLOW_INTERVAL_MS : SEARCH_INTERVAL_MS;
    this.#intervalMs = Math.min(INTERVAL_MS_MAX, Math.max(wantedMs, INTERVAL_PER_LOOK * answer.lookMs));
    const { ms, neededFromMs, widthPx, heightPx } = look;
    const scale = widthPx / picture.widthPx;
    this.#tracker.picture = { widthPx, heightPx };
    this.#tracker.neededFromMs = neededFromMs;
    const anchors = answer.markers.map((marker) => {
      const { x, y, w, h } = anchorOf(marker);
      return { label: 'person' as const, score: 1, x: x * scale, y: y * scale, w: w * scale, h: h * scale };
    });
    this.#tracker.update(ms, anchors);
  }

  /** Whole bodies to cover at a time, in frame pixels. `persons`: everybody who is seen then, by whatever detector. */
  coversAt(ms: number, persons: readonly TrackedRegion[]): TrackedRegion[] {
    const covers: TrackedRegion[] = [];
    const covered = new Set<TrackedRegion>();
    for (const anchor of this.#tracker.regionsAt(ms)) {
      const bearing = bearingOf(anchor, anchor.seen.w);
      const bearers = bearersOf(bearing, persons);
      for (const person of bearers) covered.add(person);
      // Both detectors may have a box of the one who fits best.
      const [best] = bearers;
      for (const person of bearers)
        if (best && (person === best || iou(person, best) >= SAME_IOU_MIN)) this.#note(person.track, ms, 1);
      covers.push({ ...anchor, ...coverOf(bearing, bearers) });
    }
    for (const person of persons) {
      if (covered.has(person) || !this.#isBearer(person.track)) continue;
      this.#note(person.track, ms, 0);
      covers.push({ ...person, label: 'person', track: BODY_TRACKS_FROM + person.track });
    }
    for (const [track, { seenMs }] of this.#bearers) if (ms - seenMs > FORGET_MS) this.#bearers.delete(track);
    return covers;
  }

  /** Whether somebody showed the marker: one of these tracks by now, or whoever was in this box at that time. */
  isLeftOut(tracks: readonly number[], ms: number, box: Box): boolean {
    if (tracks.some((track) => this.#isBearer(track))) return true;
    return this.#tracker.regionsAt(ms).some((anchor) => bearersOf(bearingOf(anchor, anchor.seen.w), [box]).length > 0);
  }

  #isBearer(track: number): boolean {
    return (this.#bearers.get(track)?.frames ?? 0) >= BEARER_FRAMES_MIN;
  }

  #note(track: number, seenMs: number, frames: number): void {
    this.#bearers.set(track, { seenMs, frames: (this.#bearers.get(track)?.frames ?? 0) + frames });
  }

  /** Whether the marker could have been shown for too long without anybody looking. */
  isBlindAt(ms: number): boolean {
    return this.#unansweredMs !== undefined && ms - this.#unansweredMs > BLIND_MS;
  }

  /** Forgets all: the picture's size or source changed. */
  reset(): void {
    this.#tracker.reset();
    this.#bearers.clear();
    this.#resets++;
    this.#lookedMs = Number.NEGATIVE_INFINITY;
    this.#unansweredMs = undefined;
  }

  /** Ends the thread too. A look that is under way is given up. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#seeker.close();
    this.#luma[Symbol.dispose]();
  }
}
