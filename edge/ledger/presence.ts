/**
 * Codes that prove presence and nothing else: the sign at the place shows another one for each window. It is an HMAC under a key of this box, so
 * nobody can tell one beforehand; its hash stands in the log, so that whoever noted it can ask what was taken then, and object, also
 * when the box is gone. Whoever passes a code on passes the presence on: it is about the place and the time, not about a person.
 *
 * 80 bits: the hash is public, so a code must be out of reach of trying them all.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../base/clock.ts';
import { writeDurably } from '../base/durable-file.ts';
import { messageOf, UserError, WorldError } from '../base/errors.ts';
import { registerSecret } from '../base/secrets.ts';
import { minuteOf, type Window, windowName } from './window.ts';

const KEY_FILE = 'presence.key';
const KEY_BYTES = 32;
const CODE_BYTES = 10;
/** Crockford's: nothing that looks like something else. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CODE = /^[0-9A-HJKMNP-TV-Z]{16}$/;
/** As long as exact values are kept by default; the log answers for longer, by the hash. */
const FOUND_DAYS_MAX = 31;

export class PresenceCodes {
  readonly #key: Buffer;
  readonly #clock: Clock;
  readonly #windowMs: number;
  /** Start of its window by code, for FOUND_DAYS_MAX. */
  readonly #starts = new Map<string, number>();
  #newestMs: number | undefined;

  /** Makes the key where there is none. Throws UserError when it is damaged, WorldError when it can't be read or written. */
  static async open(options: { stateDir: string; clock: Clock; windowMinutes: number }): Promise<PresenceCodes> {
    const file = path.join(options.stateDir, KEY_FILE);
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw new WorldError('disk-failed', `cannot read ${file}: ${messageOf(error)}`, { cause: error });
    });
    if (text !== undefined && !/^[0-9a-f]{64}\n$/.test(text)) {
      throw new UserError(`${file} is damaged`, {
        fix: 'restore it from a backup, or delete it: codes that were noted are then known by the log only',
      });
    }
    const key = text === undefined ? randomBytes(KEY_BYTES) : Buffer.from(text.trim(), 'hex');
    if (text === undefined) await writeDurably(file, `${key.toString('hex')}\n`);
    registerSecret(key.toString('hex'));
    return new PresenceCodes(key, options);
  }

  private constructor(key: Buffer, { clock, windowMinutes }: { clock: Clock; windowMinutes: number }) {
    this.#key = key;
    this.#clock = clock;
    this.#windowMs = windowMinutes * 60_000;
  }

  /** For `presence` in the leaf of a window. */
  hashOf(window: Window): string {
    return presenceHash(this.#codeOf(window));
  }

  /** What the sign shows now, and until when. */
  current(): { code: string; window: Window; endsMs: number } {
    const startMs = this.#startOf(this.#clock.wallMs());
    const window = this.#windowAt(startMs);
    return { code: inGroups(this.#codeOf(window)), window, endsMs: startMs + this.#windowMs };
  }

  /** The window of a code, present or past; undefined for one that this box did not show in the last FOUND_DAYS_MAX days. */
  find(text: string): Window | undefined {
    const code = canonicalCode(text);
    if (code === undefined) return undefined;
    this.#fill();
    const startMs = this.#starts.get(code);
    return startMs === undefined ? undefined : this.#windowAt(startMs);
  }

  #fill(): void {
    const newestMs = this.#startOf(this.#clock.wallMs());
    const oldestMs = this.#startOf(newestMs - FOUND_DAYS_MAX * 86_400_000);
    // A clock that was set back: what lies ahead of it must not be known before its time.
    if (this.#newestMs !== undefined && this.#newestMs > newestMs) {
      this.#starts.clear();
      this.#newestMs = undefined;
    }
    const nextMs = this.#newestMs === undefined ? oldestMs : this.#newestMs + this.#windowMs;
    for (let startMs = Math.max(oldestMs, nextMs); startMs <= newestMs; startMs += this.#windowMs)
      this.#starts.set(this.#codeOf(this.#windowAt(startMs)), startMs);
    this.#newestMs = newestMs;
    for (const [code, startMs] of this.#starts) {
      if (startMs >= oldestMs) break;
      this.#starts.delete(code);
    }
  }

  #startOf(ms: number): number {
    return Math.floor(ms / this.#windowMs) * this.#windowMs;
  }

  #windowAt(startMs: number): Window {
    return [minuteOf(startMs), `PT${this.#windowMs / 60_000}M`];
  }

  #codeOf(window: Window): string {
    const mac = createHmac('sha256', this.#key)
      .update(`garim-presence-v1\n${windowName(window)}`)
      .digest();
    let bits = BigInt(`0x${mac.subarray(0, CODE_BYTES).toString('hex')}`);
    let code = '';
    for (let i = 0; i < (CODE_BYTES * 8) / 5; i++, bits >>= 5n) code = ALPHABET[Number(bits & 31n)] + code;
    return code;
  }
}

/** As people write it: small letters, spaces and hyphens, O for 0, I and L for 1. Undefined for what can't be a code. */
export function canonicalCode(text: string): string | undefined {
  const code = text.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1');
  return CODE.test(code) ? code : undefined;
}

/** `sha256:` and hex of the code without hyphens: `printf %s CODE | sha256sum` gives the same. */
export function presenceHash(canonical: string): string {
  return `sha256:${createHash('sha256').update(canonical).digest('hex')}`;
}

function inGroups(code: string): string {
  return code.replaceAll(/(.{4})(?=.)/g, '$1-');
}
