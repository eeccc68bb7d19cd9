/** Policies for tests: whole ones from few words, and arbitrary valid ones. */
import fc from 'fast-check';
import {
  type Policy,
  policySchema,
  type SensorPolicy,
  sensorPolicySchema,
  type Transform,
} from '../../edge/policy/schema.ts';
import { CATEGORY_IDS, type CategoryId, categoryOf, type TransformKind } from '../../edge/policy/taxonomy.ts';

export const CONTROLLER = {
  id: 'https://city.example.kr',
  name: 'Example City',
  address: '1 City Hall Road',
  contact: 'privacy office',
  jurisdiction: 'KR',
  notice: 'https://city.example.kr/privacy',
  language: 'ko',
  withdrawal: 'https://city.example.kr/withdraw',
};

export function sensorWith(fields: SensorPolicy['fields'], more: Partial<SensorPolicy> = {}): SensorPolicy {
  return sensorPolicySchema.parse({
    adapter: 'test',
    purpose: 'dpv:ImproveTransportMobility',
    release: 'table',
    fields,
    ...more,
  });
}

export function policyWith(sensors: Record<string, SensorPolicy>, more: Partial<Policy> = {}): Policy {
  return policySchema.parse({ version: 1, controller: CONTROLLER, sensors, ...more });
}

/** A transform of a kind, as fine as the category lets it be. */
export function transformOf(kind: TransformKind, category: CategoryId = 'count'): Transform {
  const { statistics, cellResolutionMax } = categoryOf(category);
  switch (kind) {
    case 'drop':
    case 'contributor':
      return { kind };
    case 'group-band':
      return { kind, edges: [1, 2] };
    case 'group-cell':
      return { kind, resolution: cellResolutionMax ?? 5 };
    case 'group-value':
      return { kind, values: ['a', 'b'] };
    case 'measure':
      return { kind, statistic: statistics?.[0] ?? 'mean', clamp: [0, 10] };
  }
}

export const arbitraryCategory: fc.Arbitrary<CategoryId> = fc.constantFrom(...CATEGORY_IDS);

/** A field that keeps what its category permits. */
export const arbitraryField: fc.Arbitrary<SensorPolicy['fields'][string]> = arbitraryCategory.chain((category) =>
  fc
    .constantFrom(...categoryOf(category).permits)
    .map((kind) => ({ category, transform: transformOf(kind, category) })),
);
