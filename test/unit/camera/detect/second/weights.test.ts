/** Goal: exactly the bytes that were recorded at first use are ever loaded. Method: a real server, real folders, one change each. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { cocoSsdDir, pullCocoSsd, readCocoSsd } from '../../../../../edge/camera/detect/second/weights.ts';
import { cocoModelFiles, SHARD_1, SHARD_2, serveFiles } from '../../../../support/coco-model.ts';
import { TempDir } from '../../../../support/temp.ts';

const NAMES = ['model.json', SHARD_1, SHARD_2];

function changed(name: string): Record<string, Buffer> {
  const files: Record<string, Buffer> = { ...cocoModelFiles() };
  const copy = Buffer.from(files[name]!);
  copy[copy.length >> 1]! ^= 1;
  return { ...files, [name]: copy };
}

test('without weights there is nothing, and no error', async () => {
  using dir = new TempDir();
  assert.equal(await readCocoSsd(dir.path), undefined);
});

test('a pull records and shows the digest of every file, and what it kept is read back', async () => {
  using dir = new TempDir();
  const files = cocoModelFiles();
  await using server = await serveFiles(files);
  const pulled = await pullCocoSsd(dir.path, server.url);
  const expected = Object.entries(files).map(([name, bytes]) => ({
    name,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  }));
  assert.deepEqual(pulled, { dir: cocoSsdDir(dir.path), files: expected, isFirstUse: true });
  assert.deepEqual(readdirSync(pulled.dir).sort(), ['digests.json', ...NAMES].sort());
  const record = JSON.parse(readFileSync(path.join(pulled.dir, 'digests.json'), 'utf8'));
  assert.deepEqual(record, {
    source: server.url,
    files: Object.fromEntries(expected.map(({ name, sha256 }) => [name, sha256])),
  });
  const weights = await readCocoSsd(dir.path);
  assert.deepEqual(Buffer.from(weights!.data), Buffer.concat([files[SHARD_1], files[SHARD_2]]));
  assert.deepEqual(
    weights!.digests,
    expected.map(({ sha256 }) => sha256),
  );
  const again = await pullCocoSsd(dir.path, server.url);
  assert.deepEqual(again, { ...pulled, isFirstUse: false });
});

for (const name of NAMES) {
  test(`${name}: changed on disk it is refused, and a pull restores it`, async () => {
    using dir = new TempDir();
    await using server = await serveFiles(cocoModelFiles());
    const { dir: kept } = await pullCocoSsd(dir.path, server.url);
    writeFileSync(path.join(kept, name), changed(name)[name]!);
    await assert.rejects(readCocoSsd(dir.path), {
      name: 'WorldError',
      message: new RegExp(
        `${name} is not what was recorded at first use: expected sha256 .*garim models pull coco-ssd`,
      ),
    });
    await pullCocoSsd(dir.path, server.url);
    assert.notEqual(await readCocoSsd(dir.path), undefined);
  });

  test(`${name}: missing on disk it is refused`, async () => {
    using dir = new TempDir();
    await using server = await serveFiles(cocoModelFiles());
    const { dir: kept } = await pullCocoSsd(dir.path, server.url);
    rmSync(path.join(kept, name));
    await assert.rejects(readCocoSsd(dir.path), { code: 'model-digest-mismatch', message: /can't be read/ });
  });
}

test('an address that serves other weights than those recorded is refused, and what is here stays', async () => {
  using dir = new TempDir();
  await using server = await serveFiles(cocoModelFiles());
  await pullCocoSsd(dir.path, server.url);
  await using other = await serveFiles(changed(SHARD_2));
  await assert.rejects(pullCocoSsd(dir.path, other.url), {
    code: 'model-digest-mismatch',
    message: /shard2of2\.bin is not what was recorded at first use.*nothing was kept.*remove the folder/,
  });
  assert.notEqual(await readCocoSsd(dir.path), undefined);
});

test('a damaged record is refused', async () => {
  using dir = new TempDir();
  await using server = await serveFiles(cocoModelFiles());
  const { dir: kept } = await pullCocoSsd(dir.path, server.url);
  writeFileSync(path.join(kept, 'digests.json'), '{"source": "x"');
  await assert.rejects(readCocoSsd(dir.path), { code: 'model-digest-mismatch', message: /digests\.json is damaged/ });
});

test('files copied by hand count only once they are recorded, and need no network', async () => {
  using dir = new TempDir();
  for (const [name, bytes] of Object.entries(cocoModelFiles())) dir.write(`models/coco-ssd/${name}`, bytes);
  assert.equal(await readCocoSsd(dir.path), undefined);
  await using server = await serveFiles({});
  const { isFirstUse } = await pullCocoSsd(dir.path, server.url);
  assert.ok(isFirstUse);
  assert.equal(server.requests(), 0);
  assert.notEqual(await readCocoSsd(dir.path), undefined);
});

const files = cocoModelFiles();
const model = JSON.parse(files['model.json'].toString()) as { weightsManifest: { paths: string[] }[] };
const withPaths = (...paths: string[]) =>
  Buffer.from(JSON.stringify({ ...model, weightsManifest: [{ ...model.weightsManifest[0], paths }] }));
const REFUSED: [string, Record<string, Buffer>, RegExp][] = [
  ['a missing shard', { ...files, [SHARD_2]: undefined } as never, /shard2of2\.bin: status 404/],
  [
    'a shard that is too short',
    { ...files, [SHARD_2]: files[SHARD_2].subarray(1) },
    /hold \d+ bytes of weights instead of/,
  ],
  ['a shard that is too long', { ...files, [SHARD_2]: Buffer.alloc(4_000_000) }, /has more than \d+ bytes/],
  ['a page instead of a model', { ...files, 'model.json': Buffer.from('<html>') }, /model\.json is not JSON/],
  ['JSON that is no model', { ...files, 'model.json': Buffer.from('{}') }, /model\.json is not a graph model/],
  ['a shard outside the folder', { ...files, 'model.json': withPaths('../../evil') }, /a plain file name/],
  ['a shard named as the record', { ...files, 'model.json': withPaths('digests.json') }, /names 1 files/],
];

for (const [what, served, message] of REFUSED) {
  test(`a pull of ${what} is refused, and nothing is kept`, async () => {
    using dir = new TempDir();
    await using server = await serveFiles(served);
    await assert.rejects(pullCocoSsd(dir.path, server.url), { name: 'WorldError', message });
    assert.ok(!existsSync(cocoSsdDir(dir.path)));
  });
}

test('a server that is not there is named', async () => {
  using dir = new TempDir();
  const server = await serveFiles({});
  await server[Symbol.asyncDispose]();
  await assert.rejects(pullCocoSsd(dir.path, server.url), { code: 'source-unreachable', message: /ECONNREFUSED/ });
});
