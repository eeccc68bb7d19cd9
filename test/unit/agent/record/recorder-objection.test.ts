/**
 * Goal: an objection destroys what is known exactly of a window, over restarts and kills. Method: the real ledger in a folder, a clock that
 * the test moves, and a second recorder on the same folder, or on a copy of what was on the disk at the moment of a kill.
 */
import assert from 'node:assert/strict';
import { cpSync, rmSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { auditLog } from '../../../../edge/ledger/audit.ts';
import { Details } from '../../../../edge/ledger/detail.ts';
import { boxIn, frames, opened, QUARTER_MS } from '../../../support/recorder-box.ts';
import { TempDir } from '../../../support/temp.ts';
import { until } from '../../../support/wait.ts';

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
