/**
 * Goal: what was measured, and rounds of canaries, stand on record once, over restarts and kills. Method: the real ledger in a folder, a clock
 * that the test moves, and a second recorder on the same folder, or on a copy of what was on the disk at the moment of a kill.
 */
import assert from 'node:assert/strict';
import { cpSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { atKill, boxIn, DIGEST, health, opened, QUARTER_MS, START_MS } from '../../../support/recorder-box.ts';
import { TempDir } from '../../../support/temp.ts';
import { until } from '../../../support/wait.ts';

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
