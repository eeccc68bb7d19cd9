/** Goal: a file of the state folder is the old one or the new one, and private. Method: real folders, with what a power cut leaves. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { writeDurably } from '../../../edge/base/durable-file.ts';
import { TempDir } from '../../support/temp.ts';

test('it makes its folder, replaces what is there, and leaves nothing beside it', async () => {
  using dir = new TempDir();
  const file = path.join(dir.path, 'a', 'b', 'state.json');
  await writeDurably(file, 'one');
  await writeDurably(file, Buffer.from('two'));
  assert.equal(readFileSync(file, 'utf8'), 'two');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(statSync(path.dirname(file)).mode & 0o777, 0o700);
  assert.deepEqual(readdirSync(path.dirname(file)), ['state.json']);
});

test('what a power cut left aside is no obstacle', async () => {
  using dir = new TempDir();
  const file = path.join(dir.path, 'state.json');
  writeFileSync(`${file}.${process.pid}.tmp`, 'half');
  await writeDurably(file, 'whole');
  assert.equal(readFileSync(file, 'utf8'), 'whole');
  assert.deepEqual(readdirSync(dir.path), ['state.json']);
});

test('a folder that can not be is a fault of the world, and the old content stays', async () => {
  using dir = new TempDir({ file: 'x' });
  await assert.rejects(writeDurably(path.join(dir.path, 'file', 'state.json'), 'y'), {
    name: 'WorldError',
    code: 'disk-failed',
  });
  assert.equal(readFileSync(path.join(dir.path, 'file'), 'utf8'), 'x');
});
