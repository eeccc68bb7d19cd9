/** Goal: only bytes with the manifest's digest are handed out, wherever they lie. Method: real folders, small made-up models. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { WorldError } from '../../../../edge/base/errors.ts';
import { openModelStore } from '../../../../edge/camera/detect/store.ts';
import { entryFor, flippedBit, manifestEntry, writeModelsDir } from '../../../support/models.ts';
import { TempDir } from '../../../support/temp.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const A = bytesOf('model a');
const B = bytesOf('model b');
const URL_OF = (name: string) => `http://127.0.0.1/${name}.onnx`;
const FACES = entryFor('yunet-n', 'faces', A, URL_OF('faces'));
const PLATES = entryFor('lpd-yunet', 'plates', B, URL_OF('plates'));
const BOTH = entryFor('garim-street-v2', 'both', bytesOf('model c'));

function open(dir: TempDir, files: Record<string, Uint8Array> = {}, env: Record<string, string> = {}) {
  const modelsDir = writeModelsDir(dir, [BOTH, FACES, PLATES], files);
  return openModelStore({ stateDir: path.join(dir.path, 'state'), env, modelsDir });
}

const names = ({ models }: { models: { entry: { name: string } }[] }) => models.map(({ entry }) => entry.name);

test('the network that ships is found, and chosen for faces and plates', async () => {
  using dir = new TempDir();
  const store = openModelStore({ stateDir: dir.path, env: {} });
  const { models, missing } = await store.selectModels();
  assert.deepEqual(missing, []);
  assert.deepEqual(names({ models }), ['garim-street-v2']);
  assert.equal(models[0]?.bytes.length, manifestEntry('garim-street-v2').sizeBytes);
});

test('a flipped bit is refused, with both digests and what to do', async () => {
  using dir = new TempDir();
  const file = dir.write('models/street_v2.onnx', flippedBit());
  const store = openModelStore({ stateDir: dir.path, env: {} });
  const { sha256 } = manifestEntry('garim-street-v2');
  await assert.rejects(store.resolve('garim-street-v2'), (error) => {
    assert.ok(error instanceof WorldError);
    assert.equal(error.code, 'model-digest-mismatch');
    assert.ok(error.message.startsWith(`${file} is not model garim-street-v2: expected sha256 ${sha256}, `));
    assert.match(error.message, /found [0-9a-f]{64}; remove the file/);
    return true;
  });
  await assert.rejects(store.selectModels(), { code: 'model-digest-mismatch' });
});

test('a truncated file is refused, and the command that helps is named', async () => {
  using dir = new TempDir();
  const store = open(dir, { 'faces.onnx': A.subarray(1) });
  await assert.rejects(store.resolve('faces'), { code: 'model-digest-mismatch', message: /install Garim again/ });
  dir.write('state/models/plates.onnx', 'x');
  await assert.rejects(store.resolve('plates'), { message: /remove the file and run: garim models pull plates/ });
});

test('a file is seen again when it changes', async () => {
  using dir = new TempDir();
  const store = open(dir, { 'faces.onnx': A });
  assert.equal((await store.resolve('faces')).path, path.join(dir.path, 'package/embedded/faces.onnx'));
  dir.write('package/embedded/faces.onnx', 'other content');
  await assert.rejects(store.resolve('faces'), { code: 'model-digest-mismatch' });
});

test('folders of GARIM_MODELS come first, with subfolders, and count by content whatever the name', async () => {
  using dir = new TempDir();
  const renamed = dir.write('more/deep/er/renamed.onnx', A);
  dir.write('more/noise.onnx', 'model x'); // same length, other content
  dir.write('more/notes.txt', A);
  const plates = dir.write('yet/plates.onnx', B);
  const env = { GARIM_MODELS: `${path.join(dir.path, 'more')}:${path.join(dir.path, 'yet')}:/does/not/exist` };
  const store = open(dir, { 'faces.onnx': A }, env);
  assert.equal((await store.resolve('faces')).path, renamed);
  assert.equal((await store.resolve('plates')).path, plates);
});

test('one model for all comes before two', async () => {
  using dir = new TempDir();
  const two = { 'faces.onnx': A, 'plates.onnx': B };
  assert.deepEqual(names(await open(dir, two).selectModels()), ['faces', 'plates']);
  assert.deepEqual(names(await open(dir, { ...two, 'both.onnx': bytesOf('model c') }).selectModels()), ['both']);
});

test('what is missing is named, with the command that helps', async () => {
  using dir = new TempDir();
  const { models, missing } = await open(dir, { 'faces.onnx': A }).selectModels();
  assert.deepEqual(names({ models }), ['faces']);
  assert.deepEqual(missing, [{ category: 'plate', advice: 'no model finds plates; run: garim models pull plates' }]);
  await assert.rejects(open(dir).resolve('plates'), { code: 'model-missing', message: /garim models pull plates/ });
});

test('a choice is kept, completed where it falls short, and not replaced when it is gone', async () => {
  using dir = new TempDir();
  const files = { 'faces.onnx': A, 'plates.onnx': B, 'both.onnx': bytesOf('model c') };
  const store = open(dir, files);
  await store.choose(['faces', 'plates']);
  assert.deepEqual(names(await open(dir, files).selectModels()), ['faces', 'plates']);
  await store.choose(['faces']);
  assert.deepEqual(names(await store.selectModels()), ['faces', 'both']);
  await store.choose(['plates']);
  using other = new TempDir();
  const without = open(other, { 'both.onnx': bytesOf('model c') });
  await without.choose(['faces']);
  const { missing } = await without.selectModels();
  assert.deepEqual(missing, [
    { category: 'face', advice: 'the chosen model faces is not here; run: garim models pull faces' },
  ]);
  await without.choose([]);
  assert.deepEqual(names(await without.selectModels()), ['both']);
});

test('an unknown name and a broken choice are refused', async () => {
  using dir = new TempDir();
  const store = open(dir);
  assert.throws(() => store.entryOf('nothing'), { name: 'UserError', fix: 'use one of: both, faces, plates' });
  await assert.rejects(store.choose(['nothing']), { name: 'UserError' });
  dir.write('state/models/selection.json', '{"models":"faces"}');
  await assert.rejects(store.selectModels(), { name: 'UserError', fix: 'run: garim models use default' });
});
