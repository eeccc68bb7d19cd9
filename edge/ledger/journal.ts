/**
 * The journal: entries in the order in which they were acknowledged, in segments of a fixed number of entries. It is the source of truth
 * for what is not yet in full tiles; a segment whose entries are all in durable tiles under a published checkpoint is removed.
 *
 * A record is a length (16 bits), the first 8 bytes of the entry's leaf hash, and the entry. Whatever a power cut leaves behind the last
 * synced record (nothing, zeroes, garbage, later records) does not match its hash, or stands behind one that does not.
 */
import { WorldError } from '../base/errors.ts';
import type { AppendFile, Disk } from './disk.ts';
import type { DurableFolder } from './durable.ts';
import { hashLeaf } from './merkle.ts';

/** Entries per segment, a multiple of the tile's width: a few MB to read at start. */
const SEGMENT_ENTRIES = 4096;
const HEADER_BYTES = 10;
const CHECK_BYTES = 8;
const FOLDER = 'journal';

export interface Record {
  entry: Buffer;
  leafHash: Buffer;
}

export function recordOf(entry: Buffer): Record {
  return { entry, leafHash: hashLeaf(entry) };
}

export class Journal {
  readonly #folder: DurableFolder;
  /** First entries of the segments that are there; the last is the one that is written. */
  #starts: number[];
  #size: number;
  #file: AppendFile | undefined;

  private constructor(folder: DurableFolder, starts: number[], size: number) {
    this.#folder = folder;
    this.#starts = starts;
    this.#size = size;
  }

  /**
   * Cuts a torn tail and gives what is there: entries from `start` on. Throws WorldError `ledger-damaged` when a record is damaged that
   * others, synced later, prove to have been whole.
   */
  static async open(folder: DurableFolder): Promise<{ journal: Journal; start: number; records: Record[] }> {
    await folder.folder(FOLDER);
    const starts = await segmentsOf(folder.disk, folder.at(FOLDER));
    const kept = lastRun(starts);
    for (const start of starts) if (!kept.includes(start)) await folder.disk.remove(folder.at(FOLDER, nameOf(start)));
    const records: Record[] = [];
    for (const [i, start] of kept.entries()) {
      const file = folder.at(FOLDER, nameOf(start));
      const bytes = (await folder.disk.read(file)) ?? Buffer.alloc(0);
      const segment = parseSegment(bytes);
      if (i + 1 < kept.length && segment.records.length !== SEGMENT_ENTRIES)
        throw damaged(file, start, segment.records.length);
      if (i + 1 === kept.length) await settle(folder.disk, file, segment.wholeBytes);
      for (const record of segment.records) records.push(record);
    }
    const start = kept[0] ?? 0;
    const journal = new Journal(folder, kept, start + records.length);
    await folder.sync(FOLDER);
    return { journal, start, records };
  }

  /** Entries ever acknowledged. */
  get size(): number {
    return this.#size;
  }

  /** Resolves when the records are durable. After a rejection nothing is known of them, and the journal must not be used any more. */
  async append(records: readonly Record[]): Promise<void> {
    for (let at = 0; at < records.length; ) {
      const start = this.#starts.at(-1);
      if (start === undefined || this.#size - start === SEGMENT_ENTRIES) await this.#startSegment();
      const free = SEGMENT_ENTRIES - (this.#size - this.#starts.at(-1)!);
      const part = records.slice(at, at + free);
      const file = await this.#open();
      await file.append(encode(part));
      await file.datasync();
      this.#size += part.length;
      at += part.length;
    }
  }

  /** Removes the segments whose entries are all below `size`, but never the last. */
  async dropBelow(size: number): Promise<void> {
    while (this.#starts.length > 1 && this.#starts[0]! + SEGMENT_ENTRIES <= size) {
      await this.#folder.disk.remove(this.#folder.at(FOLDER, nameOf(this.#starts[0]!)));
      this.#starts.shift();
    }
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  async #startSegment(): Promise<void> {
    await this.close();
    this.#starts.push(this.#size);
    await this.#open();
    await this.#folder.sync(FOLDER);
  }

  async #open(): Promise<AppendFile> {
    this.#file ??= await this.#folder.disk.openAppend(this.#folder.at(FOLDER, nameOf(this.#starts.at(-1)!)));
    return this.#file;
  }
}

/** What is in the journal, read without changing anything; a tail under way is left out. */
export async function readJournal(disk: Disk, folder: string): Promise<{ start: number; records: Record[] }> {
  const starts = lastRun(await segmentsOf(disk, folder));
  const records: Record[] = [];
  for (const start of starts) {
    const bytes = await disk.read(`${folder}/${nameOf(start)}`);
    if (bytes !== undefined) for (const record of parseSegment(bytes).records) records.push(record);
  }
  return { start: starts[0] ?? 0, records };
}

async function segmentsOf(disk: Disk, folder: string): Promise<number[]> {
  const names = (await disk.list(folder)).filter((name) => /^[0-9]{16}$/.test(name));
  return names.map(Number).sort((a, b) => a - b);
}

/** The segments that follow each other up to the last: the removal of an earlier one may not have survived a power cut. */
function lastRun(starts: readonly number[]): number[] {
  let first = starts.length - 1;
  while (first > 0 && starts[first - 1]! + SEGMENT_ENTRIES === starts[first]) first--;
  return starts.slice(Math.max(0, first));
}

function parseSegment(bytes: Buffer): { records: Record[]; wholeBytes: number } {
  const records: Record[] = [];
  let at = 0;
  while (records.length < SEGMENT_ENTRIES && at + HEADER_BYTES <= bytes.length) {
    const end = at + HEADER_BYTES + bytes.readUInt16BE(at);
    if (end > bytes.length) break;
    const record = recordOf(bytes.subarray(at + HEADER_BYTES, end));
    if (record.leafHash.compare(bytes, at + 2, at + HEADER_BYTES, 0, CHECK_BYTES) !== 0) break;
    records.push(record);
    at = end;
  }
  return { records, wholeBytes: at };
}

function encode(records: readonly Record[]): Buffer {
  const parts: Buffer[] = [];
  for (const { entry, leafHash } of records) {
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt16BE(entry.length);
    leafHash.copy(header, 2, 0, CHECK_BYTES);
    parts.push(header, entry);
  }
  return Buffer.concat(parts);
}

/** Cuts a torn tail, and makes durable what a killed process had written and not synced: it is about to be signed. */
async function settle(disk: Disk, file: string, bytes: number): Promise<void> {
  const handle = await disk.openAppend(file);
  try {
    await handle.truncate(bytes);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

function nameOf(start: number): string {
  return String(start).padStart(16, '0');
}

function damaged(file: string, start: number, count: number): WorldError {
  return new WorldError('ledger-damaged', `${file}: entry ${start + count} is damaged, and later ones follow it`);
}
