/**
 * What becomes of each field of a sensor, worked out once from policy and adapter. A field that the policy does not name is not in the plan:
 * no later step can see it.
 */
import { UserError } from '../base/errors.ts';
import type { SensorPolicy, Transform } from '../policy/schema.ts';
import { categoryOf } from '../policy/taxonomy.ts';
import type { Adapter, FieldValue } from './reading.ts';
import { checkBucket, h3CellOf, NumericBands } from './transform/generalise.ts';

type Measure = Extract<Transform, { kind: 'measure' }>;

export interface GroupPlan {
  field: string;
  /** One of a fixed set of labels, whatever the value. */
  labelOf(value: FieldValue | undefined): string;
}

export interface MeasurePlan {
  field: string;
  statistic: Measure['statistic'];
  min: number;
  max: number;
  /** The figure counts people or things that passed: it is held to k like a count of contributors. */
  isCount: boolean;
  /** The figure says how many people or things are there (a mean, the last value of a count): it is held to k by itself. */
  isLevel: boolean;
}

export interface SensorPlan {
  /** `people`: figures of contributors, held to k. `things`: figures that say nothing about a person. */
  kind: 'people' | 'things';
  /** Fields that tell contributors apart; without any each reading is a passage of somebody. */
  contributor: readonly string[];
  groups: readonly GroupPlan[];
  measures: readonly MeasurePlan[];
  /** Text fields that may name a person: choices are looked up by them, and nothing else is done with those that are dropped. */
  identifiers: readonly { field: string; category: SensorPolicy['fields'][string]['category'] }[];
}

/** A value that is missing, or of another kind than the adapter says. */
const MISSING = 'unknown';
const OTHER = 'other';

/** Throws a UserError that names sensor and field where the policy asks for what can't be made. */
export function compilePlan(sensor: string, adapter: Adapter, policy: SensorPolicy): SensorPlan {
  checkBucket(policy.windowMs, `${sensor}: windowMs`);
  const named = Object.entries(policy.fields).filter(([field]) => Object.hasOwn(adapter.fields, field));
  const used = named.filter(([, { transform }]) => transform.kind !== 'drop');
  const contributor = used.filter(([, { transform }]) => transform.kind === 'contributor').map(([field]) => field);
  const isAboutPeople = used.some(([, { category }]) => categoryOf(category).mode !== 'free');
  const kind = contributor.length > 0 || isAboutPeople ? 'people' : 'things';
  const groups: GroupPlan[] = [];
  const measures: MeasurePlan[] = [];
  for (const [field, { category, transform }] of used) {
    if (transform.kind === 'measure') {
      const { statistic, clamp } = transform;
      if (kind === 'people' && statistic !== 'sum' && statistic !== 'mean') {
        throw new UserError(`${sensor}: the ${statistic} of ${field} is one contributor's own value.`, {
          fix: `Write sum or mean, or drop ${field}.`,
        });
      }
      const isCount = category === 'count' && statistic === 'sum';
      const isLevel = category === 'count' && statistic !== 'sum';
      measures.push({ field, statistic, min: Math.min(...clamp), max: Math.max(...clamp), isCount, isLevel });
    } else if (transform.kind !== 'contributor' && transform.kind !== 'drop') {
      groups.push({ field, labelOf: labeller(transform) });
    }
  }
  const identifiers = Object.entries(adapter.fields)
    .filter(([, { type }]) => type === 'string')
    .map(([field, spec]) => ({ field, category: policy.fields[field]?.category ?? spec.category }))
    .filter(({ category }) => categoryOf(category).mode !== 'free');
  return { kind, contributor, groups, measures, identifiers };
}

function labeller(
  transform: Exclude<Transform, { kind: 'drop' | 'contributor' | 'measure' }>,
): (value: FieldValue | undefined) => string {
  switch (transform.kind) {
    case 'group-band': {
      const bands = new NumericBands(transform.edges);
      return (value) => (typeof value === 'number' ? (bands.of(value) ?? MISSING) : MISSING);
    }
    case 'group-cell': {
      const { resolution } = transform;
      return (value) => (typeof value === 'object' ? (h3CellOf(value.lat, value.lon, resolution) ?? MISSING) : MISSING);
    }
    case 'group-value': {
      const values = new Set(transform.values);
      return (value) => {
        if (value === undefined || typeof value === 'object') return MISSING;
        const text = String(value);
        return values.has(text) ? text : OTHER;
      };
    }
  }
}
