/** One writer per folder: two would sign two histories. Where they don't see each other, a witness finds out what comes of it. */
import path from 'node:path';
import { WorldError } from '../base/errors.ts';
import { takeLock } from '../base/lock-file.ts';

const FILE = 'lock';

/**
 * Makes the folder when there is none. Throws WorldError `ledger-busy` when a living process holds it, `disk-failed` when it can't be
 * written. Call what it gives to let go.
 */
export async function lockFolder(dir: string): Promise<() => Promise<void>> {
  const lock = await takeLock(path.join(dir, FILE));
  if (lock.isHeld) return lock.letGo;
  const by = lock.by === undefined ? 'by another process' : `by process ${lock.by}`;
  throw new WorldError('ledger-busy', `${dir} is in use ${by}`);
}
