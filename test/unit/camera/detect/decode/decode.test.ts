/** Goal: each decoder reads its network's numbers right. Method: one or two cells set in otherwise silent outputs, answers worked out by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Decode, OutputTensor } from '../../../../../edge/camera/detect/decode/family.ts';
import { DECODERS } from '../../../../../edge/camera/detect/decode/index.ts';
import type { Detection } from '../../../../../edge/camera/detect/port.ts';

const SIZE = { widthPx: 64, heightPx: 64 };

class Outputs {
  readonly list: OutputTensor[] = [];

  /** Adds an output of `length` values, with these set. */
  add(name: string, length: number, values: Record<number, number> = {}): this {
    const data = new Float32Array(length);
    for (const [at, value] of Object.entries(values)) data[Number(at)] = value;
    this.list.push({ name, data });
    return this;
  }
}

function assertBoxes(actual: readonly Detection[], expected: readonly Detection[]): void {
  assert.deepEqual(
    actual.map(({ label, kind }) => [label, kind]),
    expected.map(({ label, kind }) => [label, kind]),
  );
  for (const [i, want] of expected.entries()) {
    const got = actual[i]!;
    for (const key of ['score', 'x', 'y', 'w', 'h'] as const) {
      assert.ok(Math.abs(got[key] - want[key]) < 1e-4, `${key} of box ${i}: ${got[key]} instead of ${want[key]}`);
    }
  }
}

const street = (scores: Record<number, number>, boxes: Record<number, number> = {}, rows = 84) =>
  new Outputs().add('boxes', rows * 4, boxes).add('scores', rows * 4, scores).list;
const ALL = { face: 0.4, plate: 0.35, person: 0.4, vehicle: 0.4 };

test('garim-street: corners to boxes, a threshold for each label', () => {
  // Row 2 is a face of 0.9 and a plate below its threshold; row 83, the last, is a plate exactly at a threshold of 0.5.
  const outputs = street(
    { 8: 0.9, 9: 0.3, 333: 0.5 },
    { 8: 10, 9: 20, 10: 30, 11: 50, 332: -4, 333: 5, 334: 12, 335: 9 },
  );
  assertBoxes(DECODERS['garim-street'](outputs, SIZE, { ...ALL, plate: 0.5 }, 0.45), [
    { label: 'face', score: 0.9, x: 10, y: 20, w: 20, h: 30 },
    { label: 'plate', score: 0.5, x: -4, y: 5, w: 16, h: 4 },
  ]);
});

test('garim-street: a label without a threshold is not reported; the same place may hold two labels', () => {
  const outputs = street({ 0: 0.9, 1: 0.9, 2: 0.9 }, { 2: 8, 3: 8 });
  const found = DECODERS['garim-street'](outputs, SIZE, { face: 0.4, plate: 0.4 }, 0.45);
  assert.deepEqual(
    found.map(({ label }) => label),
    ['face', 'plate'],
  );
});

test('garim-street: overlapping boxes of one label leave the best', () => {
  const outputs = street({ 0: 0.5, 4: 0.8, 8: 0.6 }, { 2: 10, 3: 10, 6: 10, 7: 11, 8: 30, 9: 30, 10: 40, 11: 40 });
  assertBoxes(DECODERS['garim-street'](outputs, SIZE, ALL, 0.45), [
    { label: 'face', score: 0.8, x: 0, y: 0, w: 10, h: 11 },
    { label: 'face', score: 0.6, x: 30, y: 30, w: 10, h: 10 },
  ]);
});

/** 64x64: 64 cells of stride 8, 16 of stride 16, 4 of stride 32. */
function yunet(values: Partial<Record<string, Record<number, number>>>): OutputTensor[] {
  const outputs = new Outputs();
  for (const [kind, width] of [
    ['cls', 1],
    ['obj', 1],
    ['bbox', 4],
    ['kps', 10],
  ] as const) {
    for (const stride of [8, 16, 32]) {
      outputs.add(`${kind}_${stride}`, (64 / stride) ** 2 * width, values[`${kind}_${stride}`]);
    }
  }
  return outputs.list;
}

