/**
 * Goal: what the ledger says is recorded is on the disk, verifiable and provable, and it says so when it is not. Method: real ledgers in folders of
 * their own, opened again, spoilt, and on a disk that fails; `garim ledger` as a process.
 */
import assert from 'node:assert/strict';
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { auditLog } from '../../edge/ledger/audit.ts';
import { nodeDisk } from '../../edge/ledger/disk.ts';
import { DurableFolder } from '../../edge/ledger/durable.ts';
import type { LeafBody } from '../../edge/ledger/ledger.ts';
import { parseVerifier } from '../../edge/ledger/note.ts';
import { checkProof } from '../../edge/ledger/proof.ts';
import { garim } from '../support/garim-command.ts';
import { collectLeaf, leaves } from '../support/leaves.ts';
import { LosingDisk } from '../support/losing-disk.ts';
import { TempDir } from '../support/temp.ts';
import { ORIGIN, startTestLedger } from '../support/test-ledger.ts';
import { newSigner } from '../support/test-log.ts';

function body<T extends { v: 1; box: string }>({ v: _, box: __, ...rest }: T): Omit<T, 'v' | 'box'> {
  return rest;
}

const pull = body(leaves.pull);
const collect = (quarter: number, more: object = {}): LeafBody => {
  const { detail: _, ...rest } = body(collectLeaf('cam-1', quarter));
  return { ...rest, ...more };
};

const audit = (stateDir: string) =>
  auditLog({ folder: new DurableFolder(nodeDisk, path.join(stateDir, 'ledger')), witnesses: [] });

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

test('below the reserve nothing more is taken, and the ledger recovers', async () => {
  using dir = new TempDir();
  const disk = new LosingDisk();
  let nowMs = 0;
  const clock = { monotonicMs: () => (nowMs += 5_000), wallMs: () => Date.UTC(2026, 10, 23) };
  await using box = await startTestLedger(dir.path, { disk, clock });
  disk.freeBytesNow = 1_000_000;
  await assert.rejects(box.ledger.append(pull), { code: 'disk-full' });
  await assert.rejects(box.ledger.seal({ window: ['2026-11-23T00:00Z', 'PT15M'], expires: '2026-12-23T00:15Z' }, {}), {
    code: 'disk-full',
  });
  disk.freeBytesNow = 1e12;
  await box.ledger.append(pull);
  assert.deepEqual(box.failures, []);
});

const WINDOW: [string, string] = ['2026-11-23T00:00Z', 'PT15M'];
const EXPIRES = '2026-12-23T00:15Z';

