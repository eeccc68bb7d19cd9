/**
 * Goal: a ledger whose process is killed at any moment loses nothing that it acknowledged and never shows two histories. Method: a real process appends
 * and signs as fast as it can, and is killed with SIGKILL again and again; what it said before is then held against what is on the disk.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../edge/base/paths.ts';
import { auditLog } from '../../edge/ledger/audit.ts';
import { parseCheckpoint } from '../../edge/ledger/checkpoint.ts';
import { nodeDisk } from '../../edge/ledger/disk.ts';
import { DurableFolder } from '../../edge/ledger/durable.ts';
import { hashLeaf } from '../../edge/ledger/merkle.ts';
import { parseNote } from '../../edge/ledger/note.ts';
import { LogReader } from '../../edge/ledger/reader.ts';
import { GrowingTree } from '../../edge/ledger/tree.ts';
import { TempDir } from '../support/temp.ts';
import { startTestLedger } from '../support/test-ledger.ts';

const RUNS = 8;
const WRITER = path.join(packageRoot, 'dist/test/support/ledger-writer.js');

/** Lets the writer say so many lines, and kills it at a moment that it does not know. */
function runAndKill(stateDir: string, run: number, lines: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [WRITER, stateDir, String(run)], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.split('\n').length > lines) setTimeout(() => child.kill('SIGKILL'), Math.random() * 60);
    });
    child.once('error', reject);
    // The last line may be cut.
    child.once('close', (_, signal) =>
      signal === 'SIGKILL' ? resolve(said.split('\n').slice(0, -1)) : reject(new Error('the writer ended by itself')),
    );
  });
}

test('nothing acknowledged is lost, and every checkpoint is of one history', { timeout: 400_000 }, async () => {
  using dir = new TempDir();
  const entries = new Map<number, string>();
  const signed: { size: number; root: Buffer }[] = [];
  for (let run = 0; run < RUNS; run++) {
    for (const line of await runAndKill(dir.path, run, 20 + Math.floor(Math.random() * 600))) {
      const [first = '', second = ''] = line.split(' ');
      if (first !== 'signed') entries.set(Number(first), second);
      else signed.push(parseCheckpoint(parseNote(Buffer.from(second, 'base64'))!.text)!);
    }
  }
  {
    await using _ = await startTestLedger(dir.path);
  }
  const folder = new DurableFolder(nodeDisk, path.join(dir.path, 'ledger'));
  const { faults, checkpoint } = await auditLog({ folder, witnesses: [] });
  assert.deepEqual(faults, []);
  assert.ok(entries.size > RUNS * 20 && signed.length > 0, `${entries.size} acknowledged, ${signed.length} signed`);

  const reader = new LogReader(nodeDisk, folder.root);
  const tree = GrowingTree.empty();
  for (let at = 0; at < checkpoint!.size; ) {
    for (const entry of await reader.bundle(at, checkpoint!.size)) {
      const reason = entries.get(at);
      if (reason !== undefined) assert.equal(JSON.parse(entry.toString()).reason, reason, `entry ${at}`);
      entries.delete(at++);
      tree.append(entry, hashLeaf(entry));
      for (const { size, root } of signed)
        if (size === at) assert.deepEqual(root, tree.root(), `checkpoint of ${size}`);
    }
  }
  assert.deepEqual([...entries.keys()], [], 'acknowledged, and not there');
  assert.ok(signed.every(({ size }) => size <= checkpoint!.size));
});
