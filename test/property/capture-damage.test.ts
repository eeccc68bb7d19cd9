/**
 * Goal: whatever bytes a source sends, a capture neither rejects nor hangs nor kills its process, and its order holds.
 * Method: small clips with random damage, decoded to their end.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUVJ420P, FF_ENCODER_LIBX264, FF_ENCODER_MJPEG } from 'node-av/constants';
import { assertRising, pull, withCapture } from '../support/captures.ts';
import { makeClip } from '../support/clips.ts';

const CLIPS = {
  'a.mp4': { encoder: FF_ENCODER_LIBX264, pixelFormat: AV_PIX_FMT_YUV420P },
  'a.h264': { encoder: FF_ENCODER_LIBX264, pixelFormat: AV_PIX_FMT_YUV420P },
  'a.mkv': { encoder: FF_ENCODER_MJPEG, pixelFormat: AV_PIX_FMT_YUVJ420P },
};

let folder = '';
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'garim-damage-'));
  for (const [name, coding] of Object.entries(CLIPS)) {
    const shape = { sizes: [{ widthPx: 160, heightPx: 96 }], frames: 20, frameRate: 25, gop: 5 };
    await makeClip({ path: path.join(folder, name), ...coding, ...shape });
  }
});
after(() => rm(folder, { recursive: true }));

const damage = fc.record({
  cutAt: fc.double({ min: 0.05, max: 1, noNaN: true }),
  hits: fc.array(
    fc.record({
      at: fc.double({ min: 0, max: 0.999, noNaN: true }),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 64 }),
    }),
    { maxLength: 8 },
  ),
});

for (const name of Object.keys(CLIPS)) {
  test(`${name} with damage is played to an end`, { timeout: 400_000 }, async () => {
    const whole = await readFile(path.join(folder, name));
    const damagedPath = path.join(folder, `damaged-${name}`);
    await fc.assert(
      fc.asyncProperty(damage, async ({ cutAt, hits }) => {
        const bytes = Buffer.from(whole.subarray(0, Math.ceil(whole.length * cutAt)));
        for (const hit of hits) {
          const at = Math.floor(bytes.length * hit.at);
          bytes.fill(hit.bytes, at, Math.min(bytes.length, at + hit.bytes.length));
        }
        await writeFile(damagedPath, bytes);
        await withCapture({ url: damagedPath, transport: 'tcp', pacing: 'unpaced' }, async (capture) => {
          const seen = await pull(capture, () => false);
          assert.equal(seen.events.at(-1), 'ended');
          assert.ok(seen.lost.length <= 1);
          assertRising(seen.seqs, 'seq');
          assertRising(seen.ptsUs, 'ptsUs');
        });
      }),
      { numRuns: 40 },
    );
  });
}
