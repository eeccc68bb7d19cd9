/**
 * Goal: only words of the policy leave, and none that is the identifier of somebody who was there. Method: labels one by one; the real path
 * with readings of a listed plate and without.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Vocabulary } from '../../../../edge/sensor/guard/tokens.ts';
import { LATENESS_MS_MAX } from '../../../../edge/sensor/pipeline.ts';
import { bytesOf, pipelineOf, START_MS } from '../../../support/pipelines.ts';
import { sensorWith } from '../../../support/policies.ts';

test('a label is one of the policy’s, or a cell of its resolution', () => {
  const policy = sensorWith({
    position: { category: 'count', transform: { kind: 'group-cell', resolution: 7 } },
    speed: { category: 'count', transform: { kind: 'group-band', edges: [0, 10] } },
    class: { category: 'count', transform: { kind: 'group-value', values: ['car'] } },
  });
  const vocabulary = new Vocabulary(policy);
  const holds = (group: Record<string, string>): boolean =>
    vocabulary.holds({ cells: [{ group, figures: {} }] } as never);
  assert.ok(holds({ position: '8730e1d8effffff', speed: '[0,10)', class: 'car' }));
  assert.ok(holds({ class: 'other' }) && holds({ class: 'unknown' }) && holds({}));
  for (const wrong of [
    { position: '8830e1d8e1fffff' },
    { position: '8730e1d8effff00' },
    { speed: '[0,11)' },
    { class: '02:00:00:00:00:01' },
    { mac: 'car' },
  ] as Record<string, string>[])
    assert.ok(!holds(wrong), JSON.stringify(wrong));
});

test('a window in which such an identifier was seen is withheld, the next one is not', () => {
  const plate = '12가3456';
  const fields = {
    plate: { category: 'plate', transform: { kind: 'contributor' } },
    direction: { category: 'count', transform: { kind: 'group-value', values: ['in', plate] } },
  } as const;
  const pipeline = pipelineOf('lpr', { policy: { fields: fields as never, k: 2 } });
  const windowMs = 300_000;
  const read = (of: string, atMs: number): void =>
    void pipeline.take(bytesOf({ time: atMs, plate: of, direction: 'in' }), atMs);
  for (let i = 0; i < 5; i++) read(`33나000${i}`, START_MS);
  read('12 가-3456', START_MS);
  for (let i = 0; i < 5; i++) read(`33나000${i}`, START_MS + windowMs);
  const releases = pipeline.close(START_MS + 2 * windowMs + LATENESS_MS_MAX);
  assert.deepEqual(
    releases.map(({ window }) => window.startMs),
    [START_MS + windowMs],
  );
  assert.equal(pipeline.takeCounts().withheld['guard-identifier'], 1);
});
