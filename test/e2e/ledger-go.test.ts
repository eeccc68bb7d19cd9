/**
 * Goal: a log of ours is verified by code that is not ours, and everything that was tampered with is rejected by it. Method: a small Go program on
 * golang.org/x/mod/sumdb/{note,tlog}, from Debian's packages, reads logs of all sizes round the tile edges, and copies of one with each
 * kind of change.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { packageRoot } from '../../edge/base/paths.ts';
import { checkpointText, parseCheckpoint } from '../../edge/ledger/checkpoint.ts';
import { nodeDisk } from '../../edge/ledger/disk.ts';
import { encodeLeaf } from '../../edge/ledger/leaf.ts';
import { cosign, parseNote, parseVerifier, signNote } from '../../edge/ledger/note.ts';
import { collectLeaf, leaves } from '../support/leaves.ts';
import { needs } from '../support/shared.ts';
import { TempDir } from '../support/temp.ts';
import { startTestLedger, startTestWitness, WITNESS_NAME } from '../support/test-ledger.ts';
import { newSigner, openTestLog } from '../support/test-log.ts';
import { until } from '../support/wait.ts';

const EDGES = [1, 2, 255, 256, 257, 511, 512, 513, 1000];
const DEEP = 65_537;
const GOPATH = '/usr/share/gocode';

const hasGo = spawnSync('go', ['version']).status === 0 && existsSync(`${GOPATH}/src/golang.org/x/mod/sumdb/tlog`);
const options = { skip: needs(hasGo, 'go and golang.org/x/mod (golang-go, golang-golang-x-mod-dev)') };

const signer = newSigner('box.example/log');
const witness = newSigner('hub.example/witness', 'cosigner');
const scratch = new TempDir();
const program = path.join(scratch.path, 'ledgercheck');

before(() => {
  if (!hasGo) return;
  const env = { ...process.env, GO111MODULE: 'off', GOPATH, GOFLAGS: '', GOCACHE: path.join(scratch.path, 'go-cache') };
  const source = path.join(packageRoot, 'test/go/ledgercheck');
  execFileSync('go', ['build', '-o', program, '.'], { cwd: source, env, stdio: 'inherit' });
});
after(() => scratch[Symbol.dispose]());

async function grow(dir: string, to: number, from = 0): Promise<void> {
  const log = await openTestLog(nodeDisk, dir, signer);
  for (let at = from; at < to; ) {
    const count = Math.min(4096, to - at);
    await Promise.all(Array.from({ length: count }, (_, i) => log.append(encodeLeaf(collectLeaf('cam-1', at + i)))));
    at += count;
  }
  await log.close();
}

function check(dir: string, more: string[] = []): { isOk: boolean; text: string } {
  const result = spawnSync(program, ['-dir', dir, '-key', signer.verifier.vkey, ...more], { encoding: 'utf8' });
  assert.ok(result.status === 0 || result.status === 1, result.stderr);
  return { isOk: result.status === 0, text: result.stdout.trim() };
}

/** A copy that may be spoilt. */
function copyOf(dir: string, name: string): string {
  const copy = path.join(scratch.path, name);
  rmSync(copy, { recursive: true, force: true });
  cpSync(dir, copy, { recursive: true });
  return copy;
}

function flipBit(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at]! ^= 1;
  writeFileSync(file, bytes);
}

test('sizes round the edges of tiles verify, each consistent with the one before', options, async () => {
  const dir = path.join(scratch.path, 'growing');
  const old = path.join(scratch.path, 'old-checkpoint');
  let size = 0;
  for (const edge of EDGES) {
    await grow(dir, edge, size);
    const { text } = check(dir, size === 0 ? ['-step', '1'] : ['-step', '1', '-old', old]);
    assert.match(text, new RegExp(`^ok ${edge} `));
    copyFileSync(path.join(dir, 'checkpoint'), old);
    size = edge;
  }
});

test('a log with a third level verifies', options, async () => {
  const dir = path.join(scratch.path, 'deep');
  await grow(dir, 500);
  const old = path.join(scratch.path, 'deep-old');
  copyFileSync(path.join(dir, 'checkpoint'), old);
  await grow(dir, DEEP, 500);
  assert.match(check(dir, ['-old', old, '-step', '997']).text, new RegExp(`^ok ${DEEP} `));
});

