/** What a policy must keep beyond its form: what each category permits, and what the adapters say of their fields. */

import { orList } from '../config/guide.ts';
import type { Problem } from '../config/problems.ts';
import type { FieldPolicy, Policy, SensorPolicy, Transform } from './schema.ts';
import { type CategoryId, categoryOf, isAtLeastAsStrict, type TransformKind } from './taxonomy.ts';

/** What an adapter says of one of its fields. `FieldSpec` of the sensors' adapters fits. */
interface FieldFacts {
  type: 'string' | 'number' | 'boolean' | 'position' | 'text';
  category: CategoryId;
}

/** By adapter, then by field. */
export type AdapterFields = Readonly<Record<string, Readonly<Record<string, FieldFacts>>>>;

/** Everything that a policy breaks by itself. */
export function problemsOfPolicy(policy: Policy): Problem[] {
  const problems = Object.entries(policy.sensors).flatMap(([name, sensor]) =>
    sensorProblems(sensor).map((problem) => ({ ...problem, path: ['sensors', name, ...problem.path] })),
  );
  if (policy.controller === undefined && asksForConsent(policy)) {
    problems.push({
      path: ['controller'],
      at: 'key',
      what: 'missing, and a field is used of people who agreed',
      fix: 'Name the controller: each consent record must hold it. Or drop those fields.',
    });
  }
  return [...problems, ...orderProblems(policy)];
}

/** Everything that does not fit what the adapters say. A policy may name a stricter category than the adapter's, never a looser one. */
export function checkAgainst(policy: Policy, adapters: AdapterFields): Problem[] {
  return Object.entries(policy.sensors).flatMap(([name, sensor]): Problem[] => {
    const at = ['sensors', name];
    const known = Object.hasOwn(adapters, sensor.adapter) ? adapters[sensor.adapter] : undefined;
    if (known === undefined) {
      const fix = `Write ${orList(Object.keys(adapters))}.`;
      return [{ path: [...at, 'adapter'], at: 'value', what: 'no adapter has this name', fix }];
    }
    return Object.entries(sensor.fields).flatMap(([field, policyOf]): Problem[] => {
      const path = [...at, 'fields', field];
      const facts = Object.hasOwn(known, field) ? known[field] : undefined;
      if (facts === undefined) {
        const fix = `Fields of ${sensor.adapter}: ${Object.keys(known).join(', ')}.`;
        return [{ path, at: 'key', what: `the adapter ${sensor.adapter} has no such field`, fix }];
      }
      return fieldProblems(policyOf, facts).map((problem) => ({ ...problem, path: [...path, ...problem.path] }));
    });
  });
}

function fieldProblems({ category, transform }: FieldPolicy, facts: FieldFacts): Problem[] {
  const problems: Problem[] = [];
  if (category !== facts.category && !isAtLeastAsStrict(category, facts.category)) {
    problems.push({
      path: ['category'],
      at: 'value',
      what: `looser than ${facts.category}, which the adapter says it is`,
      fix: `Write ${facts.category}, or a category of which less may be made.`,
    });
  }
  if (!TYPES_OF[transform.kind].includes(facts.type)) {
    problems.push({
      path: ['transform', 'kind'],
      at: 'value',
      what: `${transform.kind} does not work on a field that holds ${WORDS[facts.type]}`,
      fix: `Write ${orList(kindsFor(facts.type, category))}.`,
    });
  }
  return problems;
}

const TYPES_OF: Record<TransformKind, readonly FieldFacts['type'][]> = {
  drop: ['string', 'number', 'boolean', 'position', 'text'],
  contributor: ['string', 'number'],
  'group-band': ['number'],
  'group-cell': ['position'],
  'group-value': ['string', 'boolean'],
  measure: ['number'],
};

const WORDS: Record<FieldFacts['type'], string> = {
  string: 'a word',
  number: 'a number',
  boolean: 'yes or no',
  position: 'a position',
  text: 'free text',
};

