/**
 * Goal: each indicator says what its leaves say, and `unknown` without them. Method: evidence of leaves that the ledger's own schema takes,
 * on both sides of each line.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commands } from '../../../edge/cli/index.ts';
import { upperBound } from '../../../edge/indicator/binomial.ts';
import { CATALOGUE } from '../../../edge/indicator/catalogue.ts';
import { computeAll } from '../../../edge/indicator/compute/index.ts';
import { MEASUREMENTS } from '../../../edge/indicator/compute/measured.ts';
import { Evidence, type EvidenceLeaf, type Integrity, type Live } from '../../../edge/indicator/evidence.ts';
import { parsePeriod } from '../../../edge/indicator/period.ts';
import { reportJson } from '../../../edge/indicator/report/page.ts';
import type { Result } from '../../../edge/indicator/result.ts';
import { statementsOf } from '../../../edge/indicator/statement.ts';
import { rangeOf } from '../../../edge/ledger/bucket.ts';
import { decodeLeaf, encodeLeaf, type Leaf } from '../../../edge/ledger/leaf.ts';
import { hashLeaf } from '../../../edge/ledger/merkle.ts';
import { collectLeaf, leaves } from '../../support/leaves.ts';

const period = parsePeriod('2026-11-23');
const sound: Integrity = { size: 1_000, faults: [], witnessedSize: 990 };

interface More {
  integrity?: Integrity | undefined;
  live?: Live;
  /** Otherwise long after the period. */
  now?: string;
}

function evidenceOf(list: readonly Leaf[], more: More = {}): Evidence {
  const integrity = 'integrity' in more ? more.integrity : sound;
  const nowMs = Date.parse(more.now ?? '2027-01-01T00:00Z');
  const evidence = new Evidence({ period, nowMs, integrity, live: more.live ?? {}, rangeOf });
  for (const [index, leaf] of list.entries()) {
    const entry = encodeLeaf(leaf);
    assert.ok('leaf' in decodeLeaf(entry));
    const one = leaf as EvidenceLeaf;
    if (evidence.takes(one)) evidence.add({ index, hash: hashLeaf(entry), leaf: one });
  }
  return evidence;
}

function resultOf(id: number, list: readonly Leaf[], more?: Parameters<typeof evidenceOf>[1]): Result {
  return computeAll(evidenceOf(list, more)).get(id)!;
}

function figures(result: Result): Exclude<Result, { status: 'unknown' }> {
  assert.notEqual(result.status, 'unknown');
  return result as Exclude<Result, { status: 'unknown' }>;
}

const canary = (label: string, stratum: string, planted: number, missed: number): Leaf<'canary'> => ({
  ...leaves.canary,
  label,
  stratum,
  planted,
  missed,
});

const measurement = (about: string, more: Partial<Leaf<'measurement'>>): Leaf<'measurement'> => {
  const { high: _, den: __, ...bare } = leaves.measurement;
  return { ...bare, about, ...more };
};

test('without evidence all twenty are unknown, with or without a log, and never passed', () => {
  for (const integrity of [undefined, { size: 3, faults: [], witnessedSize: undefined }]) {
    const results = computeAll(evidenceOf([], { integrity }));
    assert.equal(results.size, 20);
    for (const [id, { status }] of results) assert.equal(status, 'unknown', `${id}`);
  }
  const judged = [...computeAll(evidenceOf([]))].filter(([, { status }]) => status !== 'unknown');
  assert.deepEqual(
    judged.map(([id]) => id),
    [14],
    'only the witnessed log itself',
  );
});

test('of a log that does not verify only that is said', () => {
  const integrity = { size: 9, faults: ['an entry is another'], witnessedSize: 9 };
  const results = computeAll(evidenceOf(Object.values(leaves), { integrity }));
  for (const [id, { status }] of results) assert.equal(status, id === 14 ? 'fail' : 'unknown', `${id}`);
});

test('the catalogue has an entry for each indicator, in both languages', () => {
  assert.deepEqual(
    CATALOGUE.map(({ id }) => id),
    [...computeAll(evidenceOf([])).keys()],
  );
  for (const { id, name, what, line } of CATALOGUE)
    for (const words of [name, what, line]) {
      assert.match(words.ko, /[가-힣%]/, `${id}`);
      assert.doesNotMatch(words.en, /[가-힣]/, `${id}`);
    }
});

