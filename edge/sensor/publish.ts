/**
 * From the tables of a closed window to the cells of a release: each protected table passes k with complementary suppression or, where the
 * policy has a budget, exact noise; levels of what is counted (a mean, the last value) are left out below k; what is left is put together by
 * group.
 */
import { UserError } from '../base/errors.ts';
import type { SensorPolicy } from '../policy/schema.ts';
import type { ReleasedCell } from './messages.ts';
import type { SensorPlan } from './plan.ts';
import { epsilonOf, type PrivacyBudget } from './transform/budget.ts';
import { DAY_MS } from './transform/generalise.ts';
import type { UniformSource } from './transform/noise/random.ts';
import { type Rational, rational } from './transform/rational.ts';
import { checkReleaseRecipe, type Protection, releaseTable } from './transform/release-table.ts';
import { keyOf, type ProtectedTable, type SensorTables, sumRecipeOf } from './window.ts';

/** Of a day's guarantee: the probability with which it may fail altogether. */
const DELTA_PER_DAY = 1e-6;

/** What each noisy table costs beside its noise (release-table.ts): it has to fit as well. */
const GATE_RHO = 2 ** -15;

/** Rationals of rho are multiples of this. */
const RHO_STEPS = 2 ** 50;

interface Publication {
  cells: readonly ReleasedCell[];
  /** Left out by k. Exact, and therefore for this box's own eyes. */
  suppressedCells: number;
}

export type Published = Publication | { withheld: string };

export class Publisher {
  readonly #sensor: string;
  readonly #dimensions: readonly string[];
  /** Fields whose figures say how many are there. */
  readonly #levels: ReadonlySet<string>;
  readonly #policy: SensorPolicy;
  readonly #protection: Protection;
  readonly #budget: PrivacyBudget;
  readonly #uniform: UniformSource;

  /** Throws a UserError when the budget can't pay for a day of windows. */
  constructor(
    sensor: string,
    plan: SensorPlan,
    policy: SensorPolicy,
    tools: { budget: PrivacyBudget; uniform: UniformSource },
  ) {
    this.#sensor = sensor;
    this.#dimensions = dimensionsOf(plan);
    this.#levels = new Set(plan.measures.flatMap(({ field, isLevel }) => (isLevel ? field : [])));
    this.#policy = policy;
    this.#budget = tools.budget;
    this.#uniform = tools.uniform;
    this.#protection = protectionOf(sensor, plan, policy);
  }

  get isNoisy(): boolean {
    return this.#protection.kind === 'noise';
  }

