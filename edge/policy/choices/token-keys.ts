/**
 * Keys of the anonymous tokens, one pair per kind and epoch, drawn at random and deleted when they have expired. Owns
 * `choices/token-keys.json` (0600): whoever has it can make tokens, but can't tell who got or spent one.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ristretto255_oprf } from '@noble/curves/ed25519.js';
import { z } from 'zod';
import { writeDurably } from '../../base/durable-file.ts';
import { messageOf, UserError, WorldError } from '../../base/errors.ts';

const { voprf } = ristretto255_oprf;

/** Tokens of an epoch are taken in it and in the next one, so that one made at its end can still be spent. */
export const TOKEN_EPOCH_MS = 86_400_000;

/** Keys in the file: two kinds, the present epoch and the one before, and some that a wrong clock left. */
const KEYS_MAX = 16;

export const TOKEN_KINDS = ['opt-in', 'pause'] as const;
/** What a token buys; tokens of one kind say nothing about those of another. */
export type TokenKind = (typeof TOKEN_KINDS)[number];

const hex32 = z.string().regex(/^[0-9a-f]{64}$/);
const fileSchema = z.strictObject({
  v: z.literal(1),
  keys: z
    .array(z.strictObject({ kind: z.enum(TOKEN_KINDS), epoch: z.int().min(0), secretKey: hex32, publicKey: hex32 }))
    .max(KEYS_MAX),
});
type StoredKey = z.output<typeof fileSchema>['keys'][number];

export interface TokenKey {
  kind: TokenKind;
  epoch: number;
  secretKey: Uint8Array;
  /** Published, the same for everybody: a key of one's own would be a mark. */
  publicKey: Uint8Array;
}

function epochAt(nowMs: number): number {
  return Math.floor(nowMs / TOKEN_EPOCH_MS);
}

/** Whether tokens of an epoch are taken at a time. */
export function isEpochOpen(epoch: number, nowMs: number): boolean {
  const now = epochAt(nowMs);
  return epoch === now || epoch === now - 1;
}

export class TokenKeys {
  readonly #file: string;
  #keys: StoredKey[];
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(file: string, keys: StoredKey[]) {
    this.#file = file;
    this.#keys = keys;
  }

  static async open(stateDir: string): Promise<TokenKeys> {
    const file = path.join(stateDir, 'choices', 'token-keys.json');
    try {
      return new TokenKeys(file, fileSchema.parse(JSON.parse(await readFile(file, 'utf8'))).keys);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return new TokenKeys(file, []);
      if (code !== undefined) throw new WorldError('disk-failed', `cannot read ${file}: ${messageOf(error)}`);
      // The parser's message would quote the text, which holds keys.
      throw new UserError(`${file} is damaged.`, {
        fix: 'Delete it: tokens that were not spent are then worth nothing.',
      });
    }
  }

  /** The key that tokens are made with now. Makes it, and deletes those that have expired, durably. */
  async current(kind: TokenKind, nowMs: number): Promise<TokenKey> {
    const known = this.at(kind, epochAt(nowMs), nowMs);
    if (known !== undefined) return known;
    // One after the other: of two that are made at once, each would write the file without the other.
    const made = this.#turn.then(() => this.#make(kind, nowMs));
    this.#turn = made.catch(() => {});
    return made;
  }

  async #make(kind: TokenKind, nowMs: number): Promise<TokenKey> {
    const epoch = epochAt(nowMs);
    const known = this.at(kind, epoch, nowMs);
    if (known !== undefined) return known;
    const { secretKey, publicKey } = voprf.generateKeyPair();
    const made: StoredKey = {
      kind,
      epoch,
      secretKey: Buffer.from(secretKey).toString('hex'),
      publicKey: Buffer.from(publicKey).toString('hex'),
    };
    await this.#write([made, ...this.#keys.filter((key) => isEpochOpen(key.epoch, nowMs))].slice(0, KEYS_MAX));
    return { kind, epoch, secretKey, publicKey };
  }

  /** Deletes the keys that have expired, durably. */
  expire(nowMs: number): Promise<void> {
    const expired = this.#turn.then(async () => {
      const keys = this.#keys.filter((key) => isEpochOpen(key.epoch, nowMs));
      if (keys.length < this.#keys.length) await this.#write(keys);
    });
    this.#turn = expired.catch(() => {});
    return expired;
  }

  async #write(keys: StoredKey[]): Promise<void> {
    await writeDurably(this.#file, `${JSON.stringify({ v: 1, keys })}\n`);
    this.#keys = keys;
  }

  /** The key of an epoch whose tokens are taken now. */
  at(kind: TokenKind, epoch: number, nowMs: number): TokenKey | undefined {
    if (!isEpochOpen(epoch, nowMs)) return undefined;
    const key = this.#keys.find((candidate) => candidate.kind === kind && candidate.epoch === epoch);
    if (key === undefined) return undefined;
    const { secretKey, publicKey } = key;
    return { kind, epoch, secretKey: Buffer.from(secretKey, 'hex'), publicKey: Buffer.from(publicKey, 'hex') };
  }
}
