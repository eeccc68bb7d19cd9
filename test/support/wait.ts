/** Waiting for what other threads, processes and sockets do. */
import assert from 'node:assert/strict';

const POLL_MS = 20;

/** Polls until the condition gives something; the deadline is generous, since test machines are busy. Answers how long it took, in ms. */
export async function until(
  what: string | (() => string),
  condition: () => unknown | Promise<unknown>,
  msMax = 60_000,
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
