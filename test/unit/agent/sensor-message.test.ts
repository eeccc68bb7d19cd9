/**
 * Goal: nothing but a release that the policy allows comes through from the sensor process. Method: releases of the real path are taken; each single
 * change that would let text, another place, another policy or a value of a person through is refused.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isWithinPolicy } from '../../../edge/agent/release-check.ts';
import { parseFromSensors } from '../../../edge/agent/sensor-message.ts';
import { adapterNames } from '../../../edge/sensor/adapters/index.ts';
import type { Release } from '../../../edge/sensor/messages.ts';
import { bytesOf, DIGEST, exactPolicyOf, NOBODY, pipelineOf, probe, START_MS } from '../../support/pipelines.ts';
import { corpusOf } from '../../support/sensor-corpus.ts';

const policyOf = (adapter: string) => exactPolicyOf(adapter, { place: { name: 'p', lat: 1, lon: 2 } });

function releaseOf(adapter: string, messages: readonly Uint8Array[]): Release {
  const policy = { place: { name: 'p', lat: 1, lon: 2 } };
  const choices = { ...NOBODY, hasOptedIn: () => true };
  const pipeline = pipelineOf(adapter, { policy, choices, mode: { kind: 'replay' } });
  for (const message of messages) pipeline.take(message, START_MS);
  return pipeline.close(START_MS)[0]!;
}

const good = (): Release =>
  releaseOf(
    'wifi-probes',
    Array.from({ length: 20 }, (_, i) => probe(i, START_MS)),
  );

test('what the real path makes comes through, for every adapter', () => {
  let releases = 0;
  for (const name of adapterNames()) {
    const release = releaseOf(
      name,
      corpusOf(name).map((line) => new TextEncoder().encode(line)),
    );
    if (release === undefined) continue;
    releases++;
    assert.deepEqual(parseFromSensors({ type: 'release', release }), { type: 'release', release }, name);
    assert.ok(isWithinPolicy(release, policyOf(name), DIGEST), `${name}: ${JSON.stringify(release)}`);
  }
  assert.ok(releases >= 8, `${releases} adapters gave a release`);
  const moving = Array.from({ length: 12 }, (_, i) => bytesOf({ time: START_MS, trace: `t${i}`, lat: 37.5, lon: 127 }));
  const trace = releaseOf('gps', moving);
  assert.match(Object.values(trace.cells[0]?.group ?? {})[0] ?? '', /^87/);
  assert.ok(isWithinPolicy(trace, policyOf('gps'), DIGEST));
});

test('a release that says more than its policy is refused', () => {
  const policy = policyOf('wifi-probes');
  const figures = { contributors: 20 };
  const changes: [string, Partial<Release>][] = [
    ['a group that is none', { cells: [{ group: { mac: '02:00:00:00:00:01' }, figures }] }],
    ['a label that is none', { cells: [{ group: { addressKind: '02:00:00:00:00:01' }, figures }] }],
    ['a field of the object’s own', { cells: [{ group: { constructor: 'other' }, figures }] }],
    ['a figure that is none', { cells: [{ group: {}, figures: { rssiDbm: -60 } }] }],
    ['another purpose', { purpose: 'dpv:Marketing' }],
    ['another kind', { kind: 'table' }],
    ['another policy', { policyDigest: 'e'.repeat(64) }],
    ['another place', { place: { name: 'Hong Gildong', lat: 1, lon: 2 } }],
    ['a window of another length', { window: { startMs: START_MS, endMs: START_MS + 1000 } }],
    ['a window that hides a number', { window: { startMs: START_MS + 7, endMs: START_MS + 7 + policy.windowMs } }],
  ];
  assert.ok(isWithinPolicy(good(), policy, DIGEST));
  for (const [what, change] of changes) assert.ok(!isWithinPolicy({ ...good(), ...change }, policy, DIGEST), what);
});

test('what is no message of the union is undefined, never an exception', () => {
  const release = good();
  const bad: unknown[] = [
    undefined,
    null,
    'release',
    { type: 'release' },
    { type: 'release', release: { ...release, note: 'x' } },
    { type: 'release', release: { ...release, id: 'x' } },
    { type: 'release', release: { ...release, cells: [{ group: { 'a b': 'x' }, figures: {} }] } },
    { type: 'release', release: { ...release, cells: [{ group: {}, figures: { n: Number.NaN } }] } },
    { type: 'release', release: { ...release, cells: [{ group: { a: 'x'.repeat(65) }, figures: {} }] } },
    { type: 'status', sensors: { 'Not A Name': {} } },
    { type: 'status', sensors: Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`s${i}`, {}])) },
    { type: 'stopped', why: 'x' },
    { type: 'reading', fields: {} },
  ];
  for (const value of bad) assert.equal(parseFromSensors(value), undefined, JSON.stringify(value));
});
