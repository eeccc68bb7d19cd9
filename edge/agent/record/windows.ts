/**
 * What was counted in the present window of each camera and sensor, and the windows that are over and not on record yet. Pure: told the time,
 * reads no clock.
 *
 * Windows are aligned to UTC. Counts come about once a second, so that what happened within a second of a window's end may be in the next one.
 * Every stream has a window at every time, whether or not anything was counted. A clock that is set back opens a window again: it then has two
 * leaves, and nothing is counted in both.
 */
import type { About, Stream } from './about.ts';

/** Figures of one window; sensors name their own reasons, and what does not fit is counted together. */
const FIGURES_MAX = 96;
/** Model files seen in one window: more says that a camera process makes them up. */
const MODELS_MAX = 8;
/** Windows that wait for the ledger: a day of 16 streams in quarters. Beyond it the oldest is lost, and counted. */
const CLOSED_WINDOWS_MAX = 1_536;

/** Counts by name, e.g. `in` or `dropped.overload`. */
export type Figures = Readonly<Record<string, number>>;

export interface Model {
  name: string;
  /** `sha256:HEX` of its file. */
  model: string;
}

export interface Window {
  kind: Stream['kind'];
  name: string;
  about: About;
  startMs: number;
  lengthMs: number;
  figures: Record<string, number>;
  /** Model files that decided, in no order. */
  models: Model[];
  /** How often the process was lost meanwhile, each time with some seconds of counts. */
  interruptions: number;
}

type Of = Pick<Window, 'kind' | 'name'>;

export class WindowBook {
  readonly #lengthMs: number;
  readonly #streams: ReadonlyMap<string, Stream>;
  readonly #open = new Map<string, Window>();
  #closed: Window[] = [];
  #lost = 0;

  constructor(lengthMs: number, streams: readonly Stream[]) {
    this.#lengthMs = lengthMs;
    this.#streams = new Map(streams.map((stream) => [keyOf(stream), stream]));
  }

  /** Takes over what an earlier process had open: what still is the present window goes on, all else is over. */
  restore(windows: readonly Window[], nowMs: number): void {
    for (const window of windows) {
      const about = this.#streams.get(keyOf(window))?.about;
      const isPresent = window.lengthMs === this.#lengthMs && window.startMs === this.#startAt(nowMs);
      if (isPresent && JSON.stringify(about) === JSON.stringify(window.about)) this.#open.set(keyOf(window), window);
      else this.#close(window);
    }
  }

  add(of: Of, figures: Figures, nowMs: number): void {
    const sums = this.#present(of, nowMs)?.figures;
    if (sums === undefined) return;
    for (const [name, count] of Object.entries(figures)) {
      if (count === 0) continue;
      const into = name in sums || Object.keys(sums).length < FIGURES_MAX ? name : 'other';
      sums[into] = Math.min(Number.MAX_SAFE_INTEGER, (sums[into] ?? 0) + count);
    }
  }

  sawModel(of: Of, seen: Model, nowMs: number): void {
    const models = this.#present(of, nowMs)?.models;
    if (models === undefined || models.length === MODELS_MAX) return;
    if (!models.some(({ name, model }) => name === seen.name && model === seen.model)) models.push(seen);
  }

  /** Ends the windows that are over, and opens those that begin. */
  turn(nowMs: number): void {
    for (const stream of this.#streams.values()) this.#present(stream, nowMs);
  }

  /** Windows that are over, oldest first, until `recorded`. */
  get closed(): readonly Window[] {
    return this.#closed;
  }

  recorded(window: Window): void {
    this.#closed = this.#closed.filter((each) => each !== window);
  }

  /** All that is not on record. */
  get unrecorded(): readonly Window[] {
    return [...this.#closed, ...this.#open.values()];
  }

  /** Windows that were lost since there was no room for them, since the start. */
  get lost(): number {
    return this.#lost;
  }

  #present(of: Of, nowMs: number): Window | undefined {
    const stream = this.#streams.get(keyOf(of));
    if (stream === undefined) return undefined;
    const startMs = this.#startAt(nowMs);
    const open = this.#open.get(keyOf(of));
    if (open?.startMs === startMs) return open;
    if (open !== undefined) this.#close(open);
    const { kind, name, about } = stream;
    const window = { kind, name, about, startMs, lengthMs: this.#lengthMs, figures: {}, models: [], interruptions: 0 };
    this.#open.set(keyOf(of), window);
    return window;
  }

  #close(window: Window): void {
    this.#closed.push(window);
    if (this.#closed.length <= CLOSED_WINDOWS_MAX) return;
    this.#closed.shift();
    this.#lost++;
  }

  #startAt(nowMs: number): number {
    return Math.floor(nowMs / this.#lengthMs) * this.#lengthMs;
  }
}

function keyOf({ kind, name }: Of): string {
  return `${kind} ${name}`;
}
