/**
 * Tracks: from the boxes of single verdicts to "what must be covered at time t".
 *
 * A track is a list of observations. The cover of a frame is computed when the frame is *released*, not when a verdict comes, so every
 * observation before and after it counts (cover-box.ts says how).
 *
 * Association is greedy by overlap with the predicted box (as the first round of ByteTrack, Zhang et al. 2022, without its Kalman filter:
 * observations are dense and the cover is generous). What is found too far away to be sure starts a track of its own that knows its
 * predecessor: the lost one stays held where it was, and the way between the two is covered whole.
 */
import type { Box, Detection, DetectionLabel } from '../detect/port.ts';
import { coverBoxAt, HOLD_MS_MAX, LOOK_BACK_MS, STRAY_SHARE_PER_100_MS } from './cover-box.ts';
import { centreOf, iou, sizeOf } from './geometry.ts';
import { BRIDGE_MS, type Observation, type PictureSize, predict, type Track } from './track.ts';

/** A track that has not been seen for this long before the oldest picture that waits is forgotten: none can need it any more. */
const FORGET_MS = 4_000;
/** Observations kept per track, beside those that are younger than the oldest picture that waits. */
const OBSERVATIONS_MAX = 48;
/**
 * Bound on tracks. To give one up may uncover somebody, so what comes out until it would have been forgotten anyway is covered whole. A
 * street never gets there: the densest crowd that the filter was measured on has 83 faces.
 */
const TRACKS_MAX = 1_024;
/** Boxes that overlap less are not the same object by overlap alone. */
const OVERLAP_MIN = 0.05;
const SIZE_RATIO_MAX = 2.5;
/**
 * How far an object may have jumped between two verdicts, in its own sizes: a plate on a car that crosses close to the camera moves by
 * five of its heights in 100 ms. Beyond JUMP_MS_MAX a lost track is no candidate.
 */
const JUMP_SIZES_PER_100_MS = 6;
const JUMP_MS_MAX = 250;

/** A box that must be covered at the asked time, margins included, not yet clipped to the picture. */
export interface TrackedRegion extends Box {
  label: DetectionLabel;
  score: number;
  track: number;
  /** Size at the nearest sighting: the box without margins and uncertainty. */
  seen: { w: number; h: number };
}

/** Follows a box from one time to the frames between it and another time by motion vectors. */
export type CarryBox = (box: Box, fromMs: number, toMs: number) => Map<number, Box>;

/** Of all trackers of the process: what a cover shows is kept by this number (redact/track-cells.ts). */
let nextTrackId = 1;

export class Tracker {
  /** Size of the picture: where its edges are, and what a speed in shares of its width means in pixels. */
  picture: PictureSize = { widthPx: 0, heightPx: 0 };
  /**
   * Feed time of the oldest picture for which `regionsAt()` will still be called. What it needs is kept, however long ago it was: pictures
   * may be seconds apart, or wait for a slow encoder.
   */
  neededFromMs = Number.POSITIVE_INFINITY;
  readonly #holdMsMin: number;
  #tracks: Track[] = [];
  #lastMs = Number.NEGATIVE_INFINITY;
  /** When a track was last given up for want of room. */
  #overflowMs = Number.NEGATIVE_INFINITY;

  /** `holdMsMin` is for verdicts that are further apart than tracks are held: every lost track is then held so long. */
  constructor(holdMsMin = 0) {
    this.#holdMsMin = holdMsMin;
  }

  get tracks(): readonly Track[] {
    return this.#tracks;
  }

