/**
 * Goal: the tree is that of RFC 6962. Method: its own examples (section 2.1.3, the tree of seven entries with its named nodes), hashes that follow
 * from its text, and what must be refused.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  EMPTY_ROOT,
  hashLeaf,
  hashNode,
  proveConsistency,
  proveInclusion,
  rangeRoot,
  type SubtreeReader,
  verifyConsistency,
  verifyInclusion,
} from '../../../edge/ledger/merkle.ts';

const entries = Array.from({ length: 7 }, (_, i) => Buffer.from(`d${i}`));
const [a, b, c, d, e, f, j] = entries.map(hashLeaf) as [Buffer, Buffer, Buffer, Buffer, Buffer, Buffer, Buffer];
const [g, h, i] = [hashNode(a, b), hashNode(c, d), hashNode(e, f)];
const [k, l] = [hashNode(g, h), hashNode(i, j)];
const root = hashNode(k, l);
const read: SubtreeReader = async (start, length) => {
  const level = { 1: [a, b, c, d, e, f, j], 2: [g, h, i], 4: [k] }[length as 1 | 2 | 4];
  return level[start / length]!;
};

test('the hash of nothing, and of an empty entry', () => {
  assert.equal(EMPTY_ROOT.toString('hex'), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  assert.equal(
    hashLeaf(Buffer.alloc(0)).toString('hex'),
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  );
});

test('the tree of seven entries has the paths and proofs that the RFC names', async () => {
  assert.deepEqual(await rangeRoot(0, 7, read), root);
  assert.deepEqual(await proveInclusion(0, 7, read), [b, h, l]);
  assert.deepEqual(await proveInclusion(3, 7, read), [c, g, l]);
  assert.deepEqual(await proveInclusion(4, 7, read), [f, j, k]);
  assert.deepEqual(await proveInclusion(6, 7, read), [i, k]);
  assert.deepEqual(await proveConsistency(3, 7, read), [c, d, g, l]);
  assert.deepEqual(await proveConsistency(4, 7, read), [l]);
  assert.deepEqual(await proveConsistency(6, 7, read), [i, j, k]);
  assert.deepEqual(await proveConsistency(7, 7, read), []);
});

test('a proof from size 0 is neither made nor taken', async () => {
  await assert.rejects(proveConsistency(0, 7, read), RangeError);
  for (const proof of [[], [root], [a]])
    assert.equal(verifyConsistency({ oldSize: 0, oldRoot: EMPTY_ROOT, size: 7, root }, proof), false);
  assert.equal(verifyConsistency({ oldSize: 0, oldRoot: EMPTY_ROOT, size: 0, root: EMPTY_ROOT }, []), false);
});

test('sizes and indices out of order are refused', async () => {
  await assert.rejects(proveInclusion(7, 7, read), RangeError);
  await assert.rejects(proveConsistency(8, 7, read), RangeError);
  assert.equal(verifyInclusion({ index: 7, size: 7, leafHash: j, root }, [i, k]), false);
  assert.equal(verifyInclusion({ index: -1, size: 7, leafHash: j, root }, [i, k]), false);
  assert.equal(verifyInclusion({ index: 0.5, size: 7, leafHash: j, root }, [i, k]), false);
  assert.equal(verifyConsistency({ oldSize: 7, oldRoot: root, size: 3, root: k }, [l]), false);
  assert.equal(verifyConsistency({ oldSize: 7, oldRoot: root, size: 7, root }, [l]), false);
});
