/**
 * What noise costs, added up: zero-concentrated differential privacy (Bun and Steinke, TCC 2016, arXiv 1605.02065), per sensor and UTC day.
 *
 * The unit of privacy is one contributor of one window: one pseudonym of a device, one camera track, or one passage counted by a counter,
 * with at most c cells (the contribution cap). Who is there in several windows of a day is protected by the sum of what these windows
 * cost, which the day's cap bounds. Nobody can be recognised across windows, so nothing better can be claimed, and this much only for
 * who is one contributor in each window: m contributors in a window (a phone that changes its address) cost up to m^2 times as much, and
 * s sensors that see the same person add up.
 *
 * A release is charged before its noise is drawn, and refused when the day's rest does not suffice; there is no refund. The caller writes
 * `state()` durably before the release leaves, and gives it back at the next start. A lost state counts as spent until the day ends.
 */
import { z } from 'zod';
import { UserError } from '../../base/errors.ts';
import { add, compare, formatRational, parseRational, type Rational, rational, toNumber, ZERO } from './rational.ts';

export const UNIT_OF_PRIVACY = 'one contributor (device pseudonym, camera track or counted passage) in one window';

/** Days remembered per sensor: the one that ends, the one that begins, and one that a wrong clock made up. */
const DAYS_KEPT_MAX = 3;

/** Sensors remembered: many times what one box serves; bounds the state to about half a megabyte. */
export const BUDGET_SENSORS_MAX = 1_024;

/** What one release costs: rho of zCDP, and the probability with which the guarantee may fail altogether. */
export interface PrivacyCost {
  readonly rho: Rational;
  readonly delta: Rational;
}

export type SpendRefusal = 'budget-spent' | 'day-closed' | 'too-many-sensors';
export type SpendResult = { kind: 'granted' } | { kind: 'refused'; reason: SpendRefusal; message: string };

/** For display: what is claimed for a sensor's day. */
export interface BudgetReport {
  unit: string;
  day: string;
  rhoSpent: number;
  rhoPerDayMax: number;
  releases: number;
  /** The day so far as (epsilon, delta): for a contributor of every window of the day, by one pseudonym in each. Rounded up. */
  epsilon: number;
  delta: number;
}

const daySchema = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
const fractionSchema = z.string().regex(/^\d{1,400}\/[1-9]\d{0,400}$/);
const stateSchema = z.strictObject({
  v: z.literal(1),
  /** Days up to this one count as spent for sensors without an entry. */
  spentThrough: daySchema.nullable(),
  sensors: z
    .array(
      z.strictObject({
        sensor: z.string().min(1).max(256),
        closedThrough: daySchema.nullable(),
        days: z
          .array(
            z.strictObject({
              day: daySchema,
              rho: fractionSchema,
              delta: fractionSchema,
              releases: z.int().nonnegative(),
            }),
          )
          .max(DAYS_KEPT_MAX),
      }),
    )
    .max(BUDGET_SENSORS_MAX),
});

/** Serialisable; holds nothing about people. */
export type BudgetState = z.infer<typeof stateSchema>;

interface Day {
  rho: Rational;
  delta: Rational;
  releases: number;
}

interface SensorDays {
  /** Days up to this one are not remembered and get nothing more. */
  closedThrough: string;
  days: Map<string, Day>;
}

const NEVER = '0000-00-00';

export class PrivacyBudget {
  readonly #sensors = new Map<string, SensorDays>();
  readonly #spentThrough: string;

  private constructor(spentThrough: string) {
    this.#spentThrough = spentThrough;
  }

  /** For a box that never released anything: its state folder was made by this very start. */
  static fresh(): PrivacyBudget {
    return new PrivacyBudget(NEVER);
  }

  /** For a box whose state is gone or unreadable: all that was before the end of `today` (UTC, by a clock that can be trusted) counts as spent. */
  static afterLoss(today: string): PrivacyBudget {
    return new PrivacyBudget(daySchema.parse(today));
  }

  /** From what `state()` gave. Throws a UserError when it is damaged: go on with `afterLoss()`. */
  static restore(state: unknown): PrivacyBudget {
    const parsed = stateSchema.safeParse(state);
    if (!parsed.success)
      throw new UserError('the stored privacy budget is damaged', {
        fix: 'nothing with noise is released until the UTC day ends; no action is needed',
      });
    const budget = new PrivacyBudget(parsed.data.spentThrough ?? NEVER);
    for (const { sensor, closedThrough, days } of parsed.data.sensors) {
      const restored = days.map(({ day, rho, delta, releases }): [string, Day] => [
        day,
        { rho: parseRational(rho, 'rho'), delta: parseRational(delta, 'delta'), releases },
      ]);
      budget.#sensors.set(sensor, { closedThrough: closedThrough ?? NEVER, days: new Map(restored) });
    }
    return budget;
  }

