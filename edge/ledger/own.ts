/** Whose log a folder holds: the first leaf says it, for good. */
import { UserError, WorldError } from '../base/errors.ts';
import type { DurableFolder } from './durable.ts';
import { readJournal } from './journal.ts';
import { decodeLeaf } from './leaf.ts';
import type { LogReader } from './reader.ts';

/**
 * Throws UserError when the log has another origin or key, WorldError `ledger-damaged` when it does not say. `signed`: leaves under the
 * published checkpoint.
 */
export async function requireOwn(
  folder: DurableFolder,
  own: { origin: string; vkey: string },
  log: { reader: LogReader; signed: number },
): Promise<void> {
  const { start, records } = await readJournal(folder.disk, folder.at('journal'));
  const first = start === 0 ? records[0]?.entry : (await log.reader.bundle(0, log.signed))[0];
  const decoded = first && decodeLeaf(first);
  if (decoded === undefined || !('leaf' in decoded) || decoded.leaf.kind !== 'genesis')
    throw new WorldError('ledger-damaged', `${folder.root} does not begin with whose log it is`);
  if (decoded.leaf.origin === own.origin && decoded.leaf.key === own.vkey) return;
  throw new UserError(`${folder.root} holds the log ${decoded.leaf.origin}, not ${own.origin}`, {
    fix: `keep that origin, or move ${folder.root} away to begin a new log`,
  });
}
