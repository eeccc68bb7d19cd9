/** Goal: each network sees the picture in its own layout, colours, size and padding, and its boxes come back to the picture. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planTensor, TensorMaker, toPicture } from '../../../../edge/camera/detect/tensor.ts';
import { manifestEntry } from '../../../support/models.ts';

/** 64x32, content 40x20, every pixel (10, 20, 30) but the first, which is (1, 2, 3). */
function picture(contentWidthPx = 40, contentHeightPx = 20, widthPx = 64, heightPx = 32) {
  const rgb = new Uint8Array(widthPx * heightPx * 3);
  for (let y = 0; y < contentHeightPx; y++) {
    for (let x = 0; x < contentWidthPx; x++) rgb.set([10, 20, 30], (y * widthPx + x) * 3);
  }
  rgb.set([1, 2, 3]);
  return { rgb, widthPx, heightPx, contentWidthPx, contentHeightPx };
}

test('garim-street takes the picture as it is, without a copy', () => {
  const given = picture();
  const { data, dims } = new TensorMaker(manifestEntry('garim-street-v2')).make(given);
  assert.equal(data, given.rgb);
  assert.deepEqual(dims, [1, 32, 64, 3]);
});

test('yunet: planes in the order blue, green, red, padding 0', () => {
  const { data, dims } = new TensorMaker(manifestEntry('yunet-n')).make(picture());
  assert.deepEqual(dims, [1, 3, 32, 64]);
  const plane = 64 * 32;
  const at = (c: number, x: number, y: number) => data[c * plane + y * 64 + x];
  assert.deepEqual([at(0, 0, 0), at(1, 0, 0), at(2, 0, 0)], [3, 2, 1]);
  assert.deepEqual([at(0, 39, 19), at(1, 39, 19), at(2, 39, 19)], [30, 20, 10]);
  assert.deepEqual([at(0, 40, 19), at(2, 39, 20)], [0, 0]);
});

test('yolox: padding 114, kept when the buffer is used again', () => {
  const maker = new TensorMaker(manifestEntry('yolox-nano-dyn'));
  maker.make(picture(64, 32));
  const { data } = maker.make(picture());
  assert.equal(data[40], 114);
  assert.equal(data[39], 30);
});

test('picodet: red first, normalised, height padded to 64', () => {
  const { data, dims, plan } = new TensorMaker(manifestEntry('picodet-s-dyn')).make(picture());
  assert.deepEqual(dims, [1, 3, 64, 64]);
  assert.deepEqual([plan.contentWidthPx, plan.contentHeightPx], [40, 20]);
  assert.ok(Math.abs(data[1]! - (10 - 123.675) / 58.395) < 1e-5);
  assert.ok(Math.abs(data[2 * 64 * 64 + 1]! - (30 - 103.53) / 57.375) < 1e-5);
  assert.equal(data[64 * 63], 0);
});

test('a network of one size gets the picture scaled into it', () => {
  const { input } = manifestEntry('lpd-yunet');
  const size = { widthPx: 640, heightPx: 384, contentWidthPx: 640, contentHeightPx: 360 };
  const plan = planTensor(size, input);
  assert.deepEqual(plan, { widthPx: 320, heightPx: 240, contentWidthPx: 320, contentHeightPx: 180 });
  const box = { label: 'plate' as const, score: 0.5, x: 300, y: 10, w: 40, h: 10 };
  assert.deepEqual(toPicture([box], plan, size), [{ ...box, x: 600, y: 20, w: 40, h: 20 }]);
});

test('scaling keeps an even picture even, and its content where it was', () => {
  const given = picture(640, 360, 640, 384);
  given.rgb.set([10, 20, 30]);
  const { data } = new TensorMaker(manifestEntry('lpd-yunet')).make(given);
  const plane = 320 * 240;
  for (let at = 0; at < 320 * 180; at++) {
    assert.ok(data[at] === 30 && data[plane + at] === 20 && data[2 * plane + at] === 10);
  }
  assert.equal(data[320 * 180], 0);
});

test('a picture beyond the longest side is scaled down', () => {
  const { input } = manifestEntry('garim-street-v2');
  const size = { widthPx: 1920, heightPx: 1088, contentWidthPx: 1920, contentHeightPx: 1080 };
  assert.deepEqual(planTensor(size, input), {
    widthPx: 1024,
    heightPx: 576,
    contentWidthPx: 1024,
    contentHeightPx: 576,
  });
  const { data, dims } = new TensorMaker(manifestEntry('garim-street-v2')).make(picture(1920, 1080, 1920, 1088));
  assert.deepEqual(dims, [1, 576, 1024, 3]);
  assert.deepEqual([...data.subarray(-3)], [10, 20, 30]);
});