  /** To be durable before a release that was charged leaves the box. */
  state(): BudgetState {
    return {
      v: 1,
      spentThrough: storedDay(this.#spentThrough),
      sensors: [...this.#sensors].map(([sensor, { closedThrough, days }]) => ({
        sensor,
        closedThrough: storedDay(closedThrough),
        days: [...days].map(([day, { rho, delta, releases }]) => ({
          day,
          rho: formatRational(rho),
          delta: formatRational(delta),
          releases,
        })),
      })),
    };
  }

  /** Charges a release about `day` (the UTC day in which its window starts); nothing is charged when it is refused. */
  spend(sensor: string, day: string, cost: PrivacyCost, rhoPerDayMax: Rational): SpendResult {
    const known = this.#sensors.get(sensor) ?? { closedThrough: this.#spentThrough, days: new Map<string, Day>() };
    if (compare(cost.rho, ZERO) < 0 || compare(cost.delta, ZERO) < 0) throw new RangeError('a cost is not negative');
    if (daySchema.parse(day) <= known.closedThrough)
      return refused(
        'day-closed',
        `what was spent on ${day} is no longer known; nothing more is released about that day`,
      );
    const spent = known.days.get(day) ?? { rho: ZERO, delta: ZERO, releases: 0 };
    const rho = add(spent.rho, cost.rho);
    if (compare(rho, rhoPerDayMax) > 0)
      return refused('budget-spent', `the privacy budget of sensor ${sensor} for ${day} does not cover this release`);
    if (!this.#sensors.has(sensor)) {
      if (this.#sensors.size >= BUDGET_SENSORS_MAX)
        return refused('too-many-sensors', `more than ${BUDGET_SENSORS_MAX} sensors have a privacy budget`);
      this.#sensors.set(sensor, known);
    }
    known.days.set(day, { rho, delta: add(spent.delta, cost.delta), releases: spent.releases + 1 });
    if (known.days.size > DAYS_KEPT_MAX) {
      const oldest = [...known.days.keys()].sort()[0]!;
      known.days.delete(oldest);
      known.closedThrough = oldest;
    }
    return { kind: 'granted' };
  }

  /** What is claimed for a sensor's day; `delta` is added to what the releases themselves failed with. */
  report(sensor: string, day: string, rhoPerDayMax: Rational, delta: number): BudgetReport {
    const known = this.#sensors.get(sensor);
    const isClosed = day <= (known?.closedThrough ?? this.#spentThrough);
    const spent = known?.days.get(day) ?? { rho: isClosed ? rhoPerDayMax : ZERO, delta: ZERO, releases: 0 };
    const rho = toNumber(spent.rho);
    return {
      unit: UNIT_OF_PRIVACY,
      day,
      rhoSpent: rho,
      rhoPerDayMax: toNumber(rhoPerDayMax),
      releases: spent.releases,
      epsilon: Math.ceil(epsilonOf(rho, delta) * 1e6) / 1e6,
      delta: delta + toNumber(spent.delta),
    };
  }
}

/** Cost of a release that is epsilon-DP: epsilon^2 / 2 (Bun and Steinke 2016, proposition 1.4). */
export function rhoOfPureDp(epsilon: Rational): Rational {
  return rational(epsilon.num * epsilon.num, 2n * epsilon.den * epsilon.den);
}

/**
 * The epsilon for which rho-zCDP implies (epsilon, delta)-DP: the least over Renyi orders of the conversion of Canonne, Kamath and
 * Steinke 2020. Every order gives a valid bound, so an imperfect search errs to the safe side. For display only.
 */
export function epsilonOf(rho: number, delta: number): number {
  if (!(delta > 0 && delta < 1)) throw new RangeError('delta lies between 0 and 1');
  if (rho === 0) return 0;
  const at = (logOrder: number): number => {
    const above = Math.exp(logOrder);
    const order = 1 + above;
    return rho * order + (Math.log(1 / delta) - Math.log(order)) / above + Math.log(above / order);
  };
  let [low, high] = [-20, 40];
  for (let i = 0; i < 200; i++) {
    const third = (high - low) / 3;
    if (at(low + third) < at(high - third)) high -= third;
    else low += third;
  }
  return Math.max(0, at(low));
}

/** The UTC day of a wall-clock time, as YYYY-MM-DD. */
export function utcDayOf(wallMs: number): string {
  return new Date(wallMs).toISOString().slice(0, 10);
}

function storedDay(day: string): string | null {
  return day === NEVER ? null : day;
}

function refused(reason: SpendRefusal, message: string): SpendResult {
  return { kind: 'refused', reason, message };
}
