/** Goal: tiles have one name, and no other path is ever read. Method: the examples of the specification, and paths that reach elsewhere. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeEntries, encodeEntries, parseTilePath, tilePath } from '../../../edge/ledger/tile.ts';

test('indices are written in threes', () => {
  assert.equal(tilePath({ level: 0, index: 1_234_067, width: 256 }), 'tile/0/x001/x234/067');
  assert.equal(tilePath({ level: 'entries', index: 0, width: 17 }), 'tile/entries/000.p/17');
  for (const path of ['tile/0/x001/x234/067', 'tile/entries/000.p/17', 'tile/2/x999/999.p/255'])
    assert.equal(tilePath(parseTilePath(path)!), path);
});

test('other spellings are not paths', () => {
  const bad = [
    'tile/0/x001/../../../log.key',
    'tile/0/%2e%2e/log.key',
    'tile/0/0',
    'tile/00/000',
    'tile/7/000',
    'tile/0/x000/001',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/017',
    'tile/0/000/',
    'tile/0/000\u0000',
    'tile/entries/001/002',
    '/tile/0/000',
    'log.key',
  ];
  for (const path of bad) assert.equal(parseTilePath(path), undefined, path);
});

test('bundles hold entries up to 65,535 bytes, and a cut one is refused', () => {
  const entries = [Buffer.alloc(0), Buffer.from('a'), Buffer.alloc(65_535, 7)];
  const bytes = encodeEntries(entries);
  assert.deepEqual(decodeEntries(bytes, 3), entries);
  assert.deepEqual(decodeEntries(bytes, 2), entries.slice(0, 2));
  assert.equal(decodeEntries(bytes.subarray(0, -1), 3), undefined);
  assert.equal(decodeEntries(bytes, 4), undefined);
});
