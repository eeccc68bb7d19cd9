/**
 * Who crosses which line, from the tracks of the first detector. Pure but for what it remembers of each track.
 *
 * A track stands on a side of a line once its foot point (the middle of the lower edge of its box) is farther from it than a band that
 * grows with its size; inside the band it stays on the side where it was. So jitter on the line counts nothing. It crosses when it changes
 * sides and the way between the two points meets the line between its ends.
 */
import type { CountLine } from '../../config/schema.ts';
import type { Box } from '../detect/port.ts';
import type { CountedClass, CrossingDirection } from '../messages.ts';
import { areaOf, iou, sizeOf } from '../track/geometry.ts';
import type { Observation, PictureSize, Track } from '../track/track.ts';

export interface Crossing {
  line: string;
  class: CountedClass;
  direction: CrossingDirection;
  /** Feed time of the sighting beyond the line. */
  ms: number;
  /** Number of the track in this process: never leaves it. */
  track: number;
  /** Where it was, pixels. */
  box: Box;
}

/** Half of the band, in sizes of the box. */
const BAND_SIZES = 0.12;
/** What was seen less often, or never so surely, is not believed to be there. */
const HITS_MIN = 3;
const SCORE_MIN = { person: 0.5, vehicle: 0.5 } as const;
/** Between two sightings of one object, a tenth of a second apart. */
const AREA_RATIO_MAX = 1.6;
/** Two tracks of one object cross together: such boxes within such a time are counted once. */
const TWIN_MS = 1_000;
const TWIN_IOU = 0.3;

interface Point {
  x: number;
  y: number;
}

/** Of one track and one line: the side it stands on, 0 while unknown, and where it was last seen there. */
interface Standing {
  side: -1 | 0 | 1;
  at: Point;
}

interface Follower {
  last: Observation;
  seen: number;
  scoreMax: number;
  standings: Standing[];
}

export class LineCounter {
  readonly #lines: readonly CountLine[];
  #followers = new Map<number, Follower>();
  #recent: Crossing[] = [];

  constructor(lines: readonly CountLine[]) {
    this.#lines = lines;
  }

  /** Takes the tracks after a verdict. Crossings that came to light with it, in no order. */
  update(tracks: readonly Track[], picture: PictureSize): Crossing[] {
    const followers = new Map<number, Follower>();
    const crossings: Crossing[] = [];
    for (const track of tracks) {
      if (track.label !== 'person' && track.label !== 'vehicle') continue;
      const follower = this.#followers.get(track.id) ?? this.#newFollower(track);
      followers.set(track.id, follower);
      const newest = track.observations.at(-1)!;
      if (newest === follower.last && follower.seen > 0) continue;
      if (isAnother(follower.last.box, newest.box)) follower.standings = this.#unknown();
      follower.last = newest;
      follower.seen++;
      follower.scoreMax = Math.max(follower.scoreMax, newest.score);
      // Until a track is believed in, nothing is noted: its first side is where it was when it became so.
      if (follower.seen < HITS_MIN || follower.scoreMax < SCORE_MIN[track.label]) continue;
      for (const [i, line] of this.#lines.entries()) {
        const direction = step(follower.standings[i]!, newest.box, line, picture);
        if (direction === undefined) continue;
        const { ms, box } = newest;
        crossings.push({ line: line.name, class: track.label, direction, ms, track: track.id, box });
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
   * A track that goes on from a lost one takes over where that one stood. Should the lost one be found again, it is somebody else, who was
   * not seen on any side yet: otherwise one object would cross twice.
   */
  #newFollower(track: Track): Follower {
    const { predecessor } = track;
    if (predecessor !== undefined) {
      for (const lost of this.#followers.values()) {
        if (lost.last !== predecessor) continue;
        const { last, seen, scoreMax, standings } = lost;
        lost.standings = this.#unknown();
        return { last, seen, scoreMax, standings };
      }
    }
    return { last: track.observations.at(-1)!, seen: 0, scoreMax: 0, standings: this.#unknown() };
  }

  #unknown(): Standing[] {
    return this.#lines.map(() => ({ side: 0, at: { x: 0, y: 0 } }));
  }

  #isTwin(crossing: Crossing): boolean {
    this.#recent = this.#recent.filter(({ ms }) => crossing.ms - ms <= TWIN_MS);
    const isTwin = this.#recent.some(
      (other) =>
        other.track !== crossing.track &&
        other.line === crossing.line &&
        other.class === crossing.class &&
        other.direction === crossing.direction &&
        iou(other.box, crossing.box) >= TWIN_IOU,
    );
    if (!isTwin) this.#recent.push(crossing);
    return isTwin;
  }
}

/** A box that changes its size at once has been taken over by something that passes before it. */
function isAnother(before: Box, after: Box): boolean {
  const ratio = areaOf(after) / Math.max(1e-9, areaOf(before));
  return ratio > AREA_RATIO_MAX || ratio < 1 / AREA_RATIO_MAX;
}

/** Where it stands on the ground. */
const footOf = (box: Box): Point => ({ x: box.x + box.w / 2, y: box.y + box.h });

/** Moves a standing on; the direction when that was a crossing. */
function step(standing: Standing, box: Box, line: CountLine, picture: PictureSize): CrossingDirection | undefined {
  const a = { x: line.from[0] * picture.widthPx, y: line.from[1] * picture.heightPx };
  const b = { x: line.to[0] * picture.widthPx, y: line.to[1] * picture.heightPx };
  const at = footOf(box);
  const distance = distanceFrom(a, b, at);
  if (Math.abs(distance) < BAND_SIZES * sizeOf(box)) return undefined;
  const side = distance > 0 ? 1 : -1;
  const before = { ...standing };
  standing.side = side;
  standing.at = at;
  if (before.side === 0 || before.side === side || !meets(a, b, before.at, at)) return undefined;
  return side > 0 ? 'forward' : 'backward';
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
