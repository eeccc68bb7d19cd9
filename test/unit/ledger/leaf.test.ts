/**
 * Goal: a leaf says what its kind may say and no more, in one spelling, and a count gives nobody away. Method: a good leaf of each kind, and bad ones.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bucketOf, rangeOf } from '../../../edge/ledger/bucket.ts';
import { decodeLeaf, encodeLeaf, KINDS, type Leaf } from '../../../edge/ledger/leaf.ts';
import { parseWindowName, windowName } from '../../../edge/ledger/window.ts';
import { collectLeaf, leaves } from '../../support/leaves.ts';

test('each kind has a leaf that comes back as it was', () => {
  assert.deepEqual(Object.keys(leaves).sort(), [...KINDS].sort());
  for (const leaf of Object.values(leaves)) assert.deepEqual(decodeLeaf(encodeLeaf(leaf)), { leaf });
});

test('what a schema does not know is refused, going in and coming out', () => {
  for (const leaf of Object.values(leaves)) {
    const more = { ...leaf, face: 'x' } as unknown as Leaf;
    assert.throws(() => encodeLeaf(more), /face/);
    assert.ok('fault' in decodeLeaf(Buffer.from(JSON.stringify(more))));
  }
  const collect = collectLeaf('cam-2', 0);
  for (const bad of [
    { frames: { in: '9', out: 'b4', dropped: 'b3' } },
    { frames: { in: 'b1', out: 'b4', dropped: 'b3' } },
    { sensor: 'a b' },
    { sensor: '../x' },
    { window: ['2026-11-23', 'PT15M'] },
    { mode: 'maybe' },
    { detail: 'sha256:00' },
    { basis: 'because I say so' },
  ])
    assert.throws(() => encodeLeaf({ ...collect, ...bad } as unknown as Leaf), Error, JSON.stringify(bad));
});

test('one leaf has one spelling', () => {
  const leaf = collectLeaf('cam-2', 0);
  const bytes = encodeLeaf(leaf);
  const reversed = Object.fromEntries(Object.entries(leaf).reverse()) as unknown as Leaf;
  assert.deepEqual(encodeLeaf(reversed), bytes);
  assert.deepEqual(decodeLeaf(Buffer.from(` ${bytes}`)), { fault: 'not canonical JSON' });
  for (const [text, fault] of [
    ['{', 'not JSON'],
    ['null', 'of an unknown kind'],
    ['{"kind":"toString"}', 'of an unknown kind'],
  ])
    assert.deepEqual(decodeLeaf(Buffer.from(text!)), { fault });
});

test('counts become buckets that hide who was there at all', () => {
  const expected: [number, string][] = [
    [0, 'b3'],
    [1, 'b3'],
    [7, 'b3'],
    [8, 'b4'],
    [15, 'b4'],
    [16, 'b5'],
    [2 ** 49 - 1, 'b49'],
    [2 ** 49, 'b50'],
    [Number.MAX_SAFE_INTEGER, 'b53'],
  ];
  for (const [count, bucket] of expected) {
    assert.equal(bucketOf(count), bucket);
    const [from, to] = rangeOf(bucket);
    assert.ok(from <= count && count <= to, bucket);
  }
  for (const bad of [-1, 0.5, Number.NaN, 2 ** 53]) assert.throws(() => bucketOf(bad), RangeError);
  for (const bad of ['b0', 'b2', 'b54', 'b04', '4']) assert.throws(() => rangeOf(bad), RangeError);
});

test('windows name files and come back', () => {
  assert.equal(windowName(['2026-11-23T05:00Z', 'PT15M']), '20261123T0500Z_PT15M');
  assert.deepEqual(parseWindowName('20261123T0500Z_PT15M'), ['2026-11-23T05:00Z', 'PT15M']);
  assert.equal(parseWindowName('../20261123T0500Z_PT15M'), undefined);
});
