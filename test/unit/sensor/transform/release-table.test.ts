/**
 * Goal: of a closed window leaves what its recipe allows, under one guarantee, charged before it is drawn, and nothing exact beside it.
 * Method: small closed windows through the composed path; noise from repeatable bytes; whole distributions for what one contributor changes.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../../../edge/base/errors.ts';
import { type ClosedWindow, WindowAggregator } from '../../../../edge/sensor/transform/aggregate.ts';
import { PrivacyBudget, UNIT_OF_PRIVACY } from '../../../../edge/sensor/transform/budget.ts';
import { coarserCell, h3CellOf } from '../../../../edge/sensor/transform/generalise.ts';
import { noiseFor } from '../../../../edge/sensor/transform/noise/mechanism.ts';
import { UniformSource } from '../../../../edge/sensor/transform/noise/random.ts';
import { CONTRIBUTORS_PER_WINDOW_MAX } from '../../../../edge/sensor/transform/open-window.ts';
import { parseRational, rational, toNumber } from '../../../../edge/sensor/transform/rational.ts';
import {
  checkReleaseRecipe,
  FIGURES_PER_TABLE_MAX,
  type Protection,
  type ReleasedTable,
  type ReleaseRecipe,
  releaseTable,
  type TableResult,
} from '../../../../edge/sensor/transform/release-table.ts';
import { seededRandom } from '../../../support/seeded-random.ts';
import { twoClocks } from '../../../support/two-clocks.ts';

const START = Date.UTC(2026, 10, 23, 10);
const NEAR = h3CellOf(37.5665, 126.978, 9)!;
const FAR = h3CellOf(35.8714, 128.6014, 9)!;

const gaussian = (rho: string, more: Partial<Protection & { kind: 'noise' }> = {}): Protection => ({
  kind: 'noise',
  noise: { mechanism: 'gaussian', rho: parseRational(rho, 'rho') },
  k: 5,
  rhoPerDayMax: parseRational('1', 'cap'),
  ...more,
});
const recipeOf = (protection: Protection, more: Partial<ReleaseRecipe> = {}): ReleaseRecipe => ({
  sensor: 'wifi-1',
  dimensions: ['h3', 'class'],
  rollups: [
    [7, 'keep'],
    ['total', 'total'],
  ],
  protection,
  ...more,
});
const windowOf = (cells: [string, string, number, number?][], more: Partial<ClosedWindow> = {}): ClosedWindow => ({
  id: '2026-11-23T10:00:00.000Z/0',
  startMs: START,
  endMs: START + 900_000,
  cellsPerContributorMax: 1,
  isPartial: false,
  isSaturated: false,
  contributorsSeen: 100,
  cellsSeen: cells.length,
  cells: cells.map(([place, kind, contributors, sumUnits]) => ({ labels: [place, kind], contributors, sumUnits })),
  ...more,
});
const tools = (seed = 1): { budget: PrivacyBudget; uniform: UniformSource } => ({
  budget: PrivacyBudget.fresh(),
  uniform: new UniformSource(seededRandom(seed)),
});
function tableOf(result: TableResult): ReleasedTable {
  assert.equal(result.kind, 'released');
  return (result as TableResult & { kind: 'released' }).table;
}

test('with a threshold, exact cells of k leave with their margins, and a complement is left out', () => {
  const window = windowOf([
    [NEAR, 'phone', 12],
    [NEAR, 'watch', 6],
    [FAR, 'phone', 3],
  ]);
  const recipe = recipeOf({ kind: 'k-threshold', k: 5 });
  const result = releaseTable(window, recipe, tools());
  const table = tableOf(result);
  assert.deepEqual(table.guarantee, { kind: 'k-threshold', k: 5 });
  // The total less both near cells would be the three far ones: the smaller near cell and its district go.
  assert.deepEqual(
    table.cells.map(({ level, labels, count }) => [level, labels, count]),
    [
      [0, [NEAR, 'phone'], 12],
      [1, [coarserCell(NEAR, 7), 'phone'], 12],
      [2, ['*', '*'], 21],
    ],
  );
  assert.ok(result.kind === 'released');
  assert.deepEqual([result.local.suppressed, result.local.complementary, result.local.spent], [4, 2, undefined]);
  assert.equal(result.local.figures.length, 3);
  const again = releaseTable(window, recipe, { ...tools(), earlier: [{ figures: result.local.figures }] });
  assert.deepEqual(tableOf(again).cells, table.cells);
});

test('what leaves is plain data, and holds nothing exact about what was left out', () => {
  const window = windowOf([
    [NEAR, 'phone', 12],
    [FAR, 'phone', 3],
  ]);
  for (const protection of [{ kind: 'k-threshold', k: 5 } as const, gaussian('0.5')]) {
    const table = tableOf(releaseTable(window, recipeOf(protection), tools()));
    const text = JSON.stringify(table);
    assert.deepEqual(JSON.parse(text), table);
    assert.ok(!text.includes(FAR) && !/suppress|contributorsSeen|cellsSeen/.test(text));
  }
});

test('noise is charged before it is drawn, and refused without a draw when the budget is spent', () => {
  let drawn = 0;
  const fill = seededRandom(1);
  const uniform = new UniformSource((bytes) => {
    drawn++;
    fill(bytes);
  });
  const budget = PrivacyBudget.fresh();
  const recipe = recipeOf(gaussian('0.3', { rhoPerDayMax: parseRational('0.7', 'cap') }));
  const window = windowOf([[NEAR, 'phone', 400]]);
  const first = releaseTable(window, recipe, { budget, uniform });
  assert.equal(tableOf(first).guarantee.kind, 'zcdp');
  assert.equal(budget.report('wifi-1', '2026-11-23', rational(1n), 1e-6).releases, 1);
  assert.equal(releaseTable(window, recipe, { budget, uniform }).kind, 'released');
  const before = drawn;
  const refused = releaseTable(window, recipe, { budget, uniform: new UniformSource(() => assert.fail('drawn')) });
  assert.deepEqual([refused.kind, refused.kind === 'withheld' && refused.reason], ['withheld', 'budget-spent']);
  assert.equal(drawn, before);
  const afterLoss = { budget: PrivacyBudget.afterLoss('2026-11-23'), uniform };
  const lost = releaseTable(window, recipe, afterLoss);
  assert.equal(lost.kind === 'withheld' && lost.reason, 'day-closed');
});

test('the guarantee names its unit and its whole cost, and the noise is as wide as it says', () => {
  const recipe = recipeOf(gaussian('0.3'), {
    rollups: [['total', 'total']],
    sum: { unit: 0.1, unitsMin: 0, unitsMax: 50 },
  });
  const window = windowOf([[NEAR, 'phone', 40_000, 100_000]], { cellsPerContributorMax: 4 });
  const { uniform } = tools();
  const { guarantee } = tableOf(releaseTable(window, recipe, { budget: PrivacyBudget.fresh(), uniform }));
  assert.ok(guarantee.kind === 'zcdp');
  assert.equal(guarantee.unit, UNIT_OF_PRIVACY);
  assert.ok(guarantee.rho > 0.3 && guarantee.rho < 0.3001);
  assert.ok(guarantee.delta > 4.9e-9 && guarantee.delta < 5.1e-9);
  // Four tables share 0.3: variance D^2 / (2 x 0.075), with D^2 = 4 for cells and 16 where all four can pile up.
  const sd = [Math.sqrt(4 / 0.15), Math.sqrt(16 / 0.15)];
  guarantee.noise.forEach((noise, level) => {
    assert.ok(Math.abs(noise.countDeviation - sd[level]!) < 1e-9);
    assert.ok(Math.abs(noise.sumDeviation! - 50 * sd[level]!) < 1e-9);
    assert.ok(noise.countMin > 6 * noise.countDeviation);
  });
  const errors: number[][] = [[], []];
  for (let i = 0; i < 400; i++) {
    const { cells } = tableOf(releaseTable(window, recipe, { budget: PrivacyBudget.fresh(), uniform }));
    for (const { level, count } of cells) errors[level]!.push(count - 40_000);
  }
  errors.forEach((list, level) => {
    assert.equal(list.length, 400);
    const deviation = Math.sqrt(list.reduce((all, error) => all + error * error, 0) / list.length);
    assert.ok(Math.abs(deviation / sd[level]! - 1) < 0.12, `level ${level}: ${deviation}`);
  });
});

test('Laplace noise shares epsilon over the tables and is charged half its square', () => {
  const noise = { mechanism: 'laplace', epsilon: parseRational('0.4', 'epsilon') } as const;
  const recipe = recipeOf(gaussian('1', { noise, rhoPerDayMax: parseRational('10', 'cap') }), {
    rollups: [['total', 'total']],
  });
  const result = releaseTable(windowOf([[NEAR, 'phone', 9_000]]), recipe, tools());
  const { guarantee } = tableOf(result);
  assert.ok(guarantee.kind === 'zcdp' && result.kind === 'released');
  assert.ok(Math.abs(guarantee.noise[0]!.countDeviation - Math.SQRT2 / 0.2) < 1e-9);
  assert.ok(Math.abs(toNumber(result.local.spent!.rho) - 2 * (0.2 ** 2 / 2) - 1 / 32768) < 1e-12);
});

test('with noise the true count decides nothing: cells on either side of k are released alike', () => {
  // Far above the threshold of noise, k = 5000 lies between both cells. A true-count threshold would always show one and never the other.
  const recipe = recipeOf(gaussian('0.0001', { k: 5_000 }), { rollups: [] });
  const { uniform } = tools(7);
  const shown = { below: 0, above: 0 };
  for (let i = 0; i < 300; i++) {
    const window = windowOf([
      [NEAR, 'phone', 4_999],
      [FAR, 'phone', 5_000],
    ]);
    for (const { labels } of tableOf(releaseTable(window, recipe, { budget: PrivacyBudget.fresh(), uniform })).cells)
      shown[labels[0] === NEAR ? 'below' : 'above']++;
  }
  assert.ok(
    Math.min(shown.below, shown.above) > 110 && Math.max(shown.below, shown.above) < 190,
    JSON.stringify(shown),
  );
});

test('one contributor alone never shows, by threshold or by noise', () => {
  const { uniform } = tools(3);
  for (const protection of [{ kind: 'k-threshold', k: 5 } as const, gaussian('0.9')])
    for (let i = 0; i < 500; i++) {
      const one = windowOf([[NEAR, 'phone', 1]]);
      const result = releaseTable(one, recipeOf(protection), { budget: PrivacyBudget.fresh(), uniform });
      assert.deepEqual(tableOf(result).cells, []);
    }
});

test('the tail of the noise is where its exact distribution says', () => {
  for (const noise of [
    { mechanism: 'gaussian', rho: parseRational('0.05', 'rho') },
    { mechanism: 'laplace', epsilon: parseRational('0.5', 'epsilon') },
  ] as const) {
    const { tail } = noiseFor(noise, { cells: 3, perCell: 1, canPileUp: false });
    const weight = (x: number): number =>
      noise.mechanism === 'gaussian' ? Math.exp((-x * x * 0.1) / 6) : Math.exp((-Math.abs(x) * 0.5) / 3);
    let [all, above] = [0, 0];
    for (let x = -2_000; x <= 2_000; x++) {
      all += weight(x);
      if (x >= tail) above += weight(x);
    }
    const probability = above / all;
    assert.ok(probability <= 1e-9 / 3 && probability > 1e-9 / 300, `${noise.mechanism}: ${probability}`);
  }
});

test('a window that is full or nearly so is withheld with noise, and a lower bound without', () => {
  const cells: [string, string, number][] = [[NEAR, 'phone', 400]];
  const full = windowOf(cells, { isSaturated: true, contributorsSeen: CONTRIBUTORS_PER_WINDOW_MAX });
  const near = windowOf(cells, { contributorsSeen: CONTRIBUTORS_PER_WINDOW_MAX - 100 });
  for (const window of [full, near]) {
    const result = releaseTable(window, recipeOf(gaussian('0.3')), tools());
    assert.equal(result.kind === 'withheld' && result.reason, 'saturated');
    assert.ok(result.kind === 'withheld' && result.spent !== undefined);
  }
  const exact = tableOf(releaseTable(full, recipeOf({ kind: 'k-threshold', k: 5 }), tools()));
  assert.equal(exact.isLowerBound, true);
  // Half-way between full and far, the noise decides: nearby windows are withheld about as often.
  const { uniform } = tools(5);
  const withheld = [0, 1].map((more) => {
    let count = 0;
    for (let i = 0; i < 400; i++) {
      const contributorsSeen = CONTRIBUTORS_PER_WINDOW_MAX - 2_560 + more;
      const result = releaseTable(windowOf(cells, { contributorsSeen }), recipeOf(gaussian('0.3')), {
        budget: PrivacyBudget.fresh(),
        uniform,
      });
      if (result.kind === 'withheld') count++;
    }
    return count;
  });
  for (const count of withheld) assert.ok(count > 140 && count < 260, `${withheld}`);
});

test('a table with more figures than can be checked is withheld', () => {
  const cells = Array.from({ length: FIGURES_PER_TABLE_MAX + 1 }, (_, i): [string, string, number] => [
    NEAR,
    `${i}`,
    9,
  ]);
  const recipe = recipeOf({ kind: 'k-threshold', k: 5 }, { rollups: [] });
  const result = releaseTable(windowOf(cells), recipe, tools());
  assert.equal(result.kind === 'withheld' && result.reason, 'too-many-figures');
  assert.equal(releaseTable(windowOf(cells.slice(1)), recipe, tools()).kind, 'released');
});

test('recipes that can not be kept are refused by name', () => {
  const bad: ReleaseRecipe[] = [
    recipeOf({ kind: 'k-threshold', k: 1 }),
    recipeOf(gaussian('0')),
    recipeOf(gaussian('2')),
    recipeOf({ kind: 'k-threshold', k: 5 }, { rollups: [['keep', 'keep']] }),
    recipeOf({ kind: 'k-threshold', k: 5 }, { rollups: [['total']] }),
    recipeOf({ kind: 'k-threshold', k: 5 }, { rollups: [[11, 'keep']] }),
    // By place, then by class: margins that cross.
    recipeOf(
      { kind: 'k-threshold', k: 5 },
      {
        rollups: [
          ['keep', 'total'],
          ['total', 'keep'],
        ],
      },
    ),
    recipeOf({ kind: 'k-threshold', k: 5 }, { rollups: [9, 8, 7, 6, 5].map((resolution) => [resolution, 'keep']) }),
  ];
  for (const recipe of bad)
    assert.throws(
      () => checkReleaseRecipe(recipe),
      (error) => error instanceof UserError && error.fix !== undefined,
      JSON.stringify(recipe.rollups),
    );
  checkReleaseRecipe(recipeOf({ kind: 'k-threshold', k: 5 }));
  checkReleaseRecipe(recipeOf(gaussian('0.3')));
});

test('readings become a table through all steps: cap, opt-out, threshold', () => {
  const clock = twoClocks(START);
  const windowMs = 900_000;
  const aggregator = new WindowAggregator(
    { dimensions: ['h3', 'class'], windowMs, latenessMs: 0, cellsPerContributorMax: 1 },
    clock,
  );
  for (let i = 0; i < 7; i++) {
    aggregator.add(START, `phone ${i}`, [NEAR, 'phone']);
    aggregator.add(START, `phone ${i}`, [FAR, 'phone']);
  }
  aggregator.optOut(START, 'phone 3');
  clock.pass(windowMs);
  const [window] = aggregator.close();
  const recipe = recipeOf({ kind: 'k-threshold', k: 6 }, { rollups: [] });
  assert.deepEqual(tableOf(releaseTable(window!, recipe, tools())).cells, [
    { level: 0, labels: [NEAR, 'phone'], count: 6 },
  ]);
});
