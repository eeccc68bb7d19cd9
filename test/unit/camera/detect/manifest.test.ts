/** Goal: the manifest that ships is sound, and a wrong one is refused with the entry and the field at fault. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../../../edge/base/paths.ts';
import { loadManifest, parseManifest } from '../../../../edge/camera/detect/manifest.ts';
import { manifestEntry } from '../../../support/models.ts';
import { TempDir } from '../../../support/temp.ts';

const yunet = () => structuredClone(manifestEntry('yunet-n'));
const parse = (...models: unknown[]) => parseManifest({ version: 1, models }, 'manifest.json');

test('every model that can be pulled is pinned to a commit', () => {
  const entries = loadManifest(path.join(packageRoot, 'models', 'manifest.json'));
  assert.equal(entries[0]?.name, 'garim-street-v2');
  for (const { name, source } of entries) {
    if (source.url !== undefined) assert.match(source.url, /\/[0-9a-f]{40}\//, name);
  }
});

const WRONG: [string, unknown, RegExp][] = [
  ['a digest in capitals', { ...yunet(), sha256: 'A'.repeat(64) }, /model yunet-n: sha256: 64 lower-case hex/],
  ['an unknown field', { ...yunet(), colour: 'red' }, /model yunet-n: .*colour/],
  ['a file in another folder', { ...yunet(), file: '../x.onnx' }, /model yunet-n: file: a plain file name/],
  ['a label without threshold', { ...yunet(), thresholds: {} }, /model yunet-n: .*every label/],
  ['an unknown decoder', { ...yunet(), decoder: 'ssd' }, /model yunet-n: decoder/],
  ['a threshold of 0', { ...yunet(), thresholds: { face: 0 } }, /model yunet-n: thresholds\.face/],
  [
    'a width without a height',
    { ...yunet(), input: { ...yunet().input, fixedWidthPx: 320 } },
    /input: fixedWidthPx and/,
  ],
  ['a file URL', { ...yunet(), source: { description: 'x', url: 'file:///etc/passwd' } }, /source\.url/],
  ['no name', { ...yunet(), name: undefined }, /model number 1: name/],
];

for (const [what, model, message] of WRONG) {
  test(`${what} is refused by name`, () => assert.throws(() => parse(model), message));
}

test('a name used twice is refused', () => {
  assert.throws(() => parse(yunet(), yunet()), /model yunet-n: the name is used twice/);
});

test('a missing or broken file is refused', () => {
  using dir = new TempDir();
  assert.throws(() => loadManifest(path.join(dir.path, 'manifest.json')), /can't be read: ENOENT/);
  assert.throws(() => loadManifest(dir.write('manifest.json', '{')), /can't be read/);
});
