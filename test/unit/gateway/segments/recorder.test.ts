/**
 * Goal: segments are cut at key frames, bounded in size, survive a power cut, and a disk that fails only pauses them. Method: a
 * feed fed by hand with made-up pictures, real files in a temp folder, a clock that the test moves.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { pino } from 'pino';
import { readBoxHeader } from '../../../../edge/gateway/fmp4/boxes.ts';
import { segmentName } from '../../../../edge/gateway/segments/files.ts';
import { startSegments } from '../../../../edge/gateway/segments/recorder.ts';
import { FORMAT, unit } from '../../../support/h264.ts';
import { ManualFeed } from '../../../support/manual-feed.ts';
import { until } from '../../../support/wait.ts';

const START_WALL_MS = Date.UTC(2026, 0, 31, 23, 59, 50);
let root = '';
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'garim-segments-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function record(options: { secondsEach?: number; totalMbMax?: number; sizeBytes?: number } = {}) {
  const { secondsEach = 2, totalMbMax = 100, sizeBytes = 1000 } = options;
  const warnings: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void warnings.push(line) });
  const feed = new ManualFeed('gate', FORMAT);
  let nowMs = 0;
  const clock = { monotonicMs: () => nowMs, wallMs: () => START_WALL_MS + nowMs };
  const segments = startSegments({ feed, dir: root, secondsEach, totalMbMax, log, clock });
  let count = 0;
  return {
    feed,
    segments,
    warnings,
    dir: path.join(root, 'gate'),
    advance: (ms: number) => {
      nowMs += ms;
    },
    /** Ten pictures a second, a key frame each second; lets the writer catch up after each. */
    async feedSeconds(seconds: number): Promise<void> {
      for (let i = 0; i < seconds * 10; i++) {
        feed.pushUnit(unit(count * 100_000, count % 10 === 0, sizeBytes));
        count++;
        nowMs += 100;
        await new Promise(setImmediate);
      }
      await new Promise((resolve) => {
        setTimeout(resolve, 20);
      });
    },
  };
}

/** Types of the boxes of a file, which must fill it. */
function boxesOf(file: string): string[] {
  const bytes = readFileSync(file);
  const types: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const header = readBoxHeader(bytes.subarray(at));
    assert.ok(header && at + header.sizeBytes <= bytes.length, `${file} is cut off at ${at}`);
    types.push(header.type);
    at += header.sizeBytes;
  }
  return types;
}

test('files are cut at key frames, named by time, and complete', async () => {
  const recording = record();
  await recording.feedSeconds(7);
  await recording.segments.close();
  const names = readdirSync(recording.dir).sort();
  assert.equal(names.length, 4, names.join(' '));
  for (const name of names) {
    assert.match(name, /^2026(0131T2359|0201T0000)\d\dZ(-\d+)?\.mp4$/);
    assert.deepEqual(boxesOf(path.join(recording.dir, name)).slice(0, 4), ['ftyp', 'moov', 'moof', 'mdat']);
  }
  assert.equal(recording.segments.state.state, 'recording');
  assert.equal(recording.segments.state.unitsSkipped, 0);
  assert.equal(recording.feed.subscriberCount, 0);
});

test('a new format begins a new file', async () => {
  const recording = record({ secondsEach: 3600 });
  await recording.feedSeconds(2);
  recording.feed.pushFormat({ ...FORMAT, widthPx: 640 });
  await recording.feedSeconds(2);
  await recording.segments.close();
  assert.equal(readdirSync(recording.dir).length, 2);
});

test('the oldest files go when the total is too large', async () => {
  const recording = record({ totalMbMax: 10, sizeBytes: 200_000 });
  await recording.feedSeconds(16);
  await recording.segments.close();
  const names = readdirSync(recording.dir).sort();
  const totalBytes = names.reduce((sum, name) => sum + statSync(path.join(recording.dir, name)).size, 0);
  // 2 MB a second: what is there beyond the limit is at most the file that was begun last.
  assert.ok(totalBytes <= 10e6 + 4.5e6, `${totalBytes} bytes in ${names.length} files`);
  assert.ok(names.length >= 2);
  assert.ok((names.at(-1) ?? '') > (names[0] ?? ''));
});

test('what a power cut left is finished up to its last whole fragment, or removed', async () => {
  const first = record({ secondsEach: 3600 });
  await first.feedSeconds(3);
  await first.segments.close();
  const [name = ''] = readdirSync(first.dir);
  const whole = readFileSync(path.join(first.dir, name));
  rmSync(path.join(first.dir, name));
  writeFileSync(path.join(first.dir, '20260101T000000Z.mp4.part'), whole.subarray(0, whole.length - 10));
  writeFileSync(path.join(first.dir, '20260101T000001Z.mp4.part'), whole.subarray(0, 300));
  writeFileSync(path.join(first.dir, '20260101T000002Z.mp4.part'), '');
  writeFileSync(path.join(first.dir, 'notes.txt'), 'not ours');

  const second = record();
  await second.feedSeconds(2);
  await second.segments.close();
  const names = readdirSync(first.dir).sort();
  assert.ok(names.includes('notes.txt'));
  assert.ok(!names.some((each) => each.endsWith('.part')), names.join(' '));
  assert.ok(!names.includes('20260101T000001Z.mp4') && !names.includes('20260101T000002Z.mp4'));
  const finished = boxesOf(path.join(first.dir, '20260101T000000Z.mp4'));
  assert.deepEqual(finished, ['ftyp', 'moov', 'moof', 'mdat', 'moof', 'mdat']);
});

test('a disk that fails pauses the recording with one warning, and it is tried again', async () => {
  const recording = record();
  writeFileSync(recording.dir, 'in the way of the folder');
  await recording.feedSeconds(5);
  await until('the recording is paused', () => recording.segments.state.state === 'paused');
  assert.match(recording.segments.state.advice, /gate are paused/);
  assert.ok(recording.segments.state.unitsSkipped > 0);
  assert.equal(recording.warnings.length, 1);

  rmSync(recording.dir);
  await recording.feedSeconds(1);
  assert.equal(recording.segments.state.state, 'paused', 'not before the retry time');
  recording.advance(10_000);
  await until('the recording goes on', async () => {
    await recording.feedSeconds(1);
    return recording.segments.state.state === 'recording';
  });
  await recording.segments.close();
  assert.equal(recording.warnings.length, 1);
  assert.ok(readdirSync(recording.dir).length > 0);
});

test('a feed that is faster than the disk loses pictures, not memory', async () => {
  const recording = record({ secondsEach: 3600 });
  // No turn of the event loop between them: the writer has no chance to write.
  for (let i = 0; i < 200; i++) recording.feed.pushUnit(unit(i * 40_000, i % 10 === 0, 100_000));
  const { unitsSkipped } = recording.segments.state;
  assert.ok(unitsSkipped > 100 && unitsSkipped < 140, `${unitsSkipped} skipped`);
  await recording.segments.close();
  mkdirSync(recording.dir, { recursive: true });
  const [name = ''] = readdirSync(recording.dir);
  assert.ok(statSync(path.join(recording.dir, name)).size < 9 * 1024 * 1024);
});

test('names sort by time', () => {
  assert.equal(segmentName(START_WALL_MS), '20260131T235950Z');
  assert.ok(segmentName(START_WALL_MS) < segmentName(START_WALL_MS + 10_000));
});
