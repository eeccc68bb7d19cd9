/** What opening a log believes: full tiles below the journal, the journal's whole records, and the intent that they must bear out. */
import { WorldError } from '../base/errors.ts';
import type { DurableFolder } from './durable.ts';
import type { Intent } from './intent.ts';
import type { Record } from './journal.ts';
import { TILE_WIDTH, tilePath } from './tile.ts';
import { GrowingTree, TILE_BYTES } from './tree.ts';

/** The tree of the entries before the journal's first, out of full tiles. */
export async function restoreTree(folder: DurableFolder, size: number): Promise<GrowingTree> {
  if (size === 0) return GrowingTree.empty();
  return GrowingTree.restore(size, async (level, index) => {
    const path = tilePath({ level, index, width: TILE_WIDTH });
    const bytes = await folder.read(path);
    if (bytes?.length === TILE_BYTES) return bytes;
    throw new WorldError('ledger-damaged', `${folder.at(path)} is ${bytes === undefined ? 'missing' : 'damaged'}`);
  });
}

/**
 * Adds what the journal holds to the tree, and gives the origin that applies. Throws WorldError `ledger-damaged` when it is less than what was
 * signed, or another.
 */
export function replay(
  tree: GrowingTree,
  records: readonly Record[],
  intent: Intent | undefined,
  options: { root: string; origin: string; originSetBy(entry: Buffer): string | undefined },
): string {
  const { root } = options;
  const fix = `restore it, or move ${root} away to begin a new log`;
  const damaged = (why: string): WorldError => new WorldError('ledger-damaged', `${root}: ${why}; ${fix}`);
  const check = (): void => {
    if (intent?.size === tree.size && !tree.root().equals(intent.root))
      throw damaged(`the first ${intent.size} entries are not those that were signed`);
  };
  if (tree.size > (intent?.size ?? 0)) throw damaged('it holds entries without a record of what was signed');
  let origin = intent?.origin ?? options.origin;
  check();
  for (const { entry, leafHash } of records) {
    if (tree.size >= (intent?.size ?? 0)) origin = options.originSetBy(entry) ?? origin;
    tree.append(entry, leafHash);
    check();
  }
  if (tree.size < (intent?.size ?? 0))
    throw damaged(`it holds ${tree.size} entries, and ${intent?.size} were signed: the disk lost data, or is a copy`);
  return origin;
}
