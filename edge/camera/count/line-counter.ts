/**
 * Who crosses which line, from the tracks of the first detector. Pure but for what it remembers of each track.
 *
 * A track stands on a side of a line once its foot point (the middle of the lower edge of its box) is farther from it than a band that
 * grows with its size; inside the band it stays on the side where it was. So jitter on the line counts nothing. It crosses when it changes
 * sides and the way between the two points meets the line between its ends.
 */
import type { CountLine } from '../../config/schema.ts';
import type { Box } from '../detect/port.ts';
import type { CrossingDirection } from '../messages.ts';
import { areaOf, iou, sizeOf } from '../track/geometry.ts';
import type { Observation, PictureSize, Track } from '../track/track.ts';

type CountedLabel = 'person' | 'vehicle' | 'bicycle';

export interface Crossing {
  line: string;
  label: CountedLabel;
  direction: CrossingDirection;
  /** Feed time of the sighting beyond the line. */
  ms: number;
  /** Numbers of its tracks in this process, the newest first: they never leave it. */
  tracks: readonly number[];
  /** Where it was, pixels. */
  box: Box;
}

/** Half of the band, in sizes of the box. */
const BAND_SIZES = 0.12;
/** How often something must be seen. */
export interface SightingRules {
  /** To be believed to be there. */
  hitsMin: number;
  /** One after the other on a side, to stand there: a box that jumps to something else and back has not crossed. */
  steadyMin: number;
  /** Of the areas of its boxes in two sightings. Feet vanish behind a parked car, and half a second later they are back. */
  areaRatioMax: number;
}
/** Of looks many times a second, and of looks so far apart that a walker is seen on either side hardly more than once. */
export const DENSE: SightingRules = { hitsMin: 3, steadyMin: 2, areaRatioMax: 1.6 };
export const RARE: SightingRules = { hitsMin: 2, steadyMin: 1, areaRatioMax: 2.5 };

/** What was never seen so surely is not believed to be there. */
const SCORE_MIN = { person: 0.5, vehicle: 0.5, bicycle: 0.5 } as const;
/**
 * A track that ends and another that begins within this time and reach are one object that was missed or moved by more than itself between two
 * looks. The reach is what the fastest walker, a car in a city and a cyclist cover, in heights of the box: 1.7 m, 1.5 m and 1 m.
 */
const STITCH_MS_MAX = 1_200;
const STITCH_HEIGHTS_PER_S = { person: 1.6, vehicle: 8, bicycle: 6 } as const;
const STITCH_HEIGHT_RATIO_MAX = 1.5;
/** Tracks of one object that are remembered, in case one of them showed the marker. */
const TRACKS_KEPT = 8;
/** Two tracks of one object cross together: such boxes within such a time are counted once. */
const TWIN_MS = 1_000;
const TWIN_IOU = 0.3;

/** What is needed of a track. */
export type Followed = Pick<Track, 'id' | 'observations'> & { readonly label: Track['label'] | 'bicycle' };

type Counted = Followed & { readonly label: CountedLabel };

interface Point {
  x: number;
  y: number;
}

type Side = -1 | 0 | 1;

/** Of one track and one line. */
interface Standing {
  /** The side it stands on, 0 while unknown, and where it was last seen there. */
  side: Side;
  at: Point;
  /** The other side, if it was seen there since, and the first sighting there. */
  next: Side;
  since: Observation | undefined;
  times: number;
}

interface Follower {
  label: CountedLabel;
  last: Observation;
  /** Pixels per millisecond of the foot point. */
  velocity: Point;
  seen: number;
  scoreMax: number;
  standings: Standing[];
  /** Numbers of its tracks, the newest first. */
  tracks: number[];
  /** Another track goes on from it. Should it be found again, it is somebody else. */
  isContinued: boolean;
}

export class LineCounter {
  readonly #lines: readonly CountLine[];
  readonly #rules: SightingRules;
  #followers = new Map<number, Follower>();
  #recent: Crossing[] = [];

  constructor(lines: readonly CountLine[], rules: SightingRules) {
    this.#lines = lines;
    this.#rules = rules;
  }