test('details are sealed, matched, and gone with their key', async () => {
  using dir = new TempDir();
  let nowMs = Date.UTC(2026, 10, 23);
  const clock = { monotonicMs: () => nowMs, wallMs: () => nowMs };
  const keys = (): string[] => readdirSync(path.join(dir.path, 'ledger/detail-key'));
  let dek: Buffer;
  {
    await using box = await startTestLedger(dir.path, { clock });
    for (const faces of [1, 2]) {
      const detail = await box.ledger.seal({ window: WINDOW, expires: EXPIRES }, { faces, plates: 0 });
      await box.ledger.append(collect(0, { detail }));
    }
    const same = await Promise.all(
      [1, 2].map(() => box.ledger.seal({ window: WINDOW, expires: EXPIRES }, { faces: 1 })),
    );
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
  for (const name of readdirSync(path.join(dir.path, 'ledger'), { recursive: true, encoding: 'utf8' })) {
    const file = path.join(dir.path, 'ledger', name);
    if (
      !readdirSync(path.dirname(file), { withFileTypes: true })
        .find((entry) => entry.name === path.basename(file))
        ?.isFile()
    )
      continue;
    assert.ok(!readFileSync(file).includes(dek), `${name} holds the key`);
  }
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
  const batch = { window: WINDOW, expires: EXPIRES };
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

test('a disk that fails beside the log ends it too', async () => {
  for (const write of ['seal', 'keep'] as const) {
    using dir = new TempDir();
    const disk = new LosingDisk();
    await using box = await startTestLedger(dir.path, { disk });
    disk.onChange = (op) => {
      if (op === 'sync') throw new Error('EIO');
    };
    await assert.rejects(box.ledger[write]({ window: WINDOW, expires: EXPIRES }, {}), { code: 'ledger-failed' });
    disk.onChange = () => {};
    await assert.rejects(box.ledger.append(pull), { code: 'ledger-failed' });
    await assert.rejects(box.ledger.keep({ window: WINDOW, expires: EXPIRES }, {}), { code: 'ledger-failed' });
    await assert.rejects(box.ledger.requireRoom(), { code: 'ledger-failed' });
    assert.equal(box.failures.length, 1);
  }
});

test('a crash while shredding leaves no key and, in the end, a leaf', async () => {
  const seal = { window: WINDOW, expires: EXPIRES };
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

test('a proof can be checked offline, and a spoilt one is refused', async () => {
  using dir = new TempDir();
  await using box = await startTestLedger(dir.path);
  await Promise.all(Array.from({ length: 300 }, () => box.ledger.append(pull)));
  const proof = await box.ledger.prove(await box.ledger.append(body(leaves.refusal)));
  const checked = checkProof(Buffer.from(proof));
  assert.ok('entry' in checked && checked.index === 301 && checked.checkpoint.size === 302);
  for (const bad of [
    proof.replace('index 301', 'index 300'),
    proof.replace('extra e', 'extra f'),
    proof.replace('@v1', '@v2'),
    '',
  ])
    assert.ok('fault' in checkProof(Buffer.from(bad)));
});

test('only the public files are served', async () => {
  using dir = new TempDir();
  await using box = await startTestLedger(dir.path);
  await Promise.all(Array.from({ length: 299 }, () => box.ledger.append(pull)));
  await box.ledger.prove(299);
  const served = async (url: string): Promise<number | undefined> => (await box.ledger.publicFile(url))?.body.length;
  assert.ok(((await served('/checkpoint')) ?? 0) > 100);
  assert.equal(await served('/tile/0/000'), 8192);
  assert.equal(await served('/tile/0/000.p/17'), 17 * 32, 'narrower than what is there');
  assert.equal(await served('/tile/0/001.p/44'), 44 * 32);
  assert.equal(await served('/tile/1/000.p/1'), 32);
  assert.ok(((await served('/tile/entries/001.p/3')) ?? 0) > 3);
  for (const url of [
    '/log.key',
    '/tile/0/../../log.key',
    '/tile/0/001',
    '/tile/0/001.p/45',
    '/intent',
    '/journal/0',
    '//checkpoint',
    '/checkpoint?x',
  ])
    assert.equal(await served(url), undefined, url);
});

test('an audit finds what was changed', async () => {
  using dir = new TempDir();
  {
    await using box = await startTestLedger(dir.path);
    const detail = await box.ledger.seal({ window: WINDOW, expires: EXPIRES }, { faces: 3 });
    await box.ledger.append(collect(0, { detail }));
    await Promise.all(Array.from({ length: 300 }, () => box.ledger.append(pull)));
  }
  const at = (name: string): string => path.join(dir.path, 'ledger', name);
  const detail = `detail/${readdirSync(at('detail'))[0]}`;
  const spoilt: [string, (bytes: Buffer) => Buffer | undefined, RegExp][] = [
    ['tile/entries/000', (bytes) => flip(bytes, 300), /not what its tile says|no leaf/],
    ['tile/entries/001.p/46', () => undefined, /entries from 256 on are missing/],
    ['tile/0/000', (bytes) => flip(bytes, 40), /entry 1 is not what its tile says/],
    ['tile/1/000.p/1', (bytes) => flip(bytes, 0), /does not follow from the entries/],
    ['checkpoint', (bytes) => flip(bytes, bytes.indexOf('\n302\n') + 1), /./],
    ['checkpoint', () => undefined, /no checkpoint/],
    [detail, (bytes) => flip(bytes, 30), /neither there nor shredded/],
  ];
  for (const [name, change, fault] of spoilt) {
    copyFileSync(at(name), at('kept'));
    const bytes = change(readFileSync(at(name)));
    if (bytes === undefined) rmSync(at(name));
    else writeFileSync(at(name), bytes);
    assert.match((await audit(dir.path)).faults.join('; '), fault, name);
    copyFileSync(at('kept'), at(name));
  }
  assert.deepEqual((await audit(dir.path)).faults, []);
  const folder = new DurableFolder(nodeDisk, at('.'));
  const other = await auditLog({ folder, witnesses: [], key: newSigner(ORIGIN).verifier });
  assert.match(other.faults.join(), /names another key.*not signed by the key/);
});

test('garim ledger verifies, shows and proves', async () => {
  using dir = new TempDir();
  let vkey = '';
  {
    await using box = await startTestLedger(dir.path);
    vkey = box.ledger.state().vkey;
    await Promise.all(Array.from({ length: 270 }, () => box.ledger.append(pull)));
    await box.ledger.append(body(leaves.refusal));
  }
  const run = (...args: string[]) => garim(['ledger', ...args], { cwd: dir.path });
  const verified = await run('verify', '--state', '.', '--key', vkey);
  assert.deepEqual([verified.code, verified.stderr], [0, '']);
  assert.match(verified.stdout, /272 leaves[\s\S]*pull 270, refusal 1[\s\S]*all of it is intact/);
  const shown = await run('show', '--state', '.', '--kind', 'genesis', 'refusal');
  assert.deepEqual(
    shown.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).index),
    [0, 271],
  );
  const range = await run('show', '--state', '.', '--from', '254', '--to', '258');
  assert.deepEqual(
    range.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).index),
    [254, 255, 256, 257, 258],
  );
  assert.equal((await run('prove', '271', '--state', '.', '--out', 'x.tlog-proof')).code, 0);
  const proved = await run('verify', '--proof', 'x.tlog-proof', '--key', vkey);
  assert.deepEqual([proved.code, /proved/.test(proved.stdout)], [0, true]);
  const text = readFileSync(path.join(dir.path, 'x.tlog-proof'), 'utf8');
  writeFileSync(path.join(dir.path, 'y.tlog-proof'), text.replace('index 271', 'index 270'));
  assert.equal((await run('verify', '--proof', 'y.tlog-proof', '--key', vkey)).code, 1);
  assert.equal((await run('verify', '--proof', 'x.tlog-proof', '--key', newSigner(ORIGIN).verifier.vkey)).code, 1);
  assert.equal(
    (await run('verify', '--state', '.', '--witness', newSigner('w.example', 'cosigner').verifier.vkey)).code,
    1,
  );
  for (const args of [
    ['prove', '272', '--state', '.'],
    ['show', '--kind', 'nothing'],
    ['verify', '--key', 'x'],
    ['verify', '--proof', 'x.tlog-proof'],
    ['prove', '0', '--state', 'nowhere'],
  ]) {
    const { code, stderr } = await run(...args);
    assert.deepEqual([code, /at .*\.js/.test(stderr)], [1, false], `${args}: ${stderr}`);
  }
  assert.equal(parseVerifier(vkey).name, ORIGIN);
});

function flip(bytes: Buffer, at: number): Buffer {
  bytes[at]! ^= 1;
  return bytes;
}
