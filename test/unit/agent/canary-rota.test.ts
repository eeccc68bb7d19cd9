/**
 * Goal: each camera that shows a picture has its round once an hour, never two at once, and only an answer that was asked for counts. Method: a
 * clock that the test moves, and cameras that note what they are asked.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CanaryAnswer, CanaryRota } from '../../../edge/agent/canary-rota.ts';
import type { Log } from '../../../edge/base/log.ts';

const MINUTE_MS = 60_000;
const answer = (outcome: CanaryAnswer['outcome'] = 'measured'): CanaryAnswer => ({
  set: 'a'.repeat(64),
  digests: [],
  outcome,
  tallies: [],
});

function rotaOf(names: readonly string[]) {
  let nowMs = 0;
  const asked: string[] = [];
  const seeds: number[] = [];
  const measured: [camera: string, startedMs: number][] = [];
  const over: string[] = [];
  const dark = new Set<string>();
  const lines: string[] = [];
  const log = { warn: (_: object, text: string) => lines.push(text) } as unknown as Log;
  const rota = new CanaryRota({
    cameras: names.map((name) => ({
      name,
      plant: ({ seed }) => {
        if (dark.has(name)) return false;
        asked.push(name);
        seeds.push(seed);
        return true;
      },
    })),
    clock: { monotonicMs: () => nowMs, wallMs: () => 1_000_000 + nowMs },
    log,
    onMeasured: (camera, startedMs) => measured.push([camera, startedMs - 1_000_000]),
    onOver: (camera) => over.push(camera),
  });
  const pass = (ms: number): void => {
    for (const endMs = nowMs + ms; nowMs < endMs; nowMs += 1_000) rota.turn();
  };
  return { rota, asked, seeds, measured, over, dark, lines, pass };
}

test('one after the other, a pause between them, each once an hour and with others each time', () => {
  const { rota, asked, seeds, measured, pass } = rotaOf(['gate', 'yard']);
  pass(MINUTE_MS);
  assert.deepEqual(asked, [], 'a box that starts is left in peace');
  pass(1_000);
  assert.deepEqual(asked, ['gate']);
  pass(MINUTE_MS);
  rota.answered('yard', answer());
  assert.deepEqual(measured, [], 'nobody asked the yard');
  rota.answered('gate', answer());
  rota.answered('gate', answer());
  assert.deepEqual(measured, [['gate', MINUTE_MS]]);
  pass(MINUTE_MS + 1_000);
  assert.deepEqual(asked, ['gate', 'yard']);
  rota.answered('yard', answer());
  pass(56 * MINUTE_MS);
  assert.equal(asked.length, 2);
  pass(4 * MINUTE_MS);
  rota.answered('gate', answer());
  pass(4 * MINUTE_MS);
  assert.deepEqual(asked, ['gate', 'yard', 'gate', 'yard']);
  assert.equal(new Set(seeds).size, 4, 'no two rounds have the same people');
});

test('a camera without a picture is passed over and has its turn when it shows one; an answer that never comes is given up', () => {
  const { asked, dark, pass, rota, measured } = rotaOf(['gate', 'yard']);
  dark.add('gate');
  pass(2 * MINUTE_MS);
  assert.deepEqual(asked, ['yard']);
  dark.delete('gate');
  pass(3 * MINUTE_MS);
  assert.deepEqual(asked, ['yard', 'gate'], 'the yard never answered');
  rota.answered('yard', answer());
  assert.deepEqual(measured, []);
});

test('what a round finds counts as it comes, also of one that is given up; there is no other meanwhile', () => {
  const { rota, asked, measured, over, pass } = rotaOf(['gate', 'yard']);
  pass(MINUTE_MS + 1_000);
  rota.answered('gate', answer('running'));
  rota.answered('gate', answer('running'));
  pass(30_000);
  assert.deepEqual([asked, over, measured.length], [['gate'], [], 2]);
  rota.answered('gate', answer());
  rota.answered('gate', answer('running'));
  assert.deepEqual([over, measured.length], [['gate'], 3]);
  pass(MINUTE_MS + 1_000);
  rota.answered('yard', answer('running'));
  pass(2 * MINUTE_MS);
  assert.deepEqual(over, ['gate', 'yard'], 'it never said that it was over');
  rota.answered('yard', answer());
  assert.deepEqual(
    measured.map(([camera]) => camera),
    ['gate', 'gate', 'gate', 'yard'],
  );
});

test('a box without time for it is told so once', () => {
  const { rota, lines, pass } = rotaOf(['gate']);
  for (let hour = 0; hour < 3; hour++) {
    pass(62 * MINUTE_MS);
    rota.answered('gate', answer('no-time'));
  }
  assert.equal(lines.filter((line) => /no time/.test(line)).length, 1);
});
