/** Entries of a log in their order, whether it is being written or not: signed ones out of bundles, then those that are durable only. */
import type { DurableFolder } from './durable.ts';
import { readJournal } from './journal.ts';
import { LogReader } from './reader.ts';
import { TILE_WIDTH } from './tile.ts';

/** From `from` to `to`, both included. Throws WorldError `ledger-damaged`. */
export async function* entriesOf(
  folder: DurableFolder,
  from: number,
  to = Number.MAX_SAFE_INTEGER,
): AsyncGenerator<{ index: number; entry: Buffer }> {
  const reader = new LogReader(folder.disk, folder.root);
  const size = (await reader.checkpoint())?.size ?? 0;
  for (let at = from; at < Math.min(size, to + 1); ) {
    for (const entry of (await reader.bundle(at, size)).slice(at % TILE_WIDTH)) {
      if (at > to) return;
      yield { index: at++, entry };
    }
  }
  const { start, records } = await readJournal(folder.disk, folder.at('journal'));
  for (let at = Math.max(from, size); at < start + records.length && at <= to; at++)
    if (at >= start) yield { index: at, entry: records[at - start]!.entry };
}
