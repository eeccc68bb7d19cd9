/** Goal: what is wrong beside the cameras is told, and no longer than it is wrong. Method: a real recorder with nowhere to write. */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { pino } from 'pino';
import { AgentHealthBook } from '../../../edge/agent/health.ts';
import { createMetrics } from '../../../edge/agent/metrics.ts';
import { startSegments } from '../../../edge/gateway/segments/recorder.ts';
import { RECORD } from '../../support/console-fixture.ts';
import { FORMAT, unit } from '../../support/h264.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { ManualFeed } from '../../support/manual-feed.ts';
import { TempDir } from '../../support/temp.ts';
import { until } from '../../support/wait.ts';

test('segments that are paused are a notice and a metric, until they are written again', async () => {
  using dir = new TempDir({ segments: 'a file where the folder should be' });
  const feed = new ManualFeed('gate', FORMAT);
  const clock = manualClock();
  const segmentsDir = path.join(dir.path, 'segments');
  await using recorder = startSegments({
    feed,
    dir: segmentsDir,
    secondsEach: 10,
    totalMbMax: 10,
    log: pino({ level: 'silent' }),
    clock,
  });
  const health = new AgentHealthBook({ status: () => RECORD });
  const metrics = createMetrics();
  health.watchSegments(() => recorder.state);
  metrics.watchSegments('gate', recorder);
  assert.deepEqual(health.now().notices, []);

  let keys = 0;
  const key = (): void => feed.pushUnit(unit(keys++ * 1_000_000, true));
  key();
  key();
  await until('the recording pauses', () => recorder.state.state === 'paused');
  const [notice = ''] = health.now().notices;
  assert.match(notice, /^Segments of gate are paused: .*Check the folder of segments\.dir\.$/);
  assert.match(await metrics.render(), /^garim_segments_recording\{camera="gate"\} 0$/m);

  rmSync(segmentsDir);
  mkdirSync(segmentsDir);
  clock.advance(60_000);
  await until('it is written again', () => {
    key();
    return recorder.state.state === 'recording';
  });
  assert.deepEqual(health.now().notices, []);
  const rendered = await metrics.render();
  assert.match(rendered, /^garim_segments_recording\{camera="gate"\} 1$/m);
  assert.match(rendered, /^garim_segments_units_skipped_total\{camera="gate"\} [1-9]/m);
});
