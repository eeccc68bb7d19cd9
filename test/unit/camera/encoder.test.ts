import assert from 'node:assert/strict';
import test from 'node:test';
import { AV_PIX_FMT_YUV420P } from 'node-av';
import { nalType, splitNals } from '../../../edge/base/annexb.ts';
import { type EncoderOptions, openEncoder } from '../../../edge/camera/encode/encoder.ts';
import { FilteredFrame, markFiltered } from '../../../edge/camera/redact/filtered-frame.ts';
import { Redactor } from '../../../edge/camera/redact/redactor.ts';
import { makeFrame } from '../../support/frames.ts';

const OPTIONS: EncoderOptions = {
  widthPx: 320,
  heightPx: 192,
  pixelFormat: AV_PIX_FMT_YUV420P,
  colorRange: 0,
  frameRate: 25,
  bitrateKbps: 1000,
  keyFrameIntervalMs: 400,
  encoder: 'libx264',
};
const SEI = 6;

const filtered = (redactor: Redactor, i: number): FilteredFrame =>
  redactor.redact(makeFrame(i, i * 40_000, { luma: (x, y) => (x * y + i * 5) & 255 }), { kind: 'regions', regions: [] })
    .frame;

test('units carry parameter sets on key frames, no SEI, and rising times', async () => {
  using redactor = new Redactor('blur');
  using encoder = openEncoder(OPTIONS);
  const units = [];
  for (let i = 0; i < 25; i++) units.push(...(await encoder.encode(filtered(redactor, i), i === 5)));
  units.push(...(await encoder.flush()));
  assert.equal(units.length, 25);
  assert.deepEqual(
    units.map((u) => u.ptsUs),
    units.map((_, i) => i * 40_000),
  );
  // Every 400 ms, and where one was asked for.
  assert.deepEqual(
    units.flatMap((u, i) => (u.isKey ? [i] : [])),
    [0, 5, 15],
  );
  for (const unit of units) {
    const types = splitNals(unit.data).map(nalType);
    assert.ok(!types.includes(SEI));
    assert.equal(types.includes(7) && types.includes(8), unit.isKey);
  }
  assert.deepEqual([encoder.format?.widthPx, encoder.format?.heightPx], [320, 192]);
});

test('only frames of the filter are encoded', async () => {
  using redactor = new Redactor('blur');
  using encoder = openEncoder(OPTIONS);
  const raw = makeFrame(0, 0);
  await assert.rejects(encoder.encode(raw as unknown as FilteredFrame, false), TypeError);
  const alike = Object.create(FilteredFrame.prototype, { av: { value: raw.av } }) as FilteredFrame;
  await assert.rejects(encoder.encode(alike, false), TypeError);
  assert.throws(() => new FilteredFrame(Symbol('made by redact/'), raw.av, () => {}, 0, 0, 'regions'), TypeError);
  raw[Symbol.dispose]();
  const made = filtered(redactor, 0);
  assert.ok(FilteredFrame.isFiltered(made));
  made[Symbol.dispose]();
  assert.equal(typeof markFiltered, 'function');
});

test('the decoder’s picture is never painted on', () => {
  using redactor = new Redactor('solid');
  const raw = makeFrame(0, 0, { luma: 200 });
  const reference = raw.av.clone()!;
  const region = { x: 0, y: 0, w: 320, h: 192, label: 'face' as const, score: 1, track: 1 };
  const { frame } = redactor.redact(raw, { kind: 'regions', regions: [region] });
  assert.notEqual(frame.av.data![0]![0], 200);
  assert.equal(reference.data![0]![0], 200);
  frame[Symbol.dispose]();
  reference.free();
});
