/**
 * What a policy gives away at most, worked out before anything is released: the advantage over guessing (AUC - 0.5) of somebody who knows
 * everything but whether one person was there that day.
 *
 * - With noise the released tables of a sensor are Gaussian with a known deviation: the best test between "there" and "not there" has
 *   AUC = Phi(sqrt(rho)), with rho the zCDP cost of all figures that the person is in (two normal distributions d apart have
 *   AUC = Phi(d / sqrt 2), and Gaussian noise makes d = sqrt(2 rho)).
 * - With the threshold alone figures are exact; what hides the person is only that nobody knows the other k - 1 or more exactly. Taken as
 *   Poisson with k of them, one figure is worth rho = 1 / (2k). An estimate, not a proof: who knows the others exactly is not held up.
 *
 * Sensors that may see the same person add up. The bound is for one person; who is beside a sensor for longer than
 * PRESENCE_MS_PER_DAY_MAX, or uses several devices, is protected less.
 */
import type { Policy, SensorPolicy } from '../../policy/schema.ts';
import { adapterNamed } from '../adapters/index.ts';
import { compilePlan, type SensorPlan } from '../plan.ts';
import { rhoOfDay } from '../publish.ts';
import { DAY_MS } from '../transform/generalise.ts';

/** The largest advantage that a release may give. */
export const ADVANTAGE_MAX = 0.05;

/** A working day beside the sensor. */
const PRESENCE_MS_PER_DAY_MAX = 8 * 3_600_000;

/** In and out, twice: of those who are counted without being told apart. */
const PASSAGES_PER_DAY_MAX = 4;

/** Sensors that are closer see the same people. */
export const SAME_PLACE_M_MAX = 200;

export interface LinkageProblem {
  sensors: readonly string[];
  advantage: number;
  what: string;
  fix: string;
}

interface Exposure {
  sensor: string;
  policy: SensorPolicy;
  plan: SensorPlan;
  rho: number;
}

/** Every group of sensors whose releases together fail the bound. Throws a UserError where a policy asks for what can't be made. */
export function linkageProblems(policy: Policy): LinkageProblem[] {
  const exposures = Object.entries(policy.sensors).map(([sensor, each]): Exposure => {
    const plan = compilePlan(sensor, adapterNamed(each.adapter), each);
    return { sensor, policy: each, plan, rho: rhoOf(plan, each) };
  });
  const shown = exposures.flatMap(stateProblems);
  if (shown.length > 0) return shown;
  const exposed = exposures.filter(({ rho }) => rho > 0);
  const alone = exposed.filter(({ rho }) => advantageOf(rho) > ADVANTAGE_MAX).map((each) => problemOf([each]));
  if (alone.length > 0) return alone;
  const seen = new Set<string>();
  return exposed.flatMap((first): LinkageProblem[] => {
    const together = exposed.filter((other) => other === first || maySeeTheSame(first, other));
    const names = together.map(({ sensor }) => sensor).join(' ');
    if (seen.has(names) || advantageOf(sum(together)) <= ADVANTAGE_MAX) return [];
    seen.add(names);
    return [problemOf(together)];
  });
}

/** Of people in view, a mean or a last value is neither held to k nor given noise: it shows who is there alone. */
function stateProblems({ sensor, policy, plan }: Exposure): LinkageProblem[] {
  if (policy.release !== 'crowd-flow' || plan.kind !== 'things') return [];
  return plan.measures.flatMap(({ field, statistic, isCount }): LinkageProblem[] => {
    if (isCount || policy.fields[field]?.category !== 'count') return [];
    const what = `the ${statistic} of ${field} shows whether one person is there`;
    return [{ sensors: [sensor], advantage: 0.5, what, fix: `Drop ${field}, or count passages with sum.` }];
  });
}

/** AUC - 0.5 of the best test, for all figures that one person is in. */
export function advantageOf(rho: number): number {
  return normalCdf(Math.sqrt(rho)) - 0.5;
}

