/**
 * Canaries over a camera that runs: nothing at all until the agent asks for a round, then some seconds of them, then nothing again.
 *
 * A round never costs the feed what it was promised: while the look at a frame and that at its canaries do not fit into the camera's
 * `intervalMs` together, there are no canaries. It ends when everything is covered by order of the agent (nothing could be missed then), and by
 * any fault of its own. What was measured until then counts. Each round has people and vehicles of its own, so that no two trials are of
 * the same one.
 */
import { type Cast, createCast } from '../capture/simulated/cast.ts';
import type { ZoneRules } from '../detect/second/zones.ts';
import type { RawFrame } from '../frame.ts';
import type { CanaryOutcome, CanaryTally } from '../messages.ts';
import { Canaries } from './canaries.ts';
import type { CanaryLook, Left, LookAtFrame, Planted } from './port.ts';
import { CANARY_CAST, canarySetDigest } from './set.ts';

/** A camera that gives no pictures must not keep a round open: it ends this long after it should have. */
const OVERTIME_MS_MAX = 15_000;
/** Feed time for which a box that has no time for a second look is left in peace. */
const NO_TIME_PAUSE_MS = 3_000;

export interface CanaryRound {
  /** Which people and vehicles. */
  seed: number;
  seconds: number;
}

export interface CanaryResult {
  /** sha256 of the set, hex. */
  set: string;
  outcome: CanaryOutcome;
  /** Since the last result of this round. */
  tallies: CanaryTally[];
}

export interface CanaryRoundsOptions {
  detect: { longSidePx: number; intervalMs: number };
  zones: ZoneRules;
  takeBuffer: (lengthBytes: number) => Uint8Array<ArrayBuffer>;
  clock: { monotonicMs(): number };
  /** Called with what is new in a round while it goes on (`running`), and once when it is over. */
  onResult(result: CanaryResult): void;
  onFault(error: unknown): void;
}

interface Running {
  round: CanaryRound;
  /** Undefined while they are being drawn. */
  canaries: Canaries | undefined;
  /** Feed time of the first look. */
  startMs: number | undefined;
  /** Feed time until which there are none, for want of time. */
  pausedUntilMs: number;
  deadlineMs: number;
  hasTold: boolean;
}

export class CanaryRounds implements Planted, Disposable {
  readonly #options: CanaryRoundsOptions;
  #running: Running | undefined;

  constructor(options: CanaryRoundsOptions) {
    this.#options = options;
  }

  /** One that is under way ends first. Resolves when its canaries are drawn: it begins with the next look then. Never rejects. */
  begin(round: CanaryRound): Promise<void> {
    this.end('cut-short');
    const deadlineMs = this.#options.clock.monotonicMs() + round.seconds * 1000 + OVERTIME_MS_MAX;
    const running: Running = {
      round,
      canaries: undefined,
      startMs: undefined,
      pausedUntilMs: Number.NEGATIVE_INFINITY,
      deadlineMs,
      hasTold: false,
    };
    this.#running = running;
    return createCast(round.seed, CANARY_CAST).then(
      (cast) => this.#prepared(running, cast),
      (error: unknown) => this.#failed(running, error),
    );
  }

  #prepared(running: Running, cast: Cast): void {
    if (this.#running !== running) return;
    const { detect, zones, takeBuffer } = this.#options;
    running.canaries = new Canaries({ cast, longSidePx: detect.longSidePx, takeBuffer, zones });
  }

  /** Call once a second: ends a round that is overdue, and tells what is new, so that whoever kills this process does not take the round with it. */
  tick(): void {
    const running = this.#running;
    if (running === undefined) return;
    if (this.#options.clock.monotonicMs() > running.deadlineMs) {
      this.end('cut-short');
      return;
    }
    const tallies = running.canaries?.take() ?? [];
    if (tallies.length === 0) return;
    running.hasTold = true;
    this.#options.onResult({ set: canarySetDigest(running.round.seed), outcome: 'running', tallies });
  }

  /** What was measured until now counts. */
  end(outcome: CanaryOutcome): void {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    const { canaries, round, hasTold } = running;
    let tallies: CanaryTally[] = [];
    try {
      canaries?.reset();
      tallies = canaries?.take() ?? [];
      canaries?.[Symbol.dispose]();
    } catch (error) {
      this.#options.onFault(error);
    }
    const isNothing = tallies.length === 0 && !hasTold;
    const isShort = outcome === 'measured' && isNothing && Number.isFinite(running.pausedUntilMs);
    this.#options.onResult({ set: canarySetDigest(round.seed), outcome: isShort ? 'no-time' : outcome, tallies });
  }

  paint(frame: RawFrame, ms: number, look: LookAtFrame): CanaryLook | undefined {
    const running = this.#running;
    if (running?.canaries === undefined) return undefined;
    running.startMs ??= ms;
    if (ms - running.startMs >= running.round.seconds * 1000) {
      this.end('measured');
      return undefined;
    }
    if (ms < running.pausedUntilMs) return undefined;
    try {
      if (look.costMs > this.#options.detect.intervalMs) {
        running.pausedUntilMs = ms + NO_TIME_PAUSE_MS;
        running.canaries.reset();
        return undefined;
      }
      const planted = running.canaries.paint(frame, ms, look);
      return planted && { run: (...given) => this.#run(running, planted, given) };
    } catch (error) {
      this.#failed(running, error);
      return undefined;
    }
  }

  async #run(running: Running, planted: CanaryLook, given: Parameters<CanaryLook['run']>): Promise<number> {
    // Ended between the painting and the look, and disposed of.
    if (this.#running !== running) return 0;
    try {
      return await planted.run(...given);
    } catch (error) {
      this.#failed(running, error);
      return 0;
    }
  }

  left(frame: Left): void {
    const running = this.#running;
    try {
      running?.canaries?.left(frame);
    } catch (error) {
      this.#failed(running!, error);
    }
  }

  reset(): void {
    this.#running?.canaries?.reset();
  }

  #failed(running: Running, error: unknown): void {
    this.#options.onFault(error);
    if (this.#running === running) this.end('failed');
  }

  [Symbol.dispose](): void {
    this.end('cut-short');
  }
}
