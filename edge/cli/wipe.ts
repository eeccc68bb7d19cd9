/**
 * `garim wipe`: takes a box's keys and secrets away, for a box that is given back, moved or stolen. What stays is what anybody may see: the ledger's
 * public part, and models. What is kept is named and all else goes, so that a secret that a later version adds is not forgotten here.
 */
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import { syncFolder } from '../base/durable-file.ts';
import { messageOf, UserError, WorldError } from '../base/errors.ts';

/** Below the state folder: the log's entries, tiles and checkpoints, by which anybody can still verify it, and weights. */
const KEPT = new Set([
  'models',
  'ledger/journal',
  'ledger/tile',
  'ledger/checkpoint',
  'ledger/witnessed',
  'ledger/intent',
]);

export function wipeCommand(): Command {
  return new Command('wipe')
    .option('--state <dir>', 'folder for the state of this box', 'state')
    .option('--yes', 'do it; without it what would go is only listed')
    .addHelpText(
      'after',
      `
Stop the agent first: what runs has its keys in memory. Afterwards nobody can sign for this box or open what was sealed on it, and the next
start makes new users and begins with no memory. Flash keeps old blocks for a while: where that matters, the disk has to be encrypted.
Secrets that stand elsewhere (/etc/garim, files that the configuration names) are not touched.

Example, from afar:
  ssh box 'sudo systemctl stop garim && sudo garim wipe --state /var/lib/garim --yes'`,
    )
    .action(async ({ state, yes = false }: { state: string; yes?: boolean }) => {
      const gone = await wipeState(state, yes);
      for (const name of gone) process.stdout.write(`${yes ? 'gone' : 'would go'}: ${path.join(state, name)}\n`);
      if (!yes && gone.length > 0)
        throw new UserError('nothing was touched.', { fix: 'Repeat it with --yes to wipe what is listed.' });
    });
}

/** What was removed (or would be), relative to the state folder. Throws WorldError `disk-failed` when something could not be. */
export async function wipeState(stateDir: string, forReal: boolean): Promise<string[]> {
  const gone: string[] = [];
  try {
    for (const place of ['', 'ledger']) {
      for (const name of await namesIn(path.join(stateDir, place))) {
        const relative = path.join(place, name);
        if (KEPT.has(relative) || relative === 'ledger') continue;
        if (forReal) await rm(path.join(stateDir, relative), { recursive: true, force: true });
        gone.push(relative);
      }
      if (forReal && (await namesIn(path.join(stateDir, place))).length > 0)
        await syncFolder(path.join(stateDir, place));
    }
  } catch (error) {
    throw new WorldError('disk-failed', `not all of ${stateDir} could be wiped: ${messageOf(error)}`, { cause: error });
  }
  return gone;
}

async function namesIn(dir: string): Promise<string[]> {
  try {
    return await readdir(dir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