test('yunet: score is the root of the product, the box a centre and log sizes', () => {
  // Stride 16, cell 6 = column 2, row 1; centre ((2 + 0.5) * 16, (1 + 0.25) * 16), width 16, height 32.
  const outputs = yunet({
    cls_16: { 6: 0.81 },
    obj_16: { 6: 1 },
    bbox_16: { 24: 0.5, 25: 0.25, 26: 0, 27: Math.log(2) },
    cls_8: { 0: 0.99 }, // objectness 0: nothing
  });
  assertBoxes(DECODERS.yunet(outputs, SIZE, { face: 0.5 }, 0.45), [
    { label: 'face', score: 0.9, x: 32, y: 4, w: 16, h: 32 },
  ]);
  assertBoxes(DECODERS.yunet(outputs, SIZE, { face: 0.91 }, 0.45), []);
});

/** 64x64: 8x8x3 + 4x4x2 + 2x2x2 + 1x1x3 priors. */
const LPD_PRIORS = 192 + 32 + 8 + 3;
const lpd = (conf: Record<number, number>, iou: Record<number, number>, loc: Record<number, number>) =>
  new Outputs()
    .add('loc', LPD_PRIORS * 14, loc)
    .add('conf', LPD_PRIORS * 2, conf)
    .add('iou', LPD_PRIORS, iou).list;

/** The four corners of prior `at`, as the network gives them: pairs 2, 3, 5 and 6. */
const quad = (at: number, [left, top, right, bottom]: [number, number, number, number]) =>
  Object.fromEntries([left, top, right, top, 0, 0, left, bottom, right, bottom].map((v, i) => [at * 14 + 4 + i, v]));

test('lpd-yunet: corners around the prior become their hull', () => {
  // Prior 10 = cell 3 of row 0 at stride 8, side 16: centre (28, 4). Corners at 0.1 * 16 * offset.
  const outputs = lpd({ 21: 0.64 }, { 10: 2 }, quad(10, [-5, -1.25, 5, 2.5]));
  assertBoxes(DECODERS['lpd-yunet'](outputs, SIZE, { plate: 0.3 }, 0.3), [
    { label: 'plate', score: 0.8, x: 20, y: 2, w: 16, h: 6 },
  ]);
  // Prior 192 = the first of stride 16, side 32: centre (8, 8).
  const second = lpd({ 385: 1 }, { 192: 0.25 }, quad(192, [-2.5, -1.25, 2.5, 1.25]));
  assertBoxes(DECODERS['lpd-yunet'](second, SIZE, { plate: 0.3 }, 0.3), [
    { label: 'plate', score: 0.5, x: 0, y: 4, w: 16, h: 8 },
  ]);
});

test('lpd-yunet: shapes that no plate has are dropped', () => {
  const shapes: [number, number, number, number][] = [
    [-1, -2, 1, 2], // upright
    [-5, -0.2, 5, 0.2], // a line
    [-10, -5, 10, 5], // wider than 40 % of the picture
  ];
  for (const shape of shapes) {
    const outputs = lpd({ 21: 1 }, { 10: 1 }, quad(10, shape));
    assertBoxes(DECODERS['lpd-yunet'](outputs, SIZE, { plate: 0.3 }, 0.3), []);
  }
});

/** 64x64: 64, 16, 4 and 1 cells. */
function picodet(scores: Record<number, number>, bins: Record<number, number>): OutputTensor[] {
  const outputs = new Outputs();
  for (const [width, values] of [
    [80, scores],
    [32, bins],
  ] as const) {
    for (const [level, cells] of [64, 16, 4, 1].entries()) {
      outputs.add(`${width}_${level}`, cells * width, level === 1 ? values : {});
    }
  }
  return outputs.list;
}

test('picodet: a side is the expected bin times the stride, from the middle of the cell', () => {
  // Stride 16, cell 5 = column 1, row 1: centre (24, 24). Car is class 2. One bin is so likely that it decides: 1, 0, 2, 3.
  const at = 5 * 32;
  const outputs = picodet({ [5 * 80 + 2]: 0.7 }, { [at + 1]: 50, [at + 8]: 50, [at + 18]: 50, [at + 27]: 50 });
  assertBoxes(DECODERS.picodet(outputs, SIZE, ALL, 0.55), [
    { label: 'vehicle', kind: 'car', score: 0.7, x: 8, y: 24, w: 48, h: 48 },
  ]);
  // All bins alike: 3.5 strides on each side. A bicycle is class 1; a dog, class 16, is nothing to us.
  const even = picodet({ [5 * 80]: 0.5, [5 * 80 + 1]: 0.9, [5 * 80 + 16]: 0.9 }, {});
  assertBoxes(DECODERS.picodet(even, SIZE, ALL, 0.55), [
    { label: 'person', score: 0.5, x: -32, y: -32, w: 112, h: 112 },
    { label: 'vehicle', kind: 'bicycle', score: 0.9, x: -32, y: -32, w: 112, h: 112 },
  ]);
});

