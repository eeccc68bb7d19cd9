/**
 * Rounds of canaries that are under way or not on record yet. What a camera process tells while a round goes on is added up here and kept for the
 * next start (kept.ts), so that a kill costs the last seconds of a round and not the round; its leaves then say that it was interrupted.
 * Pure: told the time, reads no clock.
 */
import type { CanaryTally } from '../../camera/messages.ts';
import type { LeafBody } from '../../ledger/ledger.ts';
import { type CanaryFigures, canaryLeaves } from './leaves.ts';

/** Rounds that wait for the ledger. While it takes nothing everything is covered, and no round begins: those under way are all there can be. */
const ROUNDS_MAX = 64;

export interface Round extends CanaryFigures {
  camera: string;
  /** Wall-clock times of its beginning and of what was told last. */
  startedMs: number;
  toldMs: number;
  isOver: boolean;
  /** The process was lost meanwhile, and what it had not told yet with it. */
  isInterrupted: boolean;
}

type Told = CanaryFigures & Pick<Round, 'camera' | 'startedMs'>;

export class RoundBook {
  #rounds: Round[] = [];
  #mustKeep = false;
  #lost = 0;

  /** Rounds of an earlier process: none goes on. */
  restore(rounds: readonly Round[]): void {
    this.#rounds = rounds.map((round) => ({ ...round, isOver: true }));
  }

  /** What was found since the last time. Of models that nobody knows nothing is taken. */
  add({ camera, startedMs, set, digests, tallies }: Told, nowMs: number): void {
    if (tallies.length === 0 || digests.length === 0) return;
    const isSame = (round: Round): boolean =>
      !round.isOver &&
      round.camera === camera &&
      round.startedMs === startedMs &&
      round.set === set &&
      round.digests.join() === digests.join();
    let round = this.#rounds.find(isSame);
    if (round === undefined) {
      const begun = { camera, startedMs, set, digests: [...digests], tallies: [] };
      round = { ...begun, toldMs: nowMs, isOver: false, isInterrupted: false };
      this.#rounds.push(round);
      if (this.#rounds.length > ROUNDS_MAX) {
        this.#rounds.shift();
        this.#lost++;
      }
    }
    round.toldMs = nowMs;
    for (const tally of tallies) merge(round.tallies, tally);
    this.#mustKeep = true;
  }

  /** All rounds of this camera are; without a camera all there are. */
  over(camera?: string): void {
    for (const round of this.#rounds) if (camera === undefined || round.camera === camera) round.isOver = true;
  }

  /** A leaf for each stratum of those that are over. Call `told` when one is durable. */
  due(): { leaf: LeafBody; told(): void }[] {
    return this.#rounds
      .filter(({ isOver }) => isOver)
      .flatMap((round) =>
        round.tallies.map((tally) => ({ leaf: leafOf(round, tally), told: () => this.#recorded(round, tally) })),
      );
  }

  #recorded(round: Round, tally: CanaryTally): void {
    round.tallies = round.tallies.filter((each) => each !== tally);
    if (round.tallies.length === 0) this.#rounds = this.#rounds.filter((each) => each !== round);
  }

  get unrecorded(): readonly Round[] {
    return this.#rounds;
  }

  /** Something was told since `kept`. */
  get mustKeep(): boolean {
    return this.#mustKeep;
  }

  kept(): void {
    this.#mustKeep = false;
  }

  /** Rounds that will never be on record, since the start. */
  get lost(): number {
    return this.#lost;
  }
}

function leafOf({ camera, set, digests, startedMs, toldMs, isInterrupted }: Round, tally: CanaryTally): LeafBody {
  const [leaf] = canaryLeaves(camera, { set, digests, tallies: [tally] }, [startedMs, toldMs]);
  return { ...leaf!, ...(isInterrupted ? { interrupted: true } : {}) };
}

function merge(into: CanaryTally[], { label, stratum, planted, missed }: CanaryTally): void {
  const same = into.find((each) => each.label === label && each.stratum === stratum);
  if (same === undefined) {
    into.push({ label, stratum, planted, missed });
    return;
  }
  same.planted += planted;
  same.missed += missed;
}