  /** Takes the boxes of one verdict, in frame pixels. Times must rise; an older verdict is ignored. */
  update(ms: number, detections: readonly Detection[], carry?: CarryBox): void {
    if (ms <= this.#lastMs) return;
    const previousMs = this.#lastMs;
    this.#lastMs = ms;
    const free = new Set(detections);
    const lost = new Set(this.#tracks);
    for (const { track, detection } of associate(this.#tracks, detections, ms)) {
      if (!lost.has(track) || !free.has(detection)) continue;
      lost.delete(track);
      free.delete(detection);
      this.#observe(track, detection, ms);
    }
    for (const detection of free) {
      const before = nearestLost(lost, detection, ms, this.picture.widthPx);
      const track: Track = {
        id: nextTrackId++,
        label: detection.label,
        observations: [],
        predecessor: before?.observations.at(-1),
        successor: undefined,
        hints: new Map(),
        hits: 0,
      };
      this.#observe(track, detection, ms);
      this.#tracks.push(track);
      if (before) before.successor = track.observations[0];
      if (carry) for (const [at, box] of carry(boxOf(detection), ms, ms - LOOK_BACK_MS)) track.hints.set(at, box);
    }
    if (carry) {
      for (const track of lost) {
        const last = track.observations.at(-1)!;
        const from = previousMs > last.ms ? (track.hints.get(previousMs) ?? last.box) : last.box;
        for (const [at, box] of carry(from, Math.max(previousMs, last.ms), ms)) track.hints.set(at, box);
      }
    }
    this.#forget(ms);
  }

  /** Forgets all tracks (the picture's size or source changed); numbers go on, so that a track's number is never used twice. */
  reset(): void {
    this.#tracks = [];
    this.#overflowMs = Number.NEGATIVE_INFINITY;
  }

  /**
   * Everything that must be covered at `ms`. Call after the verdicts on both sides of `ms` are in. Throws RangeError when there were more
   * tracks than can be followed: then all of the picture must be covered.
   */
  regionsAt(ms: number): TrackedRegion[] {
    if (ms <= this.#overflowMs + HOLD_MS_MAX.still) throw new RangeError(`more than ${TRACKS_MAX} tracks`);
    const regions: TrackedRegion[] = [];
    for (const track of this.#tracks) {
      const box = coverBoxAt(track, ms, this.picture, this.#holdMsMin);
      if (!box) continue;
      const { score, box: seen } = nearestSighting(track, ms);
      regions.push({ ...box, label: track.label, score, track: track.id, seen: { w: seen.w, h: seen.h } });
    }
    return regions;
  }

  /** Where things were when last seen: for choosing where to look next, not for covering. */
  lastSeen(): { label: DetectionLabel; box: Box }[] {
    return this.#tracks
      .filter(({ observations }) => this.#lastMs - observations.at(-1)!.ms <= HOLD_MS_MAX.moving)
      .map(({ label, observations }) => ({ label, box: observations.at(-1)!.box }));
  }

  #observe(track: Track, detection: Detection, ms: number): void {
    track.observations.push({ ms, box: boxOf(detection), score: detection.score });
    const { observations } = track;
    if (observations.length > OBSERVATIONS_MAX && observations[1]!.ms <= this.neededFromMs) observations.shift();
    track.hits++;
  }

  #forget(ms: number): void {
    const neededMs = Math.min(ms, this.neededFromMs);
    this.#tracks = this.#tracks.filter((track) => neededMs - track.observations.at(-1)!.ms <= FORGET_MS);
    if (this.#tracks.length > TRACKS_MAX) {
      this.#tracks = this.#tracks.slice(-TRACKS_MAX);
      this.#overflowMs = ms;
    }
    for (const track of this.#tracks) {
      for (const at of track.hints.keys()) if (neededMs - at > FORGET_MS) track.hints.delete(at);
    }
  }
}

const boxOf = (d: Detection): Box => ({ x: d.x, y: d.y, w: d.w, h: d.h });

/** Pairs by overlap, the best first; a later pair with a used member is void. */
function associate(
  tracks: readonly Track[],
  detections: readonly Detection[],
  ms: number,
): { track: Track; detection: Detection }[] {
  const pairs: { track: Track; detection: Detection; overlap: number }[] = [];
  for (const track of tracks) {
    const last = track.observations.at(-1)!;
    if (ms - last.ms > BRIDGE_MS) continue;
    const predicted = predict(track, ms);
    for (const detection of detections) {
      if (!isAlike(track, last.box, detection)) continue;
      const overlap = Math.max(iou(predicted, detection), 0.9 * iou(last.box, detection));
      if (overlap > OVERLAP_MIN) pairs.push({ track, detection, overlap });
    }
  }
  return pairs.sort((a, b) => b.overlap - a.overlap);
}

function isAlike(track: Track, box: Box, detection: Detection): boolean {
  const ratio = sizeOf(detection) / Math.max(1e-6, sizeOf(box));
  return detection.label === track.label && ratio < SIZE_RATIO_MAX && ratio > 1 / SIZE_RATIO_MAX;
}

/** The lost track that a new detection is most likely the continuation of, if one is near enough. */
function nearestLost(lost: ReadonlySet<Track>, detection: Detection, ms: number, widthPx: number): Track | undefined {
  let nearest: Track | undefined;
  let nearestDistance = Number.POSITIVE_INFINITY;
  const d = centreOf(detection);
  for (const track of lost) {
    const last = track.observations.at(-1)!;
    if (ms - last.ms > JUMP_MS_MAX || !isAlike(track, last.box, detection)) continue;
    const p = centreOf(predict(track, ms));
    const distance = Math.hypot(d.x - p.x, d.y - p.y);
    const size = Math.max(sizeOf(last.box), sizeOf(detection));
    const reach = Math.max(JUMP_SIZES_PER_100_MS * size, STRAY_SHARE_PER_100_MS * widthPx);
    if (distance <= (reach * Math.max(100, ms - last.ms)) / 100 && distance < nearestDistance) {
      nearest = track;
      nearestDistance = distance;
    }
  }
  return nearest;
}

function nearestSighting(track: Track, ms: number): Observation {
  let best = track.observations[0]!;
  for (const o of track.observations) if (Math.abs(o.ms - ms) < Math.abs(best.ms - ms)) best = o;
  return best;
}
