/**
 * Goal: what comes from elsewhere is taken in its one form or refused, and never crashes. Method: what we write comes back; random bytes, and
 * good texts with a piece cut out, doubled or changed, are either refused or say just what was written.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkpointText, parseCheckpoint } from '../../../edge/ledger/checkpoint.ts';
import { decodeLeaf, encodeLeaf } from '../../../edge/ledger/leaf.ts';
import { hashLeaf } from '../../../edge/ledger/merkle.ts';
import { parseNote, parseVerifier, signNote, verifyNote } from '../../../edge/ledger/note.ts';
import { checkProof, formatProof } from '../../../edge/ledger/proof.ts';
import { parseTilePath, tilePath } from '../../../edge/ledger/tile.ts';
import { formatAddCheckpoint, parseAddCheckpoint } from '../../../edge/ledger/witness/request.ts';
import { leaves } from '../../support/leaves.ts';
import { newSigner } from '../../support/test-log.ts';

const signer = newSigner('box.example/log');
const entry = encodeLeaf(leaves.collect);
const sibling = Buffer.alloc(32, 9);
const text = checkpointText({ origin: 'box.example/log', size: 1, root: hashLeaf(entry) });
const note = signNote(text, signer);
const request = formatAddCheckpoint({ oldSize: 7, proof: [sibling], note: Buffer.from(note) });
const proof = formatProof({ entry, index: 0, path: [], note });

/** A good text with one piece replaced by something else. */
const changed = (good: string) =>
  fc
    .tuple(
      fc.nat(good.length),
      fc.nat(6),
      fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom('\n', '\n\n', '0', '+', '=', '\u2014')),
    )
    .map(([at, cut, put]) => good.slice(0, at) + put + good.slice(at + cut));

test('a note that was changed does not verify', () => {
  fc.assert(
    fc.property(changed(note), (bad) => {
      fc.pre(bad !== note);
      const parsed = parseNote(Buffer.from(bad));
      const valid = parsed && verifyNote(parsed, [signer.verifier]);
      assert.ok(parsed === undefined || valid === undefined || valid.length === 0 || parsed.text === text);
    }),
    { numRuns: 300 },
  );
});

test('a proof that was changed proves nothing else', () => {
  fc.assert(
    fc.property(changed(proof), (bad) => {
      const checked = checkProof(Buffer.from(bad));
      if ('fault' in checked || (verifyNote(checked.note, [signer.verifier]) ?? []).length === 0) return;
      assert.deepEqual([checked.entry, checked.index, checked.note.text], [entry, 0, text]);
    }),
    { numRuns: 300 },
  );
});

test('a request is taken in one form', () => {
  fc.assert(
    fc.property(changed(request), (bad) => {
      const parsed = parseAddCheckpoint(Buffer.from(bad));
      if (parsed !== undefined) assert.equal(formatAddCheckpoint(parsed), bad);
    }),
    { numRuns: 300 },
  );
});

test('a leaf is taken in one form', () => {
  fc.assert(
    fc.property(changed(entry.toString()), (bad) => {
      const decoded = decodeLeaf(Buffer.from(bad));
      if ('leaf' in decoded) assert.equal(encodeLeaf(decoded.leaf).toString(), bad);
    }),
    { numRuns: 300 },
  );
});

test('random bytes crash nothing', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), (bytes, name) => {
      const buffer = Buffer.from(bytes);
      assert.ok('fault' in decodeLeaf(buffer) && 'fault' in checkProof(buffer));
      assert.equal(parseCheckpoint(name), undefined);
      parseNote(buffer);
      parseAddCheckpoint(buffer);
      const path = parseTilePath(`tile/${name}`);
      if (path !== undefined) assert.equal(tilePath(path), `tile/${name}`);
      assert.throws(() => parseVerifier(name), { name: 'UserError' });
    }),
    { numRuns: 300 },
  );
});