test('1 and 2: bounds over tracks of the label, of the model that was tried last', () => {
  const none = figures(
    resultOf(1, [canary('face', 'a', 150, 0), canary('face', 'b', 149, 0), canary('plate', 'a', 9, 9)]),
  );
  assert.deepEqual([none.status, none.num, none.den, none.value], ['pass', 0, 299, upperBound(0, 299)]);
  assert.equal(figures(resultOf(1, [canary('face', 'a', 298, 0)])).status, 'fail');
  assert.equal(figures(resultOf(2, [canary('plate', 'a', 400, 3)])).value, upperBound(3, 400));
  const older = { ...canary('face', 'a', 5_000, 0), model: `sha256:${'e'.repeat(64)}` };
  assert.equal(figures(resultOf(1, [older, canary('face', 'a', 100, 1)])).den, 100);
  assert.equal(resultOf(2, [canary('face', 'a', 100, 0)]).status, 'unknown');
});

test('3: the worst stratum, which a mean would hide', () => {
  const worst = figures(resultOf(3, [canary('face', 'near', 3_000, 0), canary('face', 'far', 40, 6)]));
  assert.equal(worst.status, 'fail');
  assert.equal(worst.value, upperBound(6, 40));
  assert.equal(worst.parts?.[0]?.name, 'face far');
});

test('what was measured elsewhere: pass, fail, and unknown when the leaf lacks a figure', () => {
  const cases: [number, string, Partial<Leaf<'measurement'>>, Partial<Leaf<'measurement'>>][] = [
    [4, 're-identification', { value: 0.01, low: -0.02, high: 0.04, den: 200 }, { value: 0.1, low: 0.05, den: 200 }],
    [5, 'fault-injection', { num: 40, den: 40 }, { num: 39, den: 40 }],
    [7, 'raw-egress', { num: 0, den: 9_000 }, { num: 1, den: 9_000 }],
    [8, 'identifier-stripping', { num: 0, den: 500 }, { num: 2, den: 500 }],
    [11, 'linkage-attack', { high: 0.05, den: 400 }, { high: 0.051, den: 400 }],
    [13, 'optout-latency', { value: 900, den: 50 }, { value: 1_200, den: 50 }],
    [18, 'transport', { num: 8, den: 8 }, { num: 7, den: 8 }],
  ];
  for (const [id, about, good, bad] of cases) {
    assert.equal(resultOf(id, [measurement(about, good)]).status, 'pass', about);
    assert.equal(resultOf(id, [measurement(about, bad)]).status, 'fail', about);
    assert.equal(resultOf(id, [measurement(about, {})]).status, 'unknown', about);
    assert.equal(resultOf(id, [measurement(about, good), measurement(about, bad)]).status, 'fail', 'the newest counts');
  }
  for (const [id, about] of [
    [17, 'patch-age'],
    [20, 'clock-offset'],
  ] as const)
    assert.equal(resultOf(id, [measurement(about, { value: 3, den: 1 })]).status, 'reported');
  assert.equal(cases.length + 2, MEASUREMENTS.length);
});

test('of what the box found out about itself all of the period counts, and beside it the newest that a tool found', () => {
  const live = (at: string, num: number) => measurement('transport', { at, num, den: 10, method: 'live-connections' });
  const hours = [live('2026-11-22T23:00:00Z', 0), live('2026-11-23T01:00:00Z', 10), live('2026-11-23T02:00:00Z', 7)];
  const own = figures(resultOf(18, hours));
  assert.deepEqual([own.num, own.den, own.status, own.proofs], [17, 20, 'fail', [1, 2]]);
  const tool = measurement('transport', { at: '2026-11-20T01:00:00Z', num: 5, den: 5, method: 'scan' });
  const both = figures(resultOf(18, [tool, ...hours]));
  assert.deepEqual([both.num, both.den, both.method], [22, 25, 'scan+live-connections']);
  const clock = (at: string, value: number) =>
    measurement('clock-offset', { at, value, den: 4, method: 'live-cosignature' });
  const worst = figures(resultOf(20, [clock('2026-11-23T01:00:00Z', 900), clock('2026-11-23T02:00:00Z', 40)]));
  assert.deepEqual([worst.value, worst.den], [900, 8]);
});

