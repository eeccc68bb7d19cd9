/**
 * Goal: onnxruntime, which by itself reports to its maker, does not do so in Garim. Method: the real command finds something in a picture with a
 * home of its own, where the library would leave its identifier; a control shows that it does so elsewhere. Both may reach no network: the
 * proxy that they are told refuses.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import sharp from 'sharp';
import { packageRoot } from '../../../../edge/base/paths.ts';
import { garim } from '../../../support/garim-command.ts';
import { TempDir } from '../../../support/temp.ts';

const PROXY = 'http://127.0.0.1:9';
const model = path.join(packageRoot, 'models/embedded/street_v2.onnx');

const away = (home: string) => ({
  HOME: home,
  https_proxy: PROXY,
  HTTPS_PROXY: PROXY,
  all_proxy: PROXY,
});
const traces = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('onnxruntime'));

test('a picture is searched and no identifier is left, nor anything else of the library', async () => {
  using home = new TempDir();
  await sharp({ create: { width: 320, height: 240, channels: 3, background: '#808080' } }).toFile(
    path.join(home.path, 'a.png'),
  );
  const args = ['redact', 'a.png', '--out', 'out'];
  const { code, stderr } = await garim(args, { cwd: home.path, env: away(home.path) });
  assert.equal(code, 0, stderr);
  assert.deepEqual(traces(home.path), []);
});

test('the library by itself leaves one (else the test above proves nothing, and edge/camera/detect/telemetry.ts may go)', () => {
  using home = new TempDir();
  const script = `require('onnxruntime-node').InferenceSession.create(${JSON.stringify(model)}).then((session) => session.release())`;
  const env = { PATH: process.env['PATH'], ...away(home.path) };
  const { status, stderr } = spawnSync(process.execPath, ['-e', script], { cwd: packageRoot, env, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  assert.ok(traces(home.path).some((name) => name.endsWith('deviceid')));
});

test('a thread whose process has not opted out loads no network', async () => {
  const env = { ...process.env };
  delete env['ORT_DISABLE_TELEMETRY'];
  const worker = new Worker(new URL('../../../../edge/camera/detect/inference-worker.js', import.meta.url), { env });
  const error = await new Promise<Error>((resolve) => worker.once('error', resolve));
  assert.match(error.message, /ORT_DISABLE_TELEMETRY is not set/);
});
