/**
 * Goal: every implementation of the capture port keeps the contract of edge/camera/capture/port.ts.
 * Method: one suite, run against files of each codec and pixel format (made here), a looped file, and a camera over HTTP. What happens
 * when a source is lost stands in capture-losses.test.ts.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AV_PIX_FMT_NV12,
  AV_PIX_FMT_YUV420P,
  AV_PIX_FMT_YUV420P10LE,
  AV_PIX_FMT_YUVJ420P,
  type AVPixelFormat,
  FF_ENCODER_LIBX264,
  FF_ENCODER_LIBX265,
  FF_ENCODER_MJPEG,
  type FFEncoderCodec,
} from 'node-av/constants';
import sharp from 'sharp';
import { DECODE_AHEAD_FRAMES_MAX } from '../../edge/base/limits.ts';
import { openCapture } from '../../edge/camera/capture/open.ts';
import { assertRising, pull, withCapture } from '../support/captures.ts';
import { hasEncoder, makeClip } from '../support/clips.ts';
import { type MjpegServer, startMjpegServer } from '../support/mjpeg-server.ts';
import { needs, sharedData } from '../support/shared.ts';

const SIZE = { widthPx: 320, heightPx: 180 };
const FRAMES = 30;
const FRAME_RATE = 30;

let folder = '';
let camera: MjpegServer;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'garim-capture-'));
  camera = await startMjpegServer({ ...SIZE, frameRate: 25, user: 'admin', password: 'geheim-9' });
});
after(async () => {
  await camera[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

interface Clip {
  name: string;
  encoder: FFEncoderCodec;
  pixelFormat: AVPixelFormat;
  codec: string;
  bFrames?: number;
}

const CLIPS: Clip[] = [
  { name: 'h264.mp4', encoder: FF_ENCODER_LIBX264, pixelFormat: AV_PIX_FMT_YUV420P, codec: 'h264' },
  { name: 'h264-b.mp4', encoder: FF_ENCODER_LIBX264, pixelFormat: AV_PIX_FMT_YUV420P, codec: 'h264', bFrames: 2 },
  { name: 'h264-nv12.mp4', encoder: FF_ENCODER_LIBX264, pixelFormat: AV_PIX_FMT_NV12, codec: 'h264' },
  { name: 'h264-full.mp4', encoder: FF_ENCODER_LIBX264, pixelFormat: AV_PIX_FMT_YUVJ420P, codec: 'h264' },
  { name: 'hevc.mp4', encoder: FF_ENCODER_LIBX265, pixelFormat: AV_PIX_FMT_YUV420P, codec: 'hevc' },
  { name: 'hevc-10.mp4', encoder: FF_ENCODER_LIBX265, pixelFormat: AV_PIX_FMT_YUV420P10LE, codec: 'hevc' },
  { name: 'mjpeg.mkv', encoder: FF_ENCODER_MJPEG, pixelFormat: AV_PIX_FMT_YUVJ420P, codec: 'mjpeg' },
];

async function clip({ name, encoder, pixelFormat, bFrames }: Clip, frames = FRAMES): Promise<string> {
  const file = path.join(folder, name);
  await makeClip({
    path: file,
    encoder,
    pixelFormat,
    sizes: [SIZE],
    frames,
    frameRate: FRAME_RATE,
    bFrames: bFrames ?? 0,
  });
  return file;
}

for (const made of CLIPS) {
  describe(`file ${made.name}`, { skip: hasEncoder(made.encoder) ? false : `needs ${made.encoder} in libav` }, () => {
    let url = '';
    before(async () => {
      url = `file:${await clip(made)}`;
    });

    test('unpaced: every frame once, in the spacing of the file, then ended for good', async () => {
      await withCapture({ url, transport: 'tcp', pacing: 'unpaced' }, async (capture) => {
        const seen = await pull(capture, () => false);
        assert.deepEqual(seen.events, ['connected', ...seen.seqs.map(() => 'frame'), 'ended']);
        assert.deepEqual(
          seen.seqs,
          Array.from({ length: FRAMES }, (_, index) => index),
        );
        for (const [index, ptsUs] of seen.ptsUs.entries()) {
          assert.ok(Math.abs(ptsUs - (index * 1e6) / FRAME_RATE) <= 1000, `frame ${index} is at ${ptsUs}`);
        }
        assertRising(seen.ptsUs, 'ptsUs');
        assert.deepEqual(new Set(seen.sizes), new Set(['320x180']));
        // NV12 is only how the encoder took it: the decoder's planar format comes out, unconverted.
        const decodedFormat = made.pixelFormat === AV_PIX_FMT_NV12 ? AV_PIX_FMT_YUV420P : made.pixelFormat;
        assert.deepEqual(new Set(seen.formats), new Set([decodedFormat]));
        assert.deepEqual(
          { ...seen.info, frameRate: Math.round(seen.info!.frameRate) },
          { codec: made.codec, ...SIZE, frameRate: FRAME_RATE },
        );
        assert.deepEqual(
          { ...capture.counts },
          { framesDecoded: FRAMES, framesDropped: 0, decodeErrors: 0, reconnects: 0 },
        );
        assert.equal((await capture.next()).kind, 'ended');
      });
    });

    test('live: all frames in order too', async () => {
      await withCapture({ url, transport: 'tcp', pacing: 'live' }, async (capture) => {
        const seen = await pull(capture, () => false);
        assert.equal(seen.seqs.length + capture.counts.framesDropped, FRAMES);
        assertRising(seen.seqs, 'seq');
        assertRising(seen.ptsUs, 'ptsUs');
        assert.equal(capture.counts.framesDecoded, FRAMES);
      });
    });
  });
}

const h264 = CLIPS[0]!;

/** Sources that play as a camera: what the contract says of `live`. */
const LIVE: { name: string; url: () => Promise<string> }[] = [
  { name: 'looped file', url: async () => `file:${await clip({ ...h264, name: 'loop.mp4' })}?loop=1` },
  { name: 'http camera', url: async () => camera.url('admin:geheim-9') },
  { name: 'simulated street', url: async () => 'simulated:3?width=320&height=180' },
];

