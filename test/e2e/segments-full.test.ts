/**
 * Goal: a full disk pauses the segments and nothing else; they go on when there is space again. Method: a file system of two
 * megabytes that is really full.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { pino } from 'pino';
import { startSegments } from '../../edge/gateway/segments/recorder.ts';
import { FORMAT, unit } from '../support/h264.ts';
import { ManualFeed } from '../support/manual-feed.ts';
import { needs } from '../support/shared.ts';
import { until } from '../support/wait.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'garim-full-'));
const isMounted = (() => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'none', dir], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();
after(() => {
  if (isMounted) execFileSync('umount', [dir]);
  rmSync(dir, { recursive: true, force: true });
});

test('a full disk pauses segments, and space lets them go on', {
  skip: needs(isMounted, 'the right to mount'),
}, async () => {
  const warnings: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void warnings.push(line) });
  const feed = new ManualFeed('gate', FORMAT);
  let delivered = 0;
  feed.subscribe({
    onFormat() {},
    onAccessUnit() {
      delivered++;
    },
  });
  let nowMs = 0;
  const clock = { monotonicMs: () => nowMs, wallMs: () => Date.UTC(2026, 0, 1) + nowMs };
  const segments = startSegments({ feed, dir, secondsEach: 2, totalMbMax: 100, log, clock });
  let count = 0;
  const feedSecond = async (): Promise<void> => {
    for (let i = 0; i < 10; i++, count++) feed.pushUnit(unit(count * 100_000, i === 0, 30_000));
    nowMs += 1000;
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  };
  await until('the disk is full', async () => {
    await feedSecond();
    return segments.state.state === 'paused';
  });
  assert.match(segments.state.advice, /the disk is full/);
  const kept = readdirSync(path.join(dir, 'gate'));
  assert.ok(kept.length > 0);
  assert.ok(!kept.some((name) => name.endsWith('.part')), `what was whole is kept as a file: ${kept.join(' ')}`);

  for (const name of kept) rmSync(path.join(dir, 'gate', name));
  writeFileSync(path.join(dir, 'small'), 'there is space');
  await until('the recording goes on', async () => {
    await feedSecond();
    return segments.state.state === 'recording';
  });
  await segments.close();
  assert.equal(warnings.length, 1);
  assert.equal(delivered, count, 'the feed never noticed');
});
