/** Goal: `auto` ends with an encoder that works and keeps up, whatever opens. Method: the choice alone, told of made-up times. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CodecChoice } from '../../../edge/camera/codec-choice.ts';
import type { EncoderName } from '../../../edge/camera/encode/encoder.ts';
import { HARDWARE_ENCODERS } from '../../../edge/config/schema.ts';

const GAP_MS = 40;

/** Runs `frames` pictures on a box where only `costs` open; answers the encoders in order of use. */
function play(costs: Partial<Record<EncoderName, number | 'fails'>>, frames: number): EncoderName[] {
  const choice = new CodecChoice<EncoderName>(HARDWARE_ENCODERS, 'libx264');
  const open = (): EncoderName => choice.candidates.find((name) => costs[name] !== undefined) ?? assert.fail();
  const used = [open()];
  for (let frame = 0; frame < frames; frame++) {
    const name = used.at(-1)!;
    const cost = costs[name]!;
    if (cost === 'fails') choice.failed(name);
    else if (!choice.took(name, cost + (frame % 7 === 0 ? 200 : 0), GAP_MS)) continue;
    used.push(open());
  }
  return used;
}

test('hardware that keeps up stays, and so does x264 where there is none', () => {
  assert.deepEqual(play({ h264_nvenc: 3, libx264: 12 }, 1000), ['h264_nvenc']);
  assert.deepEqual(play({ h264_v4l2m2m: 25, libx264: 12 }, 1000), ['h264_v4l2m2m']);
  assert.deepEqual(play({ libx264: 39 }, 1000), ['libx264']);
});

test('hardware that is too slow gives way to what is faster, and comes back where nothing is', () => {
  assert.deepEqual(play({ h264_v4l2m2m: 60, libx264: 20 }, 1000), ['h264_v4l2m2m', 'libx264']);
  assert.deepEqual(play({ h264_v4l2m2m: 60, libx264: 90 }, 1000), ['h264_v4l2m2m', 'libx264', 'h264_v4l2m2m']);
  assert.deepEqual(play({ h264_nvenc: 50, h264_v4l2m2m: 10, libx264: 20 }, 1000), ['h264_nvenc', 'h264_v4l2m2m']);
});

test('hardware that opens and fails is left', () => {
  assert.deepEqual(play({ h264_nvenc: 'fails', h264_v4l2m2m: 'fails', libx264: 20 }, 1000), [
    'h264_nvenc',
    'h264_v4l2m2m',
    'libx264',
  ]);
});

test('an encoder that fails after it was settled on is left, and the next one is timed anew', () => {
  const choice = new CodecChoice<EncoderName>(HARDWARE_ENCODERS, 'libx264');
  for (let frame = 0; frame < 100; frame++) assert.equal(choice.took('h264_nvenc', 5, GAP_MS), false);
  assert.deepEqual(choice.candidates, ['h264_nvenc', 'libx264']);
  choice.failed('h264_nvenc');
  assert.deepEqual(choice.candidates, ['h264_v4l2m2m', 'libx264']);
});
