/**
 * Anonymous tokens: VOPRF of RFC 9497, ristretto255-SHA512, in batches. The holder has random nonces evaluated blindly, checks the proof that
 * the published key was used, and later spends each with a MAC under its output. Whoever made a token can't recognise it when it is spent.
 *
 * Spending is bound to what it is for: the MAC covers the request, so that an eavesdropper can neither change it nor send it again. Owns
 * `choices/spent/`: nonces that were spent, durable before the answer. A nonce names this box, so boxes need not tell each other.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { mkdir, open, readdir, readFile, rm, truncate } from 'node:fs/promises';
import path from 'node:path';
import { ristretto255_oprf } from '@noble/curves/ed25519.js';
import { z } from 'zod';
import { syncFolder } from '../../base/durable-file.ts';
import { messageOf, WorldError } from '../../base/errors.ts';
import { isEpochOpen, TOKEN_KINDS, type TokenKey, type TokenKeys, type TokenKind } from './token-keys.ts';

const { voprf } = ristretto255_oprf;

/** Tokens in one request: about 40 ms of a small box's processor. */
export const TOKENS_PER_BATCH_MAX = 32;

/** Tokens made and tokens spent in one epoch, by kind: bounds memory and disk (16 bytes each) and what a flood can cost. */
const TOKENS_PER_EPOCH_MAX = 20_000;

const NONCE_BYTES = 32;
const SPENT_BYTES = 16;

const bytes = (length: number) =>
  z
    .base64()
    .transform((text) => Buffer.from(text, 'base64'))
    .refine((value) => value.length === length);

export const blindedSchema = z.array(bytes(32)).min(1).max(TOKENS_PER_BATCH_MAX);

export const tokenSchema = z.strictObject({
  epoch: z.int().min(0),
  nonce: bytes(NONCE_BYTES),
  mac: bytes(32),
});
export type Token = z.output<typeof tokenSchema>;

/** What a holder sends to have tokens made is answered with this. */
export interface Issued {
  epoch: number;
  publicKey: Uint8Array;
  evaluated: Uint8Array[];
  proof: Uint8Array;
}

export type TokenRefusal = 'token-expired' | 'token-forged' | 'token-spent' | 'tokens-exhausted';

/** The private input of a token: its box and its nonce. */
function tokenInput(box: string, nonce: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`garim token v1\0${box}\0`), nonce]);
}

/** What proves a token for one request and no other. */
function tokenMac(output: Uint8Array, request: string): Buffer {
  return createHmac('sha256', output).update(request).digest();
}

export class Tokens {
  readonly #box: string;
  readonly #dir: string;
  readonly #keys: TokenKeys;
  readonly #spent = new Map<string, Set<string>>();
  readonly #issued = new Map<string, number>();

  private constructor(box: string, dir: string, keys: TokenKeys) {
    this.#box = box;
    this.#dir = dir;
    this.#keys = keys;
  }

  /** `box` is the name that holders put into nonces; it is public. */
  static async open({ stateDir, box, keys }: { stateDir: string; box: string; keys: TokenKeys }): Promise<Tokens> {
    const tokens = new Tokens(box, path.join(stateDir, 'choices', 'spent'), keys);
    await tokens.#load();
    return tokens;
  }

