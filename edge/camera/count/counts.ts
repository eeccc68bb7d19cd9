/**
 * Counts of one camera: from tracks to crossings that may leave the camera process.
 *
 * A crossing is held back until everybody has had the time to be recognised as somebody who shows the common marker; those are left out, and
 * nothing is kept of them. What leaves names no track: each gets a random number that is forgotten with its window.
 */
import { randomInt } from 'node:crypto';
import type { CountLine } from '../../config/schema.ts';
import type { Box } from '../detect/port.ts';
import type { CountedCrossing } from '../messages.ts';
import type { PictureSize, Track } from '../track/track.ts';
import { type Crossing, LineCounter } from './line-counter.ts';

/** Longer than the marker may take to show (marker/marker-look.ts). */
const HELD_MS = 3_000;
/** Crossings held, and tracks that have a number in a window: a street never gets there. What goes beyond is dropped and counted. */
const HELD_MAX = 512;
const NUMBERS_MAX = 16_384;
/** The longest window in which one object can be told from another. */
const WINDOW_MS = 15 * 60_000;
const NUMBER_MAX = 2 ** 48 - 1;

type IsLeftOut = (track: number, ms: number, box: Box) => boolean;

interface Held {
  crossing: Crossing;
  atMs: number;
}

export class Counts {
  readonly #counter: LineCounter;
  #held: Held[] = [];
  #window = Number.NaN;
  readonly #numbers = new Map<number, number>();
  #dropped = 0;

  constructor(lines: readonly CountLine[]) {
    this.#counter = new LineCounter(lines);
  }

  /** Takes the tracks after a verdict on a picture that was captured at `wallMs`. */
  update(tracks: readonly Track[], picture: PictureSize, wallMs: number): void {
    for (const crossing of this.#counter.update(tracks, picture)) {
      if (this.#held.length < HELD_MAX) this.#held.push({ crossing, atMs: Math.round(wallMs) });
      else this.#dropped++;
    }
  }

  /** Crossings that were held for long enough at this feed time, without those of people who are left out. */
  settle(ms: number, isLeftOut: IsLeftOut): CountedCrossing[] {
    const settled: CountedCrossing[] = [];
    const held: Held[] = [];
    for (const one of this.#held) {
      const { crossing, atMs } = one;
      if (ms - crossing.ms < HELD_MS) held.push(one);
      else if (crossing.class === 'person' && isLeftOut(crossing.track, crossing.ms, crossing.box)) continue;
      else {
        const track = this.#numberOf(crossing.track, atMs);
        if (track === undefined) this.#dropped++;
        else settled.push({ line: crossing.line, class: crossing.class, direction: crossing.direction, atMs, track });
      }
    }
    this.#held = held;
    return settled;
  }

  /** Crossings given up for want of room since the last call. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  /** Forgets all tracks: the picture's size or source changed. Settle first what is held. */
  reset(): void {
    this.#counter.reset();
    this.#held = [];
  }

  #numberOf(track: number, atMs: number): number | undefined {
    const window = Math.floor(atMs / WINDOW_MS);
    if (window !== this.#window) this.#numbers.clear();
    this.#window = window;
    let number = this.#numbers.get(track);
    if (number === undefined && this.#numbers.size < NUMBERS_MAX) {
      number = randomInt(NUMBER_MAX);
      this.#numbers.set(track, number);
    }
    return number;
  }
}
