/**
 * Goal: each adapter's default policy is one that a city could run. Method: every policy against the policy schema, its adapter's table, and
 * what the taxonomy says of each category; and each of those rules against a policy that breaks it.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../../../edge/base/paths.ts';
import { sensorPolicySchema, type Transform } from '../../../../edge/policy/schema.ts';
import { CATEGORIES, type CategoryId } from '../../../../edge/policy/taxonomy.ts';
import { adapterNamed, adapterNames } from '../../../../edge/sensor/adapters/index.ts';
import type { Adapter, FieldType } from '../../../../edge/sensor/reading.ts';

const DAY_MS = 86_400_000;
/** Purposes used here; read in the purposes module of DPV 2.3. */
const DPV_PURPOSES = ['dpv:ImproveTransportMobility', 'dpv:ImprovePublicServices', 'dpv:ProvideOfficialStatistics'];
/** Values that tell people or things apart: they may be contributors, and nothing else. */
const IDENTIFYING: readonly CategoryId[] = ['plate', 'mac-address', 'device-id', 'transit-card'];
const TYPES_OF: Record<string, readonly FieldType[]> = {
  drop: ['string', 'number', 'boolean', 'position', 'text'],
  contributor: ['string'],
  'group-band': ['number'],
  'group-cell': ['position'],
  'group-value': ['string'],
  measure: ['number'],
};

function problemsOf({ fields, defaultPolicy }: Pick<Adapter, 'fields' | 'defaultPolicy'>): string[] {
  const problems: string[] = [];
  const contributors = Object.values(defaultPolicy.fields).filter(({ transform }) => transform.kind === 'contributor');
  if (contributors.length > 1) problems.push('two contributors');
  for (const name of new Set([...Object.keys(fields), ...Object.keys(defaultPolicy.fields)])) {
    const spec = fields[name];
    const policy = defaultPolicy.fields[name];
    if (spec === undefined || policy === undefined) {
      problems.push(`${name}: only in one of the two tables`);
      continue;
    }
    const { kind } = policy.transform;
    if (policy.category !== spec.category) problems.push(`${name}: another category`);
    if (!TYPES_OF[kind]?.includes(spec.type)) problems.push(`${name}: ${kind} of a ${spec.type}`);
    const mayIdentify = IDENTIFYING.includes(spec.category);
    if (kind === 'contributor' && !mayIdentify) problems.push(`${name}: contributor by ${spec.category}`);
    if (kind !== 'drop' && kind !== 'contributor') {
      if (CATEGORIES[spec.category].mode === 'never') problems.push(`${name}: never`);
      if (mayIdentify) problems.push(`${name}: an identifier leaves`);
      if (CATEGORIES[spec.category].mode !== 'free' && contributors.length === 0) problems.push(`${name}: k of nobody`);
    }
    const isTrace = spec.category === 'location-trace' && policy.transform.kind === 'group-cell';
    if (isTrace && policy.transform.kind === 'group-cell' && policy.transform.resolution > 8)
      problems.push(`${name}: too fine`);
    if (spec.category === 'meter-coarse' && defaultPolicy.windowMs < 1_800_000)
      problems.push(`${name}: window too short`);
  }
  return problems;
}

for (const name of adapterNames()) {
  test(`${name}: the default policy keeps the rules of each category`, () => {
    const { fields, defaultPolicy } = adapterNamed(name);
    assert.deepEqual(problemsOf({ fields, defaultPolicy }), []);
    assert.deepEqual(sensorPolicySchema.parse({ adapter: name, ...defaultPolicy }), {
      adapter: name,
      ...defaultPolicy,
    });
    assert.ok(DPV_PURPOSES.includes(defaultPolicy.purpose), defaultPolicy.purpose);
    assert.equal(DAY_MS % defaultPolicy.windowMs, 0, 'windows do not divide a day');
    assert.ok(defaultPolicy.k >= 10);
  });
}

test('each rule can fail', () => {
  const { fields, defaultPolicy } = adapterNamed('lpr');
  const withField = (name: string, field: Adapter['defaultPolicy']['fields'][string]): string[] =>
    problemsOf({ fields, defaultPolicy: { ...defaultPolicy, fields: { ...defaultPolicy.fields, [name]: field } } });
  const groups: Transform = { kind: 'group-value', values: ['x'] };
  assert.deepEqual(
    new Set(withField('plate', { category: 'plate', transform: groups })),
    new Set(['plate: never', 'plate: an identifier leaves', 'plate: k of nobody', 'vehicleType: k of nobody']),
  );
  assert.deepEqual(withField('lane', { category: 'count', transform: { kind: 'contributor' } }), [
    'two contributors',
    'lane: contributor by count',
  ]);
  assert.deepEqual(withField('lane', { category: 'environment', transform: { kind: 'drop' } }), [
    'lane: another category',
  ]);
  assert.deepEqual(withField('new', { category: 'count', transform: { kind: 'drop' } }), [
    'new: only in one of the two tables',
  ]);
  assert.deepEqual(
    withField('position', { category: 'location-trace', transform: { kind: 'group-cell', resolution: 9 } }),
    ['position: too fine'],
  );
});

test('the README names each adapter with what leaves by default', () => {
  const readme = readFileSync(path.join(packageRoot, 'README.md'), 'utf8');
  for (const name of adapterNames()) {
    const row = readme.split('\n').find((line) => line.startsWith(`| \`${name}\``));
    assert.ok(row !== undefined, `README.md has no row for ${name}`);
    const { fields } = adapterNamed(name).defaultPolicy;
    const kinds = Object.values(fields).map(({ transform }) => transform.kind);
    assert.equal(row.includes('contributors'), kinds.includes('contributor'), `${name}: contributors`);
    assert.equal(
      row.includes(' by '),
      kinds.some((kind) => kind.startsWith('group-')),
      `${name}: groups`,
    );
  }
});