for (const { name, url } of LIVE) {
  describe(`live ${name}`, () => {
    test('connected, then frames with rising seq, ptsUs and capturedMs, at about the speed of real time', async () => {
      await withCapture({ url: await url(), transport: 'tcp', pacing: 'live' }, async (capture) => {
        const opening = await pull(capture, ({ seqs }) => seqs.length >= 1);
        assert.deepEqual(opening.events, ['connected', 'frame']);
        const startMs = performance.now();
        const seen = await pull(capture, ({ seqs }) => seqs.length >= 50);
        const tookMs = performance.now() - startMs;
        assert.equal(seen.events.filter((kind) => kind !== 'frame').length, 0, seen.events.join(' '));
        assertRising([...opening.seqs, ...seen.seqs], 'seq');
        assertRising([...opening.ptsUs, ...seen.ptsUs], 'ptsUs');
        assertRising(seen.capturedMs, 'capturedMs');
        const feedMs = (seen.ptsUs.at(-1)! - opening.ptsUs[0]!) / 1000;
        // By the clock of the capture: when the test comes to a frame says nothing.
        const realMs = seen.capturedMs.at(-1)! - opening.capturedMs[0]!;
        assert.ok(tookMs > 1000 && Math.abs(feedMs - realMs) < 1500, `${feedMs} ms of feed in ${realMs} ms`);
      });
    });

    test('a puller that is late loses the oldest frames, and is told how many', async () => {
      await withCapture({ url: await url(), transport: 'tcp', pacing: 'live' }, async (capture) => {
        const opening = await pull(capture, ({ seqs }) => seqs.length >= 1);
        const before = capture.counts.framesDecoded;
        while (capture.counts.framesDecoded < before + 3 * DECODE_AHEAD_FRAMES_MAX) await sleep(20);
        const dropped = capture.counts.framesDropped;
        assert.ok(dropped >= 2 * DECODE_AHEAD_FRAMES_MAX - 1, `${dropped} dropped`);
        const seen = await pull(capture, ({ seqs }) => seqs.length >= 1);
        const jump = seen.seqs[0]! - opening.seqs[0]!;
        assert.ok(jump >= 2 * DECODE_AHEAD_FRAMES_MAX - 1, `seq went on by ${jump}`);
      });
    });

    test('close() ends a pending next(), and what comes after', async () => {
      const capture = openCapture({ url: await url(), transport: 'tcp', pacing: 'live' });
      await pull(capture, ({ seqs }) => seqs.length >= 2);
      const pending = (async (): Promise<string> => {
        for (;;) {
          const event = await capture.next();
          if (event.kind === 'frame') event.frame[Symbol.dispose]();
          else return event.kind;
        }
      })();
      await capture.close();
      assert.equal(await pending, 'ended');
      assert.equal((await capture.next()).kind, 'ended');
      await capture.close();
    });
  });
}

