/** Goal: each finding about the box has its status and a fix. Method: a machine whose facts the test chooses. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { pullCocoSsd } from '../../../../edge/camera/detect/second/weights.ts';
import type { Check, CheckResult } from '../../../../edge/cli/doctor/check.ts';
import { checkCodecs } from '../../../../edge/cli/doctor/codecs.ts';
import {
  checkClock,
  checkCoreDumps,
  checkCpu,
  checkFfmpeg,
  checkMemory,
  checkNode,
} from '../../../../edge/cli/doctor/machine.ts';
import { checkModels, checkSecondOpinion } from '../../../../edge/cli/doctor/models.ts';
import { realSystem } from '../../../../edge/cli/doctor/system.ts';
import { cocoModelFiles, serveFiles } from '../../../support/coco-model.ts';
import { TempDir } from '../../../support/temp.ts';
import { contextWith } from './fake-system.ts';

async function one(check: Check, context: ReturnType<typeof contextWith>): Promise<CheckResult> {
  const [result, ...more] = [await check(context)].flat();
  assert.ok(result !== undefined && more.length === 0);
  assert.equal(result.fix === undefined, result.status === 'ok', 'a fix stands with each finding, and only there');
  return result;
}

test('node: 20.19 and newer', async () => {
  for (const [nodeVersion, status] of [
    ['20.18.9', 'fail'],
    ['18.20.0', 'fail'],
    ['20.19.0', 'ok'],
    ['24.0.0', 'ok'],
  ] as const) {
    assert.equal((await one(checkNode, contextWith({ nodeVersion }))).status, status, nodeVersion);
  }
});

test('cpu: vector instructions and cores', async () => {
  const withInfo = (info: string): Promise<CheckResult> => one(checkCpu, contextWith({ readText: async () => info }));
  assert.equal((await withInfo('flags\t\t: fpu avx avx2 sse\n')).detail, '4 × Test CPU, AVX2');
  assert.equal((await withInfo('Features\t: fp asimd\n')).detail, '4 × Test CPU, NEON');
  assert.equal((await withInfo('flags\t\t: fpu avx sse\n')).status, 'warn');
  assert.equal((await one(checkCpu, contextWith({ cpus: [{ model: 'x' }] }))).status, 'warn');
  assert.equal((await one(checkCpu, contextWith())).status, 'ok', 'a system without /proc is not blamed');
});

test('memory: per camera', async () => {
  const config = { cameras: { a: { source: 'simulated' }, b: { source: 'simulated' } } };
  assert.equal((await one(checkMemory, contextWith({ memoryTotalBytes: 2 ** 30 }, { config }))).status, 'ok');
  assert.equal((await one(checkMemory, contextWith({ memoryTotalBytes: 2 ** 29 }, { config }))).status, 'warn');
});

test('clock: sane year, synchronised', async () => {
  const synchronised = (word: string) => contextWith({ run: async () => ({ output: `${word}\n` }) });
  assert.equal((await one(checkClock, synchronised('yes'))).status, 'ok');
  assert.equal((await one(checkClock, synchronised('no'))).status, 'warn');
  assert.equal((await one(checkClock, contextWith())).status, 'ok', 'not known is not a fault');
  assert.equal((await one(checkClock, contextWith({ wallMs: () => 0 }))).status, 'fail');
});

test('core dumps: off, on, unknown', async () => {
  const limits = (soft: string) =>
    contextWith({ readText: async () => `Max core file size        ${soft}     unlimited  bytes\n` });
  assert.equal((await one(checkCoreDumps, limits('0'))).status, 'ok');
  assert.equal((await one(checkCoreDumps, limits('unlimited'))).status, 'warn');
  assert.equal((await one(checkCoreDumps, contextWith())).status, 'ok');
});

test('ffmpeg: optional', async () => {
  const found = contextWith({ run: async () => ({ output: 'ffmpeg version 7.1 Copyright\n' }) });
  assert.match((await one(checkFfmpeg, found)).detail, /^7\.1,/);
  assert.equal((await one(checkFfmpeg, contextWith())).status, 'warn');
});

test('codecs: what opens, what was asked for, and a probe that dies', async () => {
  const output = JSON.stringify([
    { encoder: 'h264_v4l2m2m', error: '' },
    { encoder: 'h264_nvenc', error: 'no device' },
  ]);
  const asking = (encoder: string) =>
    contextWith(
      { run: async () => ({ output }) },
      { config: { cameras: { a: { source: 'simulated', encode: { encoder } } } } },
    );
  assert.equal((await one(checkCodecs, asking('auto'))).detail, 'h264_v4l2m2m');
  assert.equal((await one(checkCodecs, asking('h264_v4l2m2m'))).status, 'ok');
  const missing = await one(checkCodecs, asking('h264_nvenc'));
  assert.equal(missing.status, 'fail');
  assert.match(missing.fix ?? '', /cameras\.a\.encode\.encoder/);
  assert.equal((await one(checkCodecs, contextWith({ run: async () => ({ error: 'SIGSEGV' }) }))).status, 'warn');
});

test('codecs: the real probe answers for the encoders that the product knows', async () => {
  const result = await one(checkCodecs, contextWith({ run: realSystem.run }));
  assert.equal(result.status, 'ok', result.detail);
  assert.match(result.detail, /h264_(nvenc|v4l2m2m)/);
});

test('models: the embedded ones suffice, and a spoilt choice fails with a fix', async () => {
  using good = new TempDir();
  using bad = new TempDir({ 'models/selection.json': '{"models":["no-such-model"]}' });
  const withState = (state: string) => contextWith({}, { config: { state } });
  const result = await one(checkModels, withState(good.path));
  assert.equal(result.status, 'ok', result.detail);
  assert.match(result.detail, /face.*plate/);
  const spoilt = await one(checkModels, withState(bad.path));
  assert.equal(spoilt.status, 'fail');
  assert.match(spoilt.detail, /every frame is covered whole/);
});

test('second opinion: optional, named with its command, and a warning once its weights changed', async () => {
  using dir = new TempDir();
  const withState = contextWith({}, { config: { state: dir.path } });
  const none = await one(checkSecondOpinion, withState);
  assert.equal(none.status, 'ok');
  assert.match(none.detail, /optional: garim models pull coco-ssd/);
  await using server = await serveFiles(cocoModelFiles());
  const pulled = await pullCocoSsd(dir.path, server.url);
  assert.match((await one(checkSecondOpinion, withState)).detail, /^coco-ssd/);
  writeFileSync(path.join(pulled.dir, 'model.json'), '{}');
  const spoilt = await one(checkSecondOpinion, withState);
  assert.equal(spoilt.status, 'warn');
  assert.match(spoilt.detail, /model\.json is not what was recorded/);
});
