/** Goal: only a program that can be run counts as ffmpeg, and it sees no secret. Method: fakes of ffmpeg in temp folders. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { pino } from 'pino';
import { systemClock } from '../../../../edge/base/clock.ts';
import { findFfmpeg, Preview } from '../../../../edge/gateway/console/preview.ts';
import { FORMAT, unit } from '../../../support/h264.ts';
import { ManualFeed } from '../../../support/manual-feed.ts';
import { until } from '../../../support/wait.ts';

test('the first ffmpeg on PATH that can be run is found', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'garim-path-'));
  try {
    const [empty, first, second] = ['empty', 'first', 'second'].map((name) => path.join(root, name)) as [
      string,
      string,
      string,
    ];
    for (const dir of [empty, first, second]) mkdirSync(dir);
    for (const dir of [first, second]) writeFileSync(path.join(dir, 'ffmpeg'), '#!/bin/sh\n', { mode: 0o755 });
    const searched = ['', empty, first, second].join(path.delimiter);
    assert.equal(findFfmpeg(searched), path.join(first, 'ffmpeg'));
    chmodSync(path.join(first, 'ffmpeg'), 0o644);
    assert.equal(findFfmpeg(searched), path.join(second, 'ffmpeg'));
    assert.equal(findFfmpeg(empty), undefined);
    assert.equal(findFfmpeg(undefined), undefined);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test('ffmpeg sees nothing of the environment that a person could have put a secret in', async (context) => {
  const root = mkdtempSync(path.join(tmpdir(), 'garim-preview-'));
  process.env['GATE_URL'] = 'rtsp://user:planted@192.0.2.7/';
  context.after(() => {
    delete process.env['GATE_URL'];
    rmSync(root, { recursive: true });
  });
  const ffmpegPath = path.join(root, 'ffmpeg');
  const written = path.join(root, 'environment');
  writeFileSync(
    ffmpegPath,
    // `exec`: it ends with the one process that is killed.
    `#!/bin/sh\nenv > '${written}.part' && mv '${written}.part' '${written}'\nexec cat > /dev/null\n`,
    {
      mode: 0o755,
    },
  );
  const feed = new ManualFeed('gate', FORMAT);
  const preview = new Preview({ feed, ffmpegPath, clock: systemClock, log: pino({ level: 'silent' }) });
  const subscription = preview.subscribe(() => {});
  context.after(() => subscription[Symbol.dispose]());
  feed.pushUnit(unit(0, true));
  await until('ffmpeg runs', () => existsSync(written));
  const environment = readFileSync(written, 'utf8');
  assert.match(environment, /^PATH=/m);
  assert.doesNotMatch(environment, /planted|GATE_URL/);
  assert.ok(process.env['GATE_URL'], 'the agent keeps its own');
});
