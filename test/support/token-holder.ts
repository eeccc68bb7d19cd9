/** A phone: the other side of the tokens, written from RFC 9497's client side with the library alone. */
import { createHmac, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { ristretto255_oprf } from '@noble/curves/ed25519.js';
import type { Issued, Token } from '../../edge/policy/choices/tokens.ts';

const { voprf } = ristretto255_oprf;

export interface Unspent {
  epoch: number;
  nonce: Buffer;
  output: Uint8Array;
}

export class TokenHolder {
  readonly #box: string;
  #pending: { input: Uint8Array; nonce: Buffer; blind: Uint8Array; blinded: Uint8Array }[] = [];

  constructor(box: string) {
    this.#box = box;
  }

  /** What is sent to have tokens made. */
  blind(count: number): Uint8Array[] {
    this.#pending = Array.from({ length: count }, () => {
      const nonce = randomBytes(32);
      const input = Buffer.concat([Buffer.from(`garim token v1\0${this.#box}\0`), nonce]);
      return { input, nonce, ...voprf.blind(input) };
    });
    return this.#pending.map(({ blinded }) => blinded);
  }

  /** Throws when the published key was not used. */
  finish({ epoch, evaluated, proof }: Issued, publishedKey: Uint8Array): Unspent[] {
    const items = this.#pending.map((pending, i) => ({ ...pending, evaluated: evaluated[i]! }));
    const outputs = voprf.finalizeBatch(items, publishedKey, proof);
    return items.map(({ nonce }, i) => ({ epoch, nonce, output: outputs[i]! }));
  }
}

export function spendFor({ epoch, nonce, output }: Unspent, request: string): Token {
  return { epoch, nonce, mac: createHmac('sha256', output).update(request).digest() } as Token;
}

/** A key that a phone makes for one record. */
export function newHolderKey(): { publicKey: string; signWith(message: Buffer): string; key: KeyObject } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const x = publicKey.export({ format: 'jwk' }).x as string;
  return {
    publicKey: Buffer.from(x, 'base64url').toString('base64'),
    signWith: (message) => sign(null, message, privateKey).toString('base64'),
    key: privateKey,
  };
}
