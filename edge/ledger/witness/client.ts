/** One witness as a log sees it: a few questions over HTTP, each bounded in time and size. Believes nothing that is not signed, but a size. */
import { messageOf, UserError, WorldError } from '../../base/errors.ts';
import { parseCheckpoint, parseSize } from '../checkpoint.ts';
import { NOTE_BYTES_MAX, parseNote, parseVerifier, type Verifier, verifyNote } from '../note.ts';
import type { SignedCheckpoint } from '../reader.ts';
import { type AddCheckpoint, formatAddCheckpoint } from './request.ts';
import { digest } from './witness.ts';

const ANSWER_MS_MAX = 10_000;

export type AddAnswer =
  | { is: 'cosigned'; line: string; timestampS: number }
  /** The witness has seen this size; nothing signs that it has. */
  | { is: 'conflict'; size: number }
  | { is: 'inconsistent' };

export class WitnessClient {
  readonly verifier: Verifier;
  readonly #url: string;
  /** The question under way; a client asks one at a time. */
  #asking: AbortController | undefined;
  #isClosed = false;

  /** Throws UserError for a key that is not a witness's, or an URL that is none. */
  constructor({ url, vkey }: { url: string; vkey: string }) {
    this.verifier = parseVerifier(vkey);
    if (!this.verifier.isCosigner)
      throw new UserError(`${vkey} is the key of a log, not of a witness`, {
        fix: 'take the key that garim witness prints',
      });
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw new UserError('the address of a witness is not an http or https URL', { fix: 'write http://HOST:PORT' });
    this.#url = url.replace(/\/+$/, '');
  }

  /** Ends the question under way, and lets no other begin. */
  close(): void {
    this.#isClosed = true;
    this.#asking?.abort();
  }

  get name(): string {
    return this.verifier.name;
  }

  /** Throws WorldError `witness-failed` when the witness can't be reached, or answers what it must not. */
  async addCheckpoint(request: AddCheckpoint): Promise<AddAnswer> {
    const { status, body } = await this.#ask('/add-checkpoint', {
      method: 'POST',
      body: formatAddCheckpoint(request),
      headers: { 'Content-Type': 'text/plain; charset=utf-8' },
    });
    if (status === 422) return { is: 'inconsistent' };
    if (status === 409) {
      const size = parseSize(body.toString('utf8').replace(/\n$/, ''));
      if (size === undefined) throw this.#fault('says 409 without a size');
      return { is: 'conflict', size };
    }
    if (status !== 200) throw this.#fault(`answers ${status}`);
    const note = parseNote(Buffer.concat([request.note, body]));
    const found = note && verifyNote(note, [this.verifier])?.at(-1);
    if (found?.timestampS === undefined) throw this.#fault('answers without a valid cosignature');
    return { is: 'cosigned', line: found.line, timestampS: found.timestampS };
  }

  /** What the witness has of a log, if it can show a checkpoint that the log itself signed. */
  async seen(log: Verifier): Promise<SignedCheckpoint | undefined> {
    const { status, body: bytes } = await this.#ask(`/${digest(log.name)}/checkpoint`, { method: 'GET' });
    const note = status === 200 ? parseNote(bytes) : undefined;
    const checkpoint = note && parseCheckpoint(note.text);
    if (note === undefined || checkpoint?.origin !== log.name) return undefined;
    return verifyNote(note, [log])?.length === 1 ? { ...checkpoint, note, bytes } : undefined;
  }

  async #ask(path: string, init: RequestInit): Promise<{ status: number; body: Buffer }> {
    if (this.#isClosed) throw this.#fault('is asked no more');
    const asking = new AbortController();
    this.#asking = asking;
    const timer = setTimeout(() => asking.abort(), ANSWER_MS_MAX);
    try {
      const response = await fetch(`${this.#url}${path}`, { ...init, redirect: 'error', signal: asking.signal });
      const parts: Uint8Array[] = [];
      let bytes = 0;
      for await (const part of response.body ?? []) {
        bytes += part.length;
        if (bytes > NOTE_BYTES_MAX) throw new Error('the answer is too large');
        parts.push(part);
      }
      return { status: response.status, body: Buffer.concat(parts) };
    } catch (error) {
      throw this.#fault(`can't be reached: ${messageOf((error as Error).cause ?? error)}`);
    } finally {
      clearTimeout(timer);
      this.#asking = undefined;
    }
  }

  #fault(what: string): WorldError {
    return new WorldError('witness-failed', `witness ${this.name} ${what}`);
  }
}
