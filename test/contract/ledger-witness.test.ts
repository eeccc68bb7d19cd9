/**
 * Goal: the witness speaks C2SP tlog-witness and never cosigns two histories; a box whose disk was restored or copied finds out, and opens an
 * epoch. Method: requests over HTTP as the specification describes them, and ledgers whose folders are put back or copied.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../edge/base/paths.ts';
import { auditLog } from '../../edge/ledger/audit.ts';
import { type Checkpoint, checkpointText, emptyCheckpoint } from '../../edge/ledger/checkpoint.ts';
import { nodeDisk } from '../../edge/ledger/disk.ts';
import { DurableFolder } from '../../edge/ledger/durable.ts';
import { decodeLeaf, type Leaf } from '../../edge/ledger/leaf.ts';
import { EMPTY_ROOT } from '../../edge/ledger/merkle.ts';
import { parseNote, parseVerifier, renamed, type Signer, signNote, verifyNote } from '../../edge/ledger/note.ts';
import { LogReader } from '../../edge/ledger/reader.ts';
import { digest } from '../../edge/ledger/witness/witness.ts';
import { garim } from '../support/garim-command.ts';
import { leaves } from '../support/leaves.ts';
import { naiveProof, naiveRoot } from '../support/naive-tree.ts';
import { TempDir } from '../support/temp.ts';
import { ORIGIN, startTestLedger, startTestWitness, WITNESS_NAME } from '../support/test-ledger.ts';
import { newSigner } from '../support/test-log.ts';
import { until } from '../support/wait.ts';

const entries = Array.from({ length: 20 }, (_, i) => Buffer.from(`entry ${i}`));
const at = (size: number): Checkpoint => ({ origin: ORIGIN, size, root: naiveRoot(entries.slice(0, size)) });

async function setUp(dir: string, signer: Signer) {
  const witness = await startTestWitness(dir, [signer.verifier]);
  const post = async (oldSize: number | string, proof: readonly (Buffer | string)[], note: string) => {
    const lines = proof.map((hash) => `${typeof hash === 'string' ? hash : hash.toString('base64')}\n`).join('');
    const response = await fetch(`${witness.address.url}/add-checkpoint`, {
      method: 'POST',
      body: `old ${oldSize}\n${lines}\n${note}`,
    });
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
  };
  const add = (from: number, to: number, by = signer) =>
    post(from, from === 0 ? [] : naiveProof(from, entries.slice(0, to)), signNote(checkpointText(at(to)), by));
  return { witness, post, add, [Symbol.asyncDispose]: witness[Symbol.asyncDispose] };
}

test('add-checkpoint answers as the specification says', async () => {
  using dir = new TempDir();
  const signer = newSigner(ORIGIN);
  await using setup = await setUp(dir.path, signer);
  const { witness, post, add } = setup;

  const first = await add(0, 3);
  assert.equal(first.status, 200);
  const note = parseNote(Buffer.from(signNote(checkpointText(at(3)), signer) + first.text));
  assert.equal(verifyNote(note!, [signer.verifier, parseVerifier(witness.address.vkey)])?.length, 2);

  const conflict = await add(0, 5);
  assert.deepEqual(conflict, { status: 409, type: 'text/x.tlog.size', text: '3\n' });
  assert.equal((await add(3, 5)).status, 200);
  assert.equal((await add(5, 5)).status, 200, 'the same once more');
  assert.equal((await post(5, [], signNote(checkpointText({ ...at(5), root: EMPTY_ROOT }), signer))).status, 422);
  assert.equal((await add(3, 4)).text, '5\n', 'back is a conflict');

  const to8 = signNote(checkpointText(at(8)), signer);
  const proof = naiveProof(5, entries.slice(0, 8));
  assert.equal((await post(5, proof.slice(1), to8)).status, 422);
  assert.equal((await post(5, [...proof, EMPTY_ROOT], to8)).status, 422);
  assert.equal((await post(9, [], to8)).status, 400, 'old is larger than new');
  assert.equal((await add(5, 8, newSigner(ORIGIN))).status, 403, 'an unknown key');
  const spoilt = to8.replace(/.(?==*\n$)/, (c) => (c === 'A' ? 'Q' : 'A'));
  assert.equal((await post(5, proof, spoilt)).status, 403);
  const other = renamed(signer, 'other.example/log');
  assert.equal(
    (await post(0, [], signNote(checkpointText({ ...at(8), origin: 'other.example/log' }), other))).status,
    404,
  );
  for (const [old, lines] of [
    ['05', proof],
    ['-1', proof],
    [5, ['not base64!']],
    [5, Array(64).fill(EMPTY_ROOT)],
  ] as [string | number, Buffer[]][])
    assert.equal((await post(old, lines, to8)).status, 400, `old ${old}`);
  assert.equal((await post(5, proof, to8)).status, 200, 'after all that');
});

test('a log of nothing, and what only old logs may show', async () => {
  using dir = new TempDir();
  const signer = newSigner(ORIGIN);
  await using setup = await setUp(dir.path, signer);
  const { post, add } = setup;
  const empty = signNote(checkpointText(emptyCheckpoint(ORIGIN)), signer);
  assert.equal(
    (await post(0, [], signNote(checkpointText({ ...emptyCheckpoint(ORIGIN), root: at(1).root }), signer))).status,
    422,
  );
  assert.equal((await post(0, [], empty)).status, 200);
  assert.equal((await post(0, [EMPTY_ROOT], signNote(checkpointText(at(2)), signer))).status, 422);
  assert.equal((await add(0, 2)).status, 200);
  assert.deepEqual((await post(0, [], empty)).text, '2\n');
});

test('other requests get nothing, and a monitor gets the newest checkpoint', async () => {
  using dir = new TempDir();
  const signer = newSigner(ORIGIN);
  await using setup = await setUp(dir.path, signer);
  const { witness, add } = setup;
  const { url } = witness.address;
  const seen = `${url}/${digest(ORIGIN)}/checkpoint`;
  assert.equal((await fetch(seen)).status, 404);
  await add(0, 3);
  await add(3, 9);
  const note = parseNote(Buffer.from(await (await fetch(seen)).text()));
  assert.equal(note?.text, checkpointText(at(9)));
  assert.equal(verifyNote(note, [signer.verifier, parseVerifier(witness.address.vkey)])?.length, 2);
  assert.equal((await fetch(`${url}/add-checkpoint`)).status, 405);
  assert.equal((await fetch(`${url}/../witness.key`)).status, 404);
  const large = await fetch(`${url}/add-checkpoint`, { method: 'POST', body: 'x'.repeat(100_000) });
  assert.equal(large.status, 413);
});

test('of requests at the same time one wins', async () => {
  using dir = new TempDir();
  await using setup = await setUp(dir.path, newSigner(ORIGIN));
  const { add } = setup;
  const answers = await Promise.all([add(0, 9), add(0, 7), add(0, 8), add(0, 9)]);
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
  const won = answers.findIndex(({ status }) => status === 200);
  for (const { status, text } of answers.filter((_, i) => i !== won))
    assert.deepEqual([status, text], [409, `${[9, 7, 8, 9][won]}\n`]);
});

test('a witness that is started again still knows', async () => {
  using dir = new TempDir();
  const signer = newSigner(ORIGIN);
  {
    await using setup = await setUp(dir.path, signer);
    await setup.add(0, 6);
  }
  await using setup = await setUp(dir.path, signer);
  assert.equal((await setup.add(0, 9)).text, '6\n');
  assert.equal((await setup.add(6, 9)).status, 200);
  rmSync(path.join(dir.path, 'witness.key'));
  await assert.rejects(startTestWitness(dir.path, [signer.verifier]), { code: 'ledger-damaged' });
});

/** A box that has been running with a witness, and is stopped; the witness goes on. */
async function boxWithWitness(dir: string) {
  const stateDir = path.join(dir, 'box');
  // The witness must know the box's key, which is made at its first start.
  let vkey = '';
  {
    await using box = await startTestLedger(stateDir);
    vkey = box.ledger.state().vkey;
    await record(box.ledger, 3);
  }
  const witness = await startTestWitness(path.join(dir, 'witness'), [parseVerifier(vkey)]);
  return { stateDir, vkey, witness, witnesses: [witness.address] };
}

