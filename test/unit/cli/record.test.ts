/**
 * Goal: what the command line puts on record is signed, counted by the report, and refused where it would not be safe. Method: the commands on
 * a real log, beside a writer and with a witness that it began with.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { parseVerifier } from '../../../edge/ledger/note.ts';
import { garim } from '../../support/garim-command.ts';
import { TempDir } from '../../support/temp.ts';
import { startTestLedger, startTestWitness } from '../../support/test-ledger.ts';

const MEASURED = ['ledger', 'measured', 'fault-injection', 'faults.log', '--unit', 'fault', '--method', 'fault-suite'];

test('a measurement goes on record, and the report counts it and signs what it says', async () => {
  using temp = new TempDir();
  const state = path.join(temp.path, 'state');
  writeFileSync(path.join(temp.path, 'faults.log'), '38 of 38\n');
  await (await startTestLedger(state)).ledger.close();
  const put = await garim([...MEASURED, '--num', '38', '--den', '38'], { cwd: temp.path });
  assert.equal(put.code, 0, put.stderr);
  assert.equal(put.stdout, 'on record: leaf 1\n');
  const shown = await garim(['ledger', 'show'], { cwd: temp.path });
  const { at } = JSON.parse(shown.stdout.trim().split('\n').at(-1)!) as { at: string };
  // The day that it was put on record, which may be over by now.
  const args = ['report', '--period', at.slice(0, 10), '--json', 'r.json', '--sign'];
  const run = await garim(args, { cwd: temp.path });
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /^on record: leaves 2 to 21$/m);
  const { indicators } = JSON.parse(readFileSync(path.join(temp.path, 'r.json'), 'utf8'));
  assert.equal(indicators.find(({ id }: { id: number }) => id === 5).status, 'pass');
  const show = await garim(['ledger', 'show', '--kind', 'indicator'], { cwd: temp.path });
  assert.equal(show.stdout.trim().split('\n').length, 20);
  assert.equal((await garim(['ledger', 'verify'], { cwd: temp.path })).code, 0);
});

test('while the agent writes, and without a log, nothing is put on record', async () => {
  using temp = new TempDir();
  writeFileSync(path.join(temp.path, 'faults.log'), '');
  const put = (...more: string[]) => garim([...MEASURED, ...more], { cwd: temp.path });
  assert.match((await put()).stderr, /holds no log/);
  {
    await using started = await startTestLedger(path.join(temp.path, 'state'));
    await started.ledger.append(
      { kind: 'policy', at: '2026-11-23T05:00:00Z', policy: `sha256:${'1'.repeat(64)}`, counter: 1 },
      'signed',
    );
    assert.match((await put()).stderr, /in use by process/);
  }
});

test('a log that began with a witness goes on only after that one was asked', async () => {
  using temp = new TempDir();
  writeFileSync(path.join(temp.path, 'faults.log'), '');
  const [state, dir] = [path.join(temp.path, 'state'), path.join(temp.path, 'witness')];
  // The witness must know the log's key, and the log's first leaf names the witness: so both are begun once before.
  const { address, port, vkey } = await (async () => {
    await using witness = await startTestWitness(dir, []);
    const { ledger } = await startTestLedger(state, { witnesses: [witness.address] });
    await ledger.close();
    return { address: witness.address, port: witness.port, vkey: ledger.state().vkey };
  })();
  await using _witness = await startTestWitness(dir, [parseVerifier(vkey)], port);
  {
    const { ledger } = await startTestLedger(state, { witnesses: [address] });
    const policy = {
      kind: 'policy',
      at: '2026-11-23T05:00:00Z',
      policy: `sha256:${'1'.repeat(64)}`,
      counter: 1,
    } as const;
    await ledger.append(policy, 'signed');
    await ledger.close();
  }
  const refused = await garim(MEASURED, { cwd: temp.path });
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /began with a witness that is not named/);
  const put = await garim([...MEASURED, '--witness-at', `${address.url}=${address.vkey}`], { cwd: temp.path });
  assert.equal(put.stdout, 'on record: leaf 2\n', put.stderr);
});
