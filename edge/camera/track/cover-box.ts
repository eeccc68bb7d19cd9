/**
 * Where the cover of a track lies at a given time. Pure.
 *
 * - Between two observations: interpolated, widened where the path bends.
 * - Before the first: carried back (an object is there before it is first found), for as long as the delay line reaches.
 * - After the last: held and carried on, so that missed detections don't uncover anything.
 *
 * All errors are to the large side: hints and predictions only ever enlarge a cover.
 */
import type { Box } from '../detect/port.ts';
import { hull, lerpBox, shift, sizeOf } from './geometry.ts';
import { withMargin } from './margin.ts';
import { type Observation, type PictureSize, type Track, velocity } from './track.ts';

/**
 * How long a lost track stays covered: longer with each sighting, up to a bound. What hardly moves has most likely only been missed, and to
 * hold it costs little; what moves fast has most likely gone; what was last seen cut by the edge of the picture has left it.
 */
const HOLD_MS_MIN = 400;
const HOLD_MS_PER_HIT = 200;
export const HOLD_MS_MAX = { leaving: 400, moving: 1_000, still: 2_500 } as const;
/** A box this near to the edge of the picture, as a share of its own size, was on its way out. */
const EDGE_SIZES = 0.1;
/** Own sizes per 100 ms below which a track counts as still. */
const STILL_SIZES_PER_100_MS = 0.1;
/**
 * While held, a cover reaches along the last velocity by at most so many of its own sizes, and in the first moment by this share of the
 * picture's width: a small plate that drives on behind a pole is many of its sizes further when it shows again for a frame or two. Not for
 * longer: boxes that jitter would be stretched across the picture. It drifts by at most a share of one size beyond.
 */
const HOLD_REACH_SIZES = 2;
const HOLD_REACH_SHARE = 0.1;
const HOLD_REACH_MS = 320;
const DRIFT_SIZES_MAX = 0.35;
/** A new track is carried back this far before its first observation: as far as the verdict before may be (pipeline.ts, at the longest interval). */
export const LOOK_BACK_MS = 1_000;
/**
 * What has been seen in one verdict only may be crossing at any speed: around that moment it is covered for this share of the picture's
 * width per 100 ms to both sides (a car that crosses the picture in a second and a half), until the next verdict tells.
 */
export const STRAY_SHARE_PER_100_MS = 0.065;
const STRAY_MS = 170;

/** Where the cover of a track lies at `ms`, margins included; undefined where the track has nothing to cover. */
export function coverBoxAt(track: Track, ms: number, picture: PictureSize, holdMsMin = 0): Box | undefined {
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
    const reachPx = Math.max(
      HOLD_REACH_SIZES * sizeOf(last.box),
      ahead > HOLD_REACH_MS ? 0 : HOLD_REACH_SHARE * picture.widthPx,
    );
    const reach = Math.min(1, reachPx / Math.max(1e-6, Math.hypot(v.x, v.y) * ahead));
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
