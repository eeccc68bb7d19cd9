/** Goal: what the box finds out about itself goes on record once, and tells of nobody's choice. Method: figures in, leaves out, and the ledger's schema. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LiveMeasures } from '../../../../edge/agent/record/measures.ts';
import { encodeLeaf, type Leaf } from '../../../../edge/ledger/leaf.ts';

const NOW_MS = Date.UTC(2026, 10, 23, 5);
const shown = (measures: LiveMeasures) =>
  measures.take(NOW_MS).map((leaf) => {
    encodeLeaf({ v: 1, box: 'urn:box:7f3a', ...leaf } as Leaf);
    const { about, method, num, den, value } = leaf;
    return JSON.parse(JSON.stringify({ about, method, num, den, value }));
  });

test('nothing happened, nothing is said; what did is said once', () => {
  const measures = new LiveMeasures('0.1.0');
  assert.deepEqual(shown(measures), []);
  for (const transport of ['mutual', 'tls', 'plain', 'plain'] as const) measures.connected(transport);
  for (const ms of [300, 1_200, 20]) measures.clockOff(ms);
  assert.deepEqual(shown(measures), [
    { about: 'transport', method: 'live-connections', num: 1, den: 4 },
    { about: 'clock-offset', method: 'live-cosignature', den: 3, value: 1_200 },
  ]);
  assert.deepEqual(shown(measures), []);
});

test('few choices wait for others, and how many there were is rounded', () => {
  const measures = new LiveMeasures('0.1.0');
  for (let i = 0; i < 7; i++) measures.optOutTook(10);
  assert.deepEqual(shown(measures), []);
  for (let i = 0; i < 92; i++) measures.optOutTook(10);
  measures.optOutTook(5_000);
  assert.deepEqual(shown(measures), [{ about: 'optout-latency', method: 'live-p95', den: 64, value: 10 }]);
});
