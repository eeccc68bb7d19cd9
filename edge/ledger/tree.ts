/**
 * The right edge of a growing tree: what must be known to add entries, to compute the root, and to write the tiles that became full.
 * Owns no files. What a tile holds is kept here until `written()` says that it is on disk.
 */
import { HASH_BYTES, rootOf } from './merkle.ts';
import { encodeEntries, hashesOf, TILE_WIDTH, type TileName, tilePath } from './tile.ts';

export interface TileFile {
  name: TileName;
  /** Below the log's folder. */
  path: string;
  bytes: Buffer;
}

export interface Snapshot {
  size: number;
  root: Buffer;
  /** Tiles and bundles that are full and not written yet. */
  full: readonly TileFile[];
  /** The right edge: tiles and a bundle that are not full. */
  partial: readonly TileFile[];
}

export class GrowingTree {
  #size: number;
  /** By level: the hashes of the tile that is not full yet. */
  readonly #edge: Buffer[][];
  /** The entries of the bundle that is not full yet. */
  #entries: Buffer[] = [];
  #full: TileFile[] = [];
  #unwrittenBytes = 0;

  private constructor(size: number, edge: Buffer[][]) {
    this.#size = size;
    this.#edge = edge;
  }

  static empty(): GrowingTree {
    return new GrowingTree(0, [[]]);
  }

  /**
   * The tree of the first `size` entries, a multiple of the tile's width, out of full tiles only. `readTile` gives a full tile of level 0
   * or above; each level is computed from the one below as far as it is the edge.
   */
  static async restore(
    size: number,
    readTile: (level: number, index: number) => Promise<Buffer>,
  ): Promise<GrowingTree> {
    if (size % TILE_WIDTH !== 0) throw new Error(`${size} entries do not end at a tile`);
    const edge: Buffer[][] = [[]];
    for (let level = 1, hashes = size / TILE_WIDTH; hashes > 0; level++, hashes = Math.floor(hashes / TILE_WIDTH)) {
      const row: Buffer[] = [];
      for (let index = hashes - (hashes % TILE_WIDTH); index < hashes; index++)
        row.push(rootOf(hashesOf(await readTile(level - 1, index))));
      edge[level] = row;
    }
    return new GrowingTree(size, edge);
  }

  get size(): number {
    return this.#size;
  }

  /** Memory of what is not written yet, in bytes: entries and tiles that are full. */
  get unwrittenBytes(): number {
    return this.#unwrittenBytes;
  }

  append(entry: Buffer, leafHash: Buffer): void {
    this.#entries.push(entry);
    if (this.#entries.length === TILE_WIDTH) {
      const name: TileName = { level: 'entries', index: Math.floor(this.#size / TILE_WIDTH), width: TILE_WIDTH };
      this.#addFull(name, encodeEntries(this.#entries));
      this.#entries = [];
    }
    this.#size++;
    let node = leafHash;
    for (let level = 0; ; level++) {
      const row = this.#edge[level] ?? [];
      this.#edge[level] = row;
      row.push(node);
      if (row.length < TILE_WIDTH) return;
      const index = Math.floor((this.#size - 1) / TILE_WIDTH ** (level + 1));
      this.#addFull({ level, index, width: TILE_WIDTH }, Buffer.concat(row));
      node = rootOf(row);
      this.#edge[level] = [];
    }
  }

  #addFull(name: TileName, bytes: Buffer): void {
    this.#full.push({ name, path: tilePath(name), bytes });
    this.#unwrittenBytes += bytes.length;
  }

  /** A perfect subtree of one level is a leaf to the level above, and the smaller rest is its last one. */
  root(): Buffer {
    let rest: Buffer | undefined;
    for (const row of this.#edge) {
      const nodes = rest === undefined ? row : [...row, rest];
      if (nodes.length > 0) rest = rootOf(nodes);
    }
    return rest ?? rootOf([]);
  }

  snapshot(): Snapshot {
    const partial: TileFile[] = [];
    const add = (level: number | 'entries', tileCount: number, width: number, bytes: Buffer): void => {
      const name: TileName = { level, index: Math.floor(tileCount / TILE_WIDTH), width };
      partial.push({ name, path: tilePath(name), bytes });
    };
    for (const [level, row] of this.#edge.entries())
      if (row.length > 0) add(level, Math.floor(this.#size / TILE_WIDTH ** level), row.length, Buffer.concat(row));
    if (this.#entries.length > 0) add('entries', this.#size, this.#entries.length, encodeEntries(this.#entries));
    return { size: this.#size, root: this.root(), full: [...this.#full], partial };
  }

  /** The full tiles of the snapshot are durable and need not be kept any more. */
  written(snapshot: Snapshot): void {
    this.#full.splice(0, snapshot.full.length);
    this.#unwrittenBytes = this.#full.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }
}

/** Bytes of a full tile of hashes. */
export const TILE_BYTES: number = TILE_WIDTH * HASH_BYTES;
