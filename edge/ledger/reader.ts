/**
 * Reads a log's public files, while it is written or after: what is served, proved and verified. Changes nothing, and reaches no file
 * but the checkpoints and the tiles.
 */
import { WorldError } from '../base/errors.ts';
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts';
import type { Disk } from './disk.ts';
import { HASH_BYTES, proveConsistency, proveInclusion } from './merkle.ts';
import { type Note, parseNote } from './note.ts';
import {
  decodeEntries,
  encodeEntries,
  parseTilePath,
  subtreeReader,
  TILE_WIDTH,
  type TileName,
  tilePath,
  widthIn,
} from './tile.ts';

/** Full tiles kept while proofs are made: a proof touches about three a level. */
const CACHED_TILES_MAX = 64;

export interface PublicFile {
  body: Buffer;
  contentType: string;
  cacheControl: string;
}

export interface SignedCheckpoint extends Checkpoint {
  note: Note;
  bytes: Buffer;
}

/** Where the files lie: a disk, or a server. */
export type Files = Pick<Disk, 'read' | 'list'>;

export class LogReader {
  readonly #disk: Files;
  readonly #dir: string;
  readonly #cache = new Map<string, Buffer>();

  constructor(disk: Files, dir: string) {
    this.#disk = disk;
    this.#dir = dir;
  }

  /**
   * What an HTTP server answers to a GET of `/checkpoint` or `/tile/...`, or undefined for whatever else. The path is taken as it stands
   * in the URL, with nothing decoded.
   */
  async publicFile(urlPath: string): Promise<PublicFile | undefined> {
    if (urlPath === '/checkpoint') {
      const body = await this.#disk.read(`${this.#dir}/checkpoint`);
      return body && { body, contentType: 'text/plain; charset=utf-8', cacheControl: 'no-store' };
    }
    const name = urlPath.startsWith('/') ? parseTilePath(urlPath.slice(1)) : undefined;
    const body = name && (await this.tile(name));
    return (
      body && { body, contentType: 'application/octet-stream', cacheControl: 'public, max-age=31536000, immutable' }
    );
  }

  /** The newest checkpoint, or the newest that a witness cosigned; its signatures are the caller's to verify. */
  async checkpoint(which: 'checkpoint' | 'witnessed' = 'checkpoint'): Promise<SignedCheckpoint | undefined> {
    const bytes = await this.#disk.read(`${this.#dir}/${which}`);
    const note = bytes && parseNote(bytes);
    const checkpoint = note && parseCheckpoint(note.text);
    return bytes && note && checkpoint && { ...checkpoint, note, bytes };
  }

  /** Exactly the bytes of the tile or bundle that is named, cut from a wider one where that is what is there. */
  async tile(name: TileName): Promise<Buffer | undefined> {
    // A tile may become full, and its narrower ones go, between two looks.
    return (await this.#find(name)) ?? (await this.#find(name));
  }

  async #find(name: TileName): Promise<Buffer | undefined> {
    const full = tilePath({ ...name, width: TILE_WIDTH });
    const cached = this.#cache.get(full);
    if (cached !== undefined) return cut(cached, name);
    const exact = await this.#disk.read(`${this.#dir}/${tilePath(name)}`);
    if (exact !== undefined) {
      if (name.width === TILE_WIDTH) this.#keep(full, exact);
      return cut(exact, name);
    }
    const widths = (await this.#disk.list(`${this.#dir}/${full}.p`)).map(Number);
    for (const width of [...widths.sort((a, b) => a - b), TILE_WIDTH]) {
      if (!(width > name.width)) continue;
      const wider = await this.#disk.read(`${this.#dir}/${tilePath({ ...name, width })}`);
      if (wider !== undefined) return cut(wider, name);
    }
    return undefined;
  }

  #keep(path: string, bytes: Buffer): void {
    this.#cache.set(path, bytes);
    if (this.#cache.size > CACHED_TILES_MAX) this.#cache.delete(this.#cache.keys().next().value!);
  }

  /** The entries of the bundle that holds `index`, as far as a log of this size has them. Throws WorldError `ledger-damaged`. */
  async bundle(index: number, size: number): Promise<Buffer[]> {
    const number = Math.floor(index / TILE_WIDTH);
    const width = widthIn(size, 0, number);
    const bytes = await this.#need({ level: 'entries', index: number, width });
    return decodeEntries(bytes, width)!;
  }

  inclusion(index: number, size: number): Promise<Buffer[]> {
    return proveInclusion(index, size, this.#subtrees(size));
  }

  /** Empty from size 0, which is consistent with everything. */
  async consistency(oldSize: number, size: number): Promise<Buffer[]> {
    return oldSize === 0 ? [] : proveConsistency(oldSize, size, this.#subtrees(size));
  }

  #subtrees(size: number) {
    return subtreeReader(size, (name) => this.#need(name));
  }

  async #need(name: TileName): Promise<Buffer> {
    const bytes = await this.tile(name);
    if (bytes !== undefined) return bytes;
    throw new WorldError('ledger-damaged', `${this.#dir}/${tilePath(name)} is missing or damaged`);
  }
}

/** The first `width` hashes or entries; undefined when there are fewer. */
function cut(bytes: Buffer, { level, width }: TileName): Buffer | undefined {
  if (level !== 'entries') return bytes.length < width * HASH_BYTES ? undefined : bytes.subarray(0, width * HASH_BYTES);
  const entries = decodeEntries(bytes, width);
  return entries && encodeEntries(entries);
}