test('each kind of tampering is rejected', options, async () => {
  const dir = path.join(scratch.path, 'log');
  await grow(dir, 600);
  const early = path.join(scratch.path, 'early');
  copyFileSync(path.join(dir, 'checkpoint'), early);
  await grow(dir, 1000, 600);
  assert.ok(check(dir, ['-old', early]).isOk);

  const spoil = (name: string, change: (copy: string) => void, more: string[] = []): void => {
    const copy = copyOf(dir, name);
    change(copy);
    const { isOk, text } = check(copy, more);
    assert.ok(!isOk, `${name}: ${text}`);
  };
  spoil('leaf in a full bundle', (copy) => flipBit(path.join(copy, 'tile/entries/001'), 100));
  spoil('leaf in the last bundle', (copy) => flipBit(path.join(copy, 'tile/entries/003.p/232'), 5000));
  spoil('length of an entry', (copy) => flipBit(path.join(copy, 'tile/entries/000'), 1));
  spoil('hash in a full tile', (copy) => flipBit(path.join(copy, 'tile/0/002'), 77));
  spoil('hash in the last tile', (copy) => flipBit(path.join(copy, 'tile/0/003.p/232'), 77));
  spoil('hash in a tile of level 1', (copy) => flipBit(path.join(copy, 'tile/1/000.p/3'), 40));
  spoil('missing tile', (copy) => rmSync(path.join(copy, 'tile/0/000')));
  for (let at = 0; at < readFileSync(path.join(dir, 'checkpoint')).length; at += 7)
    spoil('checkpoint', (copy) => flipBit(path.join(copy, 'checkpoint'), at));

  const rolledBack = path.join(scratch.path, 'rolled-back');
  await grow(rolledBack, 300);
  const late = path.join(dir, 'checkpoint');
  assert.match(check(rolledBack, ['-old', late]).text, /rolled back from 1000 entries to 300/);

  const fork = path.join(scratch.path, 'fork');
  await grow(fork, 400);
  await grow(fork, 1000, 401);
  await grow(fork, 1200, 1000);
  assert.ok(check(fork).isOk, 'the fork is in order by itself');
  assert.ok(!check(fork, ['-old', late]).isOk);
  assert.ok(!check(fork, ['-old', early]).isOk);

  spoil('signed by another key', (copy) => {
    const { text } = parseNote(readFileSync(path.join(copy, 'checkpoint')))!;
    writeFileSync(path.join(copy, 'checkpoint'), signNote(text, newSigner('box.example/log')));
  });
  spoil('another size under a right signature', (copy) => {
    const checkpoint = parseCheckpoint(parseNote(readFileSync(path.join(copy, 'checkpoint')))!.text)!;
    writeFileSync(path.join(copy, 'checkpoint'), signNote(checkpointText({ ...checkpoint, size: 999 }), signer));
  });
});

test('a cosignature verifies, and one that is missing or moved does not', options, async () => {
  const dir = path.join(scratch.path, 'cosigned');
  mkdirSync(dir, { recursive: true });
  await grow(dir, 5);
  const file = path.join(dir, 'checkpoint');
  const note = readFileSync(file, 'utf8');
  const { text } = parseNote(Buffer.from(note))!;
  const key = ['-witness', witness.verifier.vkey];
  assert.ok(!check(dir, key).isOk);
  writeFileSync(file, note + cosign(text, 1_700_000_000, witness));
  assert.ok(check(dir, key).isOk);
  writeFileSync(file, note + cosign(text.replace('\n5\n', '\n6\n'), 1_700_000_000, witness));
  assert.ok(!check(dir, key).isOk);
});

test('the log of a real ledger with a real witness verifies, also behind an epoch', options, async () => {
  const stateDir = path.join(scratch.path, 'box');
  const backup = path.join(scratch.path, 'backup');
  const dir = path.join(stateDir, 'ledger');
  let vkey = '';
  {
    await using box = await startTestLedger(stateDir);
    vkey = box.ledger.state().vkey;
  }
  await using hub = await startTestWitness(path.join(scratch.path, 'hub'), [parseVerifier(vkey)]);
  cpSync(stateDir, backup, { recursive: true });
  for (const isRestored of [false, true]) {
    if (isRestored) {
      rmSync(stateDir, { recursive: true });
      cpSync(backup, stateDir, { recursive: true });
    }
    await using box = await startTestLedger(stateDir, { witnesses: [hub.address] });
    const { v: _, box: __, ...leaf } = leaves.collect;
    await Promise.all(Array.from({ length: 300 }, () => box.ledger.append(leaf)));
    await until('cosigned', () => box.ledger.state().cosigned.get(WITNESS_NAME)?.size === box.ledger.state().size);
    const key = box.ledger.state().vkey;
    assert.equal(key === vkey, !isRestored, 'an epoch has an origin of its own');
    const { status, stdout } = spawnSync(program, ['-dir', dir, '-key', key, '-witness', hub.address.vkey], {
      encoding: 'utf8',
    });
    assert.deepEqual([status, stdout.split(' ')[0]], [0, 'ok'], stdout);
    if (isRestored) assert.equal(spawnSync(program, ['-dir', dir, '-key', vkey]).status, 1, 'not under the old origin');
  }
});
