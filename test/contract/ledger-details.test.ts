/**
 * Goal: exact values are sealed beside the log, and gone for good with their key, whenever the power goes. Method: real ledgers whose clock the test
 * moves; every file is searched for a key; a disk that is cut after each of its changes.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { auditLog } from '../../edge/ledger/audit.ts';
import { DurableFolder } from '../../edge/ledger/durable.ts';
import { bytesBelow } from '../support/files.ts';
import { audit, BATCH, collect, pull } from '../support/ledger-bodies.ts';
import { LosingDisk } from '../support/losing-disk.ts';
import { TempDir } from '../support/temp.ts';
import { startTestLedger } from '../support/test-ledger.ts';

test('details are sealed, matched, and gone with their key', async () => {
  using dir = new TempDir();
  let nowMs = Date.UTC(2026, 10, 23);
  const clock = { monotonicMs: () => nowMs, wallMs: () => nowMs };
  const keys = (): string[] => readdirSync(path.join(dir.path, 'ledger/detail-key'));
  let dek: Buffer;
  {
    await using box = await startTestLedger(dir.path, { clock });
    for (const faces of [1, 2]) {
      const detail = await box.ledger.seal(BATCH, { faces, plates: 0 });
      await box.ledger.append(collect(0, { detail }));
    }
    const same = await Promise.all([1, 2].map(() => box.ledger.seal(BATCH, { faces: 1 })));
    assert.notEqual(same[0], same[1], 'salted');
    assert.equal(await box.ledger.shredDue(), 0);
    dek = readFileSync(path.join(dir.path, 'ledger/detail-key', keys()[0]!)).subarray(0, 32);
  }
  const sealed = readFileSync(
    path.join(dir.path, 'ledger/detail', readdirSync(path.join(dir.path, 'ledger/detail'))[0]!),
  );
  assert.ok(!sealed.includes('faces'));
  {
    const { faults, details } = await audit(dir.path);
    assert.deepEqual([faults, details], [[], 2]);
  }
  nowMs = Date.UTC(2026, 11, 23, 0, 15);
  await using box = await startTestLedger(dir.path, { clock });
  assert.equal(await box.ledger.shredDue(), 1);
  assert.equal(await box.ledger.shredDue(), 0);
  assert.deepEqual([keys(), box.ledger.state().detailBytes], [[], 0]);
  await box.ledger.append(pull, 'signed');
  for (const [file, bytes] of bytesBelow(path.join(dir.path, 'ledger')))
    assert.ok(!bytes.includes(dek), `${file} holds the key`);
  const { faults, kinds, details } = await audit(dir.path);
  assert.deepEqual([faults, kinds.get('shred'), details], [[], 1, 0]);
  const passes: unknown[] = [];
  for await (const leaf of box.ledger.leavesFrom(0)) if (leaf.kind === 'retention') passes.push(leaf);
  const count = 'b3'; // of 0 to 7: one batch, in time
  assert.deepEqual(passes, [
    {
      v: 1,
      kind: 'retention',
      box: 'urn:box:7f3a',
      at: '2026-12-23T00:15:00Z',
      due: count,
      shredded: count,
      late: count,
    },
  ]);
});

test('what is kept is there after a restart, until its key is shredded', async () => {
  using dir = new TempDir();
  let nowMs = Date.UTC(2026, 10, 23);
  const clock = { monotonicMs: () => nowMs, wallMs: () => nowMs };
  const batch = BATCH;
  {
    await using box = await startTestLedger(dir.path, { clock });
    assert.equal(await box.ledger.kept(), undefined);
    await box.ledger.keep(batch, { n: 1 });
    await box.ledger.keep(batch, { n: 2, names: ['north'] });
  }
  const file = path.join(dir.path, 'ledger/kept');
  assert.ok(!readFileSync(file).includes('north'));
  await using box = await startTestLedger(dir.path, { clock });
  assert.deepEqual(await box.ledger.kept(), { n: 2, names: ['north'] });
  const whole = readFileSync(file);
  for (const damaged of [whole.subarray(0, -1), whole.subarray(0, 9), Buffer.from('x'), Buffer.alloc(0)]) {
    writeFileSync(file, damaged);
    assert.equal(await box.ledger.kept(), undefined);
  }
  writeFileSync(file, whole);
  nowMs = Date.UTC(2026, 11, 24);
  await box.ledger.shredDue();
  assert.equal(await box.ledger.kept(), undefined);
});

test('a crash while shredding leaves no key and, in the end, a leaf', async () => {
  const seal = BATCH;
  using dir = new TempDir();
  let nowMs = Date.UTC(2026, 10, 23);
  const clock = { monotonicMs: () => nowMs, wallMs: () => nowMs };
  const disk = new LosingDisk();
  {
    await using box = await startTestLedger(dir.path, { clock, disk });
    await box.ledger.append(collect(0, { detail: await box.ledger.seal(seal, { faces: 3 }) }), 'signed');
  }
  const before = disk.changes.length;
  nowMs = Date.UTC(2027, 0, 1);
  {
    await using box = await startTestLedger(dir.path, { clock, disk });
    await box.ledger.shredDue();
  }
  for (let cut = before; cut <= disk.changes.length; cut++) {
    let turn = 0;
    const left = disk.cutAfter(cut, (n) => turn++ % n);
    await using box = await startTestLedger(dir.path, { clock, disk: left });
    await box.ledger.shredDue();
    await box.ledger.append(pull, 'signed');
    const folder = new DurableFolder(left, path.join(dir.path, 'ledger'));
    assert.deepEqual(await left.list(folder.at('detail-key')), [], `cut after ${cut}`);
    const { kinds, faults } = await auditLog({ folder, witnesses: [] });
    assert.ok((kinds.get('shred') ?? 0) >= 1 && faults.length === 0, `cut after ${cut}: ${faults}`);
  }
});