  /** Takes the tracks after a verdict. Crossings that came to light with it, in no order. */
  update(tracks: readonly Followed[], picture: PictureSize): Crossing[] {
    const counted = tracks.filter((track): track is Counted => track.label !== 'face' && track.label !== 'plate');
    const followers = new Map<number, Follower>();
    for (const { id } of counted) {
      const known = this.#followers.get(id);
      if (known !== undefined) followers.set(id, known);
    }
    const nowMs = Math.max(...counted.map(({ observations }) => observations.at(-1)!.ms));
    const lost = new Set(
      counted
        .filter(({ id, observations }) => followers.has(id) && observations.at(-1)!.ms < nowMs)
        .map(({ id }) => id),
    );
    const crossings: Crossing[] = [];
    for (const track of counted) {
      const newest = track.observations.at(-1)!;
      let follower = followers.get(track.id);
      if (follower === undefined) {
        follower = this.#goOn(track, followers, lost);
        followers.set(track.id, follower);
      } else if (newest === follower.last) continue;
      observe(follower, newest, this.#rules, () => this.#unknown());
      // Until a track is believed in, nothing is noted: its first side is where it was when it became so.
      if (follower.seen < this.#rules.hitsMin || follower.scoreMax < SCORE_MIN[track.label]) continue;
      for (const [i, line] of this.#lines.entries()) {
        const crossed = step(follower.standings[i]!, newest, this.#rules.steadyMin, line, picture);
        if (crossed === undefined) continue;
        const { direction, at } = crossed;
        const { ms, box } = at;
        crossings.push({ line: line.name, label: track.label, direction, ms, tracks: [...follower.tracks], box });
      }
    }
    this.#followers = followers;
    return crossings.filter((crossing) => !this.#isTwin(crossing));
  }

  reset(): void {
    this.#followers.clear();
    this.#recent = [];
  }

  /**
   * A new track that goes on from a lost one takes over where that one stood. Should the lost one be found again, it is somebody else, who was
   * not seen on any side yet: otherwise one object would cross twice.
   */
  #goOn(track: Counted, followers: ReadonlyMap<number, Follower>, lost: Set<number>): Follower {
    const first = track.observations.at(-1)!;
    let nearest: number | undefined;
    let nearestDistance = Number.POSITIVE_INFINITY;
    for (const id of lost) {
      const follower = followers.get(id)!;
      const distance = follower.isContinued ? undefined : distanceToGoOn(follower, track.label, first);
      if (distance === undefined || distance >= nearestDistance) continue;
      nearest = id;
      nearestDistance = distance;
    }
    const before = nearest === undefined ? undefined : followers.get(nearest);
    if (before === undefined || nearest === undefined) {
      const velocity = { x: 0, y: 0 };
      return {
        label: track.label,
        last: first,
        velocity,
        seen: 0,
        scoreMax: 0,
        standings: this.#unknown(),
        tracks: [track.id],
        isContinued: false,
      };
    }
    lost.delete(nearest);
    const own = { ...before, tracks: [track.id, ...before.tracks].slice(0, TRACKS_KEPT) };
    Object.assign(before, { standings: this.#unknown(), seen: 0, scoreMax: 0, tracks: [nearest], isContinued: true });
    return own;
  }

  #unknown(): Standing[] {
    return this.#lines.map(() => ({ side: 0, at: { x: 0, y: 0 }, next: 0, since: undefined, times: 0 }));
  }

  #isTwin(crossing: Crossing): boolean {
    this.#recent = this.#recent.filter(({ ms }) => crossing.ms - ms <= TWIN_MS);
    const isTwin = this.#recent.some(
      (other) =>
        other.tracks[0] !== crossing.tracks[0] &&
        other.line === crossing.line &&
        other.label === crossing.label &&
        other.direction === crossing.direction &&
        iou(other.box, crossing.box) >= TWIN_IOU,
    );
    if (!isTwin) this.#recent.push(crossing);
    return isTwin;
  }
}

/** Takes the newest sighting in. */
function observe(
  follower: Follower,
  newest: Observation,
  { areaRatioMax }: SightingRules,
  unknown: () => Standing[],
): void {
  const { last } = follower;
  if (isAnother(last.box, newest.box, areaRatioMax)) follower.standings = unknown();
  if (newest.ms > last.ms) {
    const [from, to] = [footOf(last.box), footOf(newest.box)];
    const ms = newest.ms - last.ms;
    follower.velocity = { x: (to.x - from.x) / ms, y: (to.y - from.y) / ms };
  }
  follower.last = newest;
  follower.isContinued = false;
  follower.seen++;
  follower.scoreMax = Math.max(follower.scoreMax, newest.score);
}

/** How far a new track begins from where a lost one would be; undefined where it can't be the same object. */
function distanceToGoOn(
  { label, last, velocity }: Follower,
  newLabel: CountedLabel,
  first: Observation,
): number | undefined {
  const ms = first.ms - last.ms;
  const ratio = first.box.h / Math.max(1e-9, last.box.h);
  if (
    label !== newLabel ||
    ms > STITCH_MS_MAX ||
    ratio > STITCH_HEIGHT_RATIO_MAX ||
    ratio < 1 / STITCH_HEIGHT_RATIO_MAX
  )
    return undefined;
  const from = footOf(last.box);
  const to = footOf(first.box);
  const reach = ((STITCH_HEIGHTS_PER_S[label] * ms) / 1000) * last.box.h;
  const moved = Math.hypot(to.x - from.x, to.y - from.y);
  const off = Math.hypot(to.x - from.x - velocity.x * ms, to.y - from.y - velocity.y * ms);
  return moved > reach ? undefined : off;
}

/** A box that changes its size at once has been taken over by something that passes before it. */
function isAnother(before: Box, after: Box, ratioMax: number): boolean {
  const ratio = areaOf(after) / Math.max(1e-9, areaOf(before));
  return ratio > ratioMax || ratio < 1 / ratioMax;
}

/** Where it stands on the ground. */
const footOf = (box: Box): Point => ({ x: box.x + box.w / 2, y: box.y + box.h });

/** Moves a standing on; the crossing when it is sure now that there was one. */
function step(
  standing: Standing,
  newest: Observation,
  steadyMin: number,
  line: CountLine,
  picture: PictureSize,
): { direction: CrossingDirection; at: Observation } | undefined {
  const a = { x: line.from[0] * picture.widthPx, y: line.from[1] * picture.heightPx };
  const b = { x: line.to[0] * picture.widthPx, y: line.to[1] * picture.heightPx };
  const foot = footOf(newest.box);
  const distance = distanceFrom(a, b, foot);
  if (Math.abs(distance) < BAND_SIZES * sizeOf(newest.box)) return undefined;
  const side = distance > 0 ? 1 : -1;
  if (side === standing.side) {
    Object.assign(standing, { at: foot, next: 0, since: undefined, times: 0 });
    return undefined;
  }
  const since = standing.next === side && standing.since !== undefined ? standing.since : newest;
  Object.assign(standing, { next: side, since, times: since === newest ? 1 : standing.times + 1 });
  if (standing.times < steadyMin) return undefined;
  const { side: before, at } = standing;
  Object.assign(standing, { side, at: foot, next: 0, since: undefined, times: 0 });
  if (before === 0 || !meets(a, b, at, footOf(since.box))) return undefined;
  return { direction: side > 0 ? 'forward' : 'backward', at: since };
}

/** Signed distance from the line through a and b; positive to the right of who goes from a to b (y points down). */
function distanceFrom(a: Point, b: Point, p: Point): number {
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  return (dx * (p.y - a.y) - dy * (p.x - a.x)) / Math.max(1e-9, Math.hypot(dx, dy));
}

/** Whether the way from p to q, which are on different sides of the line through a and b, meets it between a and b. */
function meets(a: Point, b: Point, p: Point, q: Point): boolean {
  const fromP = distanceFrom(a, b, p);
  const u = fromP / (fromP - distanceFrom(a, b, q));
  const x = p.x + u * (q.x - p.x);
  const y = p.y + u * (q.y - p.y);
  const along = (x - a.x) * (b.x - a.x) + (y - a.y) * (b.y - a.y);
  return along >= 0 && along <= (b.x - a.x) ** 2 + (b.y - a.y) ** 2;
}
