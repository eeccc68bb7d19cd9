/** Goal: pictures of odd size, which x264 refuses, come out of redact/ one row or column smaller, and can be encoded. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AV_PIX_FMT_NV12, AV_PIX_FMT_RGB24, AV_PIX_FMT_YUV420P, type AVPixelFormat, Frame } from 'node-av';
import { openEncoder } from '../../../../edge/camera/encode/encoder.ts';
import { RawFrame } from '../../../../edge/camera/frame.ts';
import type { CoverPlan } from '../../../../edge/camera/redact/plan.ts';
import { Redactor } from '../../../../edge/camera/redact/redactor.ts';

function rawFrame(format: AVPixelFormat, widthPx: number, heightPx: number): RawFrame {
  const av = new Frame();
  av.alloc();
  av.format = format;
  av.width = widthPx;
  av.height = heightPx;
  assert.ok(av.getBuffer() >= 0);
  for (const plane of av.data ?? []) plane.fill(100);
  return new RawFrame(av, 0, 0, 0);
}

const plans: CoverPlan[] = [
  { kind: 'regions', regions: [] },
  { kind: 'regions', regions: [{ label: 'face', x: 600, y: 300, w: 41, h: 61, score: 1, track: 1 }] },
  { kind: 'whole-frame', reason: 'verdict-late' },
];

test('odd sizes become even under every plan, in every format', async () => {
  using redactor = new Redactor('blur');
  for (const format of [AV_PIX_FMT_YUV420P, AV_PIX_FMT_NV12, AV_PIX_FMT_RGB24]) {
    for (const plan of plans) {
      const { frame, plan: done } = redactor.redact(rawFrame(format, 641, 361), plan);
      const { widthPx, heightPx, av } = frame;
      assert.deepEqual([done.kind, widthPx, heightPx], [plan.kind, 640, 360], `${format} ${plan.kind}`);
      using encoder = openEncoder({
        widthPx,
        heightPx,
        pixelFormat: av.format,
        colorRange: av.colorRange,
        frameRate: 25,
        bitrateKbps: 1000,
        keyFrameIntervalMs: 1000,
        encoder: 'libx264',
      });
      const units = [...(await encoder.encode(frame, true)), ...(await encoder.flush())];
      assert.equal(units.length, 1);
    }
  }
});