test('yolox: strides follow each other in one tensor', () => {
  // Row 64 + 6 is stride 16, column 2, row 1. Bus is class 5.
  const at = 70 * 85;
  const values = { [at]: 0.5, [at + 1]: 1, [at + 2]: Math.log(2), [at + 3]: 0, [at + 4]: 0.8, [at + 10]: 0.5 };
  const outputs = new Outputs().add('output', 84 * 85, values).list;
  assertBoxes(DECODERS.yolox(outputs, SIZE, { person: 0.3, vehicle: 0.3 }, 0.45), [
    { label: 'vehicle', kind: 'bus', score: 0.4, x: 24, y: 24, w: 32, h: 16 },
  ]);
  assertBoxes(DECODERS.yolox(outputs, SIZE, { person: 0.3, vehicle: 0.41 }, 0.45), []);
});

const FAMILIES: [keyof typeof DECODERS, (value: number) => OutputTensor[]][] = [
  ['garim-street', (v) => street({ 100: v })],
  ['garim-street', (v) => street({ 100: 0.9 }, { 101: v })],
  ['yunet', (v) => yunet({ cls_8: { 3: v }, obj_8: { 3: 1 } })],
  ['yunet', (v) => yunet({ cls_8: { 3: 1 }, obj_8: { 3: 1 }, bbox_8: { 14: v } })],
  ['lpd-yunet', (v) => lpd({ 21: v }, { 10: 1 }, quad(10, [-1, -2, 1, 2]))],
  ['lpd-yunet', (v) => lpd({ 21: 1 }, { 10: 1 }, quad(10, [v, -1, 2, 1]))],
  ['picodet', (v) => picodet({ [80]: v }, {})],
  ['picodet', (v) => picodet({ [80]: 0.9 }, { 33: v })],
  ['yolox', (v) => new Outputs().add('output', 84 * 85, { 4: v, 5: 1 }).list],
  ['yolox', (v) => new Outputs().add('output', 84 * 85, { 4: 1, 5: 1, 2: v }).list],
];

for (const [i, [family, make]] of FAMILIES.entries()) {
  test(`${family} (${i % 2 === 0 ? 'score' : 'box'}): a number that is not finite fails the answer instead of vanishing`, () => {
    const decode: Decode = DECODERS[family];
    assert.throws(() => decode(make(Number.NaN), SIZE, ALL, 0.45), /not finite/);
  });
}

test('a box whose corners are the wrong way round fails the answer instead of vanishing', () => {
  for (const corners of [
    { 8: 10, 10: 4, 11: 8 },
    { 9: 10, 10: 4, 11: 8 },
  ]) {
    assert.throws(() => DECODERS['garim-street'](street({ 8: 0.9 }, corners), SIZE, ALL, 0.45), /negative size/);
  }
});

for (const family of Object.keys(DECODERS) as (keyof typeof DECODERS)[]) {
  test(`${family}: outputs of another size fail the answer`, () => {
    const sizes = new Map(FAMILIES.map(([name, make]) => [name, make(0.9)]));
    assert.throws(
      () => DECODERS[family](sizes.get(family)!, { widthPx: 128, heightPx: 64 }, ALL, 0.45),
      /values instead of/,
    );
    assert.throws(() => DECODERS[family]([], SIZE, ALL, 0.45), /no output|fewer than/);
  });
}

test('more boxes than a street can hold fail the answer', () => {
  const rows = (640 * 640 * 21) / 1024;
  const scores = Object.fromEntries(Array.from({ length: rows }, (_, row) => [row * 4, 0.9]));
  const outputs = street(scores, {}, rows);
  assert.throws(() => DECODERS['garim-street'](outputs, { widthPx: 640, heightPx: 640 }, ALL, 0.45), /more than 8192/);
});
