/**
 * Judges whether there is evidence (evidence.ts), by what the ledger answers, and tells people what to do where there is none. Counts what could
 * not be recorded, by code.
 */
import type { Clock } from '../../base/clock.ts';
import { messageOf, WorldError } from '../../base/errors.ts';
import { type Log, RepeatLog } from '../../base/log.ts';
import type { EvidenceGate } from './evidence.ts';

/** A witness that is there answers within a second; until then it is not worth a warning. */
const HELD_SAID_AFTER_MS = 5_000;

interface JudgeOptions {
  evidence: EvidenceGate;
  witnessUrls: readonly string[];
  clock: Clock;
  log: Log;
}

export class EvidenceJudge {
  readonly #options: JudgeOptions;
  readonly #faults: RepeatLog;
  readonly #failures = new Map<string, number>();
  #heldMs: number | undefined;

  constructor(options: JudgeOptions) {
    this.#options = options;
    this.#faults = new RepeatLog(options.log, 'not on record');
  }

  /** How often something could not be recorded, by code. */
  get failures(): ReadonlyMap<string, number> {
    return this.#failures;
  }

  /** A fault that takes nothing from the evidence. */
  note(error: unknown): void {
    this.#faults.add(error);
  }

  /** What was to be recorded is. */
  recorded(isHeld: boolean): void {
    const { evidence, witnessUrls, clock, log } = this.#options;
    if (!isHeld) {
      this.#heldMs = undefined;
      if (evidence.become('kept')) log.info('what leaves is on record');
      return;
    }
    const advice = `The record is not signed until a witness has confirmed it, and feeds are covered until then. Check that ${witnessUrls.join(', ')} can be reached, and watches this log.`;
    evidence.become('held', advice);
    const nowMs = clock.monotonicMs();
    this.#heldMs ??= nowMs;
    if (nowMs - this.#heldMs < HELD_SAID_AFTER_MS) return;
    this.#heldMs = Number.POSITIVE_INFINITY; // said
    log.warn(advice);
  }

  /** It is tried again. */
  refused(error: unknown): void {
    const code = error instanceof WorldError ? error.code : 'internal-error';
    this.#count(code);
    this.#faults.add(error);
    const what = code === 'disk-full' ? ' Make room on the disk.' : '';
    this.#become(
      'refused',
      `Nothing can be put on record: ${messageOf(error)}. Feeds are covered until that is over; it is tried again by itself.${what}`,
    );
  }

  /** For good. */
  failed(error: WorldError): void {
    this.#count(error.code);
    this.#become(
      'failed',
      `The record has stopped: ${error.message}. Feeds are covered from now on. Check the disk of the state folder, then start Garim again.`,
    );
  }

  #count(code: string): void {
    this.#failures.set(code, (this.#failures.get(code) ?? 0) + 1);
  }

  #become(state: 'refused' | 'failed', advice: string): void {
    const { evidence, log } = this.#options;
    if (evidence.become(state, advice)) log.error(advice);
  }
}
