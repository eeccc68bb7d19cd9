/**
 * Tracks: from the boxes of single verdicts to "where must the cover be at time t".
 *
 * A track is a list of observations. The cover of a frame is computed when the frame is *released*, not when a verdict comes, so every
 * observation before and after it counts:
 * - between two observations: interpolated, widened where the path bends or the association was a long jump;
 * - before the first: carried back (an object is there before it is first found), for as long as the delay line reaches;
 * - after the last: held and carried on, so that missed detections don't uncover anything.
 * All errors are to the large side: hints from motion vectors and predictions only ever enlarge a cover.
 *
 * Association is greedy by predicted overlap, then by distance (after ByteTrack's two rounds, Zhang et al. 2022, without its Kalman
 * filter: observations are dense and the cover is generous). Weak detections extend tracks and only become tracks of their own when
 * a strong one joins them or when they repeat; since frames wait in the delay line, that confirmation works backwards in time.
 */
import type { Box, Detection, DetectionLabel } from '../detect/port.ts';
import { centreOf, hull, iou, lerpBox, shift, sizeOf } from './geometry.ts';
import { withMargin } from './margin.ts';

/**
 * How long a lost track stays covered: longer with each sighting, up to a bound. What hardly moves has most likely only been missed, and to
 * hold it costs little; what moves fast has most likely gone; what was
 * last seen cut by the edge of the picture has left it.
 */
const HOLD_MS_MIN = 400;
const HOLD_MS_PER_HIT = 200;
const HOLD_MS_MAX = { leaving: 400, moving: 1_000, still: 2_500 } as const;
/** A box this near to the edge of the picture, as a share of its own size, was on its way out. */
const EDGE_SIZES = 0.1;
/** Own sizes per 100 ms below which a track counts as still. */
const STILL_SIZES_PER_100_MS = 0.1;
/** While held, a cover reaches along the last velocity by at most so many of its own sizes, and beyond by at most this share of one. */
const HOLD_REACH_SIZES = 2;
const DRIFT_SIZES_MAX = 0.35;
/** A gap between two observations up to this long is bridged by interpolation. */
const BRIDGE_MS = 1_500;
/** A new track is carried back this far before its first observation: as far as the verdict before may be (pipeline.ts, at the longest interval). */
const LOOK_BACK_MS = 1_000;
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
/**
 * What has been seen in one verdict only may be crossing at any speed: around that moment it is covered for this share of the picture's
 * width per 100 ms to both sides (a car that crosses the picture in a second and a half), until the next verdict tells.
 */
const STRAY_SHARE_PER_100_MS = 0.065;
const STRAY_MS = 170;
/** Weak detections in a row that make a track of their own. */
const WEAK_HITS_TO_CONFIRM = 3;

interface Observation {
  /** Feed timeline, milliseconds. */
  ms: number;
  box: Box;
  score: number;
}

export interface Track {
  readonly id: number;
  readonly label: DetectionLabel;
  readonly observations: Observation[];
  /**
   * Last sighting of a lost track that this one may be the continuation of, too far away to be sure. Both stay tracks of their own (the
   * lost one is held where it was); the way between the two is covered whole.
   */
  readonly predecessor: Observation | undefined;
  /** First sighting of the track that has this one as its predecessor. */
  successor: Observation | undefined;
  /** Where motion vectors carry the object on frames without an observation: feed milliseconds to box. */
  readonly hints: Map<number, Box>;
  confirmed: boolean;
  hits: number;
}

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

/** Score from which a single detection is a track of its own; below it, it needs company. Missing label: any score. */
export type ConfirmScores = Partial<Record<DetectionLabel, number>>;

export interface PictureSize {
  widthPx: number;
  heightPx: number;
}

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
  readonly #confirmScores: () => ConfirmScores;
  readonly #holdMsMin: number;
  #tracks: Track[] = [];
  #lastMs = Number.NEGATIVE_INFINITY;
  /** When a track was last given up for want of room. */
  #overflowMs = Number.NEGATIVE_INFINITY;

  /**
   * Scores are asked for at each verdict: the model may change while the camera runs. `holdMsMin` is for verdicts that are further apart
   * than tracks are held: every lost track is then held so long.
   */
  constructor(confirmScores: () => ConfirmScores = () => ({}), holdMsMin = 0) {
    this.#confirmScores = confirmScores;
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
        confirmed: false,
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
      if (!track.confirmed) continue;
      const box = coverBoxAt(track, ms, this.picture, this.#holdMsMin);
      if (!box) continue;
      const { score, box: seen } = nearestSighting(track, ms);
      regions.push({ ...box, label: track.label, score, track: track.id, seen: { w: seen.w, h: seen.h } });
    }
    return regions;
  }

  #observe(track: Track, detection: Detection, ms: number): void {
    track.observations.push({ ms, box: boxOf(detection), score: detection.score });
    const { observations } = track;
    if (observations.length > OBSERVATIONS_MAX && observations[1]!.ms <= this.neededFromMs) observations.shift();
    track.hits++;
    const needed = this.#confirmScores()[track.label] ?? 0;
    if (detection.score >= needed || track.hits >= WEAK_HITS_TO_CONFIRM) track.confirmed = true;
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

/** Pixels per millisecond from the two observations around the end that is asked for; 0 where there is only one. */
function velocity(from: Observation | undefined, to: Observation | undefined): { x: number; y: number } {
  if (!from || !to || to.ms - from.ms > BRIDGE_MS) return { x: 0, y: 0 };
  const a = centreOf(from.box);
  const b = centreOf(to.box);
  const dt = to.ms - from.ms;
  return { x: (b.x - a.x) / dt, y: (b.y - a.y) / dt };
}

