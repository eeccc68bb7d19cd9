/**
 * Goal: windows stand on record once, over restarts and kills, and what is kept between two starts is nobody's to read. Method: the real
 * ledger in a folder, a clock that the test moves, and a second recorder on the same folder, or on a copy of what was on the disk at the
 * moment of a kill.
 */
import assert from 'node:assert/strict';
import { cpSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Details } from '../../../../edge/ledger/detail.ts';
import { nodeDisk } from '../../../../edge/ledger/disk.ts';
import { atKill, boxIn, DIGEST, frames, health, opened, QUARTER_MS } from '../../../support/recorder-box.ts';
import { TempDir } from '../../../support/temp.ts';
import { until } from '../../../support/wait.ts';

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
