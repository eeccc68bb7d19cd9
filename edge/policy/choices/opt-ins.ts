/**
 * Who agreed, in memory only: identifiers as HMAC under a key that was drawn when the process began and is gone with it. A restart ends all
 * opt-ins, which is the safe way to fail; phones give another token.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { CategoryId } from '../taxonomy.ts';
import { normalisePlate } from './opt-out-list.ts';

/** How long one token's opt-in lasts, unless it is withdrawn; by either clock, so that setting the wall clock back lengthens none. */
export const OPT_IN_MS = 86_400_000;

/** Opt-ins at once: bounds memory (about 200 bytes each), far above what can be given by tokens of one day. */
const OPT_INS_MAX = 50_000;

interface OptIn {
  record: string;
  /** What was agreed to: while the policy says something else, the opt-in says nothing. */
  terms: string;
  /** Wall clock. */
  untilMs: number;
  /** Monotonic clock. */
  untilMonotonicMs: number;
}

export class OptIns {
  readonly #key = randomBytes(32);
  readonly #byHandle = new Map<string, OptIn>();
  readonly #byRecord = new Map<string, string>();

  /** Whether another one finds room. */
  hasRoom(clock: Clock): boolean {
    for (const [record, handle] of this.#byRecord) {
      if (isOpen(this.#byHandle.get(handle), clock)) break; // in the order of their ends
      this.remove(record);
    }
    return this.#byHandle.size < OPT_INS_MAX;
  }

  /** One identifier has one opt-in to a sensor; a new one replaces the old. */
  add(sensor: string, category: CategoryId, value: string, optIn: OptIn): void {
    const handle = this.#handleOf(sensor, category, value);
    const old = this.#byHandle.get(handle);
    if (old !== undefined) this.remove(old.record);
    this.#byHandle.set(handle, optIn);
    this.#byRecord.set(optIn.record, handle);
  }

  has(sensor: string, category: CategoryId, value: string, terms: string, clock: Clock): boolean {
    if (this.#byHandle.size === 0) return false;
    const optIn = this.#byHandle.get(this.#handleOf(sensor, category, value));
    return optIn?.terms === terms && isOpen(optIn, clock);
  }

  /** Takes effect with the next question. */
  remove(record: string): void {
    const handle = this.#byRecord.get(record);
    if (handle === undefined) return;
    this.#byRecord.delete(record);
    this.#byHandle.delete(handle);
  }

  #handleOf(sensor: string, category: CategoryId, value: string): string {
    return createHmac('sha256', this.#key)
      .update(`${sensor}\0${category}\0${normalised(category, value)}`)
      .digest('base64');
  }
}

function isOpen(optIn: OptIn | undefined, clock: Clock): boolean {
  return optIn !== undefined && clock.wallMs() < optIn.untilMs && clock.monotonicMs() < optIn.untilMonotonicMs;
}

/** Spellings of one identifier become one. */
function normalised(category: CategoryId, value: string): string {
  if (category === 'plate') return normalisePlate(value);
  const text = value.normalize('NFKC').trim().toLowerCase();
  return category === 'mac-address' ? text.replaceAll(/[:.-]/g, '') : text;
}
