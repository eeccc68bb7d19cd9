/**
 * Goal: what a box has measured of itself, and of a round of canaries that is under way, is not lost with a kill, is on record once, and says that it was
 * interrupted. Method: a real process measures as fast as it can and is killed with SIGKILL at a moment that it does not know, again and again; what
 * stands in the log is then held against what it had told, and what it was told to have kept.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../edge/base/clock.ts';
import { packageRoot } from '../../edge/base/paths.ts';
import { auditLog } from '../../edge/ledger/audit.ts';
import { nodeDisk } from '../../edge/ledger/disk.ts';
import { DurableFolder } from '../../edge/ledger/durable.ts';
import { entriesOf } from '../../edge/ledger/entries.ts';
import { decodeLeaf, type Leaf } from '../../edge/ledger/leaf.ts';
import { boxIn, opened } from '../support/recorder-box.ts';
import { TempDir } from '../support/temp.ts';

const RUNS = 3;
const WRITER = path.join(packageRoot, 'dist/test/support/recorder-writer.js');

interface Sums {
  what: 'told' | 'kept';
  planted: number;
  missed: number;
  mutual: number;
  connections: number;
  choices: number;
}

/** Gives what it had told, and of which it was certain. */
function runAndKill(stateDir: string, run: number): Promise<{ told: Sums; kept: Sums }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [WRITER, stateDir, String(run)], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    let isDoomed = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (isDoomed || !said.includes('"kept"')) return;
      isDoomed = true;
      setTimeout(() => child.kill('SIGKILL'), Math.random() * 1_500);
    });
    child.once('error', reject);
    child.once('close', (_, signal) => {
      if (signal !== 'SIGKILL') return reject(new Error('the writer ended by itself'));
      // The last line may be cut.
      const lines = said.split('\n').slice(0, -1);
      const sums = lines.map((line) => JSON.parse(line) as Sums);
      const last = (what: Sums['what']): Sums => sums.findLast((each) => each.what === what) ?? assert.fail(what);
      resolve({ told: last('told'), kept: last('kept') });
    });
  });
}

async function leavesIn(folder: DurableFolder): Promise<Leaf[]> {
  const leaves: Leaf[] = [];
  for await (const { entry } of entriesOf(folder, 0)) {
    const decoded = decodeLeaf(entry);
    assert.ok('leaf' in decoded);
    leaves.push(decoded.leaf);
  }
  return leaves;
}

test('a kill takes the last moments of what was measured and no more, and it shows', { timeout: 300_000 }, async () => {
  using dir = new TempDir();
  const runs: { told: Sums; kept: Sums }[] = [];
  for (let run = 0; run < RUNS; run++) runs.push(await runAndKill(dir.path, run));
  const recorder = await opened({ ...boxIn(dir.path).options, streams: [], clock: systemClock });
  await recorder.close();

  const folder = new DurableFolder(nodeDisk, path.join(dir.path, 'ledger'));
  assert.deepEqual((await auditLog({ folder, witnesses: [] })).faults, []);
  const leaves = await leavesIn(folder);
  const between = (value: number | undefined, { kept, told }: { kept: number; told: number }, what: string): void =>
    assert.ok(value !== undefined && value >= kept && value <= told, `${what}: ${kept} <= ${value} <= ${told}`);
  for (const [run, { told, kept }] of runs.entries()) {
    const set = `sha256:${String(run).padStart(64, '0')}`;
    const rounds = leaves.filter((leaf) => leaf.kind === 'canary').filter(({ canarySet }) => canarySet === set);
    assert.equal(rounds.length, 1, `run ${run}`);
    between(rounds[0]?.planted, { kept: kept.planted, told: told.planted }, 'planted');
    between(rounds[0]?.missed, { kept: kept.missed, told: told.missed }, 'missed');
  }
  const measured = (about: string) =>
    leaves.filter((leaf) => leaf.kind === 'measurement').filter((leaf) => leaf.about === about);
  const transports = measured('transport');
  assert.equal(transports.length, RUNS);
  for (const [i, { told, kept }] of runs.entries()) {
    between(transports[i]?.den, { kept: kept.connections, told: told.connections }, 'connections');
    between(transports[i]?.num, { kept: kept.mutual, told: told.mutual }, 'mutual');
    // Rounded down to a power of two.
    const power = (count: number): number => 2 ** Math.floor(Math.log2(count));
    const choices = { kept: power(kept.choices), told: power(told.choices) };
    between(measured('optout-latency')[i]?.den, choices, 'choices');
  }
  for (const leaf of leaves)
    if (leaf.kind === 'canary' || leaf.kind === 'measurement') assert.equal(leaf.interrupted, true, leaf.kind);
});