describe('unpaced', () => {
  test('a simulated street of some seconds gives each frame once, in the rhythm of its clock, then ends', async () => {
    const url = 'simulated:3?width=320&height=180&fps=20&seconds=1.5&night=1';
    await withCapture({ url, transport: 'tcp', pacing: 'unpaced' }, async (capture) => {
      const seen = await pull(capture, () => false);
      assert.deepEqual(
        seen.ptsUs,
        Array.from({ length: 30 }, (_, i) => i * 50_000),
      );
      assert.deepEqual(seen.info, { codec: 'simulated', widthPx: 320, heightPx: 180, frameRate: 20 });
      assert.equal(capture.counts.framesDropped, 0);
      assert.equal((await capture.next()).kind, 'ended');
    });
  });

  test('a slow puller loses nothing, and decoding waits for it', async () => {
    const url = `file:${await clip({ ...h264, name: 'slow.mp4' })}`;
    await withCapture({ url, transport: 'tcp', pacing: 'unpaced' }, async (capture) => {
      await sleep(500);
      // What waits, and one that is being handed over.
      assert.ok(capture.counts.framesDecoded <= DECODE_AHEAD_FRAMES_MAX + 1, `${capture.counts.framesDecoded} decoded`);
      const seen = await pull(capture, () => false);
      assert.equal(seen.seqs.length, FRAMES);
      assert.equal(capture.counts.framesDropped, 0);
    });
  });

  test('a missing file is lost and ended, and the text names it', async () => {
    await withCapture({ url: path.join(folder, 'none.mp4'), transport: 'tcp', pacing: 'unpaced' }, async (capture) => {
      const seen = await pull(capture, () => false);
      assert.deepEqual(seen.events, ['lost', 'ended']);
      assert.match(seen.lost[0]!.error, /none\.mp4.*No such file/);
    });
  });

  test('a file that is no video is undecodable', async () => {
    const file = path.join(folder, 'text.mp4');
    await writeFile(file, 'this is no video\n'.repeat(200));
    await withCapture({ url: file, transport: 'tcp', pacing: 'unpaced' }, async (capture) => {
      const seen = await pull(capture, () => false);
      assert.deepEqual(
        seen.lost.map(({ reason }) => reason),
        ['source-undecodable'],
      );
    });
  });

  test('a picture beyond the limit is refused', async () => {
    const file = path.join(folder, 'huge.mjpeg');
    const huge = { create: { width: 8256, height: 4400, channels: 3, background: '#888' } } as const;
    await writeFile(file, await sharp(huge).jpeg({ quality: 10 }).toBuffer());
    await withCapture({ url: file, transport: 'tcp', pacing: 'unpaced' }, async (capture) => {
      const seen = await pull(capture, () => false);
      assert.deepEqual(seen.events, ['lost', 'ended']);
      assert.equal(seen.lost[0]!.reason, 'source-undecodable');
      assert.match(seen.lost[0]!.error, /8256x4400/);
    });
  });

  test('the size changes within one stream', async () => {
    const file = path.join(folder, 'sizes.h264');
    const sizes = [SIZE, { widthPx: 640, heightPx: 360 }, SIZE];
    const options = {
      encoder: FF_ENCODER_LIBX264,
      pixelFormat: AV_PIX_FMT_YUV420P,
      frames: 10,
      frameRate: FRAME_RATE,
    } as const;
    await makeClip({ path: file, sizes, ...options });
    await withCapture({ url: file, transport: 'tcp', pacing: 'unpaced' }, async (capture) => {
      const seen = await pull(capture, () => false);
      assert.deepEqual(
        seen.sizes,
        sizes.flatMap(({ widthPx, heightPx }) => Array(10).fill(`${widthPx}x${heightPx}`)),
      );
      assertRising(seen.ptsUs, 'ptsUs');
    });
  });

  test('damage in the middle is counted, and frames go on after it', async () => {
    const file = await clip({ ...h264, name: 'damaged.h264' }, 60);
    const bytes = await readFile(file);
    for (let at = Math.floor(bytes.length * 0.4); at < bytes.length * 0.5; at++) bytes[at] = (at * 31) & 0xff;
    await writeFile(file, bytes);
    await withCapture({ url: file, transport: 'tcp', pacing: 'unpaced' }, async (capture) => {
      const seen = await pull(capture, () => false);
      assert.ok(capture.counts.decodeErrors > 0);
      assert.ok(seen.seqs.length >= 45, `${seen.seqs.length} frames`);
      assertRising(seen.ptsUs, 'ptsUs');
    });
  });

  test('only video is read from a file that has sound', { skip: needs(sharedData, 'evaluation data') }, async () => {
    const url = path.join(sharedData!, 'videos', 'highway_dashcam_720p.mp4');
    await withCapture({ url, transport: 'tcp', pacing: 'unpaced', motionVectors: true }, async (capture) => {
      const seen = await pull(capture, () => false);
      assert.equal(seen.seqs.length, 38);
      assert.equal(capture.counts.decodeErrors, 0);
    });
  });
});
