/** Goal: NAL units are found as a decoder finds them, SEI goes, and a copy of a unit does not keep the stream alive. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinNals, nalType, splitNals, withoutSei } from '../../../edge/base/annexb.ts';

test('splits a byte stream at start codes of both lengths', () => {
  const stream = Buffer.from([9, 0, 0, 0, 1, 0x67, 1, 0, 0, 1, 0x68, 2, 0, 0, 0, 0, 1, 0x65, 0, 3, 0]);
  assert.deepEqual(
    splitNals(stream).map((unit) => [...unit]),
    [
      [0x67, 1],
      [0x68, 2],
      [0x65, 0, 3],
    ],
  );
  for (const empty of [[], [0, 0, 1], [0, 0, 1, 0, 0, 1], [1, 2, 3]])
    assert.deepEqual(splitNals(Uint8Array.from(empty)), []);
});

test('split and join are inverse, SEI goes', () => {
  const nals = [Uint8Array.of(0x67, 1, 2), Uint8Array.of(0x06, 5, 1, 0x80), Uint8Array.of(0x65, 0, 0, 3, 1, 9)];
  const stream = joinNals(nals);
  assert.deepEqual(splitNals(stream), nals);
  const clean = withoutSei(stream);
  assert.deepEqual(splitNals(clean.data).map(nalType), [7, 5]);
  assert.deepEqual(clean.nals.map(nalType), [7, 5]);
  assert.equal(withoutSei(clean.data).data, clean.data, 'nothing is copied where nothing goes');
});

test('units are views of the input, and a slice of one is a copy', () => {
  const [nal] = splitNals(joinNals([Uint8Array.of(0x67, 1, 2)]));
  assert.equal(nal?.buffer.byteLength, 7);
  assert.equal(nal?.slice().buffer.byteLength, 3);
});
