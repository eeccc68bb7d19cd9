/**
 * Goal: sensors start with the policy that their operator means, and not at all with one that does not fit. Method: settings, policy files and
 * signed bundles in real folders.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { UserError } from '../../../edge/base/errors.ts';
import { configSchema } from '../../../edge/config/schema.ts';
import { planInstall, signPolicy } from '../../../edge/policy/bundle.ts';
import { newSigningKey, parseSigningKey, parseTrustKey } from '../../../edge/policy/envelope.ts';
import { policyDigest } from '../../../edge/policy/load.ts';
import { policySchema } from '../../../edge/policy/schema.ts';
import { adapterNamed } from '../../../edge/sensor/adapters/index.ts';
import { sensorSetup } from '../../../edge/sensor/setup.ts';
import { TempDir } from '../../support/temp.ts';

const INTAKE = { file: '/nonexistent/in.ndjson' };
const settings = (sensors: Record<string, string>, policy?: unknown, state = '/nonexistent') =>
  configSchema.parse({
    sensors: Object.fromEntries(Object.entries(sensors).map(([name, adapter]) => [name, { adapter, intake: INTAKE }])),
    ...(policy === undefined ? {} : { policy }),
    state,
  });
const own = (adapter: string) => ({ ...adapterNamed(adapter).defaultPolicy, adapter });
const refusal = (pattern: RegExp) => (error: unknown) =>
  error instanceof UserError && pattern.test(`${error.message} ${error.fix ?? ''}`);

test('without a policy each sensor has the one of its adapter, and that is said', async () => {
  const { policy, digest, remarks } = await sensorSetup(settings({ wifi: 'wifi-probes', air: 'environment' }));
  assert.deepEqual(policy.sensors['wifi'], own('wifi-probes'));
  assert.equal(digest, policyDigest(policy));
  assert.deepEqual(remarks, ['no policy is configured: each sensor has the one of its adapter']);
});

test('what the policy does not name is not listened to, and the digest is that of the whole policy', async () => {
  using temp = new TempDir();
  const file = path.join(temp.path, 'policy.yaml');
  const written = { version: 3, sensors: { wifi: own('wifi-probes'), elsewhere: own('environment') } };
  writeFileSync(file, JSON.stringify(written));
  const { policy, digest, remarks } = await sensorSetup(settings({ wifi: 'wifi-probes', air: 'environment' }, file));
  assert.deepEqual(Object.keys(policy.sensors), ['wifi']);
  assert.equal(digest, policyDigest(policySchema.parse(written)));
  assert.match(remarks.join(), /^sensor air is not named by the policy: .*nothing of it leaves$/);
});

test('what does not fit is refused, with what to do', async () => {
  using temp = new TempDir();
  const file = path.join(temp.path, 'policy.yaml');
  const { epsilonPerDay: _, ...exact } = own('wifi-probes');
  const crowd = own('people-counter');
  const cases: [Record<string, string>, unknown, RegExp][] = [
    [{ wifi: 'wifi' }, {}, /^sensors\.wifi\.adapter: .*no adapter "wifi"/s],
    [{ wifi: 'ble-scans' }, { wifi: own('wifi-probes') }, /made for wifi-probes, not for ble-scans/],
    [{ wifi: 'wifi-probes' }, { wifi: exact }, /wifi: whether one person was there .*epsilonPerDay/s],
    [
      { wifi: 'wifi-probes' },
      { wifi: { ...own('wifi-probes'), fields: { mac: { category: 'count', transform: { kind: 'contributor' } } } } },
      /looser than mac-address|not permitted/,
    ],
    [
      { door: 'people-counter' },
      { door: { ...crowd, fields: { peoplePresent: { category: 'count', transform: level('mean') } } } },
      /peoplePresent has no noise/,
    ],
  ];
  for (const [sensors, policy, pattern] of cases) {
    writeFileSync(file, JSON.stringify({ sensors: policy }));
    await assert.rejects(sensorSetup(settings(sensors, file)), refusal(pattern), String(pattern));
  }
  await assert.rejects(sensorSetup(settings({}, path.join(temp.path, 'no.yaml'))), refusal(/no\.yaml/));
});

const level = (statistic: string) => ({ kind: 'measure', statistic, clamp: [0, 100] });

test('where a key is trusted only what it signed holds', async () => {
  using temp = new TempDir();
  const pems = newSigningKey();
  const trust = path.join(temp.path, 'city.pub');
  writeFileSync(trust, pems.publicPem);
  const setup = () => sensorSetup(settings({ wifi: 'wifi-probes' }, { trust }, temp.path));
  await assert.rejects(setup(), refusal(/no signed policy was installed/));
  const policy = policySchema.parse({ version: 1, sensors: { wifi: own('wifi-probes') } });
  const bundle = signPolicy(policy, parseSigningKey(pems.privatePem, 'key'));
  const options = { stateDir: temp.path, trust: parseTrustKey(pems.publicPem, 'pub'), name: 'bundle' };
  await (await planInstall(bundle, options)).install();
  assert.equal((await setup()).digest, policyDigest(policy));
  writeFileSync(trust, newSigningKey().publicPem);
  await assert.rejects(setup(), UserError, 'another city’s key');
  writeFileSync(trust, 'no key');
  await assert.rejects(setup(), UserError);
  await assert.rejects(
    sensorSetup(settings({}, { trust: path.join(temp.path, 'gone') }, temp.path)),
    refusal(/policy\.trust: .*can't be read/),
  );
});
