/**
 * Goal: root, tiles and proofs are right for every size, and no other proof is taken. Method: the growing tree and the proofs out of its tiles
 * against the recursive definition, and single bits flipped.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  hashLeaf,
  proveConsistency,
  proveInclusion,
  verifyConsistency,
  verifyInclusion,
} from '../../../edge/ledger/merkle.ts';
import { decodeEntries, subtreeReader, TILE_WIDTH, type TileName, tilePath } from '../../../edge/ledger/tile.ts';
import { GrowingTree } from '../../../edge/ledger/tree.ts';
import { naivePath, naiveProof, naiveRoot } from '../../support/naive-tree.ts';

const EDGES = [1, 2, 3, 255, 256, 257, 511, 512, 513];
const sizes = fc.oneof(fc.integer({ min: 1, max: 700 }), fc.constantFrom(...EDGES));

function build(size: number) {
  const entries = Array.from({ length: size }, (_, i) => Buffer.from(`entry ${i}`));
  const tree = GrowingTree.empty();
  for (const entry of entries) tree.append(entry, hashLeaf(entry));
  const snapshot = tree.snapshot();
  const files = new Map([...snapshot.full, ...snapshot.partial].map(({ path, bytes }) => [path, bytes]));
  const readTile = async (name: TileName): Promise<Buffer> => files.get(tilePath(name)) ?? assert.fail(tilePath(name));
  return { entries, tree, snapshot, files, read: subtreeReader(size, readTile) };
}

test('roots and proofs are those of the definition', async () => {
  await fc.assert(
    fc.asyncProperty(sizes, fc.nat(), fc.nat(), async (size, m, n) => {
      const { entries, tree, read } = build(size);
      const root = naiveRoot(entries);
      assert.deepEqual(tree.root(), root);
      const index = m % size;
      const path = await proveInclusion(index, size, read);
      assert.deepEqual(path, naivePath(index, entries));
      const claim = { index, size, leafHash: hashLeaf(entries[index]!), root };
      assert.ok(verifyInclusion(claim, path));
      const oldSize = 1 + (n % size);
      const proof = await proveConsistency(oldSize, size, read);
      assert.deepEqual(proof, naiveProof(oldSize, entries));
      assert.ok(verifyConsistency({ oldSize, oldRoot: naiveRoot(entries.slice(0, oldSize)), size, root }, proof));
    }),
    { numRuns: 60 },
  );
});

test('a flipped bit, a missing or an extra hash, or another place is refused', async () => {
  await fc.assert(
    fc.asyncProperty(sizes, fc.nat(), fc.nat(), fc.integer({ min: 0, max: 255 }), async (size, m, n, bit) => {
      const { entries, read } = build(size);
      const root = naiveRoot(entries);
      const index = m % size;
      const oldSize = 1 + (n % size);
      const claim = { index, size, leafHash: hashLeaf(entries[index]!), root };
      const change = { oldSize, oldRoot: naiveRoot(entries.slice(0, oldSize)), size, root };
      for (const [proof, verify] of [
        [await proveInclusion(index, size, read), (bad: Buffer[]) => verifyInclusion(claim, bad)],
        [await proveConsistency(oldSize, size, read), (bad: Buffer[]) => verifyConsistency(change, bad)],
      ] as [Buffer[], (bad: Buffer[]) => boolean][]) {
        for (let at = 0; at < proof.length; at++)
          assert.ok(!verify(proof.map((hash, i) => (i === at ? flip(hash, bit) : hash))));
        if (proof.length > 0) assert.ok(!verify(proof.slice(1)) && !verify(proof.slice(0, -1)));
        assert.ok(!verify([...proof, root]));
      }
      const path = await proveInclusion(index, size, read);
      assert.ok(!verifyInclusion({ ...claim, leafHash: flip(claim.leafHash, bit) }, path));
      assert.ok(!verifyInclusion({ ...claim, root: flip(root, bit) }, path));
      if (size > 1) assert.ok(!verifyInclusion({ ...claim, index: (index + 1) % size }, path));
    }),
    { numRuns: 30 },
  );
});

test('a tree that is restored from full tiles goes on as if it had never stopped', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 600 }), async (tiles, more) => {
      const whole = build(tiles * TILE_WIDTH + more);
      const restored = await GrowingTree.restore(
        tiles * TILE_WIDTH,
        async (level, index) => whole.files.get(tilePath({ level, index, width: TILE_WIDTH }))!,
      );
      for (const entry of whole.entries.slice(tiles * TILE_WIDTH)) restored.append(entry, hashLeaf(entry));
      const snapshot = restored.snapshot();
      assert.deepEqual(snapshot.root, whole.snapshot.root);
      assert.deepEqual(snapshot.partial, whole.snapshot.partial);
      for (const { path, bytes } of snapshot.full) assert.deepEqual(bytes, whole.files.get(path));
    }),
    { numRuns: 20 },
  );
});

test('the specification counts the tiles of 70,000 entries so', () => {
  const { files } = build(70_000);
  const count = (level: number | 'entries', isFull: boolean): string[] =>
    [...files.keys()].filter((path) => path.startsWith(`tile/${level}/`) && !path.includes('.p/') === isFull);
  assert.equal(count(0, true).length, 273);
  assert.deepEqual(count(0, false), ['tile/0/273.p/112']);
  assert.deepEqual(count(1, true), ['tile/1/000']);
  assert.deepEqual(count(1, false), ['tile/1/001.p/17']);
  assert.deepEqual(count(2, false), ['tile/2/000.p/1']);
  assert.equal(decodeEntries(files.get('tile/entries/273.p/112')!, 112)!.at(-1)!.toString(), 'entry 69999');
});

function flip(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}
