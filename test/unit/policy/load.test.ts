/** Goal: a wrong policy is refused with line and fix; a right one has one digest. Method: texts, each with one mistake planted. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { UserError } from '../../../edge/base/errors.ts';
import { packageRoot } from '../../../edge/base/paths.ts';
import { type AdapterFields, checkAgainst } from '../../../edge/policy/checks.ts';
import { parsePolicy, policyDigest, policyJsonSchema, readPolicyFile } from '../../../edge/policy/load.ts';
import { CONTROLLER, policyWith, sensorWith } from '../../support/policies.ts';

const HEAD = `version: 1
sensors:
  gate:
    adapter: lpr
    purpose: dpv:ImproveTransportMobility
    release: traffic-flow
`;

function problemsOf(text: string, adapters?: AdapterFields): string {
  try {
    parsePolicy(text, 'p.yaml', adapters);
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error.message;
  }
  return '';
}

function fieldProblems(category: string, transform: string, more = ''): string {
  return problemsOf(`${HEAD}${more}    fields:\n      f: { category: ${category}, transform: ${transform} }\n`);
}

test('the example of deploy/ is valid', async () => {
  const policy = await readPolicyFile(path.join(packageRoot, 'deploy', 'policy.example.yaml'));
  assert.equal(Object.keys(policy.sensors).length, 5);
});

test('an empty file is a policy that lets nothing out', () => {
  assert.deepEqual(parsePolicy('', 'p.yaml').sensors, {});
});

test('mistakes of form name line, setting and fix', () => {
  assert.equal(
    fieldProblems('plat', '{ kind: drop }'),
    'p.yaml:8:22 sensors.gate.fields.f.category: expected face-image, face-template, gait, body, plate, vehicle-description, mac-address, network-name, ip-address, device-id, advertising-id, transit-card, location-trace, audio, meter-fine, meter-coarse, official-id, contact, name, payment-card, free-text, signal, count, environment, device-status, time or unknown, got "plat". Did you mean plate?',
  );
  assert.equal(
    fieldProblems('plate', '{ kind: keep }'),
    'p.yaml:8:48 sensors.gate.fields.f.transform.kind: not a known word, got "keep". Write drop, contributor, group-band, group-cell, group-value or measure.',
  );
  assert.match(fieldProblems('plate', '{}'), /8:\d+ sensors\.gate\.fields\.f\.transform\.kind: missing\. Write drop, /);
  assert.match(
    fieldProblems('signal', '{ kind: group-band, edges: [1], values: [a] }'),
    /transform\.values: unknown setting\. Known here: kind, edges\./,
  );
  assert.match(
    problemsOf(`${HEAD}    fields: {}\n    windowMs: 5\n`),
    /8:15 sensors\.gate\.windowMs: expected at least 60000/,
  );
  assert.match(problemsOf('sensors: {a: }\n'), /1:\d+ sensors\.a: expected a mapping, got nothing/);
  assert.match(problemsOf('a: 1\na: 2\n'), /2:1 this name is written twice/);
});

test('what a category does not permit is refused, whatever the form', () => {
  assert.match(
    fieldProblems('plate', '{ kind: group-value, values: [a] }'),
    /plate never leaves\. Write drop or contributor\./,
  );
  assert.match(fieldProblems('network-name', '{ kind: contributor }'), /network-name never leaves\. Write drop\./);
  assert.match(fieldProblems('unknown', '{ kind: measure, statistic: mean, clamp: [0, 1] }'), /unknown never leaves/);
  assert.match(fieldProblems('mac-address', '{ kind: group-value, values: [a] }'), /not permitted for mac-address/);
  assert.match(
    fieldProblems('meter-fine', '{ kind: measure, statistic: max, clamp: [0, 1] }', '    windowMs: 3600000\n'),
    /max of meter-fine is the value of one person\. Write sum or mean\./,
  );
  assert.match(fieldProblems('location-trace', '{ kind: group-cell, resolution: 9 }'), /too fine.*at most 8/);
  assert.match(
    fieldProblems('meter-coarse', '{ kind: measure, statistic: sum, clamp: [0, 1] }', '    windowMs: 900000\n'),
    /7:15 sensors\.gate\.windowMs: shorter than meter-coarse permits\. Write at least 1800000/,
  );
  assert.match(fieldProblems('signal', '{ kind: group-band, edges: [2, 1] }'), /edges must rise/);
  assert.match(fieldProblems('count', '{ kind: measure, statistic: sum, clamp: [2, 1] }'), /clamp must rise/);
});

test('data of people who agreed needs a controller, and one contributor is enough', () => {
  assert.match(
    fieldProblems('transit-card', '{ kind: contributor }'),
    /controller: missing, and a field is used of people/,
  );
  assert.equal(fieldProblems('transit-card', '{ kind: drop }'), '');
  const two = 'a: { category: plate, transform: { kind: contributor } }';
  assert.match(
    problemsOf(`${HEAD}    fields:\n      ${two}\n      ${two.replace('a:', 'b:')}\n`),
    /9:.*a second contributor beside a/,
  );
});

test('a legal order ends after it begins, names sensors, and lifts no never', () => {
  const order = (more: object) =>
    problemsOf(
      JSON.stringify({
        sensors: { gate: { ...sensorWith({}) } },
        legalOrders: [
          {
            reference: '2026-1',
            sensors: ['gate'],
            categories: ['mac-address'],
            from: '2026-01-01T00:00:00Z',
            until: '2026-02-01T00:00:00+09:00',
            ...more,
          },
        ],
      }),
    );
  assert.equal(order({}), '');
  assert.match(order({ until: '2025-12-31T23:59:59Z' }), /legalOrders\[0\]\.until: not after its beginning/);
  assert.match(order({ sensors: ['door'] }), /no sensor is named door/);
  assert.match(order({ categories: ['plate'] }), /plate never leaves, whatever is ordered/);
  assert.match(order({ from: 'today' }), /Write a time with its zone/);
});

test('fields are checked against what the adapters say', () => {
  const adapters: AdapterFields = {
    lpr: {
      plate: { type: 'string', category: 'plate' },
      speedKmh: { type: 'number', category: 'vehicle-description' },
      note: { type: 'text', category: 'free-text' },
      at: { type: 'position', category: 'location-trace' },
    },
  };
  const against = (fields: string): string => problemsOf(`${HEAD}    fields:\n      ${fields}\n`, adapters);
  assert.equal(against('plate: { category: plate, transform: { kind: contributor } }'), '');
  assert.equal(
    against('speedKmh: { category: vehicle-description, transform: { kind: group-band, edges: [30] } }'),
    '',
  );
  assert.match(
    against('plate: { category: count, transform: { kind: drop } }'),
    /8:26 sensors\.gate\.fields\.plate\.category: looser than plate, which the adapter says it is/,
  );
  assert.match(
    against('speedKmh: { category: vehicle-description, transform: { kind: group-value, values: [a] } }'),
    /group-value does not work on a field that holds a number\. Write drop or group-band\./,
  );
  assert.match(against('at: { category: unknown, transform: { kind: drop } }'), /^$/, 'stricter is welcome');
  assert.match(
    against('color: { category: unknown, transform: { kind: drop } }'),
    /8:7 .*the adapter lpr has no such field/,
  );
  const [problem] = checkAgainst(policyWith({ gate: sensorWith({}, { adapter: 'constructor' }) }), adapters);
  assert.equal(problem?.what, 'no adapter has this name');
});

test('the digest is that of what is said, not of how it is written', () => {
  const a = parsePolicy(`${HEAD}    fields: {}\n    k: 10\n`, 'a');
  const b = parsePolicy(
    `# a comment\n${JSON.stringify({ sensors: { gate: { ...a.sensors['gate'] } }, version: 1 })}`,
    'b',
  );
  assert.equal(policyDigest(a), policyDigest(b));
  assert.notEqual(policyDigest(a), policyDigest({ ...a, version: 2 }));
  assert.match(policyDigest(a), /^[0-9a-f]{64}$/);
});

test('the JSON Schema names every setting of the example', () => {
  const schema = JSON.stringify(policyJsonSchema());
  const example = readFileSync(path.join(packageRoot, 'deploy', 'policy.example.yaml'), 'utf8');
  for (const [, word = ''] of example.matchAll(/^ {4}([a-zA-Z]+):/gm)) assert.ok(schema.includes(`"${word}"`), word);
  assert.ok(schema.includes(JSON.stringify(Object.keys(CONTROLLER)[0])));
});
