/** Power cuts on a box: its whole process tree is killed, and what no disk had promised to keep is torn. */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../edge/base/paths.ts';
import { nodeDisk } from '../../edge/ledger/disk.ts';
import { DurableFolder } from '../../edge/ledger/durable.ts';
import { readIntent } from '../../edge/ledger/intent.ts';
import { childrenOf, isAlive, until } from './garim.ts';

const BOX = path.join(packageRoot, 'dist/test/support/power-cut-box.js');
const HEADER_BYTES = 10;
const SERVE_MS_MAX = 90_000;
/** Lines are said nearly in order: the highest index is among the last. */
const LEAVES_LOOKED_AT = 1000;

/** State folder of what accepts beside the agent with this one. */
export const besideOf = (stateDir: string): string => `${stateDir}-beside`;

/** What the box said to be durable, over all its lives. */
export interface Accepted {
  /** Index by reason. Not the other way: an index that was lost is given again. */
  leaves: Map<string, number>;
  releases: Set<string>;
}

export interface Life {
  /** Port of the agent's HTTP server, once it serves. */
  serves(msMax?: number): Promise<number>;
  /** SIGKILL for the whole tree, and what it had said by then into `accepted`. */
  cut(): Promise<void>;
}

export function startLife(options: { config: string; hubUrl: string; run: number; accepted: Accepted }): Life {
  const { config, hubUrl, run, accepted } = options;
  const child = spawn(process.execPath, ['--enable-source-maps', BOX, config, hubUrl, String(run)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', GARIM_USER: 'operator', GARIM_PASSWORD: 'correct-horse-9' },
  });
  let said = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4000);
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const portOf = (): number => Number(/^serves (\d+)$/m.exec(said)?.[1] ?? 0);
  return {
    async serves(msMax = SERVE_MS_MAX) {
      await until(
        () => `life ${run} serves\n${errors}`,
        () => portOf() > 0 || child.exitCode !== null,
        msMax,
      );
      if (child.exitCode !== null) throw new Error(`life ${run} ended by itself: ${errors}`);
      return portOf();
    },
    async cut() {
      if (child.exitCode !== null) throw new Error(`life ${run} ended by itself: ${errors}`);
      const tree = treeOf(child);
      for (const pid of tree) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {} // gone in the meantime
      }
      await closed;
      await until('the tree is gone', () => tree.every((pid) => !isAlive(pid)));
      for (const line of said.split('\n').slice(0, -1)) note(line, accepted); // the last may be cut
    },
  };
}

function note(line: string, accepted: Accepted): void {
  const [kind, first = '', second = ''] = line.split(' ');
  if (kind === 'leaf') accepted.leaves.set(second, Number(first));
  else if (kind === 'release') accepted.releases.add(first);
}

function treeOf(child: ChildProcess): number[] {
  const pids = child.pid === undefined ? [] : [child.pid];
  for (let at = 0; at < pids.length; at++) pids.push(...childrenOf(pids[at]!));
  return pids;
}

/**
 * What a power cut may do to bytes that were written and not synced: cut, garbled, zeroed, followed by more; and half-written files beside the
 * real ones. Only the tail of the ledger's journal behind the last acknowledged entry, and files that were never renamed, count as
 * not synced. Answers what it did.
 */
export async function tear(stateDir: string, accepted: Accepted, random: () => number): Promise<string> {
  const done: string[] = [];
  const journal = path.join(stateDir, 'ledger/journal');
  const last = existsSync(journal) ? readdirSync(journal).sort().at(-1) : undefined;
  if (last !== undefined) {
    // What was to be signed was synced before, also where a line that said so was cut off.
    const intent = await readIntent(new DurableFolder(nodeDisk, path.join(stateDir, 'ledger')));
    const known = Math.max(
      intent?.size ?? 0,
      ...[...accepted.leaves.values()].slice(-LEAVES_LOOKED_AT).map((index) => index + 1),
    );
    done.push(tearJournal(path.join(journal, last), Number(last), known, random));
  }
  const garbage = Buffer.from(Array.from({ length: 1 + Math.floor(random() * 300) }, () => Math.floor(random() * 256)));
  for (const dir of ['outbox/city', 'ledger', '.']) {
    if (random() < 0.5 || !existsSync(path.join(stateDir, dir))) continue;
    writeFileSync(path.join(stateDir, dir, `torn.${Math.floor(random() * 1e6)}.tmp`), garbage);
    done.push(`half a file in ${dir}`);
  }
  return done.join(', ');
}

/** `known`: entries that the disk has promised to keep, from the log's first. */
function tearJournal(file: string, start: number, known: number, random: () => number): string {
  const bytes = readFileSync(file);
  let safe = 0;
  for (let index = start; index < known; index++) safe += HEADER_BYTES + bytes.readUInt16BE(safe);
  const tailBytes = bytes.length - safe;
  const at = safe + Math.floor(random() * (tailBytes + 1));
  const kind = Math.floor(random() * 4);
  if (kind === 0) truncateSync(file, at);
  else if (kind === 1 && at < bytes.length) {
    const junk = Buffer.from(Array.from({ length: bytes.length - at }, () => Math.floor(random() * 256)));
    const handle = openSync(file, 'r+');
    writeSync(handle, junk, 0, junk.length, at);
    closeSync(handle);
  } else if (kind === 2) appendFileSync(file, Buffer.alloc(1 + Math.floor(random() * 400)));
  else appendFileSync(file, bytes.subarray(at, at + Math.floor(random() * 60)));
  return `journal torn in way ${kind}, ${tailBytes} bytes of it promised to nobody`;
}
