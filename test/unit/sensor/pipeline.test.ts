/**
 * Goal: a message ends in its window or in one counter, and a window ends in one release that says what the policy allows. Method: the real
 * path with a clock of the test's own, one rule at a time.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SensorPolicy } from '../../../edge/policy/schema.ts';
import { adapterNames } from '../../../edge/sensor/adapters/index.ts';
import { LATENESS_MS_MAX } from '../../../edge/sensor/pipeline.ts';
import { bytesOf, DIGEST, NOBODY, pipelineOf, probe, START_MS } from '../../support/pipelines.ts';

const WINDOW_MS = 300_000;
const END_MS = START_MS + WINDOW_MS;
const CLOSED_MS = END_MS + LATENESS_MS_MAX;

test('every adapter’s own policy can be compiled', () => {
  assert.ok(adapterNames().length >= 10);
  for (const name of adapterNames()) assert.doesNotThrow(() => pipelineOf(name), name);
});

test('contributors are counted once each, and released when the window and its lateness are over', () => {
  const pipeline = pipelineOf('wifi-probes');
  for (let repeat = 0; repeat < 3; repeat++)
    for (let i = 0; i < 25; i++) assert.equal(pipeline.take(probe(i, START_MS + i), START_MS + 1000), 'taken');
  assert.deepEqual(pipeline.close(CLOSED_MS - 1), []);
  const [release, ...others] = pipeline.close(CLOSED_MS);
  assert.deepEqual(others, []);
  assert.deepEqual(release?.cells, [{ group: { addressKind: 'randomised' }, figures: { contributors: 25 } }]);
  assert.deepEqual(release?.window, { startMs: START_MS, endMs: END_MS });
  assert.equal(release?.policyDigest, DIGEST);
  assert.match(release?.id ?? '', /^[0-9a-f]{64}$/);
  const { messages, readings, dropped, releases } = pipeline.takeCounts();
  assert.deepEqual({ messages, readings, dropped, releases }, { messages: 75, readings: 75, dropped: {}, releases: 1 });
});

test('fewer than k are not released, and the release looks as if nobody had been there', () => {
  const few = pipelineOf('wifi-probes');
  for (let i = 0; i < 9; i++) few.take(probe(i, START_MS), START_MS);
  const nobody = pipelineOf('wifi-probes');
  const [withFew] = few.close(CLOSED_MS);
  const [withNobody] = nobody.close(CLOSED_MS);
  // The present window is opened by closing, so nobody's comes one later.
  assert.equal(withNobody, undefined);
  nobody.close(START_MS);
  assert.deepEqual(nobody.close(CLOSED_MS)[0], withFew);
  assert.equal(few.takeCounts().suppressedCells, 1);
});

test('readings are dropped by reason: late, ahead, of a window that nobody watched whole', () => {
  const pipeline = pipelineOf('wifi-probes', { mode: { kind: 'live', startedMs: START_MS + 1, run: 'run' } });
  const reasons = (): object => pipeline.takeCounts().dropped;
  pipeline.take(probe(1, START_MS), START_MS + 1);
  assert.deepEqual(reasons(), { 'window-incomplete': 1 });
  pipeline.take(probe(1, END_MS), END_MS - 5_001);
  assert.deepEqual(reasons(), { ahead: 1 });
  pipeline.take(probe(1, END_MS), END_MS - 5_000);
  assert.deepEqual(reasons(), {});
  assert.equal(pipeline.close(CLOSED_MS + WINDOW_MS).length, 1);
  pipeline.take(probe(2, END_MS), CLOSED_MS + WINDOW_MS);
  assert.deepEqual(reasons(), { late: 1 });
});

test('a closed window is not opened again, whatever the clock does', () => {
  const pipeline = pipelineOf('wifi-probes');
  pipeline.take(probe(1, START_MS), START_MS);
  const ids = pipeline.close(CLOSED_MS).map(({ id }) => id);
  assert.equal(ids.length, 1);
  pipeline.take(probe(1, START_MS), START_MS + 1); // the clock went back
  assert.deepEqual(pipeline.takeCounts().dropped, { late: 1 });
  pipeline.discard('clock-jump', START_MS); // it was set back: windows of before come once more, under other names
  for (let i = 0; i < 20; i++) pipeline.take(probe(i, START_MS), START_MS);
  const again = pipeline.close(CLOSED_MS);
  assert.equal(again.length, 1);
  assert.ok(!ids.includes(again[0]!.id));
});

test('the id is that of box, sensor, window and policy', () => {
  const idOf = (more: object): string | undefined => {
    const pipeline = pipelineOf('wifi-probes', more);
    pipeline.close(START_MS);
    return pipeline.close(CLOSED_MS)[0]?.id;
  };
  assert.equal(idOf({}), idOf({}));
  const ids = [
    {},
    { box: 'other' },
    { sensor: 'other' },
    { policyDigest: 'e'.repeat(64) },
    { mode: { kind: 'live', startedMs: START_MS, run: 'next' } },
  ].map(idOf);
  assert.equal(new Set(ids).size, ids.length);
});

test('who refused by the common signal leaves the window with what was counted before', () => {
  const pipeline = pipelineOf('wifi-probes');
  for (let i = 0; i < 11; i++) pipeline.take(probe(i, START_MS), START_MS);
  pipeline.take(probe(0, START_MS + 5, { ssid: 'home_optout' }), START_MS + 5);
  pipeline.take(probe(0, START_MS + 9), START_MS + 9);
  const [release] = pipeline.close(CLOSED_MS);
  assert.deepEqual(release?.cells[0]?.figures, { contributors: 10 });
  assert.equal(pipeline.takeCounts().dropped.choice, 1);
});

test('refusals, pauses and missing consent count under one reason, and nothing of them is released', () => {
  const choices = [
    { ...NOBODY, isRefused: () => true },
    { ...NOBODY, isPaused: () => true },
  ];
  for (const each of choices) {
    const pipeline = pipelineOf('wifi-probes', { choices: each });
    for (let i = 0; i < 20; i++) pipeline.take(probe(i, START_MS), START_MS);
    assert.deepEqual(pipeline.close(CLOSED_MS)[0]?.cells, []);
    assert.deepEqual(pipeline.takeCounts().dropped, { choice: 20 });
  }
  const trace = (i: number): Uint8Array => bytesOf({ time: START_MS, trace: `t${i}`, lat: 37.56, lon: 126.97 });
  for (const hasOptedIn of [false, true]) {
    const pipeline = pipelineOf('gps', { choices: { ...NOBODY, hasOptedIn: () => hasOptedIn } });
    for (let i = 0; i < 20; i++) pipeline.take(trace(i), START_MS);
    const cells = pipeline.close(START_MS + 2 * 900_000)[0]?.cells ?? [];
    assert.equal(cells.length, hasOptedIn ? 1 : 0);
    assert.equal(pipeline.takeCounts().dropped.choice, hasOptedIn ? undefined : 20);
  }
});

test('what can’t be read is counted by reason and costs nothing else', () => {
  const pipeline = pipelineOf('wifi-probes');
  const refused: [Uint8Array, string][] = [
    [new Uint8Array(70_000), 'too-large'],
    [new Uint8Array([0xff, 0xfe]), 'not-utf8'],
    [bytesOf('no'), 'malformed'],
    [bytesOf({ mac: 'no address' }), 'schema'],
  ];
  for (const [message, reason] of refused) assert.equal(pipeline.take(message, START_MS), reason);
  pipeline.take(probe(1, START_MS, { owner: 'somebody', nested: { a: 1 } }), START_MS);
  const { dropped, readings } = pipeline.takeCounts();
  assert.deepEqual(dropped, { 'too-large': 1, 'not-utf8': 1, malformed: 1, schema: 1, 'field-unknown': 2 });
  assert.equal(readings, 1);
});

test('sums of counters are held to k; figures of things are not', () => {
  const pipeline = pipelineOf('people-counter');
  const windowMs = 900_000;
  const count = (more: object, atMs: number): void => {
    assert.equal(pipeline.take(bytesOf({ time: atMs, ...more }), atMs), 'taken');
  };
  count({ peopleIn: 6, peopleOut: 2 }, START_MS);
  count({ peopleIn: 6, peopleOut: 2 }, START_MS + 1000);
  const [release] = pipeline.close(START_MS + windowMs + LATENESS_MS_MAX);
  assert.equal(release?.cells[0]?.figures['peopleIn'], 12);
  assert.equal(release?.cells[0]?.figures['peopleOut'], undefined);
});

test('a privacy budget gives noise, and one that is too small is refused at load', () => {
  const startMs = Math.floor(START_MS / 14_400_000) * 14_400_000;
  const first = pipelineOf('wifi-probes', {
    policy: { epsilonPerDay: 8, windowMs: 14_400_000 },
    mode: { kind: 'live', startedMs: startMs, run: 'run' },
  });
  for (let i = 0; i < 3000; i++) first.take(probe(i, START_MS), START_MS);
  const [release] = first.close(startMs + 14_400_000 + LATENESS_MS_MAX);
  const count = release?.cells[0]?.figures['contributors'] ?? 0;
  assert.ok(Math.abs(count - 3000) < 500, `${count}`);
  assert.equal(release?.privacy.epsilon, 8);
  assert.throws(() => pipelineOf('wifi-probes', { policy: { epsilonPerDay: 0.01 } }), /epsilonPerDay is too small/);
});

test('least and greatest of contributors are refused at load', () => {
  const fields = {
    mac: { category: 'mac-address', transform: { kind: 'contributor' } },
    rssiDbm: { category: 'signal', transform: { kind: 'measure', statistic: 'max', clamp: [-100, 0] } },
  } as const;
  assert.throws(() => pipelineOf('wifi-probes', { policy: { fields: fields as never } }), /own value/);
});

test('replay takes readings in any order and closes at the end', () => {
  const pipeline = pipelineOf('wifi-probes', { mode: { kind: 'replay' } });
  for (const hour of [5, 1, 3]) {
    for (let i = 0; i < 10; i++) {
      const atMs = START_MS + hour * 3_600_000;
      pipeline.take(probe(i, atMs), atMs);
    }
  }
  const releases = pipeline.close(START_MS);
  assert.deepEqual(
    releases.map(({ window }) => (window.startMs - START_MS) / 3_600_000),
    [1, 3, 5],
  );
  for (const { cells } of releases) assert.equal(cells[0]?.figures['contributors'], 10);
});

test('a level of what is counted is released from k on only, whatever its statistic; a level of the air always', () => {
  for (const statistic of ['mean', 'min', 'max', 'last'] as const) {
    const fields: SensorPolicy['fields'] = {
      peoplePresent: { category: 'count', transform: { kind: 'measure', statistic, clamp: [0, 100] } },
      batteryPct: { category: 'device-status', transform: { kind: 'measure', statistic, clamp: [0, 100] } },
    };
    const figuresWith = (present: number): readonly [object | undefined, number] => {
      const pipeline = pipelineOf('people-counter', { policy: { release: 'table', windowMs: WINDOW_MS, fields } });
      for (let i = 0; i < 3; i++)
        pipeline.take(bytesOf({ time: START_MS + i, peoplePresent: present, batteryPct: 3 }), START_MS + i);
      const [release] = pipeline.close(CLOSED_MS);
      return [release?.cells[0]?.figures, pipeline.takeCounts().suppressedCells];
    };
    assert.deepEqual(figuresWith(9), [{ readings: 3, batteryPct: 3 }, 1], statistic);
    assert.deepEqual(figuresWith(10), [{ readings: 3, peoplePresent: 10, batteryPct: 3 }, 0], statistic);
  }
});