  publish(tables: SensorTables, startMs: number): Published {
    const cells = new Map<string, ReleasedCell & { figures: Record<string, number> }>();
    const put = (labels: readonly string[], figures: Readonly<Record<string, number>>): void => {
      const key = keyOf(labels);
      const cell = cells.get(key);
      if (cell !== undefined) Object.assign(cell.figures, figures);
      else cells.set(key, { group: this.#groupOf(labels), figures: { ...figures } });
    };
    let suppressedCells = 0;
    for (const { labels, figures } of tables.plain) {
      const kept = Object.entries(figures).filter(
        ([name, value]) => !this.#levels.has(name) || value >= this.#policy.k,
      );
      if (kept.length < Object.keys(figures).length) suppressedCells++;
      if (kept.length > 0) put(labels, Object.fromEntries(kept));
    }
    let suppressedByTable = 0;
    for (const table of tables.protected) {
      const result = this.#release(table, startMs);
      if (result.kind === 'withheld') return { withheld: result.reason };
      suppressedByTable = Math.max(suppressedByTable, result.local.suppressed);
      for (const { labels, count, sum } of result.table.cells) put(labels, figuresOf(table, labels, count, sum));
    }
    return { cells: [...cells.values()], suppressedCells: suppressedCells + suppressedByTable };
  }

  #release({ table, sum }: ProtectedTable, startMs: number) {
    const { contributionsMax, windowMs } = this.#policy;
    const window = {
      ...table,
      id: new Date(startMs).toISOString(),
      startMs,
      endMs: startMs + windowMs,
      cellsPerContributorMax: contributionsMax,
      isPartial: false,
    };
    const recipe = { sensor: this.#sensor, dimensions: this.#dimensions, rollups: [], protection: this.#protection };
    const tools = { budget: this.#budget, uniform: this.#uniform };
    return releaseTable(window, sum === undefined ? recipe : { ...recipe, sum: sum.recipe }, tools);
  }

  #groupOf(labels: readonly string[]): Record<string, string> {
    return Object.fromEntries(labels.map((label, index) => [this.#dimensions[index]!, label]));
  }
}

function figuresOf(
  { count, sum }: ProtectedTable,
  labels: readonly string[],
  counted: number,
  summed: number | undefined,
): Record<string, number> {
  const figures: Record<string, number> = {};
  if (count !== undefined) figures[count] = counted;
  if (sum === undefined || summed === undefined) return figures;
  const divisor = sum.divisor === undefined ? 1 : (sum.divisor.get(keyOf(labels)) ?? 0);
  if (divisor > 0) figures[sum.name] = summed / divisor;
  return figures;
}

function dimensionsOf({ groups }: SensorPlan): string[] {
  return groups.length === 0 ? ['all'] : groups.map(({ field }) => field);
}

/** How figures of a sensor are protected. Throws a UserError that names what the policy promises and can't have. */
export function protectionOf(sensor: string, plan: SensorPlan, policy: SensorPolicy): Protection {
  const protection = protectionAskedFor(sensor, plan, policy);
  const recipe = { sensor, dimensions: dimensionsOf(plan), rollups: [], protection };
  checkReleaseRecipe(recipe);
  for (const measure of plan.kind === 'people' ? plan.measures : []) {
    checkReleaseRecipe({ ...recipe, sum: sumRecipeOf(measure) });
  }
  return protection;
}

function protectionAskedFor(sensor: string, plan: SensorPlan, policy: SensorPolicy): Protection {
  const { epsilonPerDay, k, windowMs } = policy;
  if (epsilonPerDay === undefined) return { kind: 'k-threshold', k };
  const level = plan.measures.find(({ isLevel }) => isLevel);
  if (plan.kind === 'things' && level !== undefined) {
    throw new UserError(
      `${sensor}: the ${level.statistic} of ${level.field} has no noise, and epsilonPerDay would promise it.`,
      {
        fix: `Drop ${level.field}, or write sum. Or take epsilonPerDay out.`,
      },
    );
  }
  if (plan.kind === 'people' && plan.measures.some(({ statistic }) => statistic === 'mean')) {
    throw new UserError(`${sensor}: a mean with a privacy budget is not offered.`, {
      fix: 'Write sum: with the count it gives the mean. Or take epsilonPerDay out.',
    });
  }
  const tables =
    plan.kind === 'people' ? 1 + plan.measures.length : plan.measures.filter(({ isCount }) => isCount).length;
  const rhoPerDay = rhoOfDay(epsilonPerDay);
  const rho = rhoPerDay / (DAY_MS / windowMs) / Math.max(1, tables) - GATE_RHO;
  if (rho <= 0) {
    throw new UserError(`${sensor}: epsilonPerDay is too small for so many windows a day.`, {
      fix: 'Make windowMs longer, or epsilonPerDay larger.',
    });
  }
  return {
    kind: 'noise',
    noise: { mechanism: 'gaussian', rho: asRational(rho) },
    k,
    rhoPerDayMax: asRational(rhoPerDay),
  };
}

/** The largest rho that implies (epsilon, DELTA_PER_DAY)-DP; the bound rises with rho, so it is found by halving. */
export function rhoOfDay(epsilon: number): number {
  let [low, high] = [0, epsilon];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (epsilonOf(middle, DELTA_PER_DAY) <= epsilon) low = middle;
    else high = middle;
  }
  return low;
}

/** Rounded down. */
function asRational(value: number): Rational {
  return rational(BigInt(Math.floor(value * RHO_STEPS)), BigInt(RHO_STEPS));
}
