/**
 * Goal: others can check the log: by a proof of one leaf, by the files that are served, by an audit that finds each change, and by `garim ledger`.
 * Method: real ledgers whose files are spoilt one by one; the command as a process.
 */
import assert from 'node:assert/strict';
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { auditLog } from '../../edge/ledger/audit.ts';
import { nodeDisk } from '../../edge/ledger/disk.ts';
import { DurableFolder } from '../../edge/ledger/durable.ts';
import { parseVerifier } from '../../edge/ledger/note.ts';
import { checkProof } from '../../edge/ledger/proof.ts';
import { garim } from '../support/garim-command.ts';
import { audit, BATCH, collect, pull, refusal } from '../support/ledger-bodies.ts';
import { TempDir } from '../support/temp.ts';
import { ORIGIN, startTestLedger } from '../support/test-ledger.ts';
import { newSigner } from '../support/test-log.ts';

test('a proof can be checked offline, and a spoilt one is refused', async () => {
  using dir = new TempDir();
  await using box = await startTestLedger(dir.path);
  await Promise.all(Array.from({ length: 300 }, () => box.ledger.append(pull)));
  const proof = await box.ledger.prove(await box.ledger.append(refusal));
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
    const detail = await box.ledger.seal(BATCH, { faces: 3 });
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
    await box.ledger.append(refusal);
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
