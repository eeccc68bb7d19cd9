/**
 * Asks one camera after the other for a round of canaries (camera/canary/rounds.ts), so that the record says what the filter of this very box
 * misses. Never two at once: what a round costs, it costs one camera at a time.
 *
 * A camera that shows nothing, or is covered by order, is passed over and has its turn as soon as it shows again. A round without its last
 * answer is given up; what it had found until then counts.
 */
import { randomInt } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { FromCamera } from '../camera/messages.ts';

/** Some sixty trials a street camera; in a week of rounds enough for a bound of a few in ten thousand. */
const ROUND_SECONDS = 60;
const ROUND_EVERY_MS = 3_600_000;
/** Also before the first one: a box that starts has other things to do. */
const PAUSE_MS = 60_000;
/** Drawing the canaries, and the camera's own deadline for a round without pictures. */
const ANSWER_AFTER_MS_MAX = ROUND_SECONDS * 1_000 + 30_000;
const TURN_EVERY_MS = 1_000;
const SEED_MAX = 2 ** 31;

export type CanaryAnswer = Omit<Extract<FromCamera, { type: 'canaries' }>, 'type'>;

interface CanaryCamera {
  name: string;
  /** False when it shows no picture now. */
  plant(round: { seed: number; seconds: number }): boolean;
}

interface CanaryRotaOptions {
  /** Those that have rounds. */
  cameras: readonly CanaryCamera[];
  clock: Clock;
  log: Log;
  /** What a round that began then has found since the last call; its times are of the wall clock. */
  onMeasured(camera: string, startedMs: number, answer: CanaryAnswer): void;
  /** A round is over, or given up: nothing more is found in it. */
  onOver(camera: string): void;
}

export class CanaryRota {
  readonly #options: CanaryRotaOptions;
  /** When each camera's last round began, monotonic. */
  readonly #lastMs = new Map<string, number>();
  /** Cameras of which it was said that they have no time for it. */
  readonly #saidShort = new Set<string>();
  #waiting: { camera: string; startedMs: number; startedWallMs: number } | undefined;
  #overMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CanaryRotaOptions) {
    this.#options = options;
    this.#overMs = options.clock.monotonicMs();
  }

  start(): void {
    this.#timer = setInterval(() => this.turn(), TURN_EVERY_MS);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Begins a round where one is due. */
  turn(): void {
    const { cameras, clock } = this.#options;
    const nowMs = clock.monotonicMs();
    if (this.#waiting !== undefined) {
      if (nowMs - this.#waiting.startedMs < ANSWER_AFTER_MS_MAX) return;
      this.#over();
    }
    if (nowMs - this.#overMs < PAUSE_MS) return;
    const lastOf = (name: string): number => this.#lastMs.get(name) ?? Number.NEGATIVE_INFINITY;
    const due = cameras.filter(({ name }) => nowMs - lastOf(name) >= ROUND_EVERY_MS);
    for (const { name, plant } of due.sort((a, b) => lastOf(a.name) - lastOf(b.name))) {
      if (!plant({ seed: randomInt(1, SEED_MAX), seconds: ROUND_SECONDS })) continue;
      this.#waiting = { camera: name, startedMs: nowMs, startedWallMs: clock.wallMs() };
      this.#lastMs.set(name, nowMs);
      return;
    }
  }

  /** What was not asked for is not believed. */
  answered(camera: string, answer: CanaryAnswer): void {
    const waiting = this.#waiting;
    if (waiting?.camera !== camera) return;
    this.#options.onMeasured(camera, waiting.startedWallMs, answer);
    if (answer.outcome === 'running') return;
    this.#over();
    this.#say(camera, answer);
  }

  #over(): void {
    if (this.#waiting !== undefined) this.#options.onOver(this.#waiting.camera);
    this.#waiting = undefined;
    this.#overMs = this.#options.clock.monotonicMs();
  }

  #say(camera: string, { outcome }: CanaryAnswer): void {
    if (outcome !== 'no-time') {
      this.#saidShort.delete(camera);
      return;
    }
    if (this.#saidShort.has(camera)) return;
    this.#saidShort.add(camera);
    this.#options.log.warn(
      { camera },
      'this box has no time for a second look at each picture: what its filter misses is measured by garim canary only',
    );
  }
}