test('each indicator that is unknown says which evidence is missing, and names commands that exist', () => {
  const report = reportJson({
    period,
    madeAt: '',
    software: '',
    log: undefined,
    results: computeAll(evidenceOf([], { integrity: { size: 3, faults: [], witnessedSize: undefined } })),
    leaves: new Map(),
  }) as { indicators: { id: number; missing?: { ko: string; en: string } }[] };
  assert.equal(report.indicators.length, 20);
  for (const { id, missing } of report.indicators) {
    assert.ok(missing !== undefined && missing.ko !== '' && missing.en !== '', `${id}`);
    for (const [, about] of missing.en.matchAll(/garim ledger measured (\S+)/g))
      assert.ok((MEASUREMENTS as readonly string[]).includes(about!), about);
    for (const [, command] of missing.en.matchAll(/garim (\w+)/g))
      assert.ok(
        commands.some(({ name }) => name === command),
        command,
      );
  }
});

test('a measurement of last year holds no more, and one after the period not yet', () => {
  const good = { num: 40, den: 40 };
  for (const at of ['2026-06-01T00:00:00Z', '2026-11-24T00:00:00Z'])
    assert.equal(resultOf(5, [measurement('fault-injection', { ...good, at })]).status, 'unknown');
});

test('6: what buckets allow, from and to', () => {
  const { status, low, value, parts } = figures(
    resultOf(6, [collectLeaf('cam-2', 20), { ...leaves.failclosed, frames: 'b6' }]),
  );
  assert.equal(status, 'reported');
  assert.equal(low, 32 / 16_383);
  assert.equal(value, 63 / 8_192);
  assert.equal(parts?.length, 1);
});

test('9: the smallest k', () => {
  const at = (k: number): Leaf => ({ ...leaves.release, k });
  assert.deepEqual(
    [at(10), at(5)].map((leaf) => resultOf(9, [leaf]).status),
    ['pass', 'pass'],
  );
  const low = figures(resultOf(9, [at(10), at(4)]));
  assert.deepEqual([low.status, low.value, low.num, low.den], ['fail', 4, 1, 2]);
});

test('10: what the noise of a day may have spent, against its cap', () => {
  const { k: _, ...noisy } = leaves.release;
  const spent = [0.7, 0.5].map((epsilon): Leaf => ({ ...noisy, epsilon }));
  assert.equal(resultOf(10, spent).status, 'reported');
  const within = figures(resultOf(10, spent, { live: { epsilonPerDay: { 'cam-2': 0.7 } } }));
  assert.deepEqual([within.status, within.value, within.parts?.length], ['pass', 0.7, 1]);
  assert.equal(resultOf(10, spent, { live: { epsilonPerDay: { 'cam-2': 0.6 } } }).status, 'fail');
});

test('12: shredded on time, of what was due in the period', () => {
  const due = (quarter: number): Leaf<'collect'> => ({
    ...collectLeaf('cam-2', quarter),
    expires: '2026-11-23T06:00Z',
  });
  const shred = (of: Leaf<'collect'>, at: string): Leaf => ({
    ...leaves.shred,
    window: of.window,
    due: of.expires,
    at,
  });
  const [one, two] = [due(0), due(1)];
  assert.equal(resultOf(12, [one, shred(one, '2026-11-23T06:01:00Z')]).status, 'pass');
  const late = figures(
    resultOf(12, [one, two, shred(one, '2026-11-23T06:01:00Z'), shred(two, '2026-11-23T09:00:00Z')]),
  );
  assert.deepEqual([late.status, late.num, late.den], ['fail', 1, 2]);
  const never = figures(resultOf(12, [one]));
  assert.deepEqual([never.status, never.num, never.den], ['fail', 0, 1]);
  assert.equal(resultOf(12, [one], { now: '2026-11-23T05:59Z' }).status, 'unknown', 'not due before its time');
  assert.equal(resultOf(12, [collectLeaf('cam-2', 0)]).status, 'unknown');
});

