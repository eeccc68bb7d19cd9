/** Goal: only what the city signed is taken, and never an older one. Method: real keys and folders, tampered and replayed bundles. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { openBundle, planInstall, policyInForce, signPolicy } from '../../../edge/policy/bundle.ts';
import { newSigningKey, parseSigningKey, parseTrustKey, seal } from '../../../edge/policy/envelope.ts';
import { policyDigest } from '../../../edge/policy/load.ts';
import { policyWith, sensorWith } from '../../support/policies.ts';
import { TempDir } from '../../support/temp.ts';

const pems = newSigningKey();
const key = parseSigningKey(pems.privatePem, 'key');
const trust = parseTrustKey(pems.publicPem, 'key.pub');
const other = newSigningKey();

const version = (number: number, k = 10) => ({ ...policyWith({ gate: sensorWith({}, { k }) }), version: number });
const plan = (stateDir: string, text: string) => planInstall(text, { stateDir, trust, name: 'b.json' });

test('what was signed is what is opened', () => {
  const policy = version(3);
  assert.deepEqual(openBundle(signPolicy(policy, key), trust, 'b.json'), policy);
});

test('every changed byte of a bundle is refused', () => {
  const bundle = signPolicy(version(1), key);
  for (let at = 0; at < bundle.length - 1; at += 7) {
    const changed = `${bundle.slice(0, at)}${bundle[at] === 'A' ? 'B' : 'A'}${bundle.slice(at + 1)}`;
    // The name of the key is a hint and not signed.
    if (bundle.indexOf('"keyid"') <= at && at <= bundle.indexOf('"sig"')) continue;
    assert.throws(() => openBundle(changed, trust, 'b.json'), { name: 'UserError' }, `byte ${at}`);
  }
});

test('another key, another type and no signature are refused', () => {
  const theirs = parseSigningKey(other.privatePem, 'other');
  assert.throws(() => openBundle(signPolicy(version(1), theirs), trust, 'b.json'), /not of the trusted key/);
  const elsewhere = seal('application/vnd.garim.optout+json', Buffer.from('{}'), key);
  assert.throws(() => openBundle(elsewhere, trust, 'b.json'), /signed as something else/);
  assert.throws(() => openBundle('version: 1\n', trust, 'b.json'), /not a signed envelope/);
  assert.throws(
    () => openBundle(seal('x', Buffer.from('{}'), key).replace(/\[.*\]/, '[]'), trust, 'b'),
    /not a signed/,
  );
});

test('a signed policy is checked like any other', () => {
  const bad = version(1);
  bad.sensors['gate']!.fields['p'] = { category: 'plate', transform: { kind: 'group-value', values: ['a'] } };
  assert.throws(() => openBundle(signPolicy(bad, key), trust, 'b.json'), /plate never leaves/);
  assert.throws(() => signPolicy(version(0), key), /a signed policy needs one/);
});

test('keys of the wrong kind are refused without being shown', () => {
  assert.throws(
    () => parseTrustKey(pems.privatePem, 'k'),
    (error: Error) => !error.message.includes(pems.privatePem.slice(30, 60)),
  );
  assert.throws(() => parseSigningKey(pems.publicPem, 'k'), /not an Ed25519 private key/);
  assert.throws(() => parseSigningKey('', 'k'), /not an Ed25519 private key/);
});

test('rollback is refused, also after a restart; the same again is nothing', async () => {
  using dir = new TempDir();
  const bundles = [1, 2, 3].map((number) => signPolicy(version(number), key));
  await (await plan(dir.path, bundles[1]!)).install();
  await assert.rejects(plan(dir.path, bundles[0]!), /version 1 is an older policy: this box accepted version 2/);
  assert.equal((await plan(dir.path, bundles[1]!)).isInstalled, true);
  await assert.rejects(plan(dir.path, signPolicy(version(2, 5), key)), /another policy of the same version/);
  await (await plan(dir.path, bundles[2]!)).install();
  await assert.rejects(plan(dir.path, bundles[1]!), /accepted version 3/);
  const inForce = await policyInForce({ stateDir: dir.path, trust });
  assert.deepEqual(inForce, { policy: version(3), digest: policyDigest(version(3)) });
  const folder = path.join(dir.path, 'policy');
  assert.deepEqual(readdirSync(folder), ['installed.json'], 'nothing is left beside it');
  assert.equal(statSync(path.join(folder, 'installed.json')).mode & 0o777, 0o600);
});

test('two that are installed at once can not undo each other', async () => {
  using dir = new TempDir();
  const [two, three] = await Promise.all([2, 3].map((number) => plan(dir.path, signPolicy(version(number), key))));
  await three!.install();
  await assert.rejects(two!.install(), /another policy was installed meanwhile/);
  assert.equal((await policyInForce({ stateDir: dir.path, trust }))?.policy.version, 3);
});

test('planning changes nothing', async () => {
  using dir = new TempDir();
  const { changes, isInstalled } = await plan(dir.path, signPolicy(version(1), key));
  assert.equal(isInstalled, false);
  assert.equal(changes[0]?.kind, 'loosens', 'at first everything is new');
  assert.deepEqual(readdirSync(dir.path), []);
  assert.equal(await policyInForce({ stateDir: dir.path, trust }), undefined);
});

test('a damaged or foreign installed policy is refused, never taken for none', async () => {
  using dir = new TempDir();
  await (await plan(dir.path, signPolicy(version(2), key))).install();
  const file = path.join(dir.path, 'policy', 'installed.json');
  const good = readFileSync(file, 'utf8');
  for (const bad of [
    '',
    good.slice(0, 80),
    good.replace('"version":2', '"version":1'),
    good.replace(/"digest":"../, '"digest":"00'),
  ]) {
    writeFileSync(file, bad);
    await assert.rejects(policyInForce({ stateDir: dir.path, trust }), /is damaged/);
  }
  writeFileSync(file, good);
  const theirs = parseTrustKey(other.publicPem, 'other');
  await assert.rejects(policyInForce({ stateDir: dir.path, trust: theirs }), /not of the trusted key/);
});

test('a file is taken where no key is trusted', async () => {
  using dir = new TempDir({ 'policy.yaml': 'sensors: {}\n' });
  const { policy } = (await policyInForce({ file: path.join(dir.path, 'policy.yaml') }))!;
  assert.deepEqual(policy.sensors, {});
});
