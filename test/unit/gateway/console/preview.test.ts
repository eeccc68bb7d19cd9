/** Goal: only a program that can be run counts as ffmpeg. Method: folders with fakes that are never started. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { findFfmpeg } from '../../../../edge/gateway/console/preview.ts';

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