test('14: no figure without a witness, and a fork fails', () => {
  const integrity = { size: 9, faults: [], witnessedSize: undefined };
  assert.equal(resultOf(14, [], { integrity }).status, 'unknown');
  assert.equal(resultOf(14, [leaves.epoch]).status, 'fail');
});

test('15: pulls that match a collected window or a release, and those too new to judge', () => {
  const collected = collectLeaf('gate', 20);
  const pull = (at: string): Leaf => ({ ...leaves.pull, at });
  assert.equal(resultOf(15, [collected, pull('2026-11-23T05:07:00Z')]).status, 'pass');
  assert.equal(resultOf(15, [collected, pull('2026-11-23T04:00:00Z')]).status, 'fail');
  const mixed = figures(resultOf(15, [collected, pull('2026-11-23T05:07:00Z'), pull('2026-11-23T05:20:00Z')]));
  assert.deepEqual([mixed.status, mixed.den], ['pass', 1]);
  const data: Leaf = { ...leaves.pull, feed: 'flow', window: leaves.release.window, at: '2026-11-23T08:00:00Z' };
  assert.equal(resultOf(15, [{ ...leaves.release, feed: 'flow' }, data]).status, 'pass');
  assert.equal(resultOf(15, [{ ...leaves.release, feed: 'flow', purpose: 'dpv:Other' }, data]).status, 'fail');
});

test('16: only windows whose model was tried', () => {
  const window = collectLeaf('cam-2', 20);
  assert.equal(resultOf(16, [window]).status, 'unknown');
  assert.equal(resultOf(16, [window, leaves.canary]).status, 'pass');
  const other = { ...collectLeaf('cam-2', 21), model: `sha256:${'d'.repeat(64)}` };
  const half = figures(resultOf(16, [window, other, leaves.canary]));
  assert.deepEqual([half.status, half.num, half.den], ['fail', 1, 2]);
});

test('19: a sign of another policy, or of another configuration, is stale', () => {
  assert.equal(resultOf(19, [leaves.sign]).status, 'unknown', 'nothing to hold it against');
  assert.equal(resultOf(19, [leaves.policy, leaves.sign]).status, 'pass');
  const changed: Leaf = { ...leaves.policy, policy: `sha256:${'f'.repeat(64)}` };
  assert.equal(resultOf(19, [leaves.policy, leaves.sign, changed]).status, 'fail');
  const camera: Leaf = { ...changed, policy: `sha256:${'0'.repeat(64)}` };
  assert.equal(
    resultOf(19, [camera, leaves.policy, leaves.sign]).status,
    'pass',
    'each camera has a policy of its own',
  );
  assert.equal(resultOf(19, [leaves.sign, changed], { live: { sign: { digest: leaves.sign.sign } } }).status, 'pass');
  assert.equal(
    resultOf(19, [leaves.policy, leaves.sign], { live: { sign: { digest: 'sha256:other' } } }).status,
    'fail',
  );
  const incomplete = { sign: { digest: undefined } };
  assert.equal(resultOf(19, [leaves.policy, leaves.sign], { live: incomplete }).status, 'fail');
  const hour = new Date(Date.parse(leaves.sign.at) + 3_600_000).toISOString();
  assert.equal(figures(resultOf(19, [leaves.policy, leaves.sign], { now: hour })).parts?.[0]?.value, 0, 'days old');
  assert.equal(resultOf(19, [leaves.policy], { live: incomplete }).status, 'unknown');
});

test('statements fit the ledger, and name their evidence by a digest that changes with it', () => {
  const list = [canary('face', 'a', 300, 0), collectLeaf('cam-2', 20), leaves.release, leaves.policy, leaves.sign];
  const statements = statementsOf(computeAll(evidenceOf(list)), period);
  assert.equal(statements.length, 20);
  for (const statement of statements) encodeLeaf({ v: 1, box: 'urn:box:7f3a', ...statement });
  const other = statementsOf(computeAll(evidenceOf([canary('face', 'a', 299, 0)])), period);
  const digest = statements.find(({ id }) => id === 1)?.evidence;
  assert.match(digest ?? '', /^sha256:[0-9a-f]{64}$/);
  assert.notEqual(other.find(({ id }) => id === 1)?.evidence, digest);
  assert.equal(statements.find(({ id }) => id === 7)?.num, undefined);
});
