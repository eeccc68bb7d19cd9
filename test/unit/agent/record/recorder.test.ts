/**
 * Goal: what the agent tells the recorder stands in the ledger, in buckets, with the exact values sealed; and whoever must not go on without
 * evidence is told. Method: the real ledger in a folder, and a clock that the test moves.
 */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { choicesStream } from '../../../../edge/agent/record/about.ts';
import { auditLog } from '../../../../edge/ledger/audit.ts';
import { Details } from '../../../../edge/ledger/detail.ts';
import { adapterNamed } from '../../../../edge/sensor/adapters/index.ts';
import type { Release } from '../../../../edge/sensor/messages.ts';
import {
  boxIn,
  DIGEST,
  frames,
  health,
  opened,
  QUARTER_MS,
  report,
  START_MS,
  sensorPolicy,
} from '../../../support/recorder-box.ts';
import { TempDir } from '../../../support/temp.ts';

const RELEASE: Release = {
  v: 1,
  id: 'c'.repeat(64),
  sensor: 'corner',
  kind: 'crowd-flow',
  purpose: sensorPolicy.purpose,
  window: { startMs: START_MS, endMs: START_MS + sensorPolicy.windowMs },
  cells: [{ group: {}, figures: { contributors: 31 } }],
  suppressedCells: 0,
  privacy: { k: 10, contributionsMax: 1, unit: 'one' },
  policyDigest: 'ab'.repeat(32),
};

test('a window stands on record in buckets, with policy and model before it and exact values sealed behind it', async () => {
  using dir = new TempDir();
  const box = boxIn(dir.path, { windowMinutes: 15, article: '25(1)5' });
  const recorder = await opened(box.options);
  assert.ok(recorder.evidence.isThere);
  recorder.cameraHealth('gate', health(DIGEST));
  recorder.counted(
    'gate',
    frames(1000, { framesDropped: { overload: 40 }, framesCoveredWhole: { 'verdict-late': 9 } }),
  );
  recorder.counted('gate', frames(25));
  recorder.sensorReport('corner', report({ messages: 70, readings: 300, dropped: { choice: 20 } }));
  recorder.counted('stranger', frames(5));
  box.pass(QUARTER_MS);
  await recorder.close();

  assert.deepEqual((await box.leaves('policy')).map(({ counter }) => counter).sort(), [0, 7]);
  const [model] = await box.leaves('model');
  assert.deepEqual([model?.name, model?.model], ['street', `sha256:${DIGEST}`]);
  const [gate, corner, ...more] = await box.leaves('collect');
  assert.deepEqual(more, []);
  assert.deepEqual(gate?.window, ['2026-11-23T05:00Z', 'PT15M']);
  assert.deepEqual(gate?.frames, { in: 'b11', out: 'b11', dropped: 'b6' });
  assert.deepEqual([gate?.model, gate?.mode, gate?.article], [`sha256:${DIGEST}`, 'never', '25(1)5']);
  assert.equal(gate?.expires, '2026-12-23T05:15Z');
  assert.deepEqual(corner?.messages, { in: 'b7', out: 'b9', dropped: 'b5' });
  const [failclosed] = await box.leaves('failclosed');
  assert.deepEqual([failclosed?.sensor, failclosed?.reasons, failclosed?.frames], ['gate', ['verdict-late'], 'b4']);

  const batch = { window: gate!.window, expires: gate!.expires };
  const sealed = await Details.readBatch(box.folder, batch);
  const exact = sealed?.find(({ digest }) => digest === gate?.detail)?.values;
  assert.deepEqual(exact, {
    stream: 'camera',
    name: 'gate',
    figures: { in: 1025, out: 1025, 'dropped.overload': 40, 'covered.verdict-late': 9, 'covers.face': 2 },
  });
  const audit = await auditLog({ folder: box.folder, witnesses: [] });
  assert.deepEqual([audit.faults, audit.details], [[], 5]);
});

test('what was filtered is told so that no single person shows: neither by a face on each frame nor by a refusal', async () => {
  using dir = new TempDir();
  const box = boxIn(dir.path);
  const recorder = await opened(box.options);
  recorder.optOutList({ sha256: 'e'.repeat(64), sequence: 3, decoyShare: 0.02 });
  const count = 22_500; // 25 a second for a quarter of an hour
  recorder.counted('gate', frames(count, { regionsCovered: { face: 7 * count } }));
  recorder.sensorReport(
    'corner',
    report({ messages: 70, readings: 300, dropped: { choice: 200, incomplete: 9, late: 7 } }),
  );
  box.pass(QUARTER_MS);
  recorder.counted('gate', frames(count, { regionsCovered: { face: 14 * count } }));
  box.pass(QUARTER_MS);
  await recorder.close();
  const filters = await box.leaves('filter');
  const [quiet, busy] = filters.filter(({ sensor }) => sensor === 'gate').map(({ covers }) => covers);
  assert.equal(new Set(Object.values(quiet!)).size, 1, 'seven who stayed look like nobody');
  assert.notEqual(busy?.['face'], busy?.['plate']);
  const [corner] = filters.filter(({ sensor }) => sensor === 'corner');
  assert.deepEqual(corner?.dropped, { incomplete: 'b4' });
  assert.equal(corner?.list, undefined, 'this sensor reads no plates');
  assert.match(corner?.detail ?? '', /^hmac/);
});

