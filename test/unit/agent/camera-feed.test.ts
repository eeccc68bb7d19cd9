import assert from 'node:assert/strict';
import test from 'node:test';
import { CameraFeed, type FeedDropReason, type FeedSource } from '../../../edge/agent/camera-feed.ts';
import { EvidenceGate } from '../../../edge/agent/record/evidence.ts';
import type { Clock } from '../../../edge/base/clock.ts';
import { rootLog } from '../../../edge/base/log.ts';
import type { AccessUnit, StreamFormat } from '../../../edge/gateway/feed.ts';
import { testFormat, testUnit } from '../../support/units.ts';

const quiet = rootLog.child({}, { level: 'silent' });

function setUp() {
  const dropped: FeedDropReason[] = [];
  const time = { nowMs: 10_000 };
  let keyFramesAsked = 0;
  const evidence = new EvidenceGate();
  evidence.become('kept');
  const clock: Clock = { monotonicMs: () => time.nowMs, wallMs: () => time.nowMs };
  const feed = new CameraFeed({
    name: 'gate',
    clock,
    log: quiet,
    requestKeyFrame: () => keyFramesAsked++,
    requestSnapshot: () => true,
    unitDropped: (reason) => dropped.push(reason),
    evidence,
  });
  const source: FeedSource = { format: testFormat() };
  return { feed, source, dropped, time, evidence, asked: () => keyFramesAsked };
}

function recorder() {
  const seen: (StreamFormat | AccessUnit)[] = [];
  return {
    seen,
    units: () => seen.filter((item): item is AccessUnit => 'ptsUs' in item),
    onFormat: (format: StreamFormat) => void seen.push(format),
    onAccessUnit: (unit: AccessUnit) => void seen.push(unit),
  };
}

test('a subscriber gets the format, then a key frame, then every unit', () => {
  const { feed, source } = setUp();
  feed.push(source, testUnit(0, true));
  const viewer = recorder();
  feed.subscribe(viewer);
  feed.push(source, testUnit(100_000, false));
  feed.push(source, testUnit(200_000, true));
  feed.push(source, testUnit(300_000, false));
  assert.equal(viewer.seen[0], source.format);
  assert.deepEqual(
    viewer.units().map((unit) => unit.ptsUs),
    [200_000, 300_000],
  );
});

test('a subscriber that was there before the first picture is told the format when it is known', () => {
  const { feed, source } = setUp();
  const viewer = recorder();
  feed.subscribe(viewer);
  assert.deepEqual(viewer.seen, []);
  feed.push(source, testUnit(0, true));
  assert.equal(viewer.seen[0], source.format);
  assert.equal(viewer.units().length, 1);
});

test('asks for a key frame at most once a second', () => {
  const { feed, time, asked } = setUp();
  for (let i = 0; i < 5; i++) feed.subscribe(recorder());
  assert.equal(asked(), 1);
  feed.close(); // drops the wish that was kept for later
  time.nowMs += 1_500;
  feed.subscribe(recorder());
  assert.equal(asked(), 2);
});

test('times of a restarted process continue behind those of the last one', () => {
  const { feed, source } = setUp();
  const viewer = recorder();
  feed.subscribe(viewer);
  feed.push(source, testUnit(5_000_000, true, { capturedMs: 100_000 }));
  const slate: FeedSource = { format: testFormat() };
  feed.push(slate, testUnit(0, true, { capturedMs: 100_800 }));
  const restarted: FeedSource = { format: testFormat() };
  feed.push(restarted, testUnit(40_000, true, { capturedMs: 100_790 })); // captured before the slate was drawn
  feed.push(restarted, testUnit(80_000, false, { capturedMs: 100_830 }));
  assert.deepEqual(
    viewer.units().map((unit) => unit.ptsUs),
    [5_000_000, 5_800_000, 5_801_000, 5_841_000],
  );
});

test('a unit that does not rise is dropped and counted, and viewers wait for the next key frame', () => {
  const { feed, source, dropped } = setUp();
  const viewer = recorder();
  feed.subscribe(viewer);
  feed.push(source, testUnit(100_000, true));
  feed.push(source, testUnit(100_000, false));
  feed.push(source, testUnit(200_000, false));
  feed.push(source, testUnit(50_000, true, { capturedMs: 300 }));
  feed.push(source, testUnit(90_000, false, { capturedMs: 340 }));
  assert.deepEqual(dropped, ['time-not-rising', 'no-key-frame']);
  assert.deepEqual(
    viewer.units().map((unit) => unit.ptsUs),
    [100_000, 300_000, 340_000],
  );
  feed.close();
});

