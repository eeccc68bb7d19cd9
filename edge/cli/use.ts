/**
 * `garim use`: what was taken at a place and time, and who used it. Reads a box's state folder, or its public files over HTTP: whole bundles, so
 * that the box does not learn what is asked. Every entry of a bundle is proved here against the checkpoint rather than believed, also those
 * that are not shown, so that none can be hidden.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Command, Option } from 'commander';
import { messageOf, UserError, WorldError } from '../base/errors.ts';
import { parseInstant } from '../base/instant.ts';
import { nodeDisk } from '../ledger/disk.ts';
import { LEDGER_FOLDER } from '../ledger/ledger.ts';
import { type Bundles, lookUp, type ToldLeaf } from '../ledger/lookup.ts';
import { hashLeaf, verifyInclusion } from '../ledger/merkle.ts';
import { parseVerifier, type Verifier } from '../ledger/note.ts';
import { formatProof } from '../ledger/proof.ts';
import { type Files, LogReader, type SignedCheckpoint } from '../ledger/reader.ts';
import { TILE_WIDTH } from '../ledger/tile.ts';
import { LANGUAGES, type Language, sentenceOf } from '../ledger/words.ts';
import { signatureFault } from './ledger.ts';

/** A bundle holds at most 256 entries of 64 kB. */
const FILE_BYTES_MAX = 17 * 1024 * 1024;
/** All bundles of one question, and their tiles; some 20 MB. */
const FILES_MAX = 256;
const ANSWER_MS_MAX = 15_000;
const TRIES_MAX = 4;
const RETRY_MS = 1_000;

interface UseOptions {
  place: string;
  time: number;
  state: string;
  key?: Verifier;
  witness: Verifier[];
  lang: Language;
  proofs?: string;
  json?: boolean;
}

interface Proved {
  index: number;
  leaf: ToldLeaf;
  proof: string;
}

/** The subcommand. Throws UserError for a bad option, WorldError when the log can't be read; sets the exit code when something is wrong. */
export function useCommand(): Command {
  const command = new Command('use')
    .description('what was taken at a place and time, and who used it, with proofs')
    .requiredOption('--place <name>', 'camera or sensor')
    .requiredOption('--time <time>', 'e.g. 2026-11-23T14:05+09:00; without offset, the time of this machine', instant)
    .option('--state <dir or url>', 'state folder of the box, or the address of its web page', 'state')
    .option('--key <vkey>', 'the key of the log', parseVerifier)
    .option('--witness <vkey>', 'a witness that must have cosigned; may be repeated', addVerifier, [])
    .addOption(new Option('--lang <language>', 'language of the answer').choices(LANGUAGES).default('en'))
    .option('--proofs <dir>', 'write a .tlog-proof for each entry into this folder')
    .option('--json', 'print one JSON line per entry, with its proof')
    .addHelpText(
      'after',
      `
Nobody has to say who they are. Without --key the answer is the word of whoever serves the log: take the key from the city's register.

Examples:
  garim use --place gate --time 2026-11-23T14:05 --state /var/lib/garim
  garim use --place gate --time 2026-11-23T14:05+09:00 --state http://192.0.2.7:8080 --key 'box.example/ledger+1a2b3c4d+AY...' --lang ko
  garim ledger verify --proof 118.tlog-proof --key 'box.example/ledger+1a2b3c4d+AY...'`,
    );
  const print = (line: string): void => command.configureOutput().writeOut?.(`${line}\n`);
  return command.action(() => answer(command.opts<UseOptions>(), print));
}

async function answer(options: UseOptions, print: (line: string) => void): Promise<void> {
  const { place, time, state, key, witness, lang, proofs, json } = options;
  const isUrl = /^https?:\/\//.test(state);
  const files = remembering(isUrl ? filesOver(state) : nodeDisk);
  const reader = new LogReader(files, isUrl ? state.replace(/\/+$/, '') : path.join(state, LEDGER_FOLDER));
  const checkpoint = await reader.checkpoint();
  if (checkpoint === undefined) {
    throw new UserError(`${state} has no signed log`, {
      fix: 'name the state folder of a box, or the address of its web page',
    });
  }
  const fault = key === undefined ? undefined : signatureFault({ checkpoint, note: checkpoint.note }, key, witness);
  if (fault !== undefined) {
    print(`WRONG: the checkpoint of ${state}: ${fault}`);
    process.exitCode = 1;
    return;
  }
  const bundles = new ProvedBundles(reader, checkpoint);
  const { found, isCut } = await lookUp(bundles, checkpoint.size, { place, fromMs: time, toMs: time });
  const proved: Proved[] = [];
  for (const { index, leaf } of found) proved.push({ index, leaf, proof: await bundles.proof(index) });

  if (proofs !== undefined) await writeProofs(proofs, proved);
  if (json === true) {
    for (const one of proved) print(JSON.stringify(one));
    return;
  }
  for (const { index, leaf } of proved) print(`${index}  ${sentenceOf(leaf, lang)}`);
  if (proved.length === 0) print(lang === 'ko' ? '기록이 없습니다.' : 'Nothing is on record.');
  if (isCut) print(lang === 'ko' ? '기록이 더 있습니다.' : 'There is more than was read; see garim ledger show.');
  const { origin, size } = checkpoint;
  print(
    key === undefined
      ? `${origin}: each entry is in its ${size}; who signed that was not checked (--key)`
      : `${origin}: each entry is in its ${size}, signed as it must be`,
  );
}

