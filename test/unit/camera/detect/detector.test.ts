/**
 * Goal: a detector answers each call truthfully and in time, whatever its thread does. Method: the embedded network on real
 * inferences, and worker threads that crash, stall or lie.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { createOnnxDetector, type OnnxDetector } from '../../../../edge/camera/detect/detector.ts';
import type { Verdict } from '../../../../edge/camera/detect/port.ts';
import { openModelStore } from '../../../../edge/camera/detect/store.ts';
import type { Mode } from '../../../support/misbehaving-worker.ts';
import {
  embeddedFile,
  entryFor,
  flippedBit,
  manifestEntry,
  silentLog,
  syntheticPicture,
  writeModelsDir,
} from '../../../support/models.ts';
import { TempDir } from '../../../support/temp.ts';
import { until } from '../../../support/wait.ts';

/** Only bounds hanging. */
const LONG_MS = 120_000;

function start(dir: TempDir, options: { workerUrl?: URL; modelsDir?: string } = {}): OnnxDetector & AsyncDisposable {
  const { modelsDir, workerUrl } = options;
  const store = openModelStore({ stateDir: dir.path, env: {}, ...(modelsDir && { modelsDir }) });
  const detector = createOnnxDetector({ store, log: silentLog, ...(workerUrl && { workerUrl }) });
  return Object.assign(detector, { [Symbol.asyncDispose]: () => detector.close() });
}

/** Worker file that misbehaves, each time or only the first. */
function misbehaving(dir: TempDir, mode: Mode, times: 'once' | 'always'): URL {
  const support = new URL('../../../support/misbehaving-worker.js', import.meta.url).href;
  const args = times === 'once' ? [mode, path.join(dir.path, 'was-here')] : [mode];
  const code = `import { run } from ${JSON.stringify(support)};\nawait run(...${JSON.stringify(args)});\n`;
  return pathToFileURL(dir.write('worker.mjs', code));
}

function assertDetected(verdict: Verdict): asserts verdict is Extract<Verdict, { kind: 'detected' }> {
  assert.equal(verdict.kind, 'detected', JSON.stringify(verdict));
}

function assertUnavailable(verdict: Verdict, reason: string, detail: RegExp): void {
  assert.ok(verdict.kind === 'unavailable', JSON.stringify(verdict));
  assert.equal(verdict.reason, reason);
  assert.match(verdict.detail, detail);
}

test('the embedded network answers, and the same picture gives the same answer', async () => {
  using dir = new TempDir();
  await using detector = start(dir);
  assert.equal(detector.state.state, 'starting');
  await detector.settled();
  const { sha256 } = manifestEntry('garim-street-v2');
  await until('ready', () => detector.state.state === 'ready');
  assert.deepEqual(detector.state, {
    state: 'ready',
    models: ['garim-street-v2'],
    digests: [sha256],
    advice: '',
  });
  const first = await detector.detect(syntheticPicture(), LONG_MS);
  const second = await detector.detect(syntheticPicture(), LONG_MS);
  assertDetected(first);
  assertDetected(second);
  assert.deepEqual(first.detections, second.detections);
  assert.ok(first.inferenceMs > 0);
  for (const { x, y, w, h, score } of first.detections) {
    assert.ok(x >= 0 && y >= 0 && w > 0 && h > 0 && x + w <= 320.01 && y + h <= 180.01 && score >= 0.35 && score <= 1);
  }
});

test('picture buffers come back for reuse', async () => {
  using dir = new TempDir();
  await using detector = start(dir);
  const verdict = await detector.warmUp(320, 192);
  assertDetected(verdict);
  const picture = syntheticPicture();
  picture.rgb[5] = 77;
  assertDetected(await detector.detect(picture, LONG_MS));
  assert.equal(picture.rgb.length, 0, 'the memory was handed over');
  const reused = [detector.takeBuffer(320 * 192 * 3), detector.takeBuffer(320 * 192 * 3)];
  assert.ok(
    reused.some((buffer) => buffer[5] === 77),
    'one of the spare buffers is the one that was sent',
  );
  assert.equal(detector.takeBuffer(64 * 32 * 3).length, 64 * 32 * 3);
});

test('a second call while one is under way is refused at once', async () => {
  using dir = new TempDir();
  await using detector = start(dir);
  await detector.warmUp(320, 192);
  const first = detector.detect(syntheticPicture(), LONG_MS);
  assertUnavailable(await detector.detect(syntheticPicture(), LONG_MS), 'detector-unavailable', /already under way/);
  assertDetected(await first);
});

test('a picture of a wrong size is refused', async () => {
  using dir = new TempDir();
  await using detector = start(dir);
  await detector.warmUp(320, 192);
  const picture = syntheticPicture();
  const bad = [
    { ...picture, widthPx: 300 },
    { ...picture, contentHeightPx: 193 },
    { ...picture, rgb: new Uint8Array(5) },
  ];
  for (const each of bad) assertUnavailable(await detector.detect(each, LONG_MS), 'detector-unavailable', /picture/);
  assertDetected(await detector.detect(picture, LONG_MS));
});

for (const mode of ['exit', 'throw', 'spin', 'silent', 'wrong-request'] as const) {
  test(`a worker that answers with "${mode}" costs one verdict and is replaced`, async () => {
    using dir = new TempDir();
    await using detector = start(dir, { workerUrl: misbehaving(dir, mode, 'once') });
    await until('the first worker', () => detector.state.state === 'ready');
    const verdict = await detector.detect(syntheticPicture(), mode === 'exit' || mode === 'throw' ? LONG_MS : 50);
    assertUnavailable(verdict, 'detector-unavailable', /no answer within|ended with code 3|out of cheese/);
    assert.equal(detector.state.state, 'unavailable');
    assert.match(detector.state.advice, /starts again in 0\.2 s/);
    assertUnavailable(await detector.detect(syntheticPicture(), LONG_MS), 'detector-unavailable', /starts again/);
    await until('the second worker', () => detector.state.state === 'ready');
    assertDetected(await detector.detect(syntheticPicture(), LONG_MS));
  });
}

