/** Goal: `garim policy` says what happens and asks before it loosens. Method: the real command in real folders. */
import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { garim, type Outcome } from '../../support/garim-command.ts';
import { TempDir } from '../../support/temp.ts';

const POLICY = `version: 1
sensors:
  gate:
    adapter: wifi-probes
    purpose: dpv:ImproveTransportMobility
    release: crowd-flow
    windowMs: 3600000
    epsilonPerDay: 0.7
    fields:
      mac: { category: mac-address, transform: { kind: contributor } }
`;
const LOOSER = POLICY.replace('version: 1', 'version: 2').replace('fields:', 'k: 5\n    fields:');

test('check, explain and diff', async () => {
  using dir = new TempDir({
    'policy.yaml': POLICY,
    'new.yaml': LOOSER,
    'bad.yaml': POLICY.replace('mac-address', 'mac'),
  });
  const run = (...args: string[]): Promise<Outcome> => garim(['policy', ...args], { cwd: dir.path });
  const [good, bad, explained, compared] = await Promise.all([
    run('check'),
    run('check', 'bad.yaml'),
    run('explain', '--sensor', 'gate', '--field', 'mac', '--refused'),
    run('diff', 'policy.yaml', 'new.yaml'),
  ]);
  assert.match(good.stdout, /^policy\.yaml: valid, version 1, 1 sensor\nsha256 [0-9a-f]{64}\n$/);
  assert.equal(bad.code, 1);
  assert.match(bad.stderr, /^bad\.yaml:10:24 sensors\.gate\.fields\.mac\.category: /);
  assert.match(
    explained.stdout,
    /left out.*\n\nmac: mac-address \(pd:MACAddress, opt-out\)\n {2}outcome {3}drop, by the rule: refusal/s,
  );
  assert.equal(compared.stdout, 'loosens   gate: a figure needs 5 contributors instead of 10\n');
});

test('keys, bundles, and a question before anything is loosened', async () => {
  using dir = new TempDir({ 'policy.yaml': POLICY, 'new.yaml': LOOSER });
  const run = (...args: string[]): Promise<Outcome> => garim(['policy', ...args], { cwd: dir.path });
  const installed = path.join(dir.path, 'state', 'policy', 'installed.json');
  const made = await run('keygen', '--out', 'city.key');
  assert.equal(made.code, 0, made.stderr);
  assert.equal(statSync(path.join(dir.path, 'city.key')).mode & 0o777, 0o600);
  assert.match((await run('keygen', '--out', 'city.key')).stderr, /there already/);
  const signed = await run('sign', 'policy.yaml', '--key', 'city.key', '--out', '1.json');
  assert.equal(signed.code, 0, signed.stderr);
  const asked = await run('install', '1.json', '--trust', 'city.key.pub');
  assert.equal(asked.code, 1);
  assert.match(asked.stdout, /^loosens {3}gate: a new sensor is released/);
  assert.match(asked.stderr, /^Not installed: this loosens, and nobody is there to be asked\./);
  assert.ok(!existsSync(installed));
  const done = await run('install', '1.json', '--trust', 'city.key.pub', '--yes');
  assert.match(done.stdout, /version 1, signed by [0-9a-f]{16}, is in force from the next start on/);
  assert.ok(existsSync(installed));
  assert.match((await run('install', '1.json', '--trust', 'city.key.pub')).stdout, /in force already/);
});

test('a policy that would single people out is refused by check and install, with what to write', async () => {
  const exact = POLICY.replace('    epsilonPerDay: 0.7\n', '');
  using dir = new TempDir({ 'policy.yaml': exact });
  const run = (...args: string[]): Promise<Outcome> => garim(['policy', ...args], { cwd: dir.path });
  const refusal = /gate: whether one person was there could be told with an advantage .*epsilonPerDay/s;
  const checked = await run('check');
  assert.equal(checked.code, 1);
  assert.match(checked.stderr, refusal);
  await run('keygen', '--out', 'city.key');
  await run('sign', 'policy.yaml', '--key', 'city.key', '--out', '1.json');
  const installed = await run('install', '1.json', '--trust', 'city.key.pub', '--yes');
  assert.equal(installed.code, 1);
  assert.match(installed.stderr, refusal);
  assert.ok(!existsSync(path.join(dir.path, 'state', 'policy', 'installed.json')));
});
