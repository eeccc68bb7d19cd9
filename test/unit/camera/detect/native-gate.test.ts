/** Goal: a thread inside a native call is never declared safe to terminate, and one that was declared so never enters again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NativeGate } from '../../../../edge/camera/detect/native-gate.ts';

test('it can be shut outside only, and stays shut', async () => {
  const owner = new NativeGate();
  const worker = new NativeGate(owner.shared);
  assert.equal(await worker.inside(async () => owner.shut()), false);
  await assert.rejects(
    worker.inside(() => Promise.reject(new Error('the network failed'))),
    /the network failed/,
  );
  assert.equal(owner.shut(), true);
  assert.equal(owner.shut(), true);
  let ran = false;
  const entered = worker.inside(async () => {
    ran = true;
  });
  await assert.rejects(entered, /being ended/);
  assert.equal(ran, false);
});

test('the blocking way gives up in time', async () => {
  const owner = new NativeGate();
  const worker = new NativeGate(owner.shared);
  await worker.inside(async () => {
    const startedMs = performance.now();
    owner.shutBlocking(30);
    assert.ok(performance.now() - startedMs >= 29);
  });
  owner.shutBlocking(30);
  assert.equal(owner.shut(), true);
});
