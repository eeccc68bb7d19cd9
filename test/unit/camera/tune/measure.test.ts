/**
 * Goal: `garim tune` measures the real stages, cleans up, and says what it can't do. Method: a small camera with a detector that takes a
 * known time of a core; the command with a camera that is not there.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import os from 'node:os';
import { test } from 'node:test';
import { measureBox } from '../../../../edge/camera/tune/measure.ts';
import { ScriptedDetector } from '../../../support/frames.ts';
import { garim } from '../../../support/garim-command.ts';
import { TempDir } from '../../../support/temp.ts';

const INFERENCE_MS = 3;

test('each stage costs something, and the network what it takes', async () => {
  const detector = new ScriptedDetector(() => {
    const untilMs = performance.now() + INFERENCE_MS;
    while (performance.now() < untilMs);
    return { kind: 'detected', detections: [], inferenceMs: INFERENCE_MS };
  });
  const cost = await measureBox(detector, { widthPx: 320, heightPx: 180, frameRate: 10 });
  assert.ok(cost.decodeMs > 0 && cost.encodeMs > 0);
  assert.ok(cost.restMs >= cost.decodeMs + cost.encodeMs);
  for (const ms of Object.values(cost.wholeMs)) assert.ok(ms > 0 && ms <= INFERENCE_MS, `${ms}`);
  assert.equal(cost.tileMs, undefined);
  assert.deepEqual(
    readdirSync(os.tmpdir()).filter((name) => name.startsWith(`garim-tune-${process.pid}`)),
    [],
  );
});

test('a camera that the configuration does not name is refused, with those that it names', async () => {
  using dir = new TempDir();
  dir.write('garim.yaml', 'cameras:\n  gate: {source: simulated}\n');
  const outcome = await garim(['tune', '--camera', 'yard'], { cwd: dir.path });
  assert.equal(outcome.code, 1);
  assert.match(outcome.stderr, /there is no camera yard in the configuration\nit names: gate/);
});