test('a subscriber that throws is removed; the others go on', () => {
  const { feed, source } = setUp();
  const viewer = recorder();
  let calls = 0;
  feed.subscribe({
    onFormat: () => {},
    onAccessUnit: () => {
      calls++;
      throw new Error('bad subscriber');
    },
  });
  feed.subscribe(viewer);
  feed.push(source, testUnit(0, true));
  feed.push(source, testUnit(100_000, false));
  assert.equal(calls, 1);
  assert.equal(viewer.units().length, 2);
  assert.equal(feed.subscriberCount, 1);
});

test('snapshots are answered by number; unasked answers are ignored; a lost process fails them', async () => {
  const { feed } = setUp();
  const first = feed.snapshot();
  const second = feed.snapshot();
  feed.answerSnapshot(99, Uint8Array.of(9));
  feed.answerSnapshot(2, Uint8Array.of(2));
  assert.deepEqual(await second, Uint8Array.of(2));
  feed.failSnapshots();
  await assert.rejects(first, { code: 'process-lost' });
});

test('a process that lies about its times cannot put the timeline out of reach of what comes after it', () => {
  for (const lie of [
    { ptsUs: Number.MAX_SAFE_INTEGER - 1, capturedMs: 1 },
    { ptsUs: 200_000, capturedMs: 1e300 },
  ]) {
    for (const isFirst of [true, false]) {
      const { feed, source, time } = setUp();
      const viewer = recorder();
      feed.subscribe(viewer);
      if (!isFirst) feed.push(source, testUnit(0, true));
      // As a new process after a restart, and again within it.
      const liar: FeedSource = { format: testFormat() };
      for (let i = 0; i < 3; i++) feed.push(liar, { ...testUnit(0, true), ...lie, ptsUs: lie.ptsUs + i });
      time.nowMs += 1_000;
      assert.ok(feed.nextPtsUs < 1e9, `${feed.nextPtsUs} us`);
      const slate: FeedSource = { format: testFormat() };
      feed.push(slate, testUnit(feed.nextPtsUs, true));
      const shown = viewer.units().at(-1)!.ptsUs;
      assert.ok(shown < 1e9 && shown >= viewer.units().at(-2)!.ptsUs, `${shown} us`);
    }
  }
});

test('without evidence nothing passes but pictures that are covered whole, and no snapshot', async () => {
  const { feed, source, dropped, evidence } = setUp();
  const viewer = recorder();
  feed.subscribe(viewer);
  feed.push(source, testUnit(0, true));
  const underWay = feed.snapshot();
  evidence.become('refused', 'Make room on the disk.');
  feed.push(source, testUnit(100_000, false));
  feed.push(source, testUnit(200_000, true));
  assert.equal(viewer.units().length, 1);
  assert.deepEqual(dropped, ['no-evidence', 'no-evidence']);
  feed.push(source, testUnit(300_000, false, { cover: 'whole-frame' }));
  assert.equal(viewer.units().length, 1, 'it refers to a picture that is missing');
  feed.push(source, testUnit(400_000, true, { cover: 'whole-frame' }));
  feed.push({ format: testFormat() }, testUnit(0, true, { cover: 'slate' }));
  assert.deepEqual(
    viewer.units().map(({ cover }) => cover),
    ['regions', 'whole-frame', 'slate'],
  );
  feed.answerSnapshot(1, Uint8Array.of(1));
  await assert.rejects(underWay, { message: /Make room on the disk/ });
  await assert.rejects(feed.snapshot(), { code: 'ledger-failed' });

  evidence.become('kept');
  feed.push(source, testUnit(500_000, true));
  assert.equal(viewer.units().at(-1)?.cover, 'regions');
  evidence.become('failed', 'Check the disk.');
  evidence.become('kept');
  feed.push(source, testUnit(600_000, true));
  assert.equal(viewer.units().length, 4, 'a ledger that failed stays failed');
});
