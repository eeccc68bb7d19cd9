/**
 * What becomes of a reading: `never > legal order > refusal > opt-in > default`, as pure functions. Every decision says which rule made it
 * and what would change it, for `garim policy explain` and for the log; neither holds a value of the reading.
 *
 * Two levels, since a refusal is about a person and not about a field: `decideField` gives what becomes of one field, `decideReading` whether
 * the reading counts at all. Choices are looked up by the caller (`choices/port.ts`).
 */
import type { FieldPolicy, LegalOrder, Policy, SensorPolicy, Transform } from './schema.ts';
import { type CategoryId, categoryOf } from './taxonomy.ts';

/** What is known of the person behind a reading, and of the moment. */
export interface Situation {
  /** They refused: by the common signal, by the list, by the marker. */
  isRefused: boolean;
  /** They agreed, for this sensor and its purpose. */
  hasOptedIn: boolean;
  /** Somebody paused the sensor's zone. */
  isPaused: boolean;
  /** Orders that hold now for this sensor; see `ordersInForce`. */
  orders: readonly LegalOrder[];
}

type Rule = 'never' | 'legal-order' | 'refusal' | 'pause' | 'opt-in' | 'default';

export interface Decision {
  rule: Rule;
  /** What is done with the field: what the policy says, or `drop`. */
  transform: Transform;
  /** Number of the order that made the decision. The caller logs each use. */
  order?: string;
  /** Why, in one sentence. */
  because: string;
  /** What would change it, in one sentence. */
  toChange: string;
}

export interface ReadingDecision {
  /** The reading is not counted, not even as one. */
  isLeftOut: boolean;
  fields: Readonly<Record<string, Decision>>;
  /** Orders that were used: log them. */
  orders: readonly string[];
}

const DROP: Transform = { kind: 'drop' };

export function decideField({ category, transform }: FieldPolicy, situation: Situation): Decision {
  const { mode, permits, mayLeave } = categoryOf(category);
  if (!permits.includes(transform.kind) || (mode === 'never' && transform.kind === 'drop')) {
    return {
      rule: mode === 'never' ? 'never' : 'default',
      transform: DROP,
      because:
        mode === 'never'
          ? `${category} never leaves, whatever is agreed, refused or ordered.`
          : `${transform.kind} is not permitted for ${category}.`,
      toChange:
        mode === 'never'
          ? 'Nothing: no setting, consent or order lifts a never.'
          : `A transform that is: ${permits.join(', ')}.`,
    };
  }
  if (transform.kind === 'drop') {
    return {
      rule: 'default',
      transform: DROP,
      because: 'The policy drops the field.',
      toChange: `A transform in the policy; permitted for ${category}: ${permits.join(', ')}.`,
    };
  }
  const order = mode === 'never' ? undefined : situation.orders.find(({ categories }) => categories.includes(category));
  if (order !== undefined) {
    return {
      rule: 'legal-order',
      transform,
      order: order.reference,
      because: `Order ${order.reference} holds until ${order.until}: refusals and missing consent do not count. Each use is logged.`,
      toChange: 'The end of the order.',
    };
  }
  if (situation.isRefused) {
    return {
      rule: 'refusal',
      transform: DROP,
      because: 'The person refused: the whole reading is left out.',
      toChange: 'The end of the refusal.',
    };
  }
  if (situation.isPaused && mode !== 'free') {
    return {
      rule: 'pause',
      transform: DROP,
      because: 'The zone is paused: readings about people are left out.',
      toChange: 'The end of the pause; at most ten minutes.',
    };
  }
  if (mode === 'opt-in') {
    return situation.hasOptedIn
      ? {
          rule: 'opt-in',
          transform,
          because: `The person agreed. What may leave: ${mayLeave}.`,
          toChange: 'Withdrawal: it takes effect with the next reading.',
        }
      : {
          rule: 'opt-in',
          transform: DROP,
          because: `${category} is used of people who agreed only, and this one did not.`,
          toChange: 'An opt-in token of the person.',
        };
  }
  return {
    rule: 'default',
    transform,
    because: `${DEFAULTS[mode]} What may leave: ${mayLeave}.`,
    toChange: mode === 'free' ? 'Another transform in the policy.' : 'A refusal of the person, or a pause of the zone.',
  };
}

const DEFAULTS = {
  free: 'It says nothing about a person.',
  'opt-out': 'Nobody refused.',
  never:
    'It tells contributors apart inside one window, under a key that is forgotten with it; the value never leaves.',
} as const;

/**
 * All fields of a sensor, and whether the reading counts. Refused readings count only where a legal order covers one of their fields; in a
 * pause so do those of sensors that say nothing about people.
 */
export function decideReading(sensor: SensorPolicy, situation: Situation): ReadingDecision {
  const fields: Record<string, Decision> = {};
  for (const [name, field] of Object.entries(sensor.fields)) fields[name] = decideField(field, situation);
  const orders = new Set(Object.values(fields).flatMap(({ order }) => order ?? []));
  const isStopped = situation.isRefused || (situation.isPaused && isAboutPeople(sensor));
  return { isLeftOut: isStopped && orders.size === 0, fields, orders: [...orders] };
}

/** Whether any field of the sensor, dropped ones too, says something about people. */
export function isAboutPeople(sensor: SensorPolicy): boolean {
  return Object.values(sensor.fields).some(({ category }) => categoryOf(category).mode !== 'free');
}

/** Orders that hold for a sensor at a time. */
export function ordersInForce(policy: Policy, sensor: string, nowMs: number): LegalOrder[] {
  return policy.legalOrders.filter(
    ({ sensors, from, until }) => sensors.includes(sensor) && Date.parse(from) <= nowMs && nowMs < Date.parse(until),
  );
}

/** What a field that the policy does not name gets. */
export function decideUnnamed(category: CategoryId = 'unknown'): Decision {
  return {
    rule: 'default',
    transform: DROP,
    because: 'The policy does not name the field, and what it does not name does not leave.',
    toChange: `Naming it in the policy; permitted for ${category}: ${categoryOf(category).permits.join(', ')}.`,
  };
}

/** Combinations of choices and orders that are remembered for one sensor: 8 times the orders that come and go in a day, with room. */
const REMEMBERED_DECISIONS_MAX = 64;

/** `decideReading` that remembers: the answer depends on few bits, and a busy sensor asks thousands of times a second. */
export function deciderOf(sensor: SensorPolicy): (situation: Situation) => ReadingDecision {
  const remembered = new Map<string, ReadingDecision>();
  return (situation) => {
    const { isRefused, hasOptedIn, isPaused, orders } = situation;
    const bits = (isRefused ? 1 : 0) + (hasOptedIn ? 2 : 0) + (isPaused ? 4 : 0);
    const key = orders.length === 0 ? `${bits}` : `${bits} ${JSON.stringify(orders)}`;
    const known = remembered.get(key);
    if (known !== undefined) return known;
    const decision = decideReading(sensor, situation);
    if (remembered.size >= REMEMBERED_DECISIONS_MAX) remembered.clear();
    remembered.set(key, decision);
    return decision;
  };
}
