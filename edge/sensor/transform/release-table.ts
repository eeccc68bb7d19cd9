/**
 * From a closed window to what may leave of it. Contribution cap and opt-outs were applied while the window was open (open-window.ts); here
 * follow roll-ups, and then one of two protections, never a mixture:
 *
 * - `k-threshold`: exact figures of at least k contributors, with complementary suppression (suppress.ts). No claim of differential privacy.
 * - `noise`: all figures with exact discrete noise, charged to the sensor's budget before anything is drawn, and released where the noisy
 *   count reaches k and the threshold that hides which cells are there (noise/mechanism.ts). The claim is zCDP for UNIT_OF_PRIVACY; k is
 *   then a measure against useless figures and promises nothing.
 *
 * With noise, even that the tables for contributors or cells were full could tell of one contributor. A window is therefore withheld when
 * it comes near these bounds, by a margin that is noised itself; what that costs is charged with every release.
 *
 * The caller delays what is released to a fixed clock, and writes the budget's state durably before it leaves.
 */
import { UserError } from '../../base/errors.ts';
import type { ClosedWindow } from './aggregate.ts';
import {
  type PrivacyBudget,
  type PrivacyCost,
  rhoOfPureDp,
  type SpendRefusal,
  UNIT_OF_PRIVACY,
  utcDayOf,
} from './budget.ts';
import type { Figure, Release } from './differencing.ts';
import { type Noise, type NoiseRecipe, noiseFor, THRESHOLD_DELTA } from './noise/mechanism.ts';
import type { UniformSource } from './noise/random.ts';
import { discreteLaplace } from './noise/samplers.ts';
import { CELLS_PER_WINDOW_MAX, type ClampedSum, CONTRIBUTORS_PER_WINDOW_MAX } from './open-window.ts';
import { add, compare, divide, multiply, type Rational, rational, toNumber, ZERO } from './rational.ts';
import { checkRollups, figuresOf, type MarginFigure, type Rollup } from './rollup.ts';
import { suppress } from './suppress.ts';

/** Figures of one table, margins included: bounds the search for complements to about a second. */
export const FIGURES_PER_TABLE_MAX = 32_768;

/** Noise on the margin to the bounds of a window: costs a rho of 1/32768. */
const GATE_SCALE = 128n;
const GATE_MARGIN = 20n * GATE_SCALE;
/** exp(-20), rounded up: with that probability noise goes beyond the margin. */
const GATE_DELTA = rational(3n, 1_000_000_000n);

export type Protection =
  | { readonly kind: 'k-threshold'; readonly k: number }
  | { readonly kind: 'noise'; readonly noise: NoiseRecipe; readonly k: number; readonly rhoPerDayMax: Rational };

export interface ReleaseRecipe {
  readonly sensor: string;
  readonly dimensions: readonly string[];
  /** Margins, each coarser than the one before. */
  readonly rollups: readonly Rollup[];
  readonly protection: Protection;
  /** As in the window's recipe. */
  readonly sum?: ClampedSum;
}

/** Plain data, ready to leave. */
interface ReleasedCell {
  /** 0 for the cells, then one for each roll-up. */
  level: number;
  labels: string[];
  /** Contributors; in a margin who is in several of its cells counts in each. */
  count: number;
  sum?: number;
}

type Guarantee =
  | { kind: 'k-threshold'; k: number }
  | {
      kind: 'zcdp';
      unit: string;
      contributionCap: number;
      rho: number;
      delta: number;
      /** By level; what a reader needs for error bars. */
      noise: { countDeviation: number; sumDeviation?: number; countMin: number }[];
    };

export interface ReleasedTable {
  sensor: string;
  windowId: string;
  startMs: number;
  endMs: number;
  dimensions: string[];
  guarantee: Guarantee;
  /** Whether the box was not there for the whole window, or (never with noise) places ran out. */
  isLowerBound: boolean;
  cells: ReleasedCell[];
}

/** Exact, and therefore for this box's own eyes. */
interface LocalFacts {
  /** Figures that were left out. */
  suppressed: number;
  /** Of these, those left out to protect others. */
  complementary: number;
  /** What was charged, whether or not anything was released. */
  spent: PrivacyCost | undefined;
  /** What was published exactly, for checks of later releases against it. */
  figures: readonly Figure[];
}

