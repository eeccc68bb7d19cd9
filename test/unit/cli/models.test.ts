/** Goal: `garim models` lists, checks, fetches and chooses. Method: a real HTTP server and real folders; output captured. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { pullModel } from '../../../edge/camera/detect/pull.ts';
import { openModelStore } from '../../../edge/camera/detect/store.ts';
import { modelsCommand } from '../../../edge/cli/models.ts';
import { cocoModelFiles } from '../../support/coco-model.ts';
import { entryFor, flippedBit, writeModelsDir } from '../../support/models.ts';
import { TempDir } from '../../support/temp.ts';

// Models that a developer has elsewhere must not change what these tests see.
delete process.env['GARIM_MODELS'];

const MODEL = new TextEncoder().encode('the weights of a model');

/** Serves what `answer` says on a free port. */
async function serve(answer: http.RequestListener): Promise<{ url: string } & AsyncDisposable> {
  const server = http.createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/m.onnx`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function storeFor(dir: TempDir, url: string) {
  const modelsDir = writeModelsDir(dir, [entryFor('yunet-n', 'm', MODEL, url)]);
  return openModelStore({ stateDir: dir.path, env: {}, modelsDir });
}

test('pull fetches, checks and keeps a model', async () => {
  using dir = new TempDir();
  await using server = await serve((_, response) => response.end(MODEL));
  const store = storeFor(dir, server.url);
  const file = await pullModel(store, 'm');
  assert.equal(file, path.join(dir.path, 'models', 'm.onnx'));
  assert.deepEqual(new Uint8Array(readFileSync(file)), MODEL);
  assert.equal((await store.resolve('m')).path, file);
  assert.deepEqual(readdirSync(path.join(dir.path, 'models')), ['m.onnx']);
});

test('pull replaces a wrong file', async () => {
  using dir = new TempDir();
  await using server = await serve((_, response) => response.end(MODEL));
  const store = storeFor(dir, server.url);
  dir.write('models/m.onnx', 'wrong');
  await pullModel(store, 'm');
  assert.equal((await store.resolve('m')).bytes.length, MODEL.length);
});

const REFUSED: [string, http.RequestListener, RegExp][] = [
  ['other content', (_, r) => r.end(Buffer.from('the weights of a virus')), /expected sha256 .* nothing was kept/],
  ['too few bytes', (_, r) => r.end(MODEL.subarray(3)), /it has 19 bytes instead of 22; nothing was kept/],
  ['too many bytes', (_, r) => r.end(Buffer.alloc(4_000_000)), /more than 22 bytes instead of 22; nothing was kept/],
  ['status 404', (_, r) => r.writeHead(404).end('no'), /status 404/],
  [
    'a broken connection',
    (_, r) => {
      r.writeHead(200, { 'content-length': MODEL.length });
      r.write(MODEL.subarray(0, 5), () => r.destroy());
    },
    /broke off after \d+ bytes/,
  ],
];

for (const [what, answer, message] of REFUSED) {
  test(`pull refuses ${what} and keeps nothing`, async () => {
    using dir = new TempDir();
    await using server = await serve(answer);
    await assert.rejects(pullModel(storeFor(dir, server.url), 'm'), { name: 'WorldError', message });
    assert.deepEqual(readdirSync(path.join(dir.path, 'models')), []);
  });
}

test('pull without a server says so', async () => {
  using dir = new TempDir();
  const server = await serve((_, response) => response.end());
  await server[Symbol.asyncDispose]();
  await assert.rejects(pullModel(storeFor(dir, server.url), 'm'), {
    code: 'source-unreachable',
    message: /ECONNREFUSED/,
  });
});

/** Runs `garim models ...` in this process and returns what it printed and its exit code. */
async function garimModels(...args: string[]): Promise<{ out: string; exitCode: unknown }> {
  let out = '';
  const command = modelsCommand().configureOutput({
    writeOut: (text) => {
      out += text;
    },
  });
  const before = process.exitCode;
  try {
    await command.parseAsync(args, { from: 'user' });
    return { out, exitCode: process.exitCode };
  } finally {
    process.exitCode = before;
  }
}

test('list shows what is here, what is used, and what can be pulled', async () => {
  using dir = new TempDir();
  const { out } = await garimModels('list', '--state', dir.path);
  assert.match(out, /^\* +garim-street-v2 +face plate person vehicle +Apache-2\.0 +.*street_v2\.onnx$/m);
  assert.match(out, /^ +yunet-n +face +Apache-2\.0 /m);
  assert.match(out, /^in use: garim-street-v2$/m);
});

test('verify exits with 1 when a file is wrong, and names it', async () => {
  using dir = new TempDir();
  assert.equal((await garimModels('verify', '--state', dir.path)).exitCode, undefined);
  dir.write('models/street_v2.onnx', flippedBit());
  const { out, exitCode } = await garimModels('verify', '--state', dir.path);
  assert.match(out, /^garim-street-v2: WRONG, .*street_v2\.onnx is not model garim-street-v2/m);
  assert.equal(exitCode, 1);
});

test('use records the choice, and default takes it back', async () => {
  using dir = new TempDir();
  const selection = path.join(dir.path, 'models', 'selection.json');
  const { out } = await garimModels('use', 'garim-street-v2', '--state', dir.path);
  assert.match(out, /^in use: garim-street-v2$/m);
  assert.deepEqual(JSON.parse(readFileSync(selection, 'utf8')), { models: ['garim-street-v2'] });
  await garimModels('use', 'default', '--state', dir.path);
  assert.equal(existsSync(selection), false);
});

test('a model that is not public, and one that does not exist, are refused', async () => {
  using dir = new TempDir();
  const state = ['--state', dir.path];
  await assert.rejects(garimModels('use', 'nothing', ...state), { name: 'UserError' });
  await assert.rejects(garimModels('pull', 'lpd-yunet-dyn', ...state), {
    name: 'UserError',
    message: /can't be pulled/,
  });
  await assert.rejects(garimModels('use', 'yunet-n', ...state), { code: 'model-missing' });
  const fix = 'pull one of: yunet-n, yunet-s, lpd-yunet, picodet-s, yolox-nano, coco-ssd';
  await assert.rejects(garimModels('pull', 'nothing', ...state), { name: 'UserError', fix });
});

test('coco-ssd: copied by hand, recorded by pull, listed, verified, and refused once it changed', async () => {
  using dir = new TempDir();
  const state = ['--state', dir.path];
  assert.match(
    (await garimModels('list', ...state)).out,
    /^ +coco-ssd +person vehicle +Apache-2\.0 +not here, can be pulled/m,
  );
  for (const [name, bytes] of Object.entries(cocoModelFiles())) dir.write(`models/coco-ssd/${name}`, bytes);
  const pulled = await garimModels('pull', 'coco-ssd', ...state);
  assert.match(pulled.out, /^coco-ssd: recorded at first use, .*coco-ssd$/m);
  assert.equal(pulled.out.match(/^ {2}sha256 [0-9a-f]{64} {2}/gm)?.length, 3);
  assert.match((await garimModels('list', ...state)).out, /^\* +coco-ssd .*models\/coco-ssd$/m);
  const intact = await garimModels('verify', ...state);
  assert.match(intact.out, /^coco-ssd: as recorded at first use/m);
  assert.equal(intact.exitCode, undefined);
  dir.write('models/coco-ssd/model.json', '{}');
  const spoilt = await garimModels('verify', ...state);
  assert.match(spoilt.out, /^coco-ssd: WRONG, .*model\.json is not what was recorded at first use/m);
  assert.equal(spoilt.exitCode, 1);
  await assert.rejects(garimModels('use', 'coco-ssd', ...state), {
    name: 'UserError',
    message: /neither faces nor plates/,
  });
});