/** zCDP cost, or what comes closest to it, of one person's day at one sensor. */
function rhoOf(plan: SensorPlan, policy: SensorPolicy): number {
  const { windowMs, k, contributionsMax, epsilonPerDay, release } = policy;
  const counts = plan.measures.filter(({ isCount }) => isCount).length;
  if (plan.kind === 'things' && counts === 0) return 0;
  const windowsPerDay = DAY_MS / windowMs;
  const tables = plan.kind === 'people' ? 1 + plan.measures.length : counts;
  // A home is there all day; a passage is in one table, and in one window.
  const isHome = release === 'metering';
  const stays = plan.contributor.length > 0;
  // A stay may begin in the middle of a window.
  const windows = isHome ? windowsPerDay : Math.min(windowsPerDay, Math.ceil(PRESENCE_MS_PER_DAY_MAX / windowMs) + 1);
  const figures = stays ? windows * tables : PASSAGES_PER_DAY_MAX * (plan.kind === 'people' ? tables : 1);
  if (epsilonPerDay === undefined) return (figures * contributionsMax) / (2 * k);
  const rhoPerTable = rhoOfDay(epsilonPerDay) / windowsPerDay / tables;
  return figures * rhoPerTable;
}

function maySeeTheSame(a: Exposure, b: Exposure): boolean {
  if (isApart(a) || isApart(b)) return false;
  const [here, there] = [a.policy.place, b.policy.place];
  return here === undefined || there === undefined || metresBetween(here, there) <= SAME_PLACE_M_MAX;
}

/** Moving sensors and homes: whoever is in these is not told by place. With a place they count with the others there. */
function isApart({ plan, policy }: Exposure): boolean {
  if (policy.place !== undefined) return false;
  const isTrace = Object.values(policy.fields).some(
    ({ category, transform }) => category === 'location-trace' && transform.kind === 'group-cell',
  );
  return isTrace || (policy.release === 'metering' && plan.kind === 'people');
}

function problemOf(together: readonly Exposure[]): LinkageProblem {
  const sensors = together.map(({ sensor }) => sensor);
  const advantage = advantageOf(sum(together));
  const exact = together.filter(({ policy }) => policy.epsilonPerDay === undefined);
  const shown = advantage.toFixed(3);
  const what =
    sensors.length === 1
      ? `whether one person was there could be told with an advantage over guessing of ${shown} (at most ${ADVANTAGE_MAX})`
      : `seen together, ${sensors.join(', ')} tell whether one person was there with an advantage over guessing of ${shown} (at most ${ADVANTAGE_MAX})`;
  const places = together.some(({ policy }) => policy.place === undefined) && sensors.length > 1;
  const fix = [
    exact.length > 0
      ? `k alone does not hide who is among the k: write epsilonPerDay (0.7 fits most) for ${exact.map(({ sensor }) => sensor).join(', ')}, with windows of an hour or longer`
      : `Write epsilonPerDay ${epsilonThatFits(together)} or less for ${sensors.join(', ')}`,
    ...(places ? ['or say with place that they stand apart'] : []),
  ];
  return { sensors, advantage, what, fix: `${fix.join(', ')}.` };
}

/** Largest epsilonPerDay, to two digits, with which these pass when none of them has more. */
function epsilonThatFits(together: readonly Exposure[]): string {
  const steps = Math.floor(Math.max(...together.map(({ policy }) => policy.epsilonPerDay ?? 0)) / EPSILON_STEP);
  const fits = (step: number): boolean => {
    const rhos = together.map(({ plan, policy }) =>
      rhoOf(plan, { ...policy, epsilonPerDay: Math.min(policy.epsilonPerDay!, step * EPSILON_STEP) }),
    );
    return advantageOf(rhos.reduce((all, rho) => all + rho, 0)) <= ADVANTAGE_MAX;
  };
  let [low, high] = [0, steps];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return (low * EPSILON_STEP).toFixed(2);
}

const EPSILON_STEP = 0.01;

function sum(exposures: readonly Exposure[]): number {
  return exposures.reduce((all, { rho }) => all + rho, 0);
}

type Place = NonNullable<SensorPolicy['place']>;

/** Equirectangular: exact enough for a few streets. */
export function metresBetween(a: Place, b: Place): number {
  const radians = Math.PI / 180;
  const east = (a.lon - b.lon) * Math.cos(((a.lat + b.lat) / 2) * radians);
  return Math.hypot(east, a.lat - b.lat) * radians * 6_371_000;
}

/** Abramowitz and Stegun 7.1.26; its error is below 1.5e-7. */
function normalCdf(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * z);
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const erf = 1 - poly * Math.exp(-z * z);
  return x >= 0 ? (1 + erf) / 2 : (1 - erf) / 2;
}