  /** Evaluates what holders blinded. Who may have how many is for the caller to decide: nothing here can tell two holders apart. */
  async issue(kind: TokenKind, blinded: readonly Uint8Array[], nowMs: number): Promise<Issued | TokenRefusal> {
    const key = await this.#keys.current(kind, nowMs);
    const count = (this.#issued.get(slotOf(key)) ?? 0) + blinded.length;
    if (count > TOKENS_PER_EPOCH_MAX) return 'tokens-exhausted';
    let made: { evaluated: Uint8Array[]; proof: Uint8Array };
    try {
      made = voprf.blindEvaluateBatch(key.secretKey, key.publicKey, [...blinded]);
    } catch {
      return 'token-forged'; // not points of the group
    }
    for (const slot of this.#issued.keys()) if (slot.startsWith(`${kind}-`)) this.#issued.delete(slot);
    this.#issued.set(slotOf(key), count);
    return { epoch: key.epoch, publicKey: key.publicKey, ...made };
  }

  /** Checks a token for a request without spending it. */
  check(kind: TokenKind, { epoch, nonce, mac }: Token, request: string, nowMs: number): TokenRefusal | undefined {
    const key = this.#keys.at(kind, epoch, nowMs);
    if (key === undefined) return 'token-expired';
    const slot = slotOf(key);
    if (this.#spent.get(slot)?.has(spentNameOf(nonce)) === true) return 'token-spent';
    if (!timingSafeEqual(tokenMac(evaluate(key, tokenInput(this.#box, nonce)), request), mac)) return 'token-forged';
    return (this.#spent.get(slot)?.size ?? 0) >= TOKENS_PER_EPOCH_MAX ? 'tokens-exhausted' : undefined;
  }

  /** Spends a token for a request; durable when it returns undefined. Throws WorldError when the disk fails, and then the token is gone too. */
  async spend(kind: TokenKind, token: Token, request: string, nowMs: number): Promise<TokenRefusal | undefined> {
    const refusal = this.check(kind, token, request, nowMs);
    if (refusal !== undefined) return refusal;
    const slot = `${kind}-${token.epoch}`;
    const name = spentNameOf(token.nonce);
    const spent = this.#spent.get(slot) ?? new Set();
    this.#spent.set(slot, spent);
    spent.add(name); // before anything is awaited: the same token may come twice at once
    await this.#append(slot, Buffer.from(name, 'base64'));
    await this.expire(nowMs);
    return undefined;
  }

  async #append(slot: string, record: Buffer): Promise<void> {
    const file = path.join(this.#dir, slot);
    try {
      await mkdir(this.#dir, { recursive: true, mode: 0o700 });
      const handle = await open(file, 'a', 0o600);
      try {
        await handle.appendFile(record);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await syncFolder(this.#dir);
    } catch (error) {
      throw new WorldError('disk-failed', `cannot write ${file}: ${messageOf(error)}`, { cause: error });
    }
  }

  async #load(): Promise<void> {
    for (const slot of await listOf(this.#dir)) {
      const file = path.join(this.#dir, slot);
      const content = await readFile(file);
      const spent = new Set<string>();
      // A torn last record is a token whose spending was never answered; what follows must begin at a whole one.
      const torn = content.length % SPENT_BYTES;
      if (torn > 0) await truncate(file, content.length - torn);
      for (let at = 0; at + SPENT_BYTES <= content.length; at += SPENT_BYTES) {
        spent.add(content.toString('base64', at, at + SPENT_BYTES));
      }
      this.#spent.set(slot, spent);
    }
  }

  /** Destroys keys that have expired. Without its key a token is worth nothing, also to a clock that is set back: its nonce need not be kept. */
  async expire(nowMs: number): Promise<void> {
    await this.#keys.expire(nowMs);
    for (const slot of [...this.#spent.keys()]) {
      if (isEpochOpen(Number(slot.slice(slot.lastIndexOf('-') + 1)), nowMs)) continue;
      this.#spent.delete(slot);
      await rm(path.join(this.#dir, slot), { force: true });
    }
  }
}

function slotOf({ kind, epoch }: TokenKey): string {
  return `${kind}-${epoch}`;
}

function spentNameOf(nonce: Uint8Array): string {
  return createHash('sha256').update(nonce).digest().subarray(0, SPENT_BYTES).toString('base64');
}

async function listOf(dir: string): Promise<string[]> {
  try {
    return (await readdir(dir)).filter((name) => TOKEN_KINDS.some((kind) => /^\d+$/.test(name.slice(kind.length + 1))));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new WorldError('disk-failed', `cannot read ${dir}: ${messageOf(error)}`, { cause: error });
  }
}

/** The output that the holder of a token has, computed with the key alone. */
function evaluate({ secretKey, publicKey }: TokenKey, input: Uint8Array): Uint8Array {
  const { blind, blinded } = voprf.blind(input);
  const { evaluated, proof } = voprf.blindEvaluate(secretKey, publicKey, blinded);
  return voprf.finalize(input, blind, evaluated, blinded, publicKey, proof);
}