/** Box of the track at a time after its last observation, by its last velocity. */
function predict(track: Track, ms: number): Box {
  const last = track.observations.at(-1)!;
  const v = velocity(track.observations.at(-2) ?? track.predecessor, last);
  const dt = ms - last.ms;
  return shift(last.box, v.x * dt, v.y * dt);
}

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

/** Where the cover of a track lies at `ms`, margins included; undefined where the track has nothing to cover. */
function coverBoxAt(track: Track, ms: number, picture: PictureSize, holdMsMin = 0): Box | undefined {
  const { observations, label } = track;
  const first = observations[0]!;
  const last = observations.at(-1)!;
  let box: Box;
  let spread: number; // extra margin from uncertainty, pixels
  let strayPx = 0; // and sideways, for what may have any speed
  if (ms < first.ms) {
    const back = first.ms - ms;
    if (back > LOOK_BACK_MS) return undefined;
    const before = track.predecessor;
    const v =
      observations.length > 1
        ? velocity(first, observations[1])
        : velocity(before ?? first, before ? first : track.successor);
    box = hull(first.box, shift(first.box, -v.x * back, -v.y * back));
    if (before && ms > before.ms) box = hull(box, before.box);
    spread = drift(first.box, v, back, observations.length < 2);
    if (isSpeedUnknown(track)) strayPx = stray(back, picture.widthPx);
  } else if (ms > last.ms) {
    const ahead = ms - last.ms;
    const v = velocity(observations.at(-2) ?? track.predecessor, last);
    const isStill = Math.hypot(v.x, v.y) * 100 < STILL_SIZES_PER_100_MS * sizeOf(last.box);
    const bound = isAtEdge(last.box, picture) ? 'leaving' : isStill ? 'still' : 'moving';
    const holdMs = Math.min(HOLD_MS_MAX[bound], HOLD_MS_MIN + HOLD_MS_PER_HIT * track.hits);
    if (ahead > Math.max(holdMsMin, holdMs)) return undefined;
    // The object may as well have stopped: cover where it was and where it would be.
    const reach = Math.min(1, (HOLD_REACH_SIZES * sizeOf(last.box)) / Math.max(1e-6, Math.hypot(v.x, v.y) * ahead));
    box = hull(last.box, shift(last.box, v.x * ahead * reach, v.y * ahead * reach));
    spread = drift(last.box, v, ahead, observations.length < 2);
    if (isSpeedUnknown(track)) strayPx = stray(ahead, picture.widthPx);
  } else {
    let i = observations.length - 1;
    while (i > 0 && observations[i - 1]!.ms >= ms) i--;
    const b = observations[i]!;
    const a = observations[i - 1];
    if (b.ms === ms || a === undefined) {
      box = b.box;
      spread = 0;
    } else {
      const u = (ms - a.ms) / (b.ms - a.ms);
      const straight = lerpBox(a.box, b.box, u);
      // Where speed changes, the true path bows away from the straight line; compare with what either end's speed predicts.
      const va = velocity(observations[i - 2] ?? track.predecessor, a);
      const vb = velocity(b, observations[i + 1]);
      box = hull(straight, bow(a, b, va, vb, u));
      const moved = Math.hypot(b.box.x - a.box.x, b.box.y - a.box.y);
      spread = 4 * u * (1 - u) * (0.04 * sizeOf(straight) + 0.15 * moved);
    }
  }
  const hint = track.hints.get(ms);
  if (hint) box = hull(box, hint);
  return withMargin(box, label, spread, strayPx);
}

function isAtEdge(box: Box, { widthPx, heightPx }: PictureSize): boolean {
  const near = EDGE_SIZES * sizeOf(box);
  return box.x < near || box.y < near || box.x + box.w > widthPx - near || box.y + box.h > heightPx - near;
}

const isSpeedUnknown = (track: Track): boolean =>
  track.observations.length < 2 && track.predecessor === undefined && track.successor === undefined;

/** Sideways reach of an object that was seen once, around that moment. */
function stray(ms: number, widthPx: number): number {
  return ms > STRAY_MS ? 0 : (STRAY_SHARE_PER_100_MS * widthPx * ms) / 100;
}

/** How far an unseen object may have strayed from its prediction: grows with time, its speed and its size. */
function drift(box: Box, v: { x: number; y: number }, ms: number, speedUnknown: boolean): number {
  const size = sizeOf(box);
  const grown = (ms / 100) * (speedUnknown ? 0.15 : 0.06) * size + 0.25 * Math.hypot(v.x, v.y) * ms;
  return Math.min(DRIFT_SIZES_MAX * size, grown);
}

/** Mean of the two ends' own predictions, weighted towards the nearer end. */
function bow(
  a: Observation,
  b: Observation,
  va: { x: number; y: number },
  vb: { x: number; y: number },
  u: number,
): Box {
  const dt = b.ms - a.ms;
  const fromA = shift(a.box, va.x * dt * u, va.y * dt * u);
  const fromB = shift(b.box, -vb.x * dt * (1 - u), -vb.y * dt * (1 - u));
  const straight = lerpBox(a.box, b.box, u);
  const guess = lerpBox(va.x === 0 && va.y === 0 ? straight : fromA, vb.x === 0 && vb.y === 0 ? straight : fromB, u);
  // A wild prediction must not drag the cover across the picture.
  const size = sizeOf(straight);
  const dx = Math.max(-size, Math.min(size, guess.x - straight.x));
  const dy = Math.max(-size, Math.min(size, guess.y - straight.y));
  return shift(straight, dx, dy);
}

function nearestSighting(track: Track, ms: number): Observation {
  let best = track.observations[0]!;
  for (const o of track.observations) if (Math.abs(o.ms - ms) < Math.abs(best.ms - ms)) best = o;
  return best;
}
