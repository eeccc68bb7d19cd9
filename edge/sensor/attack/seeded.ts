/** Random numbers that a seed fixes: for the simulator, where every run has to come out the same. Never for anything that is released. */
import { createCipheriv, createHash } from 'node:crypto';
import { UniformSource } from '../transform/noise/random.ts';

const BLOCK_BYTES = 4_096;

export class Seeded {
  readonly #fill: (bytes: Buffer) => void;
  readonly #block = Buffer.alloc(BLOCK_BYTES);
  #used = BLOCK_BYTES;

  /** Independent for different names. */
  constructor(...name: readonly (string | number)[]) {
    this.#fill = keystream(name);
  }

  /** Uniform in [0, 1). */
  next(): number {
    if (this.#used === BLOCK_BYTES) {
      this.#fill(this.#block);
      this.#used = 0;
    }
    const value = this.#block.readUInt32LE(this.#used) / 2 ** 32;
    this.#used += 4;
    return value;
  }

  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  hex(digits: number): string {
    return Array.from({ length: digits }, () => this.below(16).toString(16)).join('');
  }
}

/** The exact samplers with numbers that a seed fixes. */
export function seededUniform(...name: readonly (string | number)[]): UniformSource {
  return new UniformSource(keystream(name));
}

function keystream(name: readonly (string | number)[]): (bytes: Buffer) => void {
  const key = createHash('sha256').update(JSON.stringify(name)).digest();
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  return (bytes) => void cipher.update(Buffer.alloc(bytes.length)).copy(bytes);
}
