/**
 * `garim ledger`: verifies, shows and proves what this box has on record, beside the agent if need be; `measured` (record/) adds to it while the
 * agent does not run.
 */
import { open, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { messageOf, UserError, WorldError } from '../base/errors.ts';
import { auditLog } from '../ledger/audit.ts';
import type { Checkpoint } from '../ledger/checkpoint.ts';
import { nodeDisk } from '../ledger/disk.ts';
import { DurableFolder } from '../ledger/durable.ts';
import { entriesOf } from '../ledger/entries.ts';
import { baseOrigin } from '../ledger/epoch.ts';
import { decodeLeaf, KINDS } from '../ledger/leaf.ts';
import { LEDGER_FOLDER } from '../ledger/ledger.ts';
import { type Note, parseVerifier, renamedVerifier, type Verifier, verifyNote } from '../ledger/note.ts';
import { checkProof, formatProof, PROOF_BYTES_MAX } from '../ledger/proof.ts';
import { LogReader } from '../ledger/reader.ts';
import { TILE_WIDTH } from '../ledger/tile.ts';
import { measuredCommand } from './record/measured.ts';

type Print = (line: string) => void;

interface StateOption {
  state: string;
}

interface KeyOptions extends StateOption {
  key?: Verifier;
  witness: Verifier[];
}

/** The subcommand for `main.ts`. `verify` sets the exit code when something is wrong. */
export function ledgerCommand(): Command {
  const command = new Command('ledger').description('verify, show and prove what this box has on record');
  const print: Print = (text) => command.configureOutput().writeOut?.(`${text}\n`);
  const add = (usage: string, description: string): Command =>
    command
      .command(usage)
      .description(description)
      .option('--state <dir>', 'folder for the state of this box', 'state');

  const verify = addKeys(add('verify', 'check the whole log, or a proof; exits with 1 when something is wrong'))
    .option('--proof <file>', 'check this proof instead, offline; needs --key')
    .addHelpText(
      'after',
      `
Without --key the log is only compared with its own first leaf: whoever can replace the whole folder passes that. Note the key when the
box is installed, or take it from the city's register.

Examples:
  garim ledger verify --state /var/lib/garim --key 'box.example/ledger+1a2b3c4d+AY...'
  garim ledger verify --proof pull-118.tlog-proof --key 'box.example/ledger+1a2b3c4d+AY...'`,
    );
  verify.action(() => {
    const options = verify.opts<KeyOptions & { proof?: string }>();
    return options.proof === undefined ? verifyLog(options, print) : verifyProof(options.proof, options, print);
  });

  const show = add('show', 'print leaves, one JSON line each')
    .option('--from <index>', 'first leaf', index, 0)
    .option('--to <index>', 'last leaf', index)
    .option('--kind <kinds...>', `only these kinds: ${KINDS.join(', ')}`)
    .addHelpText('after', '\nExample:\n  garim ledger show --kind pull refusal --from 1000');
  show.action(() => showLeaves(show.opts<ShowOptions>(), print));

  const prove = add('prove <index>', 'write a proof that a leaf is in the log, to be checked offline');
  prove.option('--out <file>', 'proof to write; without it, it is printed');
  prove.action((text: string) => proveLeaf(index(text), prove.opts<StateOption & { out?: string }>(), print));
  command.addCommand(measuredCommand());
  return command;
}

function addKeys(command: Command): Command {
  return command
    .option('--key <vkey>', 'the key of the log', vkey)
    .option('--witness <vkey>', 'a witness that must have cosigned; may be repeated', addVkey, []);
}

function vkey(text: string): Verifier {
  return parseVerifier(text);
}

function addVkey(text: string, all: Verifier[]): Verifier[] {
  return [...all, parseVerifier(text)];
}

function index(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new InvalidArgumentError('write the number of a leaf');
  return value;
}

async function verifyLog({ state, key, witness }: KeyOptions, print: Print): Promise<void> {
  const audit = await auditLog({ folder: folderOf(state), witnesses: witness, ...(key === undefined ? {} : { key }) });
  const { checkpoint, kinds, unsigned, details, faults } = audit;
  if (checkpoint !== undefined) {
    print(`${checkpoint.origin}: ${checkpoint.size} leaves, root ${checkpoint.root.toString('base64')}`);
    print([...kinds].map(([kind, count]) => `${kind} ${count}`).join(', '));
    print(`${unsigned} more not signed yet; ${details} details opened and matched`);
    print(
      key === undefined
        ? `key by the log's own word: ${audit.vkey ?? 'none'}; give --key to hold it against yours`
        : `key as given: ${audit.vkey}`,
    );
  }
  for (const fault of faults) print(`WRONG: ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
  else print('all of it is intact');
}

async function verifyProof(file: string, { key, witness }: KeyOptions, print: Print): Promise<void> {
  if (key === undefined) {
    throw new UserError('a proof is nothing without the key of its log', {
      fix: 'give --key with the key that you have from elsewhere',
    });
  }
  const proof = checkProof(await readBounded(file));
  const fault = 'fault' in proof ? proof.fault : signatureFault(proof, key, witness);
  if (fault !== undefined || 'fault' in proof) {
    print(`WRONG: ${file}: ${fault}`);
    process.exitCode = 1;
    return;
  }
  print(proof.entry.toString('utf8'));
  print(`leaf ${proof.index} of ${proof.checkpoint.size} in ${proof.checkpoint.origin}: proved`);
}

/** What is wrong with who signed a checkpoint, if anything is. */
export function signatureFault(
  { checkpoint, note }: { checkpoint: Checkpoint; note: Note },
  key: Verifier,
  witnesses: readonly Verifier[],
): string | undefined {
  if (baseOrigin(checkpoint.origin) !== key.name) return `it is of the log ${checkpoint.origin}`;
  const needed = [renamedVerifier(key, checkpoint.origin), ...witnesses];
  const valid = verifyNote(note, needed);
  if (valid === undefined) return 'a signature is wrong';
  const missing = needed.find((verifier) => !valid.some((signature) => signature.verifier === verifier));
  return missing && `it is not signed by ${missing.name}`;
}

interface ShowOptions extends StateOption {
  from: number;
  to?: number;
  kind?: string[];
}

async function showLeaves({ state, from, to, kind }: ShowOptions, print: Print): Promise<void> {
  const unknown = kind?.find((name) => !(KINDS as readonly string[]).includes(name));
  if (unknown !== undefined) throw new UserError(`there is no kind ${unknown}`, { fix: `use ${KINDS.join(', ')}` });
  for await (const { index: at, entry } of entriesOf(folderOf(state), from, to)) {
    const decoded = decodeLeaf(entry);
    if ('fault' in decoded) print(JSON.stringify({ index: at, fault: decoded.fault }));
    else if (kind === undefined || kind.includes(decoded.leaf.kind))
      print(JSON.stringify({ index: at, ...decoded.leaf }));
  }
}

async function proveLeaf(at: number, { state, out }: StateOption & { out?: string }, print: Print): Promise<void> {
  const { disk, root } = folderOf(state);
  const reader = new LogReader(disk, root);
  const newest = await reader.checkpoint();
  if (newest === undefined || at >= newest.size) {
    throw new UserError(`leaf ${at} is not signed: the checkpoint covers ${newest?.size ?? 0} leaves`, {
      fix: 'name a smaller number, or wait a second',
    });
  }
  // A cosigned checkpoint says more, if there is one that reaches that far.
  const witnessed = await reader.checkpoint('witnessed');
  const { size, bytes } = witnessed !== undefined && at < witnessed.size ? witnessed : newest;
  const entry = (await reader.bundle(at, size))[at % TILE_WIDTH]!;
  const proof = formatProof({ entry, index: at, path: await reader.inclusion(at, size), note: bytes.toString('utf8') });
  if (out === undefined) {
    print(proof.trimEnd());
    return;
  }
  try {
    await writeFile(out, proof);
  } catch (error) {
    throw new WorldError('disk-failed', `cannot write ${out}: ${messageOf(error)}`);
  }
  print(`${out}: leaf ${at} of ${size}`);
}

async function readBounded(file: string): Promise<Buffer> {
  try {
    await using handle = await open(file);
    const { size } = await handle.stat();
    if (size <= PROOF_BYTES_MAX) return await readFile(file);
  } catch (error) {
    throw new UserError(`cannot read ${file}: ${messageOf(error)}`, {
      fix: 'name a file that garim ledger prove wrote',
    });
  }
  throw new UserError(`${file} is too large for a proof`, { fix: 'name a file that garim ledger prove wrote' });
}

function folderOf(state: string): DurableFolder {
  return new DurableFolder(nodeDisk, path.join(state, LEDGER_FOLDER));
}
