/**
 * Tiles and entry bundles (c2sp.org/tlog-tiles): their names, their bytes, and the tree hashes in them.
 *
 * A tile of level L holds up to 256 hashes, each over 256^L entries. On disk there is, of a tile that is not full, only its newest
 * width: narrower ones are its beginning.
 */
import { HASH_BYTES, rootOf, type SubtreeReader } from './merkle.ts';

export const TILE_WIDTH = 256;
/** Longest entry: its length is written in 16 bits. */
export const ENTRY_BYTES_MAX = 65_535;
const LEVEL_MAX = 6;

export interface TileName {
  /** Level of hashes, or `entries` for a bundle. */
  level: number | 'entries';
  index: number;
  /** Hashes or entries in it: 1 to 256. */
  width: number;
}

/** Path below the log's prefix, e.g. `tile/0/x001/234.p/17`. */
export function tilePath({ level, index, width }: TileName): string {
  const folders: string[] = [];
  for (let rest = index, isLast = true; isLast || rest > 0; rest = Math.floor(rest / 1000), isLast = false)
    folders.unshift(`${isLast ? '' : 'x'}${String(rest % 1000).padStart(3, '0')}`);
  const full = `tile/${level}/${folders.join('/')}`;
  return width === TILE_WIDTH ? full : `${full}.p/${width}`;
}

/** The only spelling of a tile's path, or undefined: nothing else ever reaches a file system. */
export function parseTilePath(path: string): TileName | undefined {
  const [, levelText = '', digits = '', widthText] =
    /^tile\/(entries|[0-9])\/((?:x[0-9]{3}\/){0,4}[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/.exec(path) ?? [];
  if (levelText === '') return undefined;
  const level = levelText === 'entries' ? levelText : Number(levelText);
  const width = widthText === undefined ? TILE_WIDTH : Number(widthText);
  if ((level !== 'entries' && level > LEVEL_MAX) || width < 1) return undefined;
  const name: TileName = { level, index: Number(digits.replaceAll(/[x/]/g, '')), width };
  return width <= TILE_WIDTH && tilePath(name) === path ? name : undefined;
}

/** All tiles of one level in a tree: the last may be partial. */
export function widthIn(size: number, level: number, index: number): number {
  const hashes = Math.floor(size / TILE_WIDTH ** level);
  return Math.max(0, Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH));
}

export function encodeEntries(entries: readonly Uint8Array[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(entry.length);
    parts.push(length, entry);
  }
  return Buffer.concat(parts);
}

/** The first `count` entries of a bundle, or undefined when it does not hold as many whole ones. */
export function decodeEntries(bytes: Buffer, count: number): Buffer[] | undefined {
  const entries: Buffer[] = [];
  let at = 0;
  while (entries.length < count) {
    if (at + 2 > bytes.length) return undefined;
    const end = at + 2 + bytes.readUInt16BE(at);
    if (end > bytes.length) return undefined;
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return entries;
}

/** Gives a tile's bytes, at least as wide as asked; throws when it is not there. */
export type TileReader = (name: TileName) => Promise<Buffer>;

/** Tree hashes of a log of `size` entries, out of its tiles. */
export function subtreeReader(size: number, readTile: TileReader): SubtreeReader {
  return async (start, length) => {
    let level = 0;
    let hashes = length;
    while (hashes >= TILE_WIDTH && start % TILE_WIDTH ** (level + 1) === 0) {
      hashes /= TILE_WIDTH;
      level++;
    }
    const first = start / TILE_WIDTH ** level;
    const index = Math.floor(first / TILE_WIDTH);
    const bytes = await readTile({ level, index, width: widthIn(size, level, index) });
    const at = first % TILE_WIDTH;
    return rootOf(hashesOf(bytes).slice(at, at + hashes));
  };
}

export function hashesOf(tile: Buffer): Buffer[] {
  return Array.from({ length: Math.floor(tile.length / HASH_BYTES) }, (_, i) =>
    tile.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES),
  );
}