type TestLedger = Awaited<ReturnType<typeof startTestLedger>>['ledger'];

const { v: _v, box: _box, ...pull } = leaves.pull;

async function record(ledger: TestLedger, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => ledger.append(pull)));
}

const isCosigned = (ledger: TestLedger) => (): boolean =>
  ledger.state().cosigned.get(WITNESS_NAME)?.size === ledger.state().size;

async function epochsOf(
  stateDir: string,
): Promise<{ leaves: Leaf<'epoch'>[]; faults: readonly string[]; origin: string }> {
  const folder = new DurableFolder(nodeDisk, path.join(stateDir, 'ledger'));
  const { checkpoint, faults } = await auditLog({ folder, witnesses: [] });
  const reader = new LogReader(nodeDisk, folder.root);
  const all = await reader.bundle(0, checkpoint!.size);
  const found = all.flatMap((entry) => {
    const decoded = decodeLeaf(entry);
    return 'leaf' in decoded && decoded.leaf.kind === 'epoch' ? [decoded.leaf] : [];
  });
  return { leaves: found, faults, origin: checkpoint!.origin };
}

test('a box has its checkpoints cosigned, through restarts of itself and of the witness', async () => {
  using dir = new TempDir();
  const { stateDir, vkey, witness, witnesses } = await boxWithWitness(dir.path);
  {
    await using _ = witness;
    await using box = await startTestLedger(stateDir, { witnesses });
    await until('cosigned', isCosigned(box.ledger));
    await record(box.ledger, 5);
    await until('cosigned again', isCosigned(box.ledger));
  }
  await using box = await startTestLedger(stateDir, { witnesses });
  await record(box.ledger, 2);
  assert.equal(box.ledger.state().isHeld, true, 'nobody has confirmed that nothing is lost');
  assert.equal(box.ledger.state().signed, 9);
  await using _ = await startTestWitness(path.join(dir.path, 'witness'), [parseVerifier(vkey)], witness.port);
  await until('cosigned at last', isCosigned(box.ledger));
  const file = (await box.ledger.publicFile('/checkpoint'))!.body;
  assert.equal(parseNote(file)?.signatures.length, 2, 'one line a witness, however often it was asked');
  assert.equal(verifyNote(parseNote(file)!, [parseVerifier(vkey), parseVerifier(witnesses[0]!.vkey)])?.length, 2);
  assert.equal((await epochsOf(stateDir)).leaves.length, 0);
});

