/**
 * Goal: what the outbox accepted is there until it was taken, and it never grows beyond its bounds. Method: real folders, opened anew as
 * after a crash, with torn and foreign files in them.
 */
import assert from 'node:assert/strict';
import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { WorldError } from '../../../edge/base/errors.ts';
import { openOutbox, type UplinkDropReason } from '../../../edge/uplink/outbox.ts';
import { releaseOf } from '../../support/hub-releases.ts';
import { TempDir } from '../../support/temp.ts';

const never = new AbortController().signal;

test('releases come out in order, also after the process has gone', async () => {
  using dir = new TempDir();
  const drops: UplinkDropReason[] = [];
  const options = { dir: path.join(dir.path, 'hub'), onDrop: (reason: UplinkDropReason) => drops.push(reason) };
  const first = await openOutbox(options);
  await Promise.all([1, 2, 3].map((n) => first.add(releaseOf(n))));
  await (await first.oldest(never))!.done();
  const second = await openOutbox(options);
  await second.add(releaseOf(4));
  assert.equal(second.waiting, 3);
  for (const n of [2, 3, 4]) {
    const next = await second.oldest(never);
    assert.deepEqual(next?.release, releaseOf(n));
    await next.done();
  }
  assert.deepEqual([second.waiting, second.waitingBytes, drops], [0, 0, []]);
  assert.deepEqual(await readdir(options.dir), []);
});

test('a release that was not done is given again', async () => {
  using dir = new TempDir();
  const outbox = await openOutbox({ dir: dir.path, onDrop: () => {} });
  await outbox.add(releaseOf(1));
  assert.deepEqual((await outbox.oldest(never))?.release, (await outbox.oldest(never))?.release);
  assert.equal(outbox.waiting, 1);
});

test('when it is full the oldest goes, and is counted', async () => {
  using dir = new TempDir();
  const drops: UplinkDropReason[] = [];
  const outbox = await openOutbox({ dir: dir.path, onDrop: (reason) => drops.push(reason), releasesMax: 2 });
  for (const n of [1, 2, 3]) await outbox.add(releaseOf(n));
  assert.deepEqual((await outbox.oldest(never))?.release, releaseOf(2));
  assert.deepEqual(drops, ['outbox-full']);
  const bytes = outbox.waitingBytes;
  const small = await openOutbox({ dir: dir.path, onDrop: (reason) => drops.push(reason), bytesMax: bytes });
  await small.add(releaseOf(4));
  assert.ok(small.waitingBytes <= bytes);
  assert.deepEqual(drops, ['outbox-full', 'outbox-full']);
});

test('what a power cut or a foreign hand left behind does no harm', async () => {
  using dir = new TempDir();
  const drops: UplinkDropReason[] = [];
  await writeFile(path.join(dir.path, '000000000009-0123456789abcdef.json.7.tmp'), '{"v":1,');
  await writeFile(path.join(dir.path, '000000000007-0123456789abcdef.json'), '{"v":1,"id":');
  const torn = JSON.stringify(releaseOf(1)).slice(0, -9);
  await writeFile(path.join(dir.path, '000000000008-0123456789abcdef.json'), torn);
  await writeFile(path.join(dir.path, 'README'), 'not ours');
  const outbox = await openOutbox({ dir: dir.path, onDrop: (reason) => drops.push(reason) });
  await outbox.add(releaseOf(9));
  assert.deepEqual((await outbox.oldest(never))?.release, releaseOf(9));
  assert.deepEqual(drops, ['file-damaged', 'file-damaged']);
  assert.equal((await readdir(dir.path)).includes('000000000009-0123456789abcdef.json.7.tmp'), false);
});

test('a disk that takes nothing is said, and costs nothing that was accepted', async () => {
  using dir = new TempDir();
  const at = path.join(dir.path, 'hub');
  const outbox = await openOutbox({ dir: at, onDrop: () => {} });
  await outbox.add(releaseOf(1));
  const isFailed = (error: unknown): boolean => error instanceof WorldError && error.code === 'disk-failed';
  await rename(at, `${at}.away`);
  await writeFile(at, 'a file where the folder was: nobody can write below it, root neither');
  await assert.rejects(outbox.add(releaseOf(2)), isFailed);
  await rm(at);
  await rename(`${at}.away`, at);
  await outbox.add(releaseOf(3));
  assert.equal(outbox.waiting, 2);
  assert.deepEqual((await outbox.oldest(never))?.release, releaseOf(1));
});

test('waiting for the next release ends with the signal', async () => {
  using dir = new TempDir();
  const outbox = await openOutbox({ dir: dir.path, onDrop: () => {} });
  const stop = new AbortController();
  const waiting = outbox.oldest(stop.signal);
  const adding = outbox.add(releaseOf(1));
  assert.deepEqual((await waiting)?.release, releaseOf(1));
  await adding;
  await (await outbox.oldest(never))!.done();
  const idle = outbox.oldest(stop.signal);
  stop.abort();
  assert.equal(await idle, undefined);
});