/** Bundles of which each entry is in the tree that was signed. Throws WorldError `ledger-damaged` for any other. */
class ProvedBundles implements Bundles {
  readonly #reader: LogReader;
  readonly #checkpoint: SignedCheckpoint;
  readonly #proved = new Map<number, Buffer[]>();

  constructor(reader: LogReader, checkpoint: SignedCheckpoint) {
    this.#reader = reader;
    this.#checkpoint = checkpoint;
  }

  async bundle(index: number): Promise<Buffer[]> {
    const first = index - (index % TILE_WIDTH);
    const known = this.#proved.get(first);
    if (known !== undefined) return known;
    const { size, root } = this.#checkpoint;
    const entries = await this.#reader.bundle(first, size);
    for (const [i, entry] of entries.entries()) {
      const at = { index: first + i, size, leafHash: hashLeaf(entry), root };
      if (verifyInclusion(at, await this.#reader.inclusion(first + i, size))) continue;
      throw new WorldError('ledger-damaged', `entry ${first + i} is not the one that was signed`);
    }
    this.#proved.set(first, entries);
    return entries;
  }

  async proof(index: number): Promise<string> {
    const { size, bytes } = this.#checkpoint;
    const entry = (await this.bundle(index))[index % TILE_WIDTH]!;
    const inclusion = await this.#reader.inclusion(index, size);
    return formatProof({ entry, index, path: inclusion, note: bytes.toString('utf8') });
  }
}

async function writeProofs(dir: string, proved: readonly Proved[]): Promise<void> {
  try {
    await mkdir(dir, { recursive: true });
    for (const { index, proof } of proved) await writeFile(path.join(dir, `${index}.tlog-proof`), proof);
  } catch (error) {
    throw new WorldError('disk-failed', `cannot write ${dir}: ${messageOf(error)}`);
  }
}

/** One checkpoint is looked at, so nothing that it covers changes meanwhile. */
function remembering(files: Files): Files {
  const known = new Map<string, Buffer>();
  return {
    list: (folder) => files.list(folder),
    async read(file) {
      const bytes = known.get(file) ?? (await files.read(file));
      if (bytes !== undefined && known.size < FILES_MAX) known.set(file, bytes);
      return bytes;
    },
  };
}

/** The public files of a log on a server. */
function filesOver(url: string): Files {
  return {
    read: (file) => download(url, file),
    // A server cuts tiles to the width that is asked for: there is nothing to look for.
    list: async () => [],
  };
}

async function download(url: string, file: string): Promise<Buffer | undefined> {
  for (let tries = 1; ; tries++) {
    let response: Response;
    try {
      response = await fetch(file, { signal: AbortSignal.timeout(ANSWER_MS_MAX), redirect: 'error' });
    } catch (error) {
      throw new WorldError('source-unreachable', `${url} can't be reached: ${messageOf(error)}`);
    }
    if (response.status === 404) return undefined;
    if (response.ok) return readBounded(url, response);
    await response.body?.cancel();
    const isBusy = response.status === 503 || response.status === 429;
    if (!isBusy || tries >= TRIES_MAX) throw new WorldError('source-unreachable', `${url} answered ${response.status}`);
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

async function readBounded(url: string, response: Response): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const part of response.body ?? []) {
    sizeBytes += part.byteLength;
    if (sizeBytes > FILE_BYTES_MAX) throw new WorldError('source-unreachable', `${url} sends more than a log can`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function instant(text: string): number {
  const ms = parseInstant(text);
  if (ms !== undefined) return ms;
  throw new UserError(`--time: ${text} is not a time`, { fix: 'write e.g. 2026-11-23T14:05+09:00' });
}

function addVerifier(text: string, all: Verifier[]): Verifier[] {
  return [...all, parseVerifier(text)];
}