type WithheldReason = SpendRefusal | 'saturated' | 'too-many-figures';

export type TableResult =
  | { kind: 'released'; table: ReleasedTable; local: LocalFacts }
  | { kind: 'withheld'; reason: WithheldReason; message: string; spent: PrivacyCost | undefined };

export interface ReleaseTools {
  readonly budget: PrivacyBudget;
  readonly uniform: UniformSource;
  /** Exact tables about the same people that went to the same audience before. */
  readonly earlier?: readonly Release[];
}

/** Throws a UserError that names what makes no sense. For the loading of a policy; `releaseTable` relies on it. */
export function checkReleaseRecipe(recipe: ReleaseRecipe): void {
  const { sensor, dimensions, rollups, protection } = recipe;
  checkRollups(dimensions, rollups);
  if (!Number.isInteger(protection.k) || protection.k < 2)
    throw new UserError(`k of sensor ${sensor} is not a whole number from 2`, { fix: 'use 5, 10 or 20' });
  if (protection.kind === 'k-threshold') return;
  const spend = protection.noise.mechanism === 'gaussian' ? protection.noise.rho : protection.noise.epsilon;
  if (compare(spend, ZERO) <= 0 || compare(protection.rhoPerDayMax, costOf(recipe, protection.noise).rho) < 0)
    throw new UserError(`the privacy budget of sensor ${sensor} does not cover one release`, {
      fix: 'spend more than 0 on a release, and allow at least that for a day',
    });
}

/** Decides, draws and gives what may leave of a closed window. A withheld window may have been charged: what was spent stays spent. */
export function releaseTable(window: ClosedWindow, recipe: ReleaseRecipe, tools: ReleaseTools): TableResult {
  const scope = `${recipe.sensor} ${window.id}`;
  const figures = figuresOf(window.cells, recipe.rollups, scope, window.cellsPerContributorMax);
  const { protection } = recipe;
  if (protection.kind === 'noise') return withNoise(window, recipe, protection, figures, tools);
  if (figures.length > FIGURES_PER_TABLE_MAX) {
    const message = `the table has more than ${FIGURES_PER_TABLE_MAX} figures`;
    return { kind: 'withheld', reason: 'too-many-figures', message, spent: undefined };
  }
  const { published, primary, complementary } = suppress(protection.k, figures, tools.earlier);
  const kept = new Set<Figure>(published);
  const cells = figures
    .filter((figure) => kept.has(figure))
    .map(({ level, labels, count, sumUnits }) => cellOf(level, labels, count, sumUnits, recipe.sum));
  const table = tableOf(window, recipe, { kind: 'k-threshold', k: protection.k }, cells);
  const local = { suppressed: primary + complementary, complementary, spent: undefined, figures: published };
  return { kind: 'released', table, local };
}