test('a restored disk is found out, and the lost range is named', async () => {
  using dir = new TempDir();
  const { stateDir, vkey, witness, witnesses } = await boxWithWitness(dir.path);
  await using _ = witness;
  const backup = path.join(dir.path, 'backup');
  cpSync(stateDir, backup, { recursive: true });
  const checkpoints: { origin: string; size: number; root: Buffer }[] = [];
  const restored = async (): Promise<void> => {
    await using box = await startTestLedger(stateDir, { witnesses });
    await record(box.ledger, 4);
    await until('cosigned', isCosigned(box.ledger));
    checkpoints.push((await new LogReader(nodeDisk, path.join(stateDir, 'ledger')).checkpoint())!);
  };
  await restored();
  for (const lost of [
    [4, 8],
    [4, 8],
  ]) {
    rmSync(stateDir, { recursive: true });
    cpSync(backup, stateDir, { recursive: true });
    await restored();
    const { leaves: epochs, faults, origin } = await epochsOf(stateDir);
    assert.deepEqual(faults, []);
    assert.equal(epochs.length, 1);
    assert.equal(epochs[0]!.reason, 'rollback');
    assert.deepEqual(epochs[0]!.lost, lost);
    assert.equal(epochs[0]!.previous.origin, ORIGIN);
    assert.equal(epochs[0]!.witness.root, checkpoints[0]!.root.toString('base64'), 'the root that was signed and lost');
    assert.equal(origin, epochs[0]!.origin);
  }
  const origins = checkpoints.map(({ origin }) => origin);
  assert.equal(new Set(origins).size, 3, `two histories under one origin: ${origins}`);
  assert.equal(parseVerifier(vkey).name, origins[0]);
});

test('a copied disk is found out too', async () => {
  using dir = new TempDir();
  const { stateDir, witness, witnesses } = await boxWithWitness(dir.path);
  await using _ = witness;
  const copy = path.join(dir.path, 'copy');
  cpSync(stateDir, copy, { recursive: true });
  {
    await using box = await startTestLedger(stateDir, { witnesses });
    await record(box.ledger, 2);
    await until('cosigned', isCosigned(box.ledger));
  }
  {
    // Without a network, and so without being found out, it signs another history that is longer.
    await using box = await startTestLedger(copy);
    const { v: _, box: __, ...refusal } = leaves.refusal;
    for (let i = 0; i < 5; i++) await box.ledger.append(refusal);
  }
  await using box = await startTestLedger(copy, { witnesses });
  await until('an epoch', () => box.ledger.state().origin !== ORIGIN);
  await until('cosigned', isCosigned(box.ledger));
  const { leaves: epochs, faults } = await epochsOf(copy);
  assert.deepEqual(faults, []);
  assert.deepEqual([epochs[0]?.reason, epochs[0]?.lost], ['fork', undefined]);
});

