/**
 * Goal: what the ledger says is recorded is on the disk, in its own log and nobody else's, and it says so when it is not. Method: real ledgers in
 * folders of their own, opened again, spoilt, and on a disk that fails.
 */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { LeafBody } from '../../edge/ledger/ledger.ts';
import { audit, BATCH, pull } from '../support/ledger-bodies.ts';
import { LosingDisk } from '../support/losing-disk.ts';
import { TempDir } from '../support/temp.ts';
import { ORIGIN, startTestLedger } from '../support/test-ledger.ts';
import { newSigner } from '../support/test-log.ts';

test('leaves are there after a restart, and the log goes on', async () => {
  using dir = new TempDir();
  for (let run = 0; run < 3; run++) {
    await using box = await startTestLedger(dir.path);
    assert.equal(await box.ledger.append(pull), 1 + 2 * run);
    assert.equal(await box.ledger.append(pull, 'signed'), 2 + 2 * run);
    const { size, signed, isHeld, origin } = box.ledger.state();
    assert.deepEqual(
      { size, signed, isHeld, origin },
      { size: 3 + 2 * run, signed: size, isHeld: false, origin: ORIGIN },
    );
  }
  const { faults, kinds, unsigned } = await audit(dir.path);
  assert.deepEqual(
    [faults, [...kinds], unsigned],
    [
      [],
      [
        ['genesis', 1],
        ['pull', 6],
      ],
      0,
    ],
  );
});

test('a leaf that no schema knows is refused and nothing is recorded', async () => {
  using dir = new TempDir();
  await using box = await startTestLedger(dir.path);
  await assert.rejects(box.ledger.append({ ...pull, viewer: 'someone' } as LeafBody), /viewer/);
  assert.equal(box.ledger.state().size, 1);
});

test('the log of another box, a missing key and a second process are refused', async () => {
  using dir = new TempDir();
  {
    await using _ = await startTestLedger(dir.path);
    await assert.rejects(startTestLedger(dir.path), { code: 'ledger-busy' });
  }
  await assert.rejects(startTestLedger(dir.path, { origin: 'box.example/other' }), {
    name: 'UserError',
    message: /holds the log box.example\/log/,
  });
  await assert.rejects(startTestLedger(dir.path, { origin: `${ORIGIN}/epoch-2-00000000` }), { name: 'UserError' });
  const witnesses = [1, 2].map(() => ({
    url: 'http://127.0.0.1:1',
    vkey: newSigner('w.example', 'cosigner').verifier.vkey,
  }));
  await assert.rejects(startTestLedger(dir.path, { witnesses }), { name: 'UserError', message: /two witnesses/ });
  for (const bad of [
    { url: 'ftp://x', vkey: witnesses[0]!.vkey },
    { url: 'http://x', vkey: newSigner('l.example').verifier.vkey },
  ])
    await assert.rejects(startTestLedger(dir.path, { witnesses: [bad] }), { name: 'UserError' });
  writeFileSync(path.join(dir.path, 'ledger/lock'), '1 another-boot 5\n');
  await using box = await startTestLedger(dir.path);
  await box.ledger.close();
  const key = path.join(dir.path, 'ledger/log.key');
  writeFileSync(key, 'no key');
  await assert.rejects(startTestLedger(dir.path), { name: 'UserError', message: /damaged/ });
  rmSync(key);
  await assert.rejects(startTestLedger(dir.path), { name: 'UserError', message: /missing/ });
});

test('a disk that fails ends the ledger for good, and says so once', async () => {
  using dir = new TempDir();
  const disk = new LosingDisk();
  const box = await startTestLedger(dir.path, { disk });
  await box.ledger.append(pull, 'signed');
  let isBroken = true;
  disk.onChange = (op) => {
    if (op === 'sync' && isBroken) throw new Error('EIO');
  };
  const results = await Promise.allSettled([box.ledger.append(pull), box.ledger.append(pull), box.ledger.append(pull)]);
  for (const result of results) assert.equal(result.status === 'rejected' && result.reason.code, 'ledger-failed');
  isBroken = false;
  await assert.rejects(box.ledger.append(pull), { code: 'ledger-failed' });
  await assert.rejects(box.ledger.append(pull, 'signed'), { code: 'ledger-failed' });
  assert.equal(box.failures.length, 1);
  assert.equal(box.ledger.state().failure?.code, 'ledger-failed');
  await box.ledger.close();
  await using again = await startTestLedger(dir.path, { disk });
  assert.ok(again.ledger.state().size >= 2);
});

test('a disk that fails beside the log ends it too', async () => {
  for (const write of ['seal', 'keep'] as const) {
    using dir = new TempDir();
    const disk = new LosingDisk();
    await using box = await startTestLedger(dir.path, { disk });
    disk.onChange = (op) => {
      if (op === 'sync') throw new Error('EIO');
    };
    await assert.rejects(box.ledger[write](BATCH, {}), { code: 'ledger-failed' });
    disk.onChange = () => {};
    await assert.rejects(box.ledger.append(pull), { code: 'ledger-failed' });
    await assert.rejects(box.ledger.keep(BATCH, {}), { code: 'ledger-failed' });
    await assert.rejects(box.ledger.requireRoom(), { code: 'ledger-failed' });
    assert.equal(box.failures.length, 1);
  }
});

test('below the reserve nothing more is taken, and the ledger recovers', async () => {
  using dir = new TempDir();
  const disk = new LosingDisk();
  let nowMs = 0;
  const clock = { monotonicMs: () => (nowMs += 5_000), wallMs: () => Date.UTC(2026, 10, 23) };
  await using box = await startTestLedger(dir.path, { disk, clock });
  disk.freeBytesNow = 1_000_000;
  await assert.rejects(box.ledger.append(pull), { code: 'disk-full' });
  await assert.rejects(box.ledger.seal(BATCH, {}), {
    code: 'disk-full',
  });
  disk.freeBytesNow = 1e12;
  await box.ledger.append(pull);
  assert.deepEqual(box.failures, []);
});
