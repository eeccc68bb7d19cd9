/**
 * Pseudonyms that tell contributors of one window apart and are good for nothing else: HMAC-SHA-256 of the identifier under a key that is
 * drawn when the window opens, exists in this process's memory only, is derived from nothing and is zeroed when the window ends. From then
 * on nobody, we included, can tell whether an identifier was there.
 *
 * They never leave the box: a pseudonym has no text, no JSON and nothing to clone; only the aggregator can tell two of them apart. What
 * this cannot do: JavaScript gives no hold on copies that its collector or OpenSSL made of the key. Hence short-lived processes, no swap
 * and no core dumps (deploy/).
 */
import { createHmac, randomFillSync } from 'node:crypto';
import { inspect } from 'node:util';

const KEY_BYTES = 32;

/** 128 bits: among a billion identifiers of a window two collide with probability 2^-69. */
const PSEUDONYM_BYTES = 16;

export class Pseudonym {
  readonly #value: string;

  constructor(made: symbol, value: string) {
    if (made !== token) throw new TypeError('a Pseudonym is made by a PseudonymWindow only');
    this.#value = value;
  }

  toString(): string {
    return '[pseudonym]';
  }

  toJSON(): never {
    throw new TypeError('a pseudonym never leaves the box');
  }

  [inspect.custom](): string {
    return '[pseudonym]';
  }

  /** For `contributorKey` alone. */
  static valueOf(made: symbol, pseudonym: Pseudonym): string {
    if (made !== token) throw new TypeError('a pseudonym has no value outside the aggregator');
    return pseudonym.#value;
  }
}

const token = Symbol('made by a window');

/** Tells contributors of one window apart. For open-window.ts alone; the import-graph test forbids any other importer. */
export function contributorKey(pseudonym: Pseudonym): string {
  return Pseudonym.valueOf(token, pseudonym);
}

export class PseudonymWindow implements Disposable {
  /** Of its own memory, not of Node's shared pool, so that zeroing it zeroes all of it. */
  readonly #key = randomFillSync(Buffer.allocUnsafeSlow(KEY_BYTES));
  #isOver = false;

  /** Equal for equal identifiers of this window only. Throws once the window is over. */
  of(identifier: string | Uint8Array): Pseudonym {
    if (this.#isOver) throw new Error('the window of these pseudonyms is over');
    const digest = createHmac('sha256', this.#key).update(identifier).digest();
    return new Pseudonym(token, digest.toString('latin1', 0, PSEUDONYM_BYTES));
  }

  toJSON(): never {
    throw new TypeError('the key of a window exists in memory only');
  }

  [inspect.custom](): string {
    return '[pseudonym window]';
  }

  /** Zeroes the key. */
  [Symbol.dispose](): void {
    this.#key.fill(0);
    this.#isOver = true;
  }
}
