/** Goal: no choice of a person and no pause ever lets more out. Method: all categories, transforms and situations that fast-check finds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decideField, decideReading, ordersInForce, type Situation } from '../../edge/policy/decide.ts';
import { diffPolicies, isLoosened } from '../../edge/policy/diff.ts';
import type { FieldPolicy, LegalOrder, Policy, SensorPolicy } from '../../edge/policy/schema.ts';
import { categoryOf, TRANSFORM_KINDS } from '../../edge/policy/taxonomy.ts';
import { arbitraryCategory, arbitraryField, policyWith, sensorWith, transformOf } from '../support/policies.ts';

/** Also fields that no checked policy holds. */
const anyField: fc.Arbitrary<FieldPolicy> = fc.record({
  category: arbitraryCategory,
  transform: fc.constantFrom(...TRANSFORM_KINDS).map((kind) => transformOf(kind)),
});

const ORDER: LegalOrder = {
  reference: '1',
  sensors: ['gate'],
  categories: ['meter-fine', 'mac-address', 'transit-card'],
  from: '2026-01-01T00:00:00Z',
  until: '2027-01-01T00:00:00Z',
};

const order: fc.Arbitrary<LegalOrder> = fc.record({
  reference: fc.constant('1'),
  sensors: fc.constant(['gate']),
  categories: fc.array(arbitraryCategory, { minLength: 1, maxLength: 4 }),
  from: fc.constant('2026-01-01T00:00:00Z'),
  until: fc.constant('2027-01-01T00:00:00Z'),
});

const situation: fc.Arbitrary<Situation> = fc.record({
  isRefused: fc.boolean(),
  hasOptedIn: fc.boolean(),
  isPaused: fc.boolean(),
  orders: fc.array(order, { maxLength: 2 }),
});

const sensor: fc.Arbitrary<SensorPolicy> = fc
  .dictionary(fc.constantFrom('a', 'b', 'c', 'd'), anyField, { noNullPrototype: true })
  .map((fields) => sensorWith(fields));

/** What of a sensor is used, by field. */
function used(policy: SensorPolicy, now: Situation): Set<string> {
  const { isLeftOut, fields } = decideReading(policy, now);
  if (isLeftOut) return new Set();
  const names = Object.entries(fields).filter(([, { transform }]) => transform.kind !== 'drop');
  return new Set(['(counted)', ...names.map(([name]) => name)]);
}

function isWithin(part: ReadonlySet<string>, whole: ReadonlySet<string>): boolean {
  return [...part].every((item) => whole.has(item));
}

test('a refusal, a pause and a withdrawal never let more out; an order never less', () => {
  fc.assert(
    fc.property(sensor, situation, (policy, now) => {
      const is = used(policy, now);
      assert.ok(isWithin(used(policy, { ...now, isRefused: true }), is), 'refusal');
      assert.ok(isWithin(used(policy, { ...now, isPaused: true }), is), 'pause');
      assert.ok(isWithin(used(policy, { ...now, hasOptedIn: false }), is), 'withdrawal');
      assert.ok(isWithin(used(policy, { ...now, orders: [] }), is), 'no order');
    }),
    { numRuns: 2000 },
  );
});

test('a refused reading counts under an order only, and then only what the order covers', () => {
  fc.assert(
    fc.property(sensor, situation, (policy, now) => {
      const { isLeftOut, fields, orders } = decideReading(policy, { ...now, isRefused: true });
      if (isLeftOut) return;
      assert.ok(orders.length > 0);
      for (const [name, { transform, rule }] of Object.entries(fields)) {
        if (transform.kind === 'drop') continue;
        assert.equal(rule, 'legal-order');
        assert.ok(now.orders.some(({ categories }) => categories.includes(policy.fields[name]!.category)));
      }
    }),
    { numRuns: 2000 },
  );
});

test('nothing lifts a never: its values only ever tell contributors apart, and no order helps', () => {
  fc.assert(
    fc.property(anyField, situation, (field, now) => {
      const { mode } = categoryOf(field.category);
      const { transform, rule } = decideField(field, now);
      if (mode === 'never') {
        assert.ok(['drop', 'contributor'].includes(transform.kind));
        assert.notEqual(rule, 'legal-order');
        assert.deepEqual(decideField(field, { ...now, orders: [] }), decideField(field, now));
        assert.deepEqual(
          decideField(field, { ...now, hasOptedIn: true }),
          decideField(field, { ...now, hasOptedIn: false }),
        );
      }
      if (field.category === 'unknown') assert.equal(transform.kind, 'drop');
      if (mode === 'opt-in' && transform.kind !== 'drop') assert.ok(now.hasOptedIn || rule === 'legal-order');
      assert.ok(categoryOf(field.category).permits.includes(transform.kind), 'only what the category permits');
      assert.ok(
        transform.kind === 'drop' || transform.kind === field.transform.kind,
        'never more than the policy asks',
      );
    }),
    { numRuns: 2000 },
  );
});

test('a change that is not told as loosened lets out no field that was not let out before', () => {
  const sensors = fc.dictionary(
    fc.constantFrom('gate', 'door'),
    fc
      .tuple(
        fc.dictionary(fc.constantFrom('a', 'b'), arbitraryField, { noNullPrototype: true }),
        fc.constantFrom(5, 10),
        fc.constantFrom(undefined, 1, 2),
      )
      .map(([fields, k, epsilonPerDay]) =>
        sensorWith(fields, epsilonPerDay === undefined ? { k } : { k, epsilonPerDay }),
      ),
    { noNullPrototype: true },
  );
  const policies = fc
    .tuple(sensors, fc.constantFrom<LegalOrder[][]>([], [ORDER]))
    .map(([all, legalOrders]) => policyWith(all, { legalOrders }));
  fc.assert(
    fc.property(policies, policies, situation, (before, after, now) => {
      assert.deepEqual(diffPolicies(before, before), []);
      const changes = diffPolicies(before, after);
      if (isLoosened(changes)) return;
      for (const [name, young] of Object.entries(after.sensors)) {
        const old = before.sensors[name];
        assert.ok(old !== undefined, 'a new sensor is told');
        assert.ok(young.k >= old.k && (young.epsilonPerDay ?? Infinity) <= (old.epsilonPerDay ?? Infinity));
        const orders = (policy: Policy): LegalOrder[] =>
          ordersInForce(policy, name, Date.parse('2026-06-01T00:00:00Z'));
        const [is, was] = [
          used(young, { ...now, orders: orders(after) }),
          used(old, { ...now, orders: orders(before) }),
        ];
        assert.ok(isWithin(is, was), 'fields');
      }
    }),
    { numRuns: 3000 },
  );
});
