/**
 * Counts of one camera: from tracks to crossings that may leave the camera process.
 *
 * A crossing is held back until everybody has had the time to be recognised as somebody who shows the common marker; those are left out, and
 * nothing is kept of them. What leaves names no track: each gets a random number that is forgotten with its window.
 */
import { randomInt } from 'node:crypto';
import type { CountLine } from '../../config/schema.ts';
import type { Box, Detection } from '../detect/port.ts';
import { COUNTED_CLASSES, type CountedClass, type CountedCrossing } from '../messages.ts';
import type { PictureSize } from '../track/track.ts';
import { Kinds } from './kinds.ts';
import { type Crossing, DENSE, type Followed, LineCounter, RARE } from './line-counter.ts';

/** Longer than the marker may take to show (marker/marker-look.ts). */
const HELD_MS = 3_000;
/** Crossings held, and tracks that have a number in a window: a street never gets there. What goes beyond is dropped and counted. */
const HELD_MAX = 512;
const NUMBERS_MAX = 16_384;
/** The longest window in which one object can be told from another. */
const WINDOW_MS = 15 * 60_000;
const NUMBER_MAX = 2 ** 48 - 1;

/** How far a rider is above the bicycle, in heights of it. */
const RIDER_HEIGHTS = 0.8;
/** Looks of the second network that are further apart follow nobody over a line. */
const SECOND_MS_MAX = 3_000;
/** All that the first network does not find well enough by itself: of persons it misses most (models/cards/counting.md), and it tells no kinds. */
export const NEEDS_SECOND: readonly CountedClass[] = COUNTED_CLASSES.filter((each) => each !== 'vehicle');

/** What was seen on a picture of this feed time, captured at `wallMs`. */
interface SeenTracks {
  ms: number;
  wallMs: number;
  picture: PictureSize;
  /** Of the network that looks many times a second. */
  first: readonly Followed[];
  /** Of the one that looks twice a second, if there is one, with the feed time of its last look. */
  second?:
    | { ms: number; tracks: readonly Followed[]; bicycles: readonly Followed[]; vehicles: readonly Detection[] }
    | undefined;
}

type IsLeftOut = (tracks: readonly number[], ms: number, box: Box) => boolean;

interface Held {
  crossing: Crossing;
  atMs: number;
}

export class Counts {
  readonly #dense: LineCounter;
  readonly #rare: LineCounter;
  readonly #kinds = new Kinds();
  /** Feed time of the second network's look that was taken last. */
  #secondMs = Number.NEGATIVE_INFINITY;
  #newestMs = 0;
  #held: Held[] = [];
  #window = Number.NaN;
  readonly #numbers = new Map<number, number>();
  #dropped = 0;

  constructor(lines: readonly CountLine[]) {
    this.#dense = new LineCounter(lines, DENSE);
    this.#rare = new LineCounter(lines, RARE);
  }

  /** Takes the tracks after a verdict: vehicles of the first network, persons of the second alone. */
  update({ ms, wallMs, picture, first, second }: SeenTracks): void {
    this.#newestMs = ms;
    const vehicles = first.filter(({ label }) => label === 'vehicle');
    const crossings = this.#dense.update(vehicles, picture);
    if (second !== undefined && second.ms > this.#secondMs) {
      this.#secondMs = second.ms;
      const persons = second.tracks.filter(({ label }) => label === 'person');
      crossings.push(...this.#rare.update([...persons, ...second.bicycles], picture));
      this.#kinds.vote(second.ms, second.vehicles, vehicles);
      this.#kinds.seat(second.ms, second.bicycles, persons);
    }
    for (const crossing of crossings) {
      if (this.#held.length >= HELD_MAX) this.#dropped++;
      else this.#held.push({ crossing, atMs: Math.round(wallMs - (ms - crossing.ms)) });
    }
  }

  /** Crossings that were held for long enough at this feed time, without those of people who are left out. */
  settle(ms: number, isLeftOut: IsLeftOut): CountedCrossing[] {
    const settled: CountedCrossing[] = [];
    const held: Held[] = [];
    for (const one of this.#held) {
      const { crossing, atMs } = one;
      if (ms - crossing.ms < HELD_MS) held.push(one);
      else if (!this.#isOne(crossing, isLeftOut)) continue;
      else {
        const track = this.#numberOf(crossing.tracks, atMs);
        if (track === undefined) this.#dropped++;
        else {
          const { line, direction, tracks, label } = crossing;
          const kind = label === 'vehicle' ? this.#kinds.of(tracks) : undefined;
          settled.push({ line, class: kind ?? label, direction, atMs, track });
        }
      }
    }
    this.#held = held;
    return settled;
  }

  /** What can't be counted, as of the newest verdict: no network that finds it has answered for too long, or none is here. */
  get uncounted(): CountedClass[] {
    return this.#newestMs - this.#secondMs <= SECOND_MS_MAX ? [] : [...NEEDS_SECOND];
  }

  /** Crossings given up for want of room since the last call. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  /** Forgets all tracks: the picture's size or source changed. Settle first what is held. */
  reset(): void {
    this.#dense.reset();
    this.#rare.reset();
    this.#kinds.reset();
    this.#secondMs = Number.NEGATIVE_INFINITY;
    this.#held = [];
  }

  /** Whether it is to be counted: not who is left out, nor a bicycle whose rider is, nor a bicycle that nobody rides, nor a rider once more. */
  #isOne({ label, tracks, ms, box }: Crossing, isLeftOut: IsLeftOut): boolean {
    if (label === 'vehicle') return true;
    if (label === 'person') return !this.#kinds.isRiding(tracks) && !isLeftOut(tracks, ms, box);
    const riders = this.#kinds.ridersOf(tracks);
    // Who rides it sits above it.
    const withRider = { ...box, y: box.y - RIDER_HEIGHTS * box.h, h: box.h * (1 + RIDER_HEIGHTS) };
    return riders.length > 0 && !isLeftOut(riders, ms, withRider);
  }

  /** An object keeps its number when it gets another track. */
  #numberOf(tracks: readonly number[], atMs: number): number | undefined {
    const window = Math.floor(atMs / WINDOW_MS);
    if (window !== this.#window) this.#numbers.clear();
    this.#window = window;
    const known = tracks.find((track) => this.#numbers.has(track));
    if (known === undefined && this.#numbers.size >= NUMBERS_MAX) return undefined;
    const number = known === undefined ? randomInt(NUMBER_MAX) : this.#numbers.get(known)!;
    this.#numbers.set(tracks[0]!, number);
    return number;
  }
}
