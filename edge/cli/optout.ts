/** `garim optout`: the deniable opt-out list, at the city's desk and on the boxes. Plates are read from stdin, never from arguments. */
import { Command } from 'commander';
import { UserError } from '../base/errors.ts';
import {
  affordableRho,
  correctionFactor,
  POSTERIOR_DEFAULT,
  posterior,
  rhoFor,
} from '../policy/choices/opt-out-bound.ts';
import { addToOptOutList } from '../policy/choices/opt-out-desk.ts';
import { keyFileOf, readOptOutKey, readOptOutList, rhoOf } from '../policy/choices/opt-out-list.ts';
import { syncOptOutList } from '../policy/choices/opt-out-sync.ts';
import { duration } from '../policy/diff.ts';
import { parseSigningKey, parseTrustKey } from '../policy/envelope.ts';
import { readText } from './read-text.ts';

/** More than this on stdin is no list of plates. */
const STDIN_BYTES_MAX = 4 * 1024 * 1024;

type Print = (line: string) => void;

export function optoutCommand(): Command {
  const command = new Command('optout');
  const print: Print = (line) => command.configureOutput().writeOut?.(`${line}\n`);
  const state = ['--state <dir>', 'folder for users, keys and models', 'state'] as const;
  const fleet = ['--fleet <n>', 'vehicles that the cameras of the city see', wholeNumber('--fleet', 1)] as const;
  command
    .command('add')
    .description(
      'at the desk: read plates from stdin, one a line, and make a signed batch that hides them among decoys',
    )
    .option(...state)
    .requiredOption(...fleet)
    .requiredOption('--key <file>', 'private key of the city, made by garim policy keygen')
    .option('--posterior <p>', 'how likely a hit may be a member', share('--posterior'), POSTERIOR_DEFAULT)
    .addHelpText('after', '\nAn empty stdin makes a batch of decoys only. The first run makes the key of the list.')
    .action((options: AddOptions) => add(options, print));
  command
    .command('sync')
    .description('on a box: take up the batches of the desk')
    .option(...state)
    .requiredOption('--from <path>', 'a batch, or the folder that batches are brought to')
    .requiredOption('--trust <file>', 'public key of the city')
    .action((options: SyncOptions) => sync(options, print));
  command
    .command('list-size')
    .description('how long the list is, and what it costs the counts')
    .option(...state)
    .action(({ state }: { state: string }) => listSize(state, print));
  command
    .command('bound')
    .description('how likely a hit is a member, or how many decoys it takes')
    .requiredOption(...fleet)
    .requiredOption('--members <n>', 'people on the list', wholeNumber('--members', 0))
    .option('--rho <share>', 'share of decoys; without it the one that --posterior needs', share('--rho'))
    .option('--posterior <p>', 'how likely a hit may be a member', share('--posterior'), POSTERIOR_DEFAULT)
    .action((options: BoundOptions) => bound(options, print));
  return command;
}

interface AddOptions {
  state: string;
  fleet: number;
  key: string;
  posterior: number;
}

async function add(options: AddOptions, print: Print): Promise<void> {
  const signingKey = parseSigningKey(await readText(options.key), options.key);
  const plates = (await readStdin()).split('\n').map((line) => line.trim());
  const result = await addToOptOutList(
    plates.filter((line) => line !== ''),
    {
      stateDir: options.state,
      fleet: options.fleet,
      posteriorMax: options.posterior,
      signingKey,
      nowMs: Date.now(),
    },
  );
  print(`${result.file}: batch ${result.sequence}, ${result.tags} tags, members' and decoys' alike`);
  print(
    `${result.members} members among ${options.fleet} vehicles; ${percent(result.rho)} of the others are left out too`,
  );
  print(`a hit is a member with likelihood of at most ${result.posterior.toFixed(3)}`);
}

interface SyncOptions {
  state: string;
  from: string;
  trust: string;
}

async function sync({ state, from, trust }: SyncOptions, print: Print): Promise<void> {
  const key = parseTrustKey(await readText(trust), trust);
  const result = await syncOptOutList({ stateDir: state, from, trust: key, nowMs: Date.now() });
  const took = result.tookMs === undefined ? '' : `; the newest was made ${duration(roundedMs(result.tookMs))} ago`;
  print(`${result.applied} batch${result.applied === 1 ? '' : 'es'} taken up, now at ${result.sequence}${took}`);
  print(`${result.tags} tags; ${percent(result.rho)} of vehicles that refused nothing are left out too`);
}

async function listSize(state: string, print: Print): Promise<void> {
  const key = await readOptOutKey(state);
  if (key === undefined) {
    throw new UserError(`${keyFileOf(state)} is missing: there is no opt-out list here.`, {
      fix: 'At the desk garim optout add makes one; a box gets the key and the batches of the desk.',
    });
  }
  const list = await readOptOutList(state, key);
  const rho = rhoOf(list);
  print(`${list.tags.size} tags, at batch ${list.header.sequence}`);
  if (list.header.members !== undefined) print(`${list.header.members} members`);
  print(`rho ${rho.toFixed(5)}: counts of vehicles are multiplied with ${correctionFactor(rho).toFixed(5)}`);
}

interface BoundOptions {
  fleet: number;
  members: number;
  rho?: number;
  posterior: number;
}

function bound({ fleet, members, rho, posterior: wanted }: BoundOptions, print: Print): void {
  if (members > fleet) throw new UserError('--members: more than the fleet has.', { fix: 'Write a smaller number.' });
  const share = rho ?? affordableRho(fleet, members, wanted);
  print(`${members} members among ${fleet} vehicles, rho ${share.toFixed(5)}`);
  print(`a hit is a member with likelihood ${posterior(fleet, members, share).toFixed(4)}`);
  if (rho !== undefined) print(`for ${wanted} it takes rho ${rhoFor(fleet, members, wanted).toFixed(5)}`);
  print(
    `${Math.round(share * (fleet - members))} other vehicles are left out too; counts are multiplied with ${correctionFactor(share).toFixed(4)}`,
  );
}

async function readStdin(): Promise<string> {
  if (process.stdin.isTTY) process.stderr.write('Plates, one a line; end with Ctrl-D:\n');
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of process.stdin) {
    bytes += (part as Buffer).length;
    if (bytes > STDIN_BYTES_MAX)
      throw new UserError('stdin: too long for a list of plates.', { fix: 'Add them in parts.' });
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts).toString('utf8');
}

function wholeNumber(option: string, min: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,10}$/.test(text) && value >= min) return value;
    throw new UserError(`${option}: not a whole number of at least ${min}.`, { fix: 'Write for example 500000.' });
  };
}

function share(option: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value > 0 && value < 1) return value;
    throw new UserError(`${option}: not a share between 0 and 1.`, { fix: 'Write for example 0.1.' });
  };
}

/** To a unit in which a person would say it. */
function roundedMs(ms: number): number {
  const unit = ms < 60_000 ? 1_000 : ms < 3_600_000 ? 60_000 : 3_600_000;
  return Math.round(ms / unit) * unit;
}

function percent(value: number): string {
  return `${(value * 100).toPrecision(2)} %`;
}
