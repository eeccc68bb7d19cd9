/** Puts leaves into the log of this box while the agent does not run: the log has one writer. */
import path from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { systemClock } from '../../base/clock.ts';
import { UserError, WorldError } from '../../base/errors.ts';
import { rootLog } from '../../base/log.ts';
import { nodeDisk } from '../../ledger/disk.ts';
import { DurableFolder } from '../../ledger/durable.ts';
import { decodeLeaf, type Leaf } from '../../ledger/leaf.ts';
import { LEDGER_FOLDER, type LeafBody, Ledger } from '../../ledger/ledger.ts';
import { LogReader } from '../../ledger/reader.ts';
import { softwareVersion } from '../version.ts';

export interface Witness {
  url: string;
  vkey: string;
}

/** For commands that put something on record. */
export function addWitnessOption(command: Command): Command {
  return command.option('--witness-at <url=vkey>', 'a witness of the log, for putting on record', witnessAt, []);
}

function witnessAt(text: string, all: Witness[]): Witness[] {
  const cut = text.indexOf('=');
  if (cut < 1) throw new InvalidArgumentError('write URL=VKEY');
  return [...all, { url: text.slice(0, cut), vkey: text.slice(cut + 1) }];
}

/**
 * Resolves when all are signed; gives their indices. The log goes on as its first leaf says whose it is. Throws UserError when there is none,
 * when the agent is writing it, or when a witness that it began with is not named: nothing is signed without having asked it.
 */
export async function appendLeaves(
  stateDir: string,
  witnesses: readonly Witness[],
  bodies: readonly LeafBody[],
): Promise<number[]> {
  const { box, origin, witnesses: begunWith } = await genesisOf(stateDir);
  const missing = begunWith.filter((vkey) => !witnesses.some((witness) => witness.vkey === vkey));
  if (missing.length > 0)
    throw new UserError(`the log began with a witness that is not named: ${missing[0]}`, {
      fix: 'Name it as --witness-at URL=VKEY, so that it can be asked whether this log is whole.',
    });
  const ledger = await start({ stateDir, box, origin, witnesses });
  try {
    const indices: number[] = [];
    for (const body of bodies) indices.push(await ledger.append(body));
    const last = indices.at(-1);
    if (last !== undefined) await ledger.prove(last); // waits until it is signed
    return indices;
  } finally {
    await ledger.close();
  }
}

async function start(of: { stateDir: string; box: string; origin: string; witnesses: readonly Witness[] }) {
  try {
    return await Ledger.start({
      ...of,
      software: softwareVersion(),
      clock: systemClock,
      log: rootLog.child({}, { level: 'silent' }), // what matters is said by the command
      onFailed: () => {}, // the append that failed says so
    });
  } catch (error) {
    if (!(error instanceof WorldError) || error.code !== 'ledger-busy') throw error;
    throw new UserError(`${error.message}: one writer at a time.`, {
      fix: 'Stop garim run for the moment that this takes.',
      cause: error,
    });
  }
}

async function genesisOf(stateDir: string): Promise<Leaf<'genesis'>> {
  const folder = new DurableFolder(nodeDisk, path.join(stateDir, LEDGER_FOLDER));
  const reader = new LogReader(folder.disk, folder.root);
  const size = (await reader.checkpoint())?.size ?? 0;
  const first = size === 0 ? undefined : decodeLeaf((await reader.bundle(0, size))[0]!);
  if (first !== undefined && 'leaf' in first && first.leaf.kind === 'genesis') return first.leaf;
  throw new UserError(`${folder.root} holds no log that could go on.`, {
    fix: 'Name the state folder of a box with --state; garim run begins its log.',
  });
}