test('a timeout inside a real inference neither ends the process nor the detector', async () => {
  using dir = new TempDir();
  await using detector = start(dir);
  await detector.warmUp(640, 384);
  const large = syntheticPicture(1024, 1024, 1024);
  assertUnavailable(await detector.detect(large, 1), 'detector-unavailable', /no answer within 1 ms/);
  await until('another worker', () => detector.state.state === 'ready');
  assertDetected(await detector.detect(syntheticPicture(), LONG_MS));
});

test('a process that exits inside an inference exits as it wanted', async () => {
  using dir = new TempDir();
  const modules = ['detector', 'store'].map(
    (name) => new URL(`../../../../edge/camera/detect/${name}.js`, import.meta.url),
  );
  const code = `
    import { createOnnxDetector } from ${JSON.stringify(modules[0])};
    import { openModelStore } from ${JSON.stringify(modules[1])};
    const store = openModelStore({ stateDir: ${JSON.stringify(dir.path)}, env: {} });
    const detector = createOnnxDetector({ store, log: { info() {}, warn() {} } });
    await detector.warmUp(640, 384);
    const rgb = new Uint8Array(640 * 384 * 3);
    void detector.detect({ rgb, widthPx: 640, heightPx: 384, contentWidthPx: 640, contentHeightPx: 360 }, 10_000);
    setTimeout(() => process.exit(7), 3);`;
  const child = spawnSync(process.execPath, [dir.write('exit.mjs', code)], { encoding: 'utf8', timeout: LONG_MS });
  assert.equal(child.signal, null, child.stderr);
  assert.equal(child.status, 7, child.stderr);
});

test('numbers that are not finite count as no answer', async () => {
  using dir = new TempDir();
  await using detector = start(dir, { workerUrl: misbehaving(dir, 'nan', 'always') });
  await until('ready', () => detector.state.state === 'ready');
  assertUnavailable(await detector.detect(syntheticPicture(), LONG_MS), 'detector-unavailable', /not finite/);
});

test('pauses between restarts grow while no worker is usable', async () => {
  using dir = new TempDir();
  await using detector = start(dir, { workerUrl: misbehaving(dir, 'unusable', 'always') });
  const seen = new Set<string>();
  await until('three pauses', () => {
    const pause = /bad model; it starts again in ([\d.]+) s/.exec(detector.state.advice)?.[1];
    if (pause !== undefined) seen.add(pause);
    return seen.size >= 3;
  });
  assert.deepEqual([...seen], ['0.2', '0.4', '0.8']);
});

test('bytes that are no network are not used, and say so', async () => {
  using dir = new TempDir();
  const junk = new TextEncoder().encode('not an onnx file');
  const modelsDir = writeModelsDir(dir, [entryFor('garim-street-v2', 'junk', junk)], { 'junk.onnx': junk });
  await using detector = start(dir, { modelsDir });
  await detector.settled();
  assert.equal(detector.state.state, 'unavailable');
  assert.match(detector.state.advice, /the model can't be used/);
  assertUnavailable(await detector.detect(syntheticPicture(), LONG_MS), 'detector-unavailable', /can't be used/);
});

test('a flipped bit in the embedded network is refused before anything runs', async () => {
  using dir = new TempDir();
  const entry = manifestEntry('garim-street-v2');
  const modelsDir = writeModelsDir(dir, [entry], { 'street_v2.onnx': flippedBit() });
  await using detector = start(dir, { modelsDir });
  await detector.settled();
  assert.match(detector.state.advice, new RegExp(`expected sha256 ${entry.sha256}.*found [0-9a-f]{64}`));
  assertUnavailable(
    await detector.detect(syntheticPicture(), LONG_MS),
    'model-missing',
    /street_v2\.onnx is not model/,
  );
});

test('without a model for plates there is no verdict, and it recovers when one arrives', async () => {
  using dir = new TempDir();
  const bytes = new Uint8Array(readFileSync(embeddedFile));
  const entry = entryFor('garim-street-v2', 'late', bytes, 'http://127.0.0.1/late.onnx');
  await using detector = start(dir, { modelsDir: writeModelsDir(dir, [entry]) });
  await detector.settled();
  assert.equal(
    detector.state.advice,
    'no model finds faces; run: garim models pull late; no model finds plates; run: garim models pull late',
  );
  assertUnavailable(await detector.detect(syntheticPicture(), LONG_MS), 'model-missing', /no model finds plates/);
  dir.write('models/x', '');
  await writeFile(path.join(dir.path, 'models', 'late.onnx'), bytes);
  await until('the model to be found', () => detector.state.state === 'ready');
  assertDetected(await detector.detect(syntheticPicture(), LONG_MS));
});

test('after close every call is answered with unavailable', async () => {
  using dir = new TempDir();
  const detector = start(dir);
  await detector.warmUp(320, 192);
  const pending = detector.detect(syntheticPicture(), LONG_MS);
  await detector.close();
  assertUnavailable(await pending, 'detector-unavailable', /closed/);
  assertUnavailable(await detector.detect(syntheticPicture(), LONG_MS), 'detector-unavailable', /closed/);
  await detector.close();
});