function kindsFor(type: FieldFacts['type'], category: CategoryId): string[] {
  return categoryOf(category).permits.filter((kind) => TYPES_OF[kind].includes(type));
}

function sensorProblems(sensor: SensorPolicy): Problem[] {
  const problems = Object.entries(sensor.fields).flatMap(([field, { category, transform }]) =>
    transformProblems(category, transform, sensor).map(
      (problem): Problem => ({ ...problem, at: 'value', path: problem.path ?? ['fields', field, 'transform', 'kind'] }),
    ),
  );
  const contributors = Object.entries(sensor.fields).filter(([, { transform }]) => transform.kind === 'contributor');
  for (const [field] of contributors.slice(1)) {
    problems.push({
      path: ['fields', field, 'transform', 'kind'],
      at: 'value',
      what: `a second contributor beside ${contributors[0]?.[0]}`,
      fix: 'Keep one: k counts different contributors, and two ways of telling them apart give two counts.',
    });
  }
  return problems;
}

type Fault = { what: string; fix: string; path?: string[] };

function transformProblems(category: CategoryId, transform: Transform, sensor: SensorPolicy): Fault[] {
  const { mode, permits, statistics = [], cellResolutionMax = 0, windowMsMin = 0 } = categoryOf(category);
  if (!permits.includes(transform.kind)) {
    const why = mode === 'never' ? `${category} never leaves` : `not permitted for ${category}`;
    return [{ what: `${transform.kind}: ${why}`, fix: `Write ${orList(permits)}.` }];
  }
  const faults: Fault[] = [];
  if (transform.kind === 'measure') {
    if (!statistics.includes(transform.statistic)) {
      faults.push({
        what: `${transform.statistic} of ${category} is the value of one person`,
        fix: `Write ${orList(statistics)}.`,
      });
    }
    if (transform.clamp[0] >= transform.clamp[1]) {
      faults.push({ what: 'clamp must rise', fix: 'Write the least value first, e.g. [0, 100].' });
    }
  }
  if (transform.kind === 'group-band' && transform.edges.some((edge, i, all) => i > 0 && edge <= all[i - 1]!)) {
    faults.push({ what: 'edges must rise', fix: 'Write each edge once, the least first.' });
  }
  if (transform.kind === 'group-cell' && transform.resolution > cellResolutionMax) {
    faults.push({
      what: `resolution ${transform.resolution} is too fine for ${category}`,
      fix: `Write at most ${cellResolutionMax}.`,
    });
  }
  if (transform.kind !== 'drop' && sensor.windowMs < windowMsMin) {
    faults.push({
      path: ['windowMs'],
      what: `shorter than ${category} permits`,
      fix: `Write at least ${windowMsMin}, or drop the field.`,
    });
  }
  return faults;
}

function asksForConsent(policy: Policy): boolean {
  return Object.values(policy.sensors).some((sensor) =>
    Object.values(sensor.fields).some(
      ({ category, transform }) => transform.kind !== 'drop' && categoryOf(category).mode === 'opt-in',
    ),
  );
}

function orderProblems(policy: Policy): Problem[] {
  return policy.legalOrders.flatMap((order, index): Problem[] => {
    const problem = (key: string, what: string, fix: string): Problem => ({
      path: ['legalOrders', index, key],
      at: 'value',
      what,
      fix,
    });
    const problems: Problem[] = [];
    if (Date.parse(order.until) <= Date.parse(order.from)) {
      problems.push(problem('until', 'not after its beginning', 'Write a later time.'));
    }
    const stranger = order.sensors.find((name) => !Object.hasOwn(policy.sensors, name));
    if (stranger !== undefined) {
      problems.push(problem('sensors', `no sensor is named ${stranger}`, 'Name sensors of this policy.'));
    }
    const never = order.categories.find((category) => categoryOf(category).mode === 'never');
    if (never !== undefined) {
      problems.push(problem('categories', `${never} never leaves, whatever is ordered`, 'Remove it.'));
    }
    return problems;
  });
}
