/** Goal: `garim attack` prints what was found, says it by its exit code, and writes it. Method: the command on a very small city. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { adapterNamed } from '../../../edge/sensor/adapters/index.ts';
import { garim } from '../../support/garim-command.ts';
import { TempDir } from '../../support/temp.ts';

test('without protection: a table, FAIL in it, exit code 1, and the same as JSON', async () => {
  using temp = new TempDir();
  const run = await garim(['attack', '--without-guard', '--people', '60', '--json', 'out.json'], { cwd: temp.path });
  assert.equal(run.code, 1, run.stderr);
  assert.match(run.stdout, /^attack +advantage +95 % interval +bound +trials +verdict$/m);
  assert.match(run.stdout, /^dictionary on emitted words +0\.500 +0\.500 to 0\.500 +0\.050 +\d+ +FAIL$/m);
  const report = JSON.parse(readFileSync(path.join(temp.path, 'out.json'), 'utf8'));
  assert.equal(report.guard, false);
  assert.equal(report.results.length, run.stdout.match(/(FAIL|pass|undecided)$/gm)?.length);
});

test('a city where nothing is released is no pass: undecided, with how many people it takes, and an exit code of its own', async () => {
  using temp = new TempDir();
  const sensors = { gate: { ...adapterNamed('camera-counts').defaultPolicy, adapter: 'camera-counts' } };
  writeFileSync(path.join(temp.path, 'policy.yaml'), JSON.stringify({ version: 1, sensors }));
  const run = await garim(['attack', '--policy', 'policy.yaml', '--people', '60', '--json', 'out.json'], {
    cwd: temp.path,
  });
  assert.equal(run.code, 2, run.stderr);
  assert.match(run.stdout, /^membership, camera-counts .* undecided$/m);
  const people = Number(
    /^undecided \(\d+ of \d+\): too few people to tell; use at least --people (\d+)$/m.exec(run.stdout)?.[1],
  );
  assert.ok(people >= 1_000, `${people}`);
  const { results } = JSON.parse(readFileSync(path.join(temp.path, 'out.json'), 'utf8'));
  assert.equal(
    results.find(({ attack }: { attack: string }) => attack === 'membership, camera-counts').verdict,
    'undecided',
  );
});

test('a policy of its own: what is refused at load is said first', async () => {
  using temp = new TempDir();
  const { epsilonPerDay: _, ...exact } = adapterNamed('wifi-probes').defaultPolicy;
  const sensors = {
    gate: { ...exact, adapter: 'wifi-probes' },
    air: { ...adapterNamed('environment').defaultPolicy, adapter: 'environment' },
  };
  writeFileSync(path.join(temp.path, 'policy.yaml'), JSON.stringify({ version: 1, sensors }));
  const run = await garim(['attack', '--policy', 'policy.yaml', '--people', '60'], { cwd: temp.path });
  assert.equal(run.code, 1, run.stderr);
  assert.match(run.stdout, /^refused at load: gate: whether one person was there/m);
  assert.match(run.stdout, /^not simulated: air$/m);
});

test('impossible options are refused', async () => {
  using temp = new TempDir();
  for (const args of [
    ['--people', '3'],
    ['--seed', 'x'],
    ['--policy', 'missing.yaml'],
  ]) {
    const run = await garim(['attack', ...args], { cwd: temp.path });
    assert.notEqual(run.code, 0, args.join(' '));
    assert.match(run.stderr, /people|seed|missing\.yaml/);
  }
});
