/**
 * Goal: hardware that does not open, or opens and fails in the middle of a stream, gives way to software, and the pictures go on undamaged from a key
 * frame. Method: a real stream through libav; decoders that this machine lacks, and one of another codec, which opens and fails at each packet.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { AV_PIX_FMT_YUV420P, FF_ENCODER_LIBX264 } from 'node-av/constants';
import { Packet } from 'node-av/lib';
import { type DecoderChoices, DecoderSlot } from '../../../../edge/camera/capture/decoder-slot.ts';
import { MediaInput } from '../../../../edge/camera/capture/input.ts';
import { pull, withCapture } from '../../../support/captures.ts';
import { makeMovie } from '../../../support/movies.ts';
import { TempDir } from '../../../support/temp.ts';

const FRAMES = 120;
const GAP_MS = 40;
const GOP_FRAMES = 20;

async function movie(dir: string): Promise<string> {
  const file = path.join(dir, 'street.ts');
  const timesMs = Array.from({ length: FRAMES }, (_, i) => i * GAP_MS);
  await makeMovie({
    path: file,
    encoder: FF_ENCODER_LIBX264,
    pixelFormat: AV_PIX_FMT_YUV420P,
    widthPx: 320,
    heightPx: 180,
    timesMs,
    gopFrames: GOP_FRAMES,
  });
  return file;
}

/** All packets of the file through a slot; gives how many pictures came, which decoders were there, and faults. */
async function decode(file: string, hardwareNames: Readonly<Record<string, readonly string[]>>) {
  const choices: DecoderChoices = new Map();
  const input = new MediaInput({ kind: 'file', path: file, loop: false }, { transport: 'tcp' });
  await input.open();
  const decoders: string[] = [];
  let [frames, damaged] = [0, 0];
  const errors: string[] = [];
  try {
    using slot = new DecoderSlot(
      input.stream,
      { pacing: 'live', motionVectors: false, hardware: 'auto', hardwareNames },
      choices,
    );
    await slot.open();
    using packet = new Packet();
    packet.alloc();
    const onFrame = async (frame: { decodeErrorFlags: number; free(): void }): Promise<void> => {
      frames++;
      if (frame.decodeErrorFlags !== 0) damaged++;
      frame.free();
    };
    while (await input.read(packet)) {
      if (decoders.at(-1) !== slot.decoderName) decoders.push(slot.decoderName);
      await slot.decode(packet, GAP_MS, onFrame, (text) => errors.push(text));
    }
    await slot.decode(null, GAP_MS, onFrame, (text) => errors.push(text));
  } finally {
    await input.close();
  }
  return { frames, damaged, decoders, errors, candidates: choices.get('h264')?.candidates };
}

test('what does not open is left, and every picture comes from software', async () => {
  using dir = new TempDir();
  const seen = await decode(await movie(dir.path), { h264: ['no_such_decoder', 'hevc'] }); // one of another codec is refused, too
  assert.deepEqual(seen, { frames: FRAMES, damaged: 0, decoders: ['h264'], errors: [], candidates: ['h264'] });
});

test('what opens and gives no picture gives way in the middle, at a key frame, and for good', async (t) => {
  using dir = new TempDir();
  // It opens where its device is missing, and fails at each packet.
  const seen = await decode(await movie(dir.path), { h264: ['h264_qsv'] });
  if (seen.decoders.length === 1) return t.skip(`${seen.decoders[0]} works here, or is not in this build of libav`);
  assert.deepEqual(seen.decoders, ['h264_qsv', 'h264']);
  assert.equal(seen.errors.length, 1);
  assert.deepEqual([seen.frames, seen.damaged], [FRAMES, 0], 'the key frame is given to the next one');
  assert.deepEqual(seen.candidates, ['h264']);
});

test('a capture that is told to try hardware ends with pictures, whatever this machine has', async () => {
  using dir = new TempDir();
  const url = `file:${await movie(dir.path)}`;
  for (const hardware of ['off', 'auto'] as const) {
    await withCapture({ url, transport: 'tcp', pacing: 'unpaced', hardware }, async (capture) => {
      const { seqs } = await pull(capture, () => false);
      assert.equal(seqs.length, FRAMES, hardware);
    });
  }
});
