/**
 * Goal: what the agent tells the recorder stands in the ledger once, in buckets, with the exact values sealed, over restarts and kills; and
 * whoever must not go on without evidence is told. Method: the real ledger in a folder, a clock that the test moves, and a second recorder on
 * the same folder, or on a copy of what was on the disk at the moment of a kill.
 */
import assert from 'node:assert/strict';
import { cpSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { cameraStream, choicesStream, sensorStream } from '../../../../edge/agent/record/about.ts';
import { Recorder, type RecorderOptions } from '../../../../edge/agent/record/recorder.ts';
import { rootLog } from '../../../../edge/base/log.ts';
import { configSchema } from '../../../../edge/config/schema.ts';
import { auditLog } from '../../../../edge/ledger/audit.ts';
import { Details } from '../../../../edge/ledger/detail.ts';
import { nodeDisk } from '../../../../edge/ledger/disk.ts';
import { DurableFolder } from '../../../../edge/ledger/durable.ts';
import { entriesOf } from '../../../../edge/ledger/entries.ts';
import { decodeLeaf, type Kind, type Leaf } from '../../../../edge/ledger/leaf.ts';
import { adapterNamed } from '../../../../edge/sensor/adapters/index.ts';
import type { Release, SensorReport } from '../../../../edge/sensor/messages.ts';
import { TempDir } from '../../../support/temp.ts';
import { testCounts, testHealth } from '../../../support/units.ts';
import { until } from '../../../support/wait.ts';

const log = rootLog.child({}, { level: 'silent' });
const BOX = '00c0ffee00c0ffee';
const QUARTER_MS = 900_000;
/** Begins a quarter. */
const START_MS = Date.UTC(2026, 10, 23, 5);
const DIGEST = '7d'.repeat(32);
const sensorPolicy = { ...adapterNamed('wifi-probes').defaultPolicy, adapter: 'wifi-probes' };

/** A copy of what is on the disk, while it is written on: files that are about to be renamed into place are left out, as a kill may leave them or not. */
const atKill = { recursive: true, filter: (from: string) => path.basename(path.dirname(from)) !== 'tmp' };

interface Box {
  clock: { wallMs(): number; monotonicMs(): number };
  pass(ms: number): void;
  options: RecorderOptions;
  leaves<K extends Kind>(kind: K): Promise<Leaf<K>[]>;
  folder: DurableFolder;
}

function boxIn(stateDir: string, ledger: Record<string, unknown> = {}, cameras = ['gate']): Box {
  let nowMs = START_MS;
  const clock = { wallMs: () => nowMs, monotonicMs: () => nowMs };
  const config = configSchema.parse({
    cameras: Object.fromEntries(cameras.map((name) => [name, { source: 'simulated' }])),
    ledger,
  });
  const folder = new DurableFolder(nodeDisk, path.join(stateDir, 'ledger'));
  return {
    clock,
    folder,
    pass: (ms) => {
      nowMs += ms;
    },
    options: {
      settings: config.ledger,
      stateDir,
      box: BOX,
      software: '0.1.0',
      streams: [
        ...Object.entries(config.cameras).map(([name, settings]) => cameraStream(name, settings)),
        sensorStream('corner', sensorPolicy, { digest: 'ab'.repeat(32), version: 7 }),
      ],
      clock,
      log,
    },
    leaves: async <K extends Kind>(kind: K) => {
      const found: Leaf<K>[] = [];
      for await (const { entry } of entriesOf(folder, 0)) {
        const decoded = decodeLeaf(entry);
        assert.ok('leaf' in decoded, JSON.stringify(decoded));
        if (decoded.leaf.kind === kind) found.push(decoded.leaf as Leaf<K>);
      }
      return found;
    },
  };
}

async function opened(options: RecorderOptions): Promise<Recorder> {
  const recorder = new Recorder(options);
  await recorder.start();
  return recorder;
}

const frames = (count: number, more = {}) => ({ ...testCounts(), framesIn: count, framesOut: count, ...more });
const health = (digest: string) => ({
  ...testHealth(),
  detector: { ...testHealth().detector, models: ['street'], digests: [digest] },
});
const report = (counts: Partial<SensorReport['counts']>): SensorReport => ({
  intake: { state: 'connected', lastError: '' },
  counts: { messages: 0, readings: 0, dropped: {}, releases: 0, withheld: {}, suppressedCells: 0, ...counts },
  openWindows: 0,
  heldReleases: 0,
});
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

test('an objection destroys what is known exactly of the window, at once or when it is over, also over a kill', async () => {
  using dir = new TempDir();
  const box = boxIn(path.join(dir.path, 'box'));
  const presence = `sha256:${'f'.repeat(64)}`;
  const recorder = await opened(box.options);
  recorder.counted('gate', frames(900));
  box.pass(QUARTER_MS);
  recorder.counted('gate', frames(800));
  await until('recorded', async () => (await box.leaves('collect')).length === 2);
  const [past, present] = [
    ['2026-11-23T05:00Z', 'PT15M'],
    ['2026-11-23T05:15Z', 'PT15M'],
  ] as const;
  const sealedIn = async (window: readonly [string, string], expires: string) =>
    (await Details.readBatch(box.folder, { window: [...window], expires }))?.length;
  assert.equal(await sealedIn(past, '2026-12-23T05:15Z'), 2);
  await recorder.object([...past], presence);
  assert.equal(await sealedIn(past, '2026-12-23T05:15Z'), undefined);
  const [shred] = await box.leaves('shred');
  assert.deepEqual([shred?.window, shred?.due], [past, '2026-12-23T05:15Z']);
  assert.deepEqual(recorder.notices(), [], 'whoever passes by can not make the box look out of order');
  assert.ok(recorder.evidence.isThere);

  await recorder.object([...present], presence);
  assert.equal((await box.leaves('shred')).length, 1, 'not over yet');
  recorder.counted('gate', frames(80));
  const killed = path.join(dir.path, 'killed');
  cpSync(box.options.stateDir, killed, { recursive: true });
  await recorder.close();
  rmSync(path.join(killed, 'ledger', 'lock'), { force: true });
  for (const [where, already] of [
    [box.options.stateDir, 1],
    [killed, 1],
  ] as const) {
    const after = boxIn(where);
    after.pass(QUARTER_MS + 60_000);
    const next = await opened(after.options);
    next.counted('gate', frames(8));
    after.pass(QUARTER_MS);
    await until('recorded', async () => (await after.leaves('collect')).length === 4);
    await until('destroyed', async () => (await after.leaves('shred')).length === already + 1);
    const collected = (await after.leaves('collect')).filter(({ window }) => window[0] === present[0]);
    assert.deepEqual(
      collected.map(({ detail }) => detail),
      [undefined, undefined],
      where,
    );
    assert.equal(
      await Details.readBatch(after.folder, { window: [...present], expires: '2026-12-23T05:30Z' }),
      undefined,
    );
    await next.close();
    assert.deepEqual((await auditLog({ folder: after.folder, witnesses: [] })).faults, []);
  }
});

test('what a round of canaries has shown stands on record under the model that decided', async () => {
  using dir = new TempDir();
  const box = boxIn(dir.path);
  const recorder = await opened(box.options);
  recorder.cameraHealth('gate', health(DIGEST));
  const tallies = [
    { label: 'face', stratum: 'px16-24.front.day', planted: 40, missed: 2 },
    { label: 'plate', stratum: 'px8-12.day', planted: 9, missed: 0 },
  ] as const;
  box.pass(70_000);
  const [face, plate] = tallies;
  const set = 'c'.repeat(64);
  const some = [{ ...face, planted: 30, missed: 0 }];
  recorder.canaries('gate', START_MS, { set, digests: [DIGEST], tallies: some });
  recorder.canaries('gate', START_MS, { set, digests: [DIGEST], tallies: [{ ...face, planted: 10 }, plate] });
  recorder.canaries('gate', START_MS, { set, digests: [], tallies: [...tallies] });
  box.pass(QUARTER_MS);
  await recorder.close();
  const leaves = await box.leaves('canary');
  assert.deepEqual(
    leaves.map(({ label, planted, missed, window, interrupted }) => [label, planted, missed, window, interrupted]),
    [
      ['face', 40, 2, ['2026-11-23T05:00Z', 'PT2M'], undefined],
      ['plate', 9, 0, ['2026-11-23T05:00Z', 'PT2M'], undefined],
    ],
  );
  const [collect] = await box.leaves('collect');
  assert.deepEqual(
    leaves.map(({ model }) => model),
    [collect?.model, collect?.model],
  );
});

test('what a killed box had measured is on record with the next start, once, and says that it was interrupted', async () => {
  using dir = new TempDir();
  const box = boxIn(path.join(dir.path, 'box'));
  const recorder = await opened(box.options);
  const figures = { set: 'c'.repeat(64), digests: [DIGEST] };
  const trials = (planted: number, missed: number) =>
    recorder.canaries('gate', START_MS, {
      ...figures,
      tallies: [{ label: 'face', stratum: 'px16-24.front.day', planted, missed }],
    });
  trials(8, 1);
  for (let i = 0; i < 9; i++) recorder.choice({ choice: 'withdrawal', tookMs: 700 });
  recorder.measures.connected('mutual');
  recorder.measures.connected('plain');
  recorder.measures.clockOff(90);
  const keptFile = path.join(box.folder.root, 'kept');
  const { mtimeMs } = statSync(keptFile);
  await until('kept within a turn, without waiting for its time', () => statSync(keptFile).mtimeMs > mtimeMs);
  const during = path.join(dir.path, 'during');
  cpSync(box.options.stateDir, during, atKill);
  trials(4, 0);
  recorder.canariesOver('gate');
  await until('the round is on record', async () => (await box.leaves('canary')).length === 1);
  // As if it had been killed between the leaf and keeping.
  const between = path.join(dir.path, 'between');
  cpSync(box.options.stateDir, between, atKill);
  cpSync(path.join(during, 'ledger', 'kept'), path.join(between, 'ledger', 'kept'));
  await recorder.close();
  assert.deepEqual(
    (await box.leaves('measurement')).map(({ interrupted }) => interrupted),
    [undefined, undefined, undefined],
  );

  for (const [where, planted, interrupted] of [
    [during, 8, true],
    [between, 12, undefined],
  ] as const) {
    rmSync(path.join(where, 'ledger', 'lock'), { force: true });
    const after = boxIn(where);
    after.pass(2 * QUARTER_MS);
    for (let start = 0; start < 2; start++) await (await opened(after.options)).close();
    assert.deepEqual(
      (await after.leaves('canary')).map((leaf) => [leaf.planted, leaf.missed, leaf.interrupted]),
      [[planted, 1, interrupted]],
      where,
    );
    assert.deepEqual(
      (await after.leaves('measurement')).map((leaf) => [leaf.about, leaf.num, leaf.den, leaf.value, leaf.interrupted]),
      [
        ['optout-latency', undefined, 8, 700, true],
        ['transport', 1, 2, undefined, true],
        ['clock-offset', undefined, 1, 90, true],
      ],
      where,
    );
    assert.ok(
      (await after.leaves('measurement')).every(({ at }) => at === '2026-11-23T05:00:00Z'),
      'when it was measured',
    );
  }
});

test('fewer choices than may be told wait for others, over restarts', async () => {
  using dir = new TempDir();
  const box = boxIn(dir.path);
  for (let start = 0; start < 2; start++) {
    const recorder = await opened(box.options);
    assert.deepEqual(await box.leaves('measurement'), []);
    for (let i = 0; i < 5; i++) recorder.choice({ choice: 'withdrawal', tookMs: 700 });
    await recorder.close();
  }
  const [leaf, ...more] = await box.leaves('measurement');
  assert.deepEqual([leaf?.den, leaf?.value, leaf?.interrupted, more], [8, 700, undefined, []]);
});

test('a restart goes on in the same window, and says policies and models only when they change', async () => {
  using dir = new TempDir();
  const box = boxIn(dir.path);
  for (const count of [600, 500]) {
    const recorder = await opened(box.options);
    recorder.cameraHealth('gate', health(DIGEST));
    recorder.counted('gate', frames(count));
    box.pass(60_000);
    await recorder.close();
  }
  assert.equal((await box.leaves('collect')).length, 0);
  const changed = boxIn(dir.path, {}, ['gate', 'yard']);
  changed.pass(QUARTER_MS);
  const recorder = await opened(changed.options);
  await recorder.close();
  const [gate] = await box.leaves('collect');
  const values = (await Details.readBatch(box.folder, { window: gate!.window, expires: gate!.expires })) ?? [];
  assert.deepEqual(values.find(({ digest }) => digest === gate?.detail)?.values, {
    stream: 'camera',
    name: 'gate',
    figures: { in: 1100, out: 1100, 'covers.face': 2 },
  });
  assert.equal((await box.leaves('policy')).length, 2, 'both cameras have the same settings');
  assert.equal((await box.leaves('model')).length, 1);
});

test('what a kill leaves on the disk is recorded once, wherever it struck', async () => {
  using dir = new TempDir();
  const box = boxIn(path.join(dir.path, 'box'));
  const recorder = await opened(box.options);
  recorder.counted('gate', frames(900));
  const keptFile = path.join(box.folder.root, 'kept');
  const { mtimeMs } = statSync(keptFile);
  box.pass(11_000);
  await until('kept', () => statSync(keptFile).mtimeMs > mtimeMs);
  recorder.counted('gate', frames(90));
  const before = path.join(dir.path, 'before');
  cpSync(box.options.stateDir, before, atKill);
  box.pass(QUARTER_MS);
  await until('recorded', async () => (await box.leaves('collect')).length === 2);
  // As if it had been killed between the leaves and keeping.
  const between = path.join(dir.path, 'between');
  cpSync(box.options.stateDir, between, atKill);
  cpSync(path.join(before, 'ledger', 'kept'), path.join(between, 'ledger', 'kept'));
  await recorder.close();

  for (const [where, figures] of [
    [before, { in: 900, interruptions: 1 }],
    [between, { in: 990, interruptions: 0 }],
  ] as const) {
    rmSync(path.join(where, 'ledger', 'lock'), { force: true });
    const after = boxIn(where);
    after.pass(QUARTER_MS + 60_000);
    const next = await opened(after.options);
    await next.close();
    const collected = (await after.leaves('collect')).filter(({ sensor }) => sensor === 'gate');
    assert.equal(collected.length, 1, where);
    const values = (await Details.readBatch(after.folder, {
      window: collected[0]!.window,
      expires: collected[0]!.expires,
    }))!;
    const exact = values.find(({ digest }) => digest === collected[0]?.detail)?.values as {
      figures: { in: number };
      interruptions?: number;
    };
    assert.deepEqual({ in: exact.figures.in, interruptions: exact.interruptions ?? 0 }, figures, where);
  }
});

test('what is kept between two starts can not be read without the key that is shredded with the window', async () => {
  using dir = new TempDir();
  const box = boxIn(dir.path);
  const recorder = await opened(box.options);
  recorder.counted('gate', frames(123_456_789));
  await recorder.close();
  for (const name of readdirSync(box.folder.root, { recursive: true, encoding: 'utf8' })) {
    const bytes = await nodeDisk.read(path.join(box.folder.root, name)).catch(() => undefined);
    assert.ok(!bytes?.includes('123456789'), name);
  }
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
