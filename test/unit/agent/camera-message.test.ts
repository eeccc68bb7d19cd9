import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { parseFromCamera } from '../../../edge/agent/camera-message.ts';
import { ACCESS_UNIT_BYTES_MAX } from '../../../edge/base/limits.ts';
import { testCounts, testFormat, testHealth, testUnit } from '../../support/units.ts';

const crossing = { line: 'gate', class: 'person', direction: 'forward', atMs: 1_770_000_000_000, track: 2 ** 47 };
const good = [
  { type: 'format', format: testFormat() },
  { type: 'access-unit', unit: testUnit(0, true) },
  { type: 'health', health: testHealth(), counts: testCounts() },
  { type: 'health', health: { ...testHealth(), state: 'slate', reason: 'source-lost' }, counts: testCounts() },
  { type: 'snapshot', requestId: 1, jpeg: new Uint8Array(10) },
  { type: 'counts', crossings: [crossing, { ...crossing, class: 'vehicle', direction: 'backward' }], dropped: 0 },
  { type: 'stopped' },
];

test('takes each message of the union unchanged', () => {
  for (const message of good) assert.deepEqual(parseFromCamera(message), message, message.type);
});

test('refuses unknown types, missing and additional fields, and wrong kinds', () => {
  for (const message of good) {
    assert.equal(parseFromCamera({ ...message, more: 1 }), undefined, `${message.type} with a field more`);
    for (const key of Object.keys(message)) {
      const { [key]: _, ...less } = message as Record<string, unknown>;
      assert.equal(parseFromCamera(less), undefined, `${message.type} without ${key}`);
      assert.equal(
        parseFromCamera({ ...message, [key]: { surprise: true } }),
        undefined,
        `${message.type}.${key} of another kind`,
      );
    }
  }
  assert.equal(parseFromCamera({ type: 'raw-frame', data: new Uint8Array(8) }), undefined);
});

test('bounds sizes and numbers', () => {
  const unit = (more: object) => parseFromCamera({ type: 'access-unit', unit: { ...testUnit(0, true), ...more } });
  assert.ok(unit({ data: new Uint8Array(ACCESS_UNIT_BYTES_MAX) }));
  assert.equal(unit({ data: new Uint8Array(ACCESS_UNIT_BYTES_MAX + 1) }), undefined);
  assert.equal(unit({ data: new Uint8Array(0) }), undefined);
  assert.equal(unit({ data: [0, 0, 0, 1, 0x65] }), undefined);
  for (const ptsUs of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60, 7n])
    assert.equal(unit({ ptsUs }), undefined);
  const health = { ...testHealth(), advice: 'x'.repeat(1001) };
  assert.equal(parseFromCamera({ type: 'health', health, counts: testCounts() }), undefined);
  assert.equal(
    parseFromCamera({ type: 'health', health: testHealth(), counts: { ...testCounts(), framesIn: -1 } }),
    undefined,
  );
});

test('never throws, whatever comes', () => {
  fc.assert(
    fc.property(
      fc.anything({ withMap: true, withTypedArray: true, withBigInt: true, withNullPrototype: true }),
      (value) => {
        parseFromCamera(value);
        parseFromCamera({ type: 'access-unit', unit: value });
        parseFromCamera({ type: 'health', health: value, counts: value });
      },
    ),
  );
});

test('a crossing holds a line, a class, a direction, a time and a number, and nothing else', () => {
  const counts = (...crossings: object[]) => parseFromCamera({ type: 'counts', crossings, dropped: 0 });
  assert.ok(counts(crossing));
  const broken = [
    { line: 'a line of prose' },
    { line: 'x'.repeat(64) },
    { class: 'Kim' },
    { direction: 'north' },
    { atMs: -1 },
    { track: 0.5 },
    { box: [1, 2, 3, 4] },
  ];
  for (const more of broken) assert.equal(counts({ ...crossing, ...more }), undefined, JSON.stringify(more));
  assert.ok(counts(...Array.from({ length: 256 }, () => crossing)));
  assert.equal(counts(...Array.from({ length: 257 }, () => crossing)), undefined);
});