test('consents stand on record as one batch a window, whether anybody chose or not', async () => {
  using dir = new TempDir();
  const box = boxIn(dir.path);
  const policy = { sensors: { cards: { ...adapterNamed('transit-card').defaultPolicy, adapter: 'transit-card' } } };
  const stream = choicesStream(policy as never, { digest: 'ab'.repeat(32), version: 1 });
  assert.ok(stream !== undefined, 'somebody is asked');
  const streams = [...box.options.streams, stream];
  for (let i = 0; i < 2; i++) {
    const recorder = await opened({ ...box.options, streams });
    for (let n = 0; n < 5 * (1 - i); n++) recorder.choice({ choice: 'opt-in', tookMs: 5 });
    recorder.choice({ choice: 'withdrawal', tookMs: 5 });
    await recorder.close();
  }
  box.pass(QUARTER_MS);
  const recorder = await opened({ ...box.options, streams });
  for (let n = 0; n < 9; n++) recorder.choice({ choice: 'opt-in', tookMs: 5 });
  box.pass(QUARTER_MS);
  await recorder.close();
  const batches = await box.leaves('optin-batch');
  assert.deepEqual(
    batches.map(({ window, added, withdrawn }) => [window[0], added, withdrawn]),
    [
      ['2026-11-23T05:00Z', 'b3', 'b3'],
      ['2026-11-23T05:15Z', 'b4', 'b3'],
    ],
  );
  const { window } = batches[0]!;
  const sealed = await Details.readBatch(box.folder, { window, expires: '2026-12-23T05:15Z' });
  assert.deepEqual(sealed?.find(({ digest }) => digest === batches[0]?.detail)?.values, {
    stream: 'choices',
    name: 'choices',
    figures: { 'opt-in': 5, withdrawal: 2 },
  });
  assert.ok(!JSON.stringify(batches).includes('record'));
});

test('a release is on record before it may leave, and a pull before it is served', async () => {
  using dir = new TempDir();
  const box = boxIn(dir.path);
  const recorder = await opened(box.options);
  await recorder.release(RELEASE, sensorPolicy);
  const [release] = await box.leaves('release');
  assert.deepEqual(
    [release?.sensor, release?.feed, release?.cells, release?.window],
    ['corner', sensorPolicy.release, 'b3', ['2026-11-23T05:00Z', `PT${sensorPolicy.windowMs / 60_000}M`]],
  );
  assert.deepEqual([release?.k, release?.epsilon], [undefined, sensorPolicy.epsilonPerDay], 'noise, or k, never both');
  await recorder.append({
    kind: 'pull',
    at: '2026-11-23T05:00:00Z',
    puller: 'org:traffic',
    purpose: 'dpv:ImproveTransportMobility',
    feed: 'gate',
    decision: `sha256:${'5'.repeat(64)}`,
  });
  assert.equal((await box.leaves('pull')).length, 1);

  rmSync(box.folder.root, { recursive: true });
  box.pass(2_000); // the journal that is open still takes bytes; a second later it is looked at where it lies
  await assert.rejects(recorder.append({ kind: 'refusal', at: '2026-11-23T05:00:01Z', reason: 'no-purpose' }));
  assert.equal(recorder.evidence.state, 'failed');
  await assert.rejects(recorder.release(RELEASE, sensorPolicy), { code: 'ledger-failed' });
  assert.match(recorder.notices().join(), /has stopped.*start Garim again/);
  await recorder.close();
});

test('a ledger that is damaged lets the agent start without evidence; one of another box does not', async () => {
  using dir = new TempDir();
  const box = boxIn(dir.path);
  await (await opened(box.options)).close();
  await assert.rejects(opened(boxIn(dir.path, { origin: 'other.example/log' }).options), {
    name: 'UserError',
    message: /holds the log garim\.local\/box\/00c0ffee00c0ffee, not other\.example\/log/,
  });
  writeFileSync(path.join(box.folder.root, 'checkpoint'), 'x');
  rmSync(path.join(box.folder.root, 'intent'));
  const recorder = await opened(box.options);
  assert.equal(recorder.evidence.state, 'failed');
  assert.equal(recorder.status().size, 0);
  await assert.rejects(recorder.append({ kind: 'refusal', at: '2026-11-23T05:00:01Z', reason: 'no-purpose' }), {
    code: 'ledger-failed',
  });
  await recorder.close();
});
