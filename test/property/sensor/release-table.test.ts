/**
 * Goal: a released table with its margins isolates fewer than k contributors neither alone nor with a second look at the same window.
 * Method: fast-check over small windows through the composed path, refereed by trying combinations; numbers compared with the window's.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PrivacyBudget } from '../../../edge/sensor/transform/budget.ts';
import type { Release } from '../../../edge/sensor/transform/differencing.ts';
import { coarserCell, h3CellOf } from '../../../edge/sensor/transform/generalise.ts';
import { UniformSource } from '../../../edge/sensor/transform/noise/random.ts';
import { releaseTable } from '../../../edge/sensor/transform/release-table.ts';
import type { Rollup } from '../../../edge/sensor/transform/rollup.ts';
import { isolatedByTrying } from '../../support/differencing-referee.ts';

const PLACES = [37.5665, 37.5668, 37.61, 35.87].map((latitude) => h3CellOf(latitude, 126.978, 9)!);
const ROLLUPS: Rollup[][] = [[], [['total']], [[5], ['total']], [[8], [5], ['total']]];

test('a table with its margins, and a second table of the same window, isolate nobody', () => {
  let margins = 0;
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.constantFrom(...PLACES), { minLength: 1 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 4, maxLength: 4 }),
      fc.integer({ min: 2, max: 6 }),
      fc.constantFrom(...ROLLUPS),
      fc.constantFrom(...ROLLUPS),
      (places, counts, k, ...looks) => {
        const window = {
          id: 'w',
          startMs: 0,
          endMs: 60_000,
          cellsPerContributorMax: 1,
          isPartial: false,
          isSaturated: false,
          contributorsSeen: 0,
          cellsSeen: places.length,
          cells: places.map((place, i) => ({ labels: [place], contributors: counts[i]!, sumUnits: undefined })),
        };
        const earlier: Release[] = [];
        for (const rollups of looks) {
          const recipe = { sensor: 's', dimensions: ['h3'], rollups, protection: { kind: 'k-threshold', k } } as const;
          const tools = { budget: PrivacyBudget.fresh(), uniform: new UniformSource(), earlier };
          const result = releaseTable(window, recipe, tools);
          assert.ok(result.kind === 'released');
          for (const { level, labels, count } of result.table.cells) {
            const how = level === 0 ? 'keep' : rollups[level - 1]![0]!;
            const inside = window.cells.filter(
              (cell) =>
                how === 'total' ||
                (how === 'keep' ? cell.labels[0] : coarserCell(cell.labels[0]!, how as number)) === labels[0],
            );
            assert.equal(
              count,
              inside.reduce((all, { contributors }) => all + contributors, 0),
            );
            assert.ok(count >= k);
            if (level > 0) margins++;
          }
          earlier.push({ figures: result.local.figures });
        }
        // The same figure twice tells nothing more, and would only make trying slower.
        const different = new Map(
          earlier.flatMap(({ figures }) =>
            figures.map((figure) => [figure.atoms.map(({ key }) => key).join(), figure]),
          ),
        );
        assert.deepEqual(isolatedByTrying(k, [...different.values()], 1), []);
      },
    ),
    { numRuns: 300 },
  );
  assert.ok(margins > 100, `${margins}`);
});
