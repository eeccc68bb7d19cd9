/** Goal: every metric of the product is rendered under its name, counts add up, and nothing secret or broken can come in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics } from '../../../edge/agent/metrics.ts';
import type { CameraCounts, CameraHealth } from '../../../edge/camera/messages.ts';

const counts: CameraCounts = {
  framesIn: 10,
  framesOut: 8,
  framesCoveredWhole: { 'verdict-late': 2 },
  framesSlate: 1,
  framesDropped: { overload: 2 },
  verdicts: 3,
  verdictsUnavailable: 1,
  regionsCovered: { face: 12, plate: 4 },
  reconnects: 1,
  inferenceMs: [10, 20],
};
const health: CameraHealth = {
  state: 'live',
  advice: '',
  source: { state: 'connected', description: '', lastError: '', reconnects: 0 },
  detector: { state: 'ready', models: [], digests: [], inferenceMsP50: 10, cadenceFrames: 3 },
  encoder: 'libx264',
  coveredNow: {},
  delayLineFrames: 7,
  uncounted: [],
};

test('counts add up and all names are there', async () => {
  const metrics = createMetrics();
  metrics.counted('gate', counts);
  metrics.counted('gate', counts);
  metrics.health('gate', health);
  metrics.cameraProcessRestarted('gate');
  metrics.messageRefused('gate');
  metrics.unitDropped('gate', 'no-format');
  metrics.unitSent('rtsp', 'gate', 230, 1500);
  metrics.viewers('ws', 'gate', 2);
  metrics.viewerDropped('ws', 'gate', 'too-slow');
  const segments = { state: { state: 'recording' as 'recording' | 'paused', advice: '', unitsSkipped: 3 } };
  metrics.watchSegments('gate', segments);
  const text = await metrics.render();
  const lines = text.split('\n');
  for (const line of [
    'garim_frames_in_total{camera="gate"} 20',
    'garim_frames_out_total{camera="gate"} 16',
    'garim_frames_covered_whole_total{camera="gate",reason="verdict-late"} 4',
    'garim_frames_slate_total{camera="gate"} 2',
    'garim_frames_dropped_total{camera="gate",reason="overload"} 4',
    'garim_frames_dropped_total{camera="gate",reason="no-format"} 1',
    'garim_verdicts_total{camera="gate"} 6',
    'garim_verdicts_unavailable_total{camera="gate"} 2',
    'garim_regions_covered_total{camera="gate",label="face"} 24',
    'garim_source_reconnects_total{camera="gate"} 2',
    'garim_camera_process_restarts_total{camera="gate"} 1',
    'garim_camera_messages_refused_total{camera="gate"} 1',
    'garim_inference_seconds_count{camera="gate"} 4',
    'garim_inference_seconds_bucket{le="0.01",camera="gate"} 2',
    'garim_detector_cadence_frames{camera="gate"} 3',
    'garim_delay_line_frames{camera="gate"} 7',
    'garim_camera_up{camera="gate"} 1',
    'garim_capture_to_egress_seconds_bucket{le="0.25",camera="gate",via="rtsp"} 1',
    'garim_capture_to_egress_seconds_bucket{le="0.2",camera="gate",via="rtsp"} 0',
    'garim_egress_bytes_total{camera="gate",via="rtsp"} 1500',
    'garim_viewers{via="ws",camera="gate"} 2',
    'garim_viewers_dropped_total{via="ws",camera="gate",reason="too-slow"} 1',
    'garim_segments_recording{camera="gate"} 1',
    'garim_segments_units_skipped_total{camera="gate"} 3',
  ]) {
    assert.ok(lines.includes(line), `${line} is not in\n${text.replaceAll(/^(?!garim).*\n/gm, '')}`);
  }
  segments.state = { state: 'paused', advice: 'Free space.', unitsSkipped: 5 };
  assert.match(await metrics.render(), /garim_segments_recording\{camera="gate"\} 0\n/);
  assert.match(await metrics.render(), /garim_segments_units_skipped_total\{camera="gate"\} 5\n/);
  for (const name of new Set(text.match(/^garim_\w+?(?=_bucket|_sum|_count|[{ ])/gm))) {
    assert.match(text, new RegExp(`^# HELP ${name} \\S`, 'm'));
  }
});

test('up follows slates', async () => {
  const metrics = createMetrics();
  const up = async (): Promise<string | undefined> => /^garim_camera_up\{.*\} (\d)/m.exec(await metrics.render())?.[1];
  metrics.health('gate', { ...health, state: 'covered' });
  assert.equal(await up(), '1');
  metrics.health('gate', { ...health, state: 'slate' });
  assert.equal(await up(), '0');
  metrics.health('gate', health);
  assert.equal(await up(), '1');
});

test('no URL becomes a label, and no broken number stops the agent', async () => {
  const metrics = createMetrics();
  metrics.viewerDropped('ws', 'gate', 'rtsp://u:planted-pw@h/');
  metrics.counted('gate', {
    ...counts,
    framesIn: Number.NaN,
    framesOut: -1,
    inferenceMs: [Number.POSITIVE_INFINITY, -5],
    framesDropped: { 'planted-pw@h': 1 } as never,
  });
  const text = await metrics.render();
  assert.ok(!text.includes('planted-pw'));
  assert.match(text, /garim_viewers_dropped_total\{via="ws",camera="gate",reason="other"\} 1/);
  assert.ok(!/^garim_frames_(in|out)_total\{/m.test(text));
});