function withNoise(
  window: ClosedWindow,
  recipe: ReleaseRecipe,
  protection: Protection & { kind: 'noise' },
  figures: readonly MarginFigure[],
  { budget, uniform }: ReleaseTools,
): TableResult {
  const { sensor, rollups, sum } = recipe;
  const levels = rollups.length + 1;
  const spent = costOf(recipe, protection.noise);
  const result = budget.spend(sensor, utcDayOf(window.startMs), spent, protection.rhoPerDayMax);
  if (result.kind === 'refused')
    return { kind: 'withheld', reason: result.reason, message: result.message, spent: undefined };
  if (isNearBounds(window, uniform))
    return {
      kind: 'withheld',
      reason: 'saturated',
      message: 'the window is too full to be released with noise',
      spent,
    };

  const share = shareOf(recipe, protection.noise);
  const sumMax = Math.max(1, Math.abs(sum?.unitsMin ?? 0), Math.abs(sum?.unitsMax ?? 0));
  const noises = Array.from({ length: levels }, (_, level) => {
    const reach = { cells: window.cellsPerContributorMax, canPileUp: level > 0 };
    const count = noiseFor(share, { ...reach, perCell: 1 });
    const alone = level > 0 ? window.cellsPerContributorMax : 1;
    return {
      count,
      sum: sum === undefined ? undefined : noiseFor(share, { ...reach, perCell: sumMax }),
      countMin: Math.max(protection.k, alone + count.tail),
    };
  });
  const noisy = (value: number, noise: Noise): number => Number(BigInt(value) + noise.draw(uniform));
  const cells = figures.flatMap((figure) => {
    const noise = noises[figure.level]!;
    const count = noisy(figure.count, noise.count);
    if (count < noise.countMin) return [];
    const sumUnits = noise.sum === undefined ? undefined : noisy(figure.sumUnits!, noise.sum);
    return cellOf(figure.level, figure.labels, count, sumUnits, sum);
  });
  const guarantee: Guarantee = {
    kind: 'zcdp',
    unit: UNIT_OF_PRIVACY,
    contributionCap: window.cellsPerContributorMax,
    rho: toNumber(spent.rho),
    delta: toNumber(spent.delta),
    noise: noises.map((each) => ({
      countDeviation: each.count.standardDeviation,
      ...(each.sum === undefined ? {} : { sumDeviation: each.sum.standardDeviation }),
      countMin: each.countMin,
    })),
  };
  const local = { suppressed: figures.length - cells.length, complementary: 0, spent, figures: [] };
  return { kind: 'released', table: tableOf(window, recipe, guarantee, cells), local };
}

/** Each level and each measure is a table of its own, and gets the same share: of rho, or of epsilon (basic composition). */
function shareOf(recipe: ReleaseRecipe, noise: NoiseRecipe): NoiseRecipe {
  const by = rational(tablesOf(recipe));
  return noise.mechanism === 'gaussian'
    ? { mechanism: 'gaussian', rho: divide(noise.rho, by) }
    : { mechanism: 'laplace', epsilon: divide(noise.epsilon, by) };
}

function costOf(recipe: ReleaseRecipe, noise: NoiseRecipe): PrivacyCost {
  const share = shareOf(recipe, noise);
  const rhoOfShare = share.mechanism === 'gaussian' ? share.rho : rhoOfPureDp(share.epsilon);
  const levels = BigInt(recipe.rollups.length + 1);
  return {
    rho: add(multiply(rhoOfShare, rational(tablesOf(recipe))), rhoOfPureDp(rational(1n, GATE_SCALE))),
    delta: add(multiply(THRESHOLD_DELTA, rational(levels)), GATE_DELTA),
  };
}

function tablesOf({ rollups, sum }: ReleaseRecipe): bigint {
  return BigInt((rollups.length + 1) * (sum === undefined ? 1 : 2));
}

/** One contributor takes one place, and makes at most c cells: each changes the load by 1 at most. */
function isNearBounds(window: ClosedWindow, uniform: UniformSource): boolean {
  const cap = window.cellsPerContributorMax;
  const load = Math.max(
    window.contributorsSeen - CONTRIBUTORS_PER_WINDOW_MAX,
    Math.ceil(window.cellsSeen / cap) - Math.floor(CELLS_PER_WINDOW_MAX / cap),
  );
  const noise = discreteLaplace(rational(GATE_SCALE), uniform);
  return window.isSaturated || BigInt(load) + GATE_MARGIN > noise;
}

function cellOf(
  level: number,
  labels: readonly string[],
  count: number,
  sumUnits: number | undefined,
  sum: ClampedSum | undefined,
): ReleasedCell {
  const cell: ReleasedCell = { level, labels: [...labels], count };
  if (sum !== undefined && sumUnits !== undefined) cell.sum = sumUnits * sum.unit;
  return cell;
}

function tableOf(
  window: ClosedWindow,
  recipe: ReleaseRecipe,
  guarantee: Guarantee,
  cells: ReleasedCell[],
): ReleasedTable {
  return {
    sensor: recipe.sensor,
    windowId: window.id,
    startMs: window.startMs,
    endMs: window.endMs,
    dimensions: [...recipe.dimensions],
    guarantee,
    isLowerBound: window.isSaturated || window.isPartial,
    cells,
  };
}
