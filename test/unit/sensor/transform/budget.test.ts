/**
 * Goal: no more is spent than the day's cap, across restarts, lost states and clock jumps; what is displayed covers what was spent.
 * Method: spending to the brim in exact fractions, through serialised states; the conversion against the known curve of the Gaussian.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../../../edge/base/errors.ts';
import {
  BUDGET_SENSORS_MAX,
  epsilonOf,
  PrivacyBudget,
  rhoOfPureDp,
  UNIT_OF_PRIVACY,
  utcDayOf,
} from '../../../../edge/sensor/transform/budget.ts';
import { parseRational, type Rational, rational, ZERO } from '../../../../edge/sensor/transform/rational.ts';
import { upperGamma } from '../../../support/chi-square.ts';

const TODAY = '2026-11-23';
const CAP = parseRational('0.3', 'cap');
const TENTH = { rho: parseRational('0.1', 'rho'), delta: rational(1n, 10n ** 9n) };

const verdictOf = (budget: PrivacyBudget, day = TODAY, sensor = 'gate', cap: Rational = CAP): string => {
  const result = budget.spend(sensor, day, TENTH, cap);
  return result.kind === 'granted' ? 'granted' : result.reason;
};
const restarted = (budget: PrivacyBudget): PrivacyBudget =>
  PrivacyBudget.restore(JSON.parse(JSON.stringify(budget.state())));

test('three tenths fit into a cap of 0.3, and not a bit more', () => {
  const budget = PrivacyBudget.fresh();
  for (let i = 0; i < 3; i++) assert.equal(verdictOf(budget), 'granted');
  assert.equal(verdictOf(budget), 'budget-spent');
  const crumb = { rho: rational(1n, 10n ** 30n), delta: ZERO };
  assert.equal(budget.spend('gate', TODAY, crumb, CAP).kind, 'refused');
  assert.equal(verdictOf(budget, '2026-11-24'), 'granted');
  assert.equal(verdictOf(budget, TODAY, 'square'), 'granted');
});

test('what was spent survives a restart after each release, and a refusal changes nothing', () => {
  let budget = PrivacyBudget.fresh();
  for (let i = 0; i < 3; i++) {
    assert.equal(verdictOf(budget), 'granted');
    budget = restarted(budget);
  }
  const before = JSON.stringify(budget.state());
  assert.equal(verdictOf(budget), 'budget-spent');
  assert.equal(JSON.stringify(budget.state()), before);
});

test('after a lost state the day counts as spent for every sensor, also after a further restart', () => {
  const budget = restarted(PrivacyBudget.afterLoss(TODAY));
  assert.equal(verdictOf(budget), 'day-closed');
  assert.equal(verdictOf(budget, '2026-11-22', 'new'), 'day-closed');
  assert.equal(verdictOf(budget, '2026-11-24'), 'granted');
  assert.equal(budget.report('gate', TODAY, CAP, 1e-6).rhoSpent, 0.3);
});

test('a damaged state is refused, not read as empty', () => {
  const good = PrivacyBudget.fresh().state();
  const damaged: unknown[] = [
    undefined,
    null,
    {},
    { ...good, v: 2 },
    { ...good, more: 1 },
    {
      ...good,
      sensors: [
        { sensor: 'gate', closedThrough: null, days: [{ day: TODAY, rho: '-1/1', delta: '0/1', releases: 1 }] },
      ],
    },
    {
      ...good,
      sensors: [{ sensor: 'gate', closedThrough: null, days: [{ day: TODAY, rho: '1/0', delta: '0/1', releases: 1 }] }],
    },
  ];
  for (const state of damaged) assert.throws(() => PrivacyBudget.restore(state), UserError, JSON.stringify(state));
});

test('a day that was forgotten stays closed, and a clock that jumped ahead and back neither gives nor blocks today', () => {
  let budget = PrivacyBudget.fresh();
  for (let i = 0; i < 3; i++) verdictOf(budget);
  assert.equal(verdictOf(budget, '2099-01-01'), 'granted');
  assert.equal(verdictOf(budget), 'budget-spent');
  assert.equal(verdictOf(budget, '2026-11-24'), 'granted');
  assert.equal(verdictOf(budget, '2026-11-25'), 'granted');
  budget = restarted(budget);
  // Four days were seen, three are kept: the oldest is closed for good.
  assert.equal(verdictOf(budget), 'day-closed');
  assert.equal(verdictOf(budget, '2026-11-01'), 'day-closed');
  assert.equal(verdictOf(budget, '2026-11-25'), 'granted');
});

test('the state is bounded', () => {
  const budget = PrivacyBudget.fresh();
  for (let i = 0; i < BUDGET_SENSORS_MAX; i++) assert.equal(verdictOf(budget, TODAY, `s${i}`), 'granted');
  assert.equal(verdictOf(budget, TODAY, 'one-more'), 'too-many-sensors');
  assert.equal(verdictOf(budget, TODAY, 's0'), 'granted');
});

test('costs are not negative', () => {
  assert.throws(() => PrivacyBudget.fresh().spend('a', TODAY, { rho: rational(-1n), delta: ZERO }, CAP), RangeError);
});

test('the report states the unit and covers what was spent', () => {
  const budget = PrivacyBudget.fresh();
  verdictOf(budget);
  verdictOf(budget);
  const report = budget.report('gate', TODAY, CAP, 1e-6);
  assert.equal(report.unit, UNIT_OF_PRIVACY);
  assert.deepEqual([report.rhoSpent, report.rhoPerDayMax, report.releases], [0.2, 0.3, 2]);
  assert.ok(report.epsilon >= epsilonOf(0.2, 1e-6) && report.delta > 1e-6 && report.delta < 1.01e-6);
  assert.equal(budget.report('unseen', TODAY, CAP, 1e-6).epsilon, 0);
});

test('rho converts to an epsilon that covers the Gaussian and is tighter than the plain bound', () => {
  const normalTail = (x: number): number => (x >= 0 ? upperGamma(0.5, (x * x) / 2) / 2 : 1 - normalTail(-x));
  for (const rho of [0.001, 0.05, 0.5, 2]) {
    for (const delta of [1e-9, 1e-6, 1e-3]) {
      const epsilon = epsilonOf(rho, delta);
      assert.ok(epsilon < rho + 2 * Math.sqrt(rho * Math.log(1 / delta)), `${rho} ${delta}`);
      // Balle and Wang 2018, theorem 8: the delta of a Gaussian that is exactly rho-zCDP.
      const sigma = 1 / Math.sqrt(2 * rho);
      const shift = 1 / (2 * sigma);
      const exact = normalTail(epsilon * sigma - shift) - Math.exp(epsilon) * normalTail(epsilon * sigma + shift);
      assert.ok(exact <= delta, `${rho} ${delta}: ${exact}`);
    }
  }
  assert.deepEqual(rhoOfPureDp(parseRational('0.2', 'epsilon')), parseRational('0.02', 'rho'));
});

test('days are UTC', () => {
  assert.equal(utcDayOf(Date.UTC(2026, 10, 23, 23, 59, 59, 999)), TODAY);
  assert.equal(utcDayOf(Date.UTC(2026, 10, 24)), '2026-11-24');
});

test('fractions are read exactly, and refused by name otherwise', () => {
  assert.deepEqual(parseRational('0.05', 'rho'), rational(1n, 20n));
  assert.deepEqual(parseRational('-1.50', 'rho'), rational(-3n, 2n));
  assert.deepEqual(parseRational('6/4', 'rho'), rational(3n, 2n));
  for (const text of ['', '1e-3', '.5', '5.', '1/0', 'NaN', '0x1', ' 1', '1'.repeat(40)])
    assert.throws(() => parseRational(text, 'sensors.gate.rho'), /sensors\.gate\.rho/, text);
});
