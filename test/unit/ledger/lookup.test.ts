/**
 * Goal: of a long log, exactly the leaves about a place and a time are found, without reading all of it. Method: a real log of thousands of leaves,
 * compared with reading everything; and a reader that counts.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeLeaf, encodeLeaf, type Leaf } from '../../../edge/ledger/leaf.ts';
import { type Bundles, lookUp } from '../../../edge/ledger/lookup.ts';
import { TILE_WIDTH } from '../../../edge/ledger/tile.ts';
import { instantOf, minuteOf, spanOf } from '../../../edge/ledger/window.ts';
import { sentenceOf } from '../../../edge/ledger/words.ts';
import { collectLeaf, leaves } from '../../support/leaves.ts';

const DAY_MS = Date.UTC(2026, 10, 23);
const QUARTER_MS = 900_000;

/** Bundles out of memory. */
function bundlesOf(all: readonly Leaf[]): Bundles & { read: Set<number> } {
  const entries = all.map(encodeLeaf);
  const read = new Set<number>();
  return {
    read,
    async bundle(index) {
      const first = index - (index % TILE_WIDTH);
      read.add(first / TILE_WIDTH);
      return entries.slice(first, first + TILE_WIDTH);
    },
  };
}

/** Twenty days of two cameras: a leaf each per quarter of an hour, and pulls and refusals in between. */
const log: Leaf[] = [{ ...leaves.genesis, at: instantOf(DAY_MS) }];
for (let quarter = 0; quarter < 20 * 96; quarter++) {
  const atMs = DAY_MS + quarter * QUARTER_MS;
  for (const sensor of ['gate', 'yard']) log.push(collectLeaf(sensor, quarter));
  if (quarter % 3 === 0)
    log.push({ ...leaves.pull, feed: 'gate', at: instantOf(atMs), window: [minuteOf(atMs), 'PT60M'] });
  if (quarter % 50 === 0) log.push({ ...leaves.refusal, feed: 'yard', at: instantOf(atMs + 60_000) });
  if (quarter % 400 === 7)
    log.push({ ...leaves.object, at: instantOf(atMs), window: [minuteOf(atMs - QUARTER_MS), 'PT15M'] });
}

for (const hours of [0, 0.1, 5, 100.5, 240, 333.3, 479.9]) {
  for (const place of ['gate', 'yard', undefined]) {
    test(`hour ${hours}, ${place ?? 'everywhere'}: all that is about it, and only that`, async () => {
      const ms = DAY_MS + Math.round(hours * 3_600_000);
      const bundles = bundlesOf(log);
      const { found, isCut } = await lookUp(bundles, log.length, { place, fromMs: ms, toMs: ms });
      const expected = log.flatMap((leaf, index) => {
        const named = 'sensor' in leaf ? leaf.sensor : 'feed' in leaf ? leaf.feed : place;
        if (place !== undefined && named !== place) return [];
        if ('window' in leaf && leaf.window !== undefined) {
          const [startMs, endMs] = spanOf(leaf.window);
          return startMs <= ms && ms < endMs ? [index] : [];
        }
        return leaf.kind === 'refusal' && Math.abs(Date.parse(leaf.at) - ms) <= 1_800_000 ? [index] : [];
      });
      assert.deepEqual(
        found.map(({ index }) => index),
        expected,
      );
      assert.ok(expected.length > 0);
      assert.equal(isCut, false);
      assert.ok(
        bundles.read.size <= 8,
        `${bundles.read.size} of ${Math.ceil(log.length / TILE_WIDTH)} bundles were read`,
      );
    });
  }
}

test('nothing is found before the log and after it, and in an empty one', async () => {
  for (const ms of [DAY_MS - 86_400_000, DAY_MS + 40 * 86_400_000]) {
    const { found } = await lookUp(bundlesOf(log), log.length, { place: 'gate', fromMs: ms, toMs: ms });
    assert.deepEqual(found, []);
  }
  assert.deepEqual(await lookUp(bundlesOf([]), 0, { fromMs: 0, toMs: 0 }), { size: 0, found: [], isCut: false });
});

test('an answer that would be too long is cut, and says so', async () => {
  const { found, isCut } = await lookUp(bundlesOf(log), log.length, { fromMs: DAY_MS, toMs: DAY_MS + 20 * 86_400_000 });
  assert.ok(isCut);
  assert.ok(found.length <= 500);
});

test('each kind has a sentence in both languages that names what it is about', () => {
  for (const kind of ['collect', 'failclosed', 'release', 'pull', 'refusal', 'object'] as const) {
    const [ko, en] = [sentenceOf(leaves[kind], 'ko'), sentenceOf(leaves[kind], 'en')];
    assert.match(ko, /[가-힣]/, kind);
    assert.doesNotMatch(en, /[가-힣]|undefined|NaN/, kind);
    assert.doesNotMatch(ko, /undefined|NaN/, kind);
  }
  assert.match(
    sentenceOf(leaves.pull, 'en'),
    /org:traffic pulled gate, filtered, for traffic and transport \(dpv:ImproveTransportMobility\)/,
  );
  assert.match(sentenceOf({ ...leaves.pull, agreement: 'built-in' }, 'en'), /No agreement was made for it/);
  assert.match(sentenceOf(collectLeaf('gate', 0), 'en'), /8,192 to 16,383 pictures came in/);
});

test('an objection is a leaf that names nobody', () => {
  const decoded = decodeLeaf(encodeLeaf(leaves.object));
  assert.ok('leaf' in decoded);
  assert.deepEqual(Object.keys(decoded.leaf).sort(), ['at', 'box', 'kind', 'presence', 'v', 'window']);
});
