/** Goal: one run at a time, also across processes and after one was killed. Method: locks held here, by a child, and by a child that is gone. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { withLock } from '../../../edge/base/lock-file.ts';
import { TempDir } from '../../support/temp.ts';

test('a second run is refused while the first is at work, and let in after it, however it ended', async () => {
  using dir = new TempDir();
  const file = path.join(dir.path, 'a', 'lock');
  await withLock(file, async () => {
    await assert.rejects(
      withLock(file, async () => assert.fail('ran')),
      { name: 'UserError', message: new RegExp(`another run \\(process ${process.pid}\\) is at work`) },
    );
  });
  await assert.rejects(
    withLock(file, async () => {
      throw new Error('its own');
    }),
    /its own/,
  );
  assert.equal(await withLock(file, async () => 7), 7);
  assert.deepEqual(readdirSync(path.dirname(file)), []);
});

test('a living process keeps its lock; one that is gone does not', async () => {
  using dir = new TempDir();
  const file = path.join(dir.path, 'lock');
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  try {
    writeFileSync(file, `${child.pid}\n`);
    await assert.rejects(
      withLock(file, async () => {}),
      /is at work/,
    );
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  assert.equal(await withLock(file, async () => 1), 1);
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  for (const left of [`${pid}\n`, '', 'rubbish']) {
    writeFileSync(file, left);
    assert.equal(await withLock(file, async () => 2), 2, JSON.stringify(left));
  }
});
