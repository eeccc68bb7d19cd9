/**
 * Goal: a policy whose releases single people out is refused at load, with a reason and a way out, and every default policy passes. Method:
 * policies that differ in one setting; the bound of noise against the noise itself.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../../../edge/base/paths.ts';
import { readPolicyFile } from '../../../../edge/policy/load.ts';
import { type Policy, policySchema, type SensorPolicy } from '../../../../edge/policy/schema.ts';
import { adapterNamed, adapterNames } from '../../../../edge/sensor/adapters/index.ts';
import { defaultBoxPolicy } from '../../../../edge/sensor/attack/run.ts';
import { seededUniform } from '../../../../edge/sensor/attack/seeded.ts';
import { advantageOf as measured } from '../../../../edge/sensor/attack/statistics.ts';
import { ADVANTAGE_MAX, advantageOf, linkageProblems } from '../../../../edge/sensor/guard/bound.ts';
import { sensorSetup } from '../../../../edge/sensor/setup.ts';
import { noiseFor } from '../../../../edge/sensor/transform/noise/mechanism.ts';
import { rational } from '../../../../edge/sensor/transform/rational.ts';
import { TempDir } from '../../../support/temp.ts';

const HERE = { name: 'here', lat: 37.5, lon: 127 };
const THERE = { name: 'there', lat: 37.51, lon: 127 };

function sensor(adapter: string, more: Partial<SensorPolicy> = {}): Record<string, unknown> {
  const policy: Record<string, unknown> = { ...adapterNamed(adapter).defaultPolicy, adapter, ...more };
  if ('epsilonPerDay' in more && more.epsilonPerDay === undefined) delete policy['epsilonPerDay'];
  return policy;
}

const policyOf = (sensors: Record<string, unknown>): Policy => policySchema.parse({ sensors });

test('each adapter’s own policy passes, alone and in a box with all of them', () => {
  for (const name of adapterNames()) assert.deepEqual(linkageProblems(policyOf({ one: sensor(name) })), [], name);
  assert.deepEqual(linkageProblems(defaultBoxPolicy()), []);
});

test('the policy that is given as an example passes', async () => {
  const example = await readPolicyFile(path.join(packageRoot, 'deploy', 'policy.example.yaml'));
  assert.deepEqual(linkageProblems(example), []);
});

test('k without noise is refused, whatever the usual k, with the sensor, the figure and what to write', () => {
  for (const k of [5, 10, 20]) {
    const [problem, ...others] = linkageProblems(
      policyOf({ gate: sensor('wifi-probes', { k, windowMs: 300_000, epsilonPerDay: undefined }) }),
    );
    assert.deepEqual(others, []);
    assert.deepEqual(problem?.sensors, ['gate']);
    assert.ok(problem.advantage > ADVANTAGE_MAX);
    assert.match(problem.fix, /epsilonPerDay .* for gate/);
  }
});

test('k without noise passes where it is large enough for the windows that one person is in', () => {
  const withK = (k: number): Policy =>
    policyOf({ gate: sensor('wifi-probes', { k, windowMs: 86_400_000, epsilonPerDay: undefined }) });
  assert.equal(linkageProblems(withK(31)).length, 1);
  assert.equal(linkageProblems(withK(32)).length, 0);
});

test('a budget that is too large is refused, with the largest that fits', () => {
  const alone = (epsilonPerDay: number) => policyOf({ gate: sensor('wifi-probes', { epsilonPerDay }) });
  const street = (epsilonPerDay?: number) =>
    policyOf(
      Object.fromEntries(
        ['wifi-probes', 'ble-scans', 'people-counter', 'lpr', 'camera-counts'].map((adapter) => [
          adapter,
          sensor(adapter, { place: HERE, ...(epsilonPerDay === undefined ? {} : { epsilonPerDay }) }),
        ]),
      ),
    );
  for (const [policy, withEpsilon] of [
    [alone(4), alone],
    [street(), street],
  ] as const) {
    const [problem] = linkageProblems(policy);
    const fitting = Number(/^Write epsilonPerDay (\d\.\d\d) or less for /.exec(problem?.fix ?? '')?.[1]);
    assert.ok(fitting > 0.1, problem?.fix);
    assert.deepEqual(linkageProblems(withEpsilon(fitting)), []);
    assert.equal(linkageProblems(withEpsilon(fitting + 0.02)).length, 1);
  }
});

test('sensors that may see the same people add up; apart from each other they do not', () => {
  const six = (place: (i: number) => SensorPolicy['place']) =>
    policyOf(
      Object.fromEntries(
        Array.from({ length: 6 }, (_, i) => {
          const at = place(i);
          return [`s${i}`, sensor('wifi-probes', at === undefined ? {} : { place: at })];
        }),
      ),
    );
  const [unplaced] = linkageProblems(six(() => undefined));
  assert.equal(unplaced?.sensors.length, 6);
  assert.match(unplaced?.fix ?? '', /say with place/);
  assert.equal(linkageProblems(six(() => HERE)).length, 1);
  const apart = linkageProblems(six((i) => ({ ...HERE, lat: HERE.lat + i / 100 })));
  assert.deepEqual(apart, []);
  assert.equal(linkageProblems(six((i) => (i < 3 ? HERE : THERE))).length, 0);
});

test('the mean of people in view is refused', () => {
  const { fields } = adapterNamed('people-counter').defaultPolicy;
  const peoplePresent = {
    category: 'count',
    transform: { kind: 'measure', statistic: 'mean', clamp: [0, 100] },
  } as const;
  const policy = sensor('people-counter', {
    fields: { ...fields, peoplePresent } as unknown as SensorPolicy['fields'],
  });
  const [problem] = linkageProblems(policyOf({ door: policy }));
  assert.match(problem?.what ?? '', /mean of peoplePresent/);
  assert.match(problem?.fix ?? '', /Drop peoplePresent/);
});

test('the bound of noise is what the best test on that noise reaches', () => {
  for (const percent of [1, 5, 40]) {
    const rho = rational(BigInt(percent), 100n);
    const noise = noiseFor({ mechanism: 'gaussian', rho }, { cells: 1, perCell: 1, canPileUp: false });
    const uniform = seededUniform('bound', percent);
    const trials = Array.from({ length: 20_000 }, (_, i) => {
      const isPositive = i % 2 === 0;
      return { day: i % 50, isPositive, score: Number(noise.draw(uniform)) + (isPositive ? 1 : 0) };
    });
    const { low, high } = measured(trials, 1);
    const bound = advantageOf(percent / 100);
    assert.ok(low - 0.005 <= bound && bound <= high + 0.005, `${percent} %: ${low} to ${high}, bound ${bound}`);
  }
});

test('such a policy is not taken into force', async () => {
  using temp = new TempDir();
  const file = path.join(temp.path, 'policy.yaml');
  const settings = {
    sensors: { gate: { adapter: 'wifi-probes', intake: { stdin: {} } } },
    policy: file,
    state: temp.path,
  } as unknown as Parameters<typeof sensorSetup>[0];
  const write = (more: Partial<SensorPolicy>): void =>
    writeFileSync(file, JSON.stringify({ version: 1, sensors: { gate: sensor('wifi-probes', more) } }));
  write({ epsilonPerDay: undefined });
  await assert.rejects(sensorSetup(settings), /gate: whether one person was there could be told/);
  write({});
  assert.deepEqual(Object.keys((await sensorSetup(settings)).policy.sensors), ['gate']);
});
