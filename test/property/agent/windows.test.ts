/**
 * Goal: whatever the clock does and whenever the process ends, nothing is counted into two leaves, and nothing that was kept is lost. Method: random
 * counts, clock jumps, turns and crashes against the real bookkeeping and the real leaves, with the disk as two variables; each count is a power
 * of two, so that a sum says which counts are in it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cameraStream } from '../../../edge/agent/record/about.ts';
import { type Kept, parseKept, settle } from '../../../edge/agent/record/kept.ts';
import { leavesOf } from '../../../edge/agent/record/leaves.ts';
import { type Window, WindowBook } from '../../../edge/agent/record/windows.ts';
import { configSchema } from '../../../edge/config/schema.ts';
import type { Leaf } from '../../../edge/ledger/leaf.ts';

const config = configSchema.parse({ cameras: { gate: { source: 'simulated' } } });
const LENGTH_MS = config.ledger.windowMinutes * 60_000;
const streams = [cameraStream('gate', config.cameras['gate']!)];
const gate = { kind: 'camera', name: 'gate' } as const;
/** Powers of two that a number holds. */
const COUNTS_MAX = 50;

const action = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ do: 'count' } as const) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 2 * LENGTH_MS }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('set-back' as const), ms: fc.integer({ min: 0, max: LENGTH_MS }) }),
  },
  { weight: 3, arbitrary: fc.constant({ do: 'turn' } as const) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const), isBeforeKeeping: fc.boolean() }) },
);

async function* all(leaves: readonly Leaf[]): AsyncGenerator<Leaf> {
  yield* leaves;
}

const sumOf = (windows: readonly Window[]): number =>
  windows.reduce((sum, { figures }) => sum + (figures['in'] ?? 0), 0);

test('nothing is recorded twice, and what was kept is not lost', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 120 }), async (actions) => {
      let nowMs = Date.UTC(2026, 10, 23, 5);
      let book = new WindowBook(LENGTH_MS, streams);
      const leaves: Leaf[] = [];
      const recorded: Window[] = [];
      let disk = '';
      /** Counts that are on the disk neither as leaves nor as kept windows. */
      let unsafe: { count: number; window: Window }[] = [];
      let [counted, lost, times] = [0, 0, 0];

      const record = (): void => {
        book.turn(nowMs);
        for (const window of book.closed) {
          for (const leaf of leavesOf(window, config.ledger, {})) leaves.push(leaf as Leaf);
          recorded.push(structuredClone(window));
          unsafe = unsafe.filter((each) => each.window !== window);
          book.recorded(window);
        }
      };
      const keep = (): void => {
        const kept: Kept = {
          v: 1,
          size: leaves.length,
          isClean: false,
          policies: [],
          models: [],
          objected: [],
          rounds: [],
          windows: [...book.unrecorded],
        };
        disk = JSON.stringify(kept);
        unsafe = [];
      };
      keep();
      for (const next of actions) {
        if (next.do === 'count' && times < COUNTS_MAX) {
          const count = 2 ** times++;
          book.add(gate, { in: count }, nowMs);
          counted += count;
          unsafe.push({ count, window: book.unrecorded.at(-1)! });
        }
        if (next.do === 'pass') nowMs += next.ms;
        if (next.do === 'set-back') nowMs -= next.ms;
        if (next.do === 'turn') {
          record();
          keep();
        }
        if (next.do === 'crash') {
          if (next.isBeforeKeeping) record();
          lost += unsafe.reduce((sum, { count }) => sum + count, 0);
          unsafe = [];
          const kept = parseKept(JSON.parse(disk)) ?? assert.fail('what was kept can not be read');
          book = new WindowBook(LENGTH_MS, streams);
          book.restore((await settle(kept, all(leaves.slice(kept.size)))).windows, nowMs);
          keep();
        }
        assert.equal(sumOf(recorded) + sumOf(book.unrecorded), counted - lost);
      }
    }),
    { numRuns: 500 },
  );
});
