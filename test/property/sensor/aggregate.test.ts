/**
 * Goal: a closed window is what the rules say of the readings, in whatever order contributors come between each other.
 * Method: fast-check against a naive model that keeps everything.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { WindowAggregator } from '../../../edge/sensor/transform/aggregate.ts';
import { twoClocks } from '../../support/two-clocks.ts';

const START = Date.UTC(2026, 10, 23);
const WINDOW = 60_000;

const step = fc.record({
  who: fc.integer({ min: 0, max: 6 }),
  where: fc.constantFrom('a', 'b', 'c', 'd'),
  value: fc.integer({ min: -20, max: 20 }),
  action: fc.constantFrom('add', 'add', 'add', 'add', 'pass-by', 'opt-out'),
});

test('counts and sums are those of the naive model', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 3 }), (steps, cap) => {
      const clock = twoClocks(START);
      const sum = { unit: 1, unitsMin: -5, unitsMax: 8 };
      const recipe = { dimensions: ['place'], windowMs: WINDOW, latenessMs: 0, cellsPerContributorMax: cap, sum };
      const aggregator = new WindowAggregator(recipe, clock);
      const people = new Map<string, Map<string, number>>();
      const refused = new Set<string>();
      steps.forEach(({ who, where, value, action }, i) => {
        const name = action === 'pass-by' ? `passage ${i}` : `person ${who}`;
        if (action === 'opt-out') {
          aggregator.optOut(START, name);
          refused.add(name);
          return;
        }
        if (action === 'add') aggregator.add(START, name, [where], value);
        else aggregator.addPassages(START, 1, [where], value);
        const cells = people.get(name) ?? new Map<string, number>();
        people.set(name, cells);
        if (cells.has(where) || cells.size < cap) cells.set(where, (cells.get(where) ?? 0) + value);
      });
      clock.pass(WINDOW);
      const cells = aggregator.close()[0]?.cells ?? [];
      const expected = ['a', 'b', 'c', 'd'].flatMap((where) => {
        const inside = [...people].filter(([name, visited]) => visited.has(where) && !refused.has(name));
        const sumUnits = inside.reduce((all, [, visited]) => all + Math.min(8, Math.max(-5, visited.get(where)!)), 0);
        return inside.length === 0 ? [] : [{ labels: [where], contributors: inside.length, sumUnits }];
      });
      assert.deepEqual(cells, expected);
    }),
  );
});
