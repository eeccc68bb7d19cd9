/** Goal: the lines of a report say what was hidden, in whole pixels of the output, and those of a failed input go again. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ReportWriter, reportLine } from '../../../../edge/camera/files/report.ts';
import { TempDir } from '../../../support/temp.ts';

const size = { widthPx: 100, heightPx: 80 };

test('a line has exactly the promised fields', () => {
  const region = { label: 'face', x: 90.5, y: -3, w: 20, h: 10.2, score: 0.98765, track: 7 } as const;
  const line = reportLine('in/a.mp4', 3, 120, size, { kind: 'regions', regions: [region] });
  assert.deepEqual(line, {
    input: 'in/a.mp4',
    frame: 3,
    ptsMs: 120,
    widthPx: 100,
    heightPx: 80,
    cover: 'regions',
    reason: null,
    regions: [{ label: 'face', x: 90, y: 0, w: 10, h: 8, score: 0.988, track: 7 }],
  });
  const whole = reportLine('b.png', 0, 0, size, { kind: 'whole-frame', reason: 'model-missing' });
  assert.deepEqual([whole.cover, whole.reason, whole.regions], ['whole-frame', 'model-missing', []]);
});

test('lines can be taken back, and the file appears when it is whole', async () => {
  using dir = new TempDir();
  const file = path.join(dir.path, 'r.ndjson');
  const report = await ReportWriter.open(file);
  const add = (input: string): Promise<void> =>
    report.add(reportLine(input, 0, 0, size, { kind: 'regions', regions: [] }));
  await add('kept');
  const mark = await report.mark();
  for (let i = 0; i < 2_000; i++) await add('failed');
  await report.rollBack(mark);
  await add('also kept');
  assert.ok(!existsSync(file));
  await report.finish();
  const inputs = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { input: string }).input);
  assert.deepEqual(inputs, ['kept', 'also kept']);
  const given = await ReportWriter.open(file);
  await given.abandon();
  assert.deepEqual(readdirSync(dir.path), ['r.ndjson']);
});
