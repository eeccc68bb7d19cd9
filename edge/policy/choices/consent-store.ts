/** Consent records on disk: one file each in `choices/consents/`, named by the record's own random identifier; kept for a year. */
import { readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder, writeDurably } from '../../base/durable-file.ts';
import { messageOf, WorldError } from '../../base/errors.ts';
import type { ConsentRecord } from './consent-record.ts';

/** Records on one box, about 2 KB each: bounds the disk, far above what one street corner sees in a year. */
const CONSENT_RECORDS_MAX = 20_000;

/** Evidence that somebody agreed may be asked for this long after the last change of a record. */
export const CONSENT_RECORD_KEPT_MS = 365 * 86_400_000;

/** What network time nudges is less. */
const AHEAD_MS_MIN = 3_600_000;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export class ConsentStore {
  readonly #dir: string;
  #count: number;

  private constructor(dir: string, count: number) {
    this.#dir = dir;
    this.#count = count;
  }

  static async open(stateDir: string, nowMs: number): Promise<ConsentStore> {
    const dir = path.join(stateDir, 'choices', 'consents');
    const store = new ConsentStore(dir, 0);
    await store.expire(nowMs);
    return store;
  }

  get isFull(): boolean {
    return this.#count >= CONSENT_RECORDS_MAX;
  }

  /** Durable when it returns. */
  async write(record: ConsentRecord, isNew: boolean): Promise<void> {
    await writeDurably(this.#fileOf(record.id), `${JSON.stringify(record)}\n`);
    if (isNew) this.#count++;
  }

  /** Undefined for an identifier that no record has. */
  async read(id: string): Promise<ConsentRecord | undefined> {
    if (!UUID.test(id)) return undefined;
    try {
      return JSON.parse(await readFile(this.#fileOf(id), 'utf8')) as ConsentRecord;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new WorldError('disk-failed', `cannot read a consent record: ${messageOf(error)}`, { cause: error });
    }
  }

  /** Deletes what was kept long enough, and counts the rest. */
  async expire(nowMs: number): Promise<void> {
    let names: string[];
    try {
      names = await readdir(this.#dir);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw new WorldError('disk-failed', `cannot read ${this.#dir}: ${messageOf(error)}`, { cause: error });
    }
    let kept = 0;
    for (const name of names) {
      const file = path.join(this.#dir, name);
      if (!UUID.test(name.replace(/\.json$/, '')))
        await rm(file, { force: true }); // left by a power cut
      else if (await this.#isOver(file, nowMs)) await rm(file, { force: true });
      else kept++;
    }
    await syncFolder(this.#dir);
    this.#count = kept;
  }

  /** One that was written under a clock years ahead would be kept for years too long: its time begins when that is seen. */
  async #isOver(file: string, nowMs: number): Promise<boolean> {
    const { mtimeMs } = await stat(file);
    if (mtimeMs > nowMs + AHEAD_MS_MIN) await utimes(file, nowMs / 1000, nowMs / 1000);
    return mtimeMs < nowMs - CONSENT_RECORD_KEPT_MS;
  }

  #fileOf(id: string): string {
    return path.join(this.#dir, `${id}.json`);
  }
}
