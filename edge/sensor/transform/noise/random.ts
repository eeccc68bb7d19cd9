/** Uniform integers from the operating system's generator, without bias. */
import { randomFillSync } from 'node:crypto';

/** Random bytes fetched at a time: a system call costs as much as some hundred bytes. */
const POOL_BYTES = 8_192;

/** Fills the whole of what it is given with uniform random bytes. */
export type FillRandom = (bytes: Buffer) => void;

export class UniformSource {
  readonly #fill: FillRandom;
  readonly #pool = Buffer.alloc(POOL_BYTES);
  #used = POOL_BYTES;

  /** `fill` is another than the system's generator in tests only. */
  constructor(fill: FillRandom = (bytes) => randomFillSync(bytes)) {
    this.#fill = fill;
  }

  /**
   * Uniform on 0 ... bound - 1, by rejection: of the 2^w equally likely words only the largest multiple of `bound` is used, so that each
   * remainder stands for equally many words. Less than half of the words are rejected. Throws a RangeError for a bound below 1.
   */
  below(bound: bigint): bigint {
    if (bound < 1n) throw new RangeError('a uniform draw needs at least one outcome');
    if (bound <= 0xffff_ffffn) {
      const size = Number(bound);
      const usable = 0x1_0000_0000 - (0x1_0000_0000 % size);
      for (;;) {
        const word = this.#pool.readUInt32LE(this.#take(4));
        if (word < usable) return BigInt(word % size);
      }
    }
    const bytes = bound <= 0xffff_ffff_ffff_ffffn ? 8 : Math.ceil(bound.toString(16).length / 2) + 1;
    const words = 1n << BigInt(bytes * 8);
    const usable = words - (words % bound);
    for (;;) {
      const word = bytes === 8 ? this.#pool.readBigUInt64LE(this.#take(8)) : this.#wide(bytes);
      if (word < usable) return word % bound;
    }
  }

  #wide(bytes: number): bigint {
    if (bytes > POOL_BYTES) throw new RangeError('the parameters of the noise are too long');
    const start = this.#take(bytes);
    return BigInt(`0x${this.#pool.toString('hex', start, start + bytes)}`);
  }

  /** Where the next `bytes` unused bytes start. No byte is used twice. */
  #take(bytes: number): number {
    if (this.#used + bytes > POOL_BYTES) {
      this.#fill(this.#pool);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += bytes;
    return start;
  }
}