test('a box that began anew under its old name does not get a second history under it', async () => {
  using dir = new TempDir();
  const { stateDir, witness, witnesses } = await boxWithWitness(dir.path);
  {
    await using _ = witness;
    await using box = await startTestLedger(stateDir, { witnesses });
    await until('cosigned', isCosigned(box.ledger));
  }
  rmSync(path.join(stateDir, 'ledger'), { recursive: true });
  await using box = await startTestLedger(stateDir, { witnesses: [] });
  const { vkey } = box.ledger.state();
  await using again = await startTestWitness(path.join(dir.path, 'witness'), [parseVerifier(vkey)]);
  await box.ledger.prove(0);
  const bytes = (await box.ledger.publicFile('/checkpoint'))!.body;
  const response = await fetch(`${again.address.url}/add-checkpoint`, { method: 'POST', body: `old 0\n\n${bytes}` });
  assert.deepEqual([response.status, await response.text()], [409, '4\n']);
});

test('a witness that makes up sizes costs some epochs, and no more', async () => {
  using dir = new TempDir();
  const liar = createServer((_, response) => {
    response.writeHead(409, { 'Content-Type': 'text/x.tlog.size' }).end('1000000\n');
  });
  await new Promise<void>((resolve) => liar.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = liar.address() as AddressInfo;
    const { vkey } = newSigner('liar.example', 'cosigner').verifier;
    await using box = await startTestLedger(dir.path, { witnesses: [{ url: `http://127.0.0.1:${port}`, vkey }] });
    await until('the last epoch', () => box.ledger.state().size === 5);
    await record(box.ledger, 3);
    const { isHeld, signed, size } = box.ledger.state();
    assert.deepEqual({ isHeld, signed, size }, { isHeld: true, signed: 0, size: 8 });
  } finally {
    liar.closeAllConnections();
    liar.close();
  }
});

test('a witness that never answers holds nothing up but signing', async () => {
  using dir = new TempDir();
  let asked = 0;
  const mute = createServer(() => asked++);
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = mute.address() as AddressInfo;
    const { vkey } = newSigner('mute.example', 'cosigner').verifier;
    const box = await startTestLedger(dir.path, { witnesses: [{ url: `http://127.0.0.1:${port}`, vkey }] });
    await until('asked', () => asked > 0);
    await record(box.ledger, 300);
    const waiting = assert.rejects(box.ledger.append(pull, 'signed'), { code: 'ledger-failed' });
    assert.deepEqual([box.ledger.state().isHeld, box.ledger.state().signed], [true, 0]);
    await box.ledger.close();
    await waiting;
  } finally {
    mute.closeAllConnections();
    mute.close();
  }
  await using box = await startTestLedger(dir.path);
  assert.ok(box.ledger.state().size >= 301);
});

test('garim witness is such a witness', async () => {
  using dir = new TempDir();
  const stateDir = path.join(dir.path, 'box');
  let trusted = '';
  {
    await using box = await startTestLedger(stateDir);
    trusted = box.ledger.state().vkey;
  }
  const main = path.join(packageRoot, 'dist/edge/main.js');
  const args = ['witness', '--listen', '127.0.0.1:0', '--state', dir.path, '--name', WITNESS_NAME, '--trust', trusted];
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    await until(
      () => said,
      () => /Key +\S+\n/.test(said),
    );
    const [, url = ''] = /Witness +(\S+)/.exec(said) ?? [];
    const [, vkey = ''] = /Key +(\S+)/.exec(said) ?? [];
    await using box = await startTestLedger(stateDir, { witnesses: [{ url, vkey }] });
    await until('cosigned', isCosigned(box.ledger));
    await box.ledger.close();
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGTERM');
    assert.equal(await ended, 0);
  } finally {
    child.kill('SIGKILL');
  }
  const unusable = { cwd: dir.path };
  for (const bad of [
    ['--listen', 'nowhere', '--trust', trusted],
    [],
    ['--trust', 'x'],
    ['--listen', '203.0.113.9:1', '--trust', trusted],
  ]) {
    const { code, stderr } = await garim(['witness', ...bad], unusable);
    assert.deepEqual([code, /at .*\.js/.test(stderr)], [1, false], stderr);
  }
});
