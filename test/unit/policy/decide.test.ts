/** Goal: the order of precedence, and that each decision explains itself. Method: tables of situations. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Decision,
  decideField,
  decideReading,
  deciderOf,
  ordersInForce,
  type Situation,
} from '../../../edge/policy/decide.ts';
import type { LegalOrder } from '../../../edge/policy/schema.ts';
import type { CategoryId, TransformKind } from '../../../edge/policy/taxonomy.ts';
import { policyWith, sensorWith, transformOf } from '../../support/policies.ts';

const NOBODY: Situation = { isRefused: false, hasOptedIn: false, isPaused: false, orders: [] };

function order(...categories: CategoryId[]): LegalOrder {
  return {
    reference: '2026-117',
    sensors: ['gate'],
    categories,
    from: '2026-01-01T00:00:00Z',
    until: '2026-02-01T00:00:00Z',
  };
}

function decide(category: CategoryId, kind: TransformKind, situation: Partial<Situation>): Decision {
  return decideField({ category, transform: transformOf(kind, category) }, { ...NOBODY, ...situation });
}

test('never > legal order > refusal > opt-in > default', () => {
  const rows: [CategoryId, TransformKind, Partial<Situation>, string, TransformKind][] = [
    ['plate', 'drop', { hasOptedIn: true, orders: [order('plate')] }, 'never', 'drop'],
    ['plate', 'group-value', { orders: [order('plate')] }, 'never', 'drop'],
    ['unknown', 'measure', { hasOptedIn: true }, 'never', 'drop'],
    ['plate', 'contributor', {}, 'default', 'contributor'],
    ['plate', 'contributor', { isRefused: true, orders: [order('plate')] }, 'refusal', 'drop'],
    ['mac-address', 'contributor', {}, 'default', 'contributor'],
    ['mac-address', 'contributor', { isRefused: true, hasOptedIn: true }, 'refusal', 'drop'],
    ['mac-address', 'contributor', { isPaused: true, hasOptedIn: true }, 'pause', 'drop'],
    ['mac-address', 'contributor', { isRefused: true, orders: [order('mac-address')] }, 'legal-order', 'contributor'],
    ['mac-address', 'contributor', { isRefused: true, orders: [order('signal')] }, 'refusal', 'drop'],
    ['mac-address', 'drop', { orders: [order('mac-address')] }, 'default', 'drop'],
    ['transit-card', 'contributor', {}, 'opt-in', 'drop'],
    ['transit-card', 'contributor', { hasOptedIn: true }, 'opt-in', 'contributor'],
    ['transit-card', 'contributor', { hasOptedIn: true, isRefused: true }, 'refusal', 'drop'],
    ['transit-card', 'contributor', { orders: [order('transit-card')] }, 'legal-order', 'contributor'],
    ['environment', 'measure', { isPaused: true }, 'default', 'measure'],
    ['environment', 'measure', { isRefused: true }, 'refusal', 'drop'],
    ['mac-address', 'measure', {}, 'default', 'drop'],
  ];
  for (const [category, kind, situation, rule, outcome] of rows) {
    const decision = decide(category, kind, situation);
    assert.deepEqual(
      [decision.rule, decision.transform.kind],
      [rule, outcome],
      `${category} ${JSON.stringify(situation)}`,
    );
    assert.match(decision.because, /^\S.*\.$/);
    assert.match(decision.toChange, /^\S.*[.]$/);
  }
});

test('a legal order is named, so that the caller can log it', () => {
  const decision = decide('signal', 'group-band', { isRefused: true, orders: [order('signal')] });
  assert.equal(decision.order, '2026-117');
  assert.match(decision.because, /2026-117 holds until 2026-02-01T00:00:00Z.*logged/);
  assert.equal(decide('signal', 'group-band', {}).order, undefined);
});

test('a refusal leaves the whole reading out, a pause that of people', () => {
  const wifi = sensorWith({
    mac: { category: 'mac-address', transform: { kind: 'contributor' } },
    rssi: { category: 'signal', transform: { kind: 'group-band', edges: [-60] } },
  });
  const air = sensorWith({ pm: { category: 'environment', transform: transformOf('measure') } });
  assert.equal(decideReading(wifi, NOBODY).isLeftOut, false);
  assert.equal(decideReading(wifi, { ...NOBODY, isRefused: true }).isLeftOut, true);
  assert.equal(decideReading(wifi, { ...NOBODY, isPaused: true }).isLeftOut, true);
  assert.equal(decideReading(air, { ...NOBODY, isPaused: true }).isLeftOut, false);
  const ordered = decideReading(wifi, { ...NOBODY, isRefused: true, orders: [order('signal')] });
  assert.equal(ordered.isLeftOut, false);
  assert.deepEqual(ordered.orders, ['2026-117']);
  assert.equal(ordered.fields['mac']?.transform.kind, 'drop', 'what the order does not cover stays refused');
});

test('orders hold for their sensor and their time', () => {
  const policy = policyWith({ gate: sensorWith({}) }, { legalOrders: [order('signal')] });
  const at = (time: string, sensor = 'gate'): number => ordersInForce(policy, sensor, Date.parse(time)).length;
  assert.equal(at('2026-01-01T00:00:00Z'), 1);
  assert.equal(at('2025-12-31T23:59:59Z'), 0);
  assert.equal(at('2026-02-01T00:00:00Z'), 0);
  assert.equal(at('2026-01-15T00:00:00Z', 'door'), 0);
});

test('a decider that remembers decides the same', () => {
  const sensor = sensorWith({ mac: { category: 'mac-address', transform: { kind: 'contributor' } } });
  const decider = deciderOf(sensor);
  for (let round = 0; round < 2; round++) {
    for (let bits = 0; bits < 8; bits++) {
      for (const orders of [[], [order('mac-address')], [order('signal')]]) {
        const situation = { isRefused: (bits & 1) > 0, hasOptedIn: (bits & 2) > 0, isPaused: (bits & 4) > 0, orders };
        assert.deepEqual(decider(situation), decideReading(sensor, situation));
      }
    }
  }
  assert.equal(decider(NOBODY), decider({ ...NOBODY }), 'remembered');
});
