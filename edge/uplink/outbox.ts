/**
 * Releases that wait for one hub: a folder with one file each. Owns `STATE/outbox/HUB/`.
 *
 * - Durable before accepted: `add()` resolves after file and folder are synced. A power cut loses nothing that was accepted and leaves no
 *   half a release; a temporary file that it leaves is removed at the next start.
 * - Bounded in number and bytes. When full the oldest goes, since a city needs its present more than its past; each is counted.
 * - Removed when the hub has it. A crash between the two sends it again, under the same id.
 *
 * One file a release, and no database: a box releases a few small tables a minute, and whoever looks after it can read what waits.
 * Whoever can write in this folder can put words in the box's mouth: it is for the box's user only.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { writeDurably } from '../base/durable-file.ts';
import { messageOf, WorldError } from '../base/errors.ts';
import { OUTBOX_BYTES_MAX, OUTBOX_RELEASES_MAX } from '../base/limits.ts';
import type { Release } from '../sensor/messages.ts';

const FILE = /^(\d{12})-([0-9a-f]{16})\.json$/;

/** Of a file's content, in its name: tells a damaged file from a whole one. */
function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Why a release will never reach the hub. Each value is a label of `garim_uplink_dropped_total`. */
export type UplinkDropReason = 'outbox-full' | 'hub-refused' | 'file-damaged';

interface Entry {
  file: string;
  bytes: number;
}

export interface OutboxOptions {
  dir: string;
  onDrop(reason: UplinkDropReason): void;
  releasesMax?: number;
  bytesMax?: number;
}

export async function openOutbox(options: OutboxOptions): Promise<Outbox> {
  const { dir } = options;
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const entries: Entry[] = [];
    for (const file of (await readdir(dir)).sort()) {
      if (FILE.test(file)) entries.push({ file, bytes: (await stat(path.join(dir, file))).size });
      else if (file.endsWith('.tmp')) await rm(path.join(dir, file), { force: true });
    }
    return new Outbox(options, entries);
  } catch (error) {
    throw new WorldError('disk-failed', `the outbox ${dir} can't be opened: ${messageOf(error)}`, { cause: error });
  }
}

export class Outbox {
  readonly #options: OutboxOptions;
  /** Oldest first; names sort by age. */
  readonly #entries: Entry[];
  #bytes = 0;
  #sequence: number;
  #adding: Promise<void> = Promise.resolve();
  #wake: (() => void) | undefined;

  /** Use `openOutbox()`. */
  constructor(options: OutboxOptions, entries: Entry[]) {
    this.#options = options;
    this.#entries = entries;
    this.#bytes = entries.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#sequence = Number(entries.at(-1)?.file.slice(0, 12) ?? 0);
  }

  get waiting(): number {
    return this.#entries.length;
  }

  get waitingBytes(): number {
    return this.#bytes;
  }

  /**
   * Resolves when the release is durable. Rejects with WorldError `disk-full` or `disk-failed`; it was not accepted then, and what
   * was accepted earlier is still there.
   */
  async add(release: Release): Promise<void> {
    const text = JSON.stringify(release);
    const adding = this.#adding.then(() => this.#write(text));
    this.#adding = adding.catch(() => {});
    await adding;
  }

  async #write(text: string): Promise<void> {
    const { dir, onDrop, releasesMax = OUTBOX_RELEASES_MAX, bytesMax = OUTBOX_BYTES_MAX } = this.#options;
    const bytes = Buffer.byteLength(text);
    while (this.#entries.length > 0 && (this.#entries.length >= releasesMax || this.#bytes + bytes > bytesMax)) {
      await this.#remove(this.#entries[0]!);
      onDrop('outbox-full');
    }
    const file = `${String(++this.#sequence).padStart(12, '0')}-${digestOf(text)}.json`;
    await writeDurably(path.join(dir, file), text);
    this.#entries.push({ file, bytes });
    this.#bytes += bytes;
    this.#wake?.();
  }

  /** The oldest release, as soon as there is one; undefined once `signal` is aborted. */
  async oldest(signal: AbortSignal): Promise<{ release: Release; done: () => Promise<void> } | undefined> {
    while (!signal.aborted) {
      const entry = this.#entries[0];
      if (entry === undefined) {
        await this.#nextAdded(signal);
        continue;
      }
      const release = await this.#read(entry);
      if (release !== undefined) return { release, done: () => this.#remove(entry) };
      await this.#remove(entry);
      this.#options.onDrop('file-damaged');
    }
    return undefined;
  }

  /** Undefined when it is damaged. A disk that can't be read just now throws: that costs no release. */
  async #read({ file }: Entry): Promise<Release | undefined> {
    const text = await readFile(path.join(this.#options.dir, file), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw new WorldError('disk-failed', `the outbox can't be read: ${messageOf(error)}`, { cause: error });
    });
    return digestOf(text) === FILE.exec(file)?.[2] ? (JSON.parse(text) as Release) : undefined;
  }

  async #remove(entry: Entry): Promise<void> {
    await rm(path.join(this.#options.dir, entry.file), { force: true });
    const index = this.#entries.indexOf(entry);
    if (index === -1) return;
    this.#entries.splice(index, 1);
    this.#bytes -= entry.bytes;
  }

  async #nextAdded(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = () => {
        signal.removeEventListener('abort', resolve as () => void);
        resolve();
      };
      signal.addEventListener('abort', resolve as () => void, { once: true });
    });
    this.#wake = undefined;
  }
}
