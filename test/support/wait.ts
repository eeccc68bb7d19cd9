/** Waiting for what other threads, processes and sockets do. */
import assert from 'node:assert/strict';

const POLL_MS = 20;

/** Polls until the condition gives something. The deadline only bounds hanging: test machines are busy. Answers how long it took, in ms. */
export async function until(
  what: string | (() => string),
  condition: () => unknown | Promise<unknown>,
  msMax = 180_000,
): Promise<number> {
  const startMs = performance.now();
  while (!(await condition())) {
    if (performance.now() - startMs > msMax) {
      assert.fail(`not within ${msMax} ms: ${typeof what === 'string' ? what : what()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return performance.now() - startMs;
}
