/**
 * Goal: `garim report` believes only a log that verifies, links each figure to a proof that holds, loads nothing from elsewhere, and says
 * `unknown` when the evidence is gone. Method: the command on a real log, whole, tampered with and deleted.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { LEDGER_FOLDER, type LeafBody } from '../../../edge/ledger/ledger.ts';
import { parseVerifier } from '../../../edge/ledger/note.ts';
import { checkProof } from '../../../edge/ledger/proof.ts';
import { garim } from '../../support/garim-command.ts';
import { collectLeaf, leaves } from '../../support/leaves.ts';
import { TempDir } from '../../support/temp.ts';
import { startTestLedger, startTestWitness } from '../../support/test-ledger.ts';
import { until } from '../../support/wait.ts';

interface ReportJson {
  log: { isVerified: boolean; faults: string[]; size: number } | undefined;
  indicators: { id: number; status: string; num?: number; proofs: number[] }[];
}

async function writeLog(stateDir: string): Promise<string> {
  const { detail: _, ...plain } = collectLeaf('gate', 20);
  await using started = await startTestLedger(stateDir);
  const { ledger } = started;
  const bodies = [
    { ...leaves.canary, planted: 400, missed: 0 },
    { ...plain, model: leaves.canary.model },
    { ...leaves.failclosed, sensor: 'gate' },
    leaves.release,
    { ...leaves.pull, feed: 'gate', at: '2026-11-23T05:03:00Z' },
  ].map(({ v: _, box: __, ...body }) => body as LeafBody);
  for (const body of bodies) await ledger.append(body, 'signed');
  return ledger.state().vkey;
}

async function report(cwd: string, ...more: string[]) {
  const args = ['report', '--period', '2026-11-23', '--state', 'state', '--out', 'r.html', '--json', 'r.json', ...more];
  const run = await garim(args, { cwd });
  const read = (name: string): string => readFileSync(path.join(cwd, name), 'utf8');
  return { run, page: read('r.html'), data: JSON.parse(read('r.json')) as ReportJson };
}

const statusOf = ({ indicators }: ReportJson, id: number): string | undefined =>
  indicators.find((indicator) => indicator.id === id)?.status;

test('a report of a log that verifies: figures, proofs, nothing from elsewhere', async () => {
  using temp = new TempDir();
  const key = await writeLog(path.join(temp.path, 'state'));
  const { run, page, data } = await report(temp.path, '--key', key);
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /^\d+ pass, 0 fail, 1 reported, \d+ unknown$/m);
  assert.equal(data.log?.isVerified, true);
  for (const id of [1, 3, 9, 15, 16]) assert.equal(statusOf(data, id), 'pass', `${id}`);
  assert.equal(statusOf(data, 6), 'reported');
  for (const id of [2, 4, 5, 7, 14, 20]) assert.equal(statusOf(data, id), 'unknown', `${id}`);
  assert.doesNotMatch(page, /<script|<link|<img|@import|url\(|src=/);
  assert.deepEqual(
    [...page.matchAll(/href="(?!#|data:text\/plain;base64,)([^"]*)"/g)].map(([, href]) => href),
    [],
  );
  const proofs = [...page.matchAll(/download="leaf-(\d+)\.tlog-proof" href="data:text\/plain;base64,([^"]+)"/g)];
  assert.deepEqual(
    proofs.map(([, index]) => Number(index)),
    [...new Set(data.indicators.flatMap((indicator) => indicator.proofs))].sort((a, b) => a - b),
  );
  for (const [, index, base64 = ''] of proofs) {
    const proof = checkProof(Buffer.from(base64, 'base64'));
    assert.ok(!('fault' in proof) && proof.index === Number(index), index);
    assert.ok(page.includes(`id="leaf-${index}"`));
  }
});

test('a log that was tampered with: the report says so, and believes nothing', async () => {
  using temp = new TempDir();
  const state = path.join(temp.path, 'state');
  await writeLog(state);
  const entries = path.join(state, LEDGER_FOLDER, 'tile', 'entries');
  const file = readdirSync(entries, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(entries, name))
    .filter((name) => /\/\d+$/.test(name))
    .sort()
    .at(-1)!;
  const bytes = readFileSync(file);
  bytes.write('9', bytes.indexOf('"planted":4') + 10);
  writeFileSync(file, bytes);
  const { run, page, data } = await report(temp.path);
  assert.equal(run.code, 1);
  assert.match(run.stdout, /^WRONG: /m);
  assert.match(page, /FAILS VERIFICATION/);
  assert.equal(data.log?.isVerified, false);
  for (const { id, status } of data.indicators) assert.equal(status, id === 14 ? 'fail' : 'unknown', `${id}`);
});

test('with the evidence deleted everything is unknown', async () => {
  using temp = new TempDir();
  const state = path.join(temp.path, 'state');
  await writeLog(state);
  rmSync(path.join(state, LEDGER_FOLDER), { recursive: true });
  const { run, page, data } = await report(temp.path);
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /there is no log/);
  assert.equal(data.log, undefined);
  assert.equal(data.indicators.length, 20);
  for (const { id, status } of data.indicators) assert.equal(status, 'unknown', `${id}`);
  assert.match(page, /Without evidence every indicator is unknown/);
});

test('a wrong key, a wrong period, and nowhere to write to', async () => {
  using temp = new TempDir();
  await writeLog(path.join(temp.path, 'state'));
  await writeLog(path.join(temp.path, 'other'));
  await using other = await startTestLedger(path.join(temp.path, 'other'));
  assert.equal((await report(temp.path, '--key', other.ledger.state().vkey)).run.code, 1);
  for (const args of [
    ['--period', '2026-W60', '--out', 'r.html'],
    ['--period', '2026-W47'],
  ]) {
    const run = await garim(['report', ...args], { cwd: temp.path });
    assert.equal(run.code, 1, args.join(' '));
    assert.match(run.stderr, /is no period|nowhere to write/);
  }
});

test('a cosignature of a witness that only the configuration names is evidence', async () => {
  using temp = new TempDir();
  const state = path.join(temp.path, 'state');
  const key = await writeLog(state);
  await using hub = await startTestWitness(path.join(temp.path, 'hub'), [parseVerifier(key)]);
  {
    await using started = await startTestLedger(state, { witnesses: [hub.address] });
    await until('cosigned', () => started.ledger.state().cosigned.size > 0);
  }
  writeFileSync(
    path.join(temp.path, 'garim.yaml'),
    `cameras: {gate: {source: simulated}}\nledger: {witnesses: [{url: '${hub.address.url}', vkey: '${hub.address.vkey}'}]}\nstate: state\n`,
  );
  assert.equal(statusOf((await report(temp.path)).data, 14), 'unknown');
  const { run, data } = await report(temp.path, '--config', 'garim.yaml');
  assert.equal(run.code, 0, run.stderr);
  assert.equal(statusOf(data, 14), 'pass');
});

test('a camera without a site keeps no report from being made: it is said, and no sign of the box is current', async () => {
  using temp = new TempDir();
  const { ledger } = await startTestLedger(path.join(temp.path, 'state'));
  const { v: _, box: __, ...sign } = leaves.sign;
  await ledger.append({ ...sign, at: '2026-11-23T05:00:00Z' }, 'signed');
  await ledger.close();
  const controller = "{name: c, department: d, phone: '02-123-4567', access: a, viewing: v}";
  writeFileSync(
    path.join(temp.path, 'garim.yaml'),
    `cameras: {gate: {source: simulated}}\ncontroller: ${controller}\nstate: state\n`,
  );
  const { run, data } = await report(temp.path, '--config', 'garim.yaml');
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /no sign can be current: cameras\.gate\.site is not set in garim\.yaml/);
  assert.equal(data.indicators.find(({ id }) => id === 19)?.status, 'fail');
});
