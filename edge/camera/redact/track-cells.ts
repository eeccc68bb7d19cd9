/**
 * What each track's cover shows, kept so that a viewer gets few samples of it.
 *
 * The grid of cells moves with its track by fractions of a cell. With cells taken anew from each picture, a viewer could put the pictures of
 * two seconds together and resolve twice as much as one of them holds (measured: 4 cycles per face instead of 2), and noise that stays the
 * same would drop out as one unknown per cell. So a sample is kept while its track is followed, and the next one, under other noise, is
 * due after SAMPLE_MS_MIN and then whenever the track has doubled its age: 16 samples in a day.
 *
 * Owns the samples; those of tracks that were not covered for FORGET_MS go. At most TRACKS_MAX tracks: beyond it a track gets no sample,
 * and the caller hides it without one.
 */
import { type Cells, noiseCells, type PlaneRect, reduceToCells } from './kernels.ts';
import type { Plane } from './planes.ts';

const SAMPLE_MS_MIN = 2_000;
/** Longer than the tracker remembers a track, so that one that comes back gets no sample for it. */
const FORGET_MS = 10_000;
const TRACKS_MAX = 2_048;
/** Luma and two chroma planes. */
const COMPONENTS = 3;

interface Sample {
  readonly index: number;
  readonly firstMs: number;
  readonly takenMs: number;
  lastUsedMs: number;
  readonly components: (Cells | undefined)[];
}

export class TrackCells {
  readonly #noiseKey: Uint32Array;
  readonly #samples = new Map<number, Sample>();

  constructor(noiseKey: Uint32Array) {
    this.#noiseKey = noiseKey;
  }

  /** Call before the cells of a frame are asked for. `ms`: feed time. */
  forgetBefore(ms: number): void {
    for (const [track, sample] of this.#samples) if (ms - sample.lastUsedMs > FORGET_MS) this.#samples.delete(track);
  }

  /** The noised cells to paint over `rect` at `ms`; undefined when there are too many tracks to keep count of. */
  cells(plane: Plane, rect: PlaneRect, track: number, component: number, ms: number): Cells | undefined {
    const sample = this.#sampleOf(track, ms);
    if (sample === undefined) return undefined;
    const noiseIndex = sample.index * COMPONENTS + component;
    sample.components[component] ??= noiseCells(reduceToCells(plane, rect), this.#noiseKey, track, noiseIndex);
    return sample.components[component];
  }

  #sampleOf(track: number, ms: number): Sample | undefined {
    const last = this.#samples.get(track);
    if (last !== undefined) {
      last.lastUsedMs = Math.max(last.lastUsedMs, ms);
      if (ms < last.takenMs + Math.max(SAMPLE_MS_MIN, last.takenMs - last.firstMs)) return last;
    } else if (this.#samples.size >= TRACKS_MAX) return undefined;
    const { index = -1, firstMs = ms } = last ?? {};
    const next = { index: index + 1, firstMs, takenMs: ms, lastUsedMs: ms, components: [] };
    this.#samples.set(track, next);
    return next;
  }
}
