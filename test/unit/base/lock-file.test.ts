/** Goal: one run at a time, also across processes and after one was killed. Method: locks held here, by a child, and by a child that is gone. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { takeLock, withLock } from '../../../edge/base/lock-file.ts';
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

test('a living process keeps its lock; one that is gone does not, nor who got its number later', async () => {
  using dir = new TempDir();
  const file = path.join(dir.path, 'lock');
  const module = new URL('../../../edge/base/lock-file.js', import.meta.url).href;
  const holder = `import { takeLock } from ${JSON.stringify(module)};
    await takeLock(${JSON.stringify(file)});
    console.log('held');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', holder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await once(child.stdout, 'data');
    assert.deepEqual(await takeLock(file), { isHeld: false, by: child.pid });
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  const ofTheDead = readFileSync(file, 'utf8');
  assert.equal(await withLock(file, async () => 1), 1);
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  for (const left of [ofTheDead, `${pid}\n`, '', 'rubbish', `${process.pid} another-boot 5\n`]) {
    writeFileSync(file, left);
    assert.equal(await withLock(file, async () => 2), 2, JSON.stringify(left));
  }
});

test('of many that find the same lock left, one gets it', async () => {
  using dir = new TempDir();
  const file = path.join(dir.path, 'lock');
  for (let round = 0; round < 20; round++) {
    writeFileSync(file, '1 another-boot 5\n');
    const locks = await Promise.all(Array.from({ length: 8 }, () => takeLock(file)));
    const held = locks.filter((lock) => lock.isHeld);
    assert.equal(held.length, 1);
    await held[0]!.letGo();
    assert.deepEqual(readdirSync(dir.path), []);
  }
});
