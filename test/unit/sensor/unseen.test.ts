/**
 * Goal: what a camera did not see for a part of a window leaves as no figure, and what it saw does. Method: marks as the agent sends them, against
 * windows and cells; and through the pipeline of a camera's counts, live.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SensorPolicy } from '../../../edge/policy/schema.ts';
import { adapterNamed } from '../../../edge/sensor/adapters/index.ts';
import { LATENESS_MS_MAX } from '../../../edge/sensor/pipeline.ts';
import { compilePlan } from '../../../edge/sensor/plan.ts';
import { Unseen, withoutUnseen } from '../../../edge/sensor/unseen.ts';
import { bytesOf, exactPolicyOf, START_MS as PIPELINE_MS, pipelineOf } from '../../support/pipelines.ts';

const HOUR_MS = 3_600_000;
const START_MS = 1_000 * HOUR_MS;
const policy: SensorPolicy = { ...adapterNamed('camera-counts').defaultPolicy, adapter: 'camera-counts' };
const planOf = (fields: Partial<SensorPolicy['fields']>) =>
  compilePlan('gate', adapterNamed('camera-counts'), {
    ...policy,
    fields: { ...policy.fields, ...fields } as SensorPolicy['fields'],
  });
const cell = (label: string) => ({ group: { class: label, direction: 'forward' }, figures: { contributors: 40 } });

const unseenIn = (unseen: Unseen): string[] => [...(unseen.take(START_MS, HOUR_MS).get('class') ?? [])];

/** Of the first hour, from `fromS` to `toS`; said once a second, and of the rest that all is seen. */
function unseenFor(fromS: number, toS: number, values: readonly string[]): Unseen {
  const unseen = new Unseen();
  for (let s = -10; s < 3_600; s++)
    unseen.set('class', s >= fromS && s < toS ? values : [], START_MS + s * 1_000, START_MS);
  return unseen;
}

test('up to a twentieth of a window may be missed; the next window begins anew', () => {
  assert.deepEqual(unseenIn(unseenFor(0, 180, ['person'])), []);
  const unseen = unseenFor(100, 281, ['person']);
  assert.deepEqual(unseenIn(unseen), ['person']);
  assert.deepEqual(unseenIn(unseen), []);
});

test('what was said holds until something else is said, and in its own window only', () => {
  const unseen = new Unseen();
  unseen.set('class', ['bus'], START_MS - HOUR_MS, START_MS - HOUR_MS);
  unseen.set('class', [], START_MS + 100_000, START_MS);
  assert.deepEqual(unseenIn(unseen), [], 'a hundred seconds of this hour');
  unseen.set('class', ['bus'], START_MS + 200_000, START_MS);
  unseen.set('class', ['bus', 'car'], START_MS + 500_000, START_MS);
  assert.deepEqual(unseenIn(unseen), ['bus']);
});

test('what was not seen is left out, what was seen is not', () => {
  const cells = ['person', 'bicycle', 'vehicle'].map(cell);
  const kept = withoutUnseen(cells, planOf({}), new Map([['class', new Set(['person', 'bicycle'])]]));
  assert.deepEqual(kept, [cell('vehicle')]);
  assert.equal(withoutUnseen(cells, planOf({}), new Map()), cells);
});

test('what a policy does not tell apart goes with what was not seen', () => {
  const transform = { kind: 'group-value' as const, values: ['vehicle'] };
  const plan = planOf({ class: { category: 'body', transform } });
  const unseen = new Map([['class', new Set(['person'])]]);
  assert.deepEqual(withoutUnseen([cell('vehicle'), cell('other')], plan, unseen), [cell('vehicle')]);
  const together = planOf({ class: { category: 'body', transform: { kind: 'drop' } } });
  assert.equal(
    withoutUnseen([{ group: { direction: 'forward' }, figures: { contributors: 40 } }], together, unseen),
    undefined,
  );
});

test('a live window leaves without what the camera did not see, and as nothing at all where figures are of all together', () => {
  const crossing = (i: number, label: string) => ({
    atMs: PIPELINE_MS + 1_000,
    line: 'gate',
    class: label,
    direction: 'forward',
    track: i,
  });
  const crossings = [...Array(40).keys()].map((i) => crossing(i, i % 2 === 0 ? 'person' : 'vehicle'));
  for (const isToldApart of [true, false]) {
    const { fields } = exactPolicyOf('camera-counts');
    const dropped = { ...fields, class: { category: 'body' as const, transform: { kind: 'drop' as const } } };
    const pipeline = pipelineOf('camera-counts', { policy: isToldApart ? {} : { fields: dropped } });
    for (let s = 0; s < 60; s++) pipeline.cannotSee('class', ['person', 'bicycle'], PIPELINE_MS + s * 1_000);
    pipeline.take(bytesOf(crossings), PIPELINE_MS + 2_000);
    const releases = pipeline.close(PIPELINE_MS + 300_000 + LATENESS_MS_MAX);
    const cells = releases.map((release) => release.cells);
    if (isToldApart)
      assert.deepEqual(cells, [[{ group: { class: 'vehicle', direction: 'forward' }, figures: { contributors: 20 } }]]);
    else assert.deepEqual([cells, pipeline.takeCounts().withheld], [[], { unseen: 1 }]);
  }
});
