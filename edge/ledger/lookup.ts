/**
 * What the log says about a place and a time: for whoever asks what was taken there and who used it. Whole bundles are read, also over a network,
 * so that the question itself tells little.
 *
 * Leaves are in the order of writing, which is nearly that of time, so the place to begin is found by halving. Where a clock was set back by
 * more than SEARCH_BACK_MS while the log was written, leaves of before can be missed: `garim ledger show` reads all.
 */
import { decodeLeaf, type Leaf } from './leaf.ts';
import type { LogReader } from './reader.ts';
import { TILE_WIDTH } from './tile.ts';
import { spanOf } from './window.ts';

/** A pull is written at most an hour before the end of its window, and clocks are set. */
const SEARCH_BACK_MS = 2 * 3_600_000;
/** A window of a day is written when it is over and has waited for the next one. */
const SEARCH_AHEAD_MS = 49 * 3_600_000;
/** Bundles read for one question: about a week of a box with 16 cameras and sensors. */
const BUNDLES_MAX = 64;
const FOUND_MAX = 500;
/** A refusal has no window: it is told to whoever asks about the half hour around it. */
const REFUSAL_NEAR_MS = 30 * 60_000;

/** Kinds that tell of taking, using, refusing and objecting. */
type Told = 'collect' | 'failclosed' | 'release' | 'pull' | 'refusal' | 'object';
export type ToldLeaf = Leaf<Told>;

/** Gives entries; whoever can't believe them proves them first. */
export type Bundles = Pick<LogReader, 'bundle'>;

export interface Query {
  /** Name of a camera or a sensor; without it, all of the box. */
  place?: string | undefined;
  /** Milliseconds since 1970, both included. */
  fromMs: number;
  toMs: number;
}

export interface Answer {
  /** Leaves under the checkpoint that the answer was read from. */
  size: number;
  /** In the order of writing. */
  found: { index: number; leaf: ToldLeaf }[];
  /** There is more than was read. */
  isCut: boolean;
}

/**
 * Among the leaves under a checkpoint of this size: what is durable and not signed yet follows within a second or two. Throws WorldError
 * `ledger-damaged`.
 */
export async function lookUp(reader: Bundles, size: number, query: Query): Promise<Answer> {
  const bundles = Math.ceil(size / TILE_WIDTH);
  const found: Answer['found'] = [];
  let at = await firstBundle(reader, size, query.fromMs - SEARCH_BACK_MS);
  for (let read = 0; at < bundles; read++, at++) {
    if (read >= BUNDLES_MAX || found.length > FOUND_MAX) return { size, found: found.slice(0, FOUND_MAX), isCut: true };
    const entries = await reader.bundle(at * TILE_WIDTH, size);
    for (const [i, entry] of entries.entries()) {
      const leaf = aboutPlace(entry, query.place);
      if (leaf !== undefined && isWithin(leaf, query)) found.push({ index: at * TILE_WIDTH + i, leaf });
    }
    if ((timeIn(entries) ?? 0) > query.toMs + SEARCH_AHEAD_MS) break;
  }
  return { size, found: found.slice(0, FOUND_MAX), isCut: found.length > FOUND_MAX };
}

/** The last bundle that begins before the time, or the first of all. */
async function firstBundle(reader: Bundles, size: number, ms: number): Promise<number> {
  let low = 0;
  let high = Math.max(0, Math.ceil(size / TILE_WIDTH) - 1);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const time = timeIn(await reader.bundle(middle * TILE_WIDTH, size));
    if (time !== undefined && time < ms) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** When the first of the entries was written, as far as one of them tells. */
function timeIn(entries: readonly Buffer[]): number | undefined {
  for (const entry of entries) {
    const decoded = decodeLeaf(entry);
    if (!('leaf' in decoded)) continue;
    if ('at' in decoded.leaf) return Date.parse(decoded.leaf.at);
    if ('window' in decoded.leaf && decoded.leaf.window !== undefined) return spanOf(decoded.leaf.window)[1];
  }
  return undefined;
}

/** Decodes only what may be meant: most leaves are not. */
function aboutPlace(entry: Buffer, place: string | undefined): ToldLeaf | undefined {
  const mayMatch = place === undefined || entry.includes(`"${place}"`) || entry.includes('"kind":"object"');
  const decoded = mayMatch ? decodeLeaf(entry) : undefined;
  if (decoded === undefined || 'fault' in decoded) return undefined;
  const { leaf } = decoded;
  switch (leaf.kind) {
    case 'object':
      return leaf;
    case 'collect':
    case 'failclosed':
      return place === undefined || leaf.sensor === place ? leaf : undefined;
    case 'release':
      return place === undefined || leaf.sensor === place || leaf.feed === place ? leaf : undefined;
    case 'pull':
    case 'refusal':
      return place === undefined || leaf.feed === place ? leaf : undefined;
    default:
      return undefined;
  }
}

function isWithin(leaf: ToldLeaf, { fromMs, toMs }: Query): boolean {
  if ('window' in leaf && leaf.window !== undefined) {
    const [startMs, endMs] = spanOf(leaf.window);
    return startMs <= toMs && endMs > fromMs;
  }
  const atMs = 'at' in leaf ? Date.parse(leaf.at) : Number.NaN;
  return atMs >= fromMs - REFUSAL_NEAR_MS && atMs <= toMs + REFUSAL_NEAR_MS;
}
