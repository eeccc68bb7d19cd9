/** Goal: a change of policy is told in plain words, and nothing that loosens goes untold. Method: one change at a time, both ways. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diffPolicies, duration, isLoosened } from '../../../edge/policy/diff.ts';
import type { Policy, SensorPolicy, Transform } from '../../../edge/policy/schema.ts';
import { policyWith, sensorWith } from '../../support/policies.ts';

const MAC = { mac: { category: 'mac-address', transform: { kind: 'contributor' } } } as const;

function gate(more: Partial<SensorPolicy> = {}): Policy {
  return policyWith({ gate: sensorWith(more.fields ?? MAC, more) });
}

function told(before: Policy, after: Policy): string[] {
  return diffPolicies(before, after).map(({ kind, at, text }) => `${kind} ${at}: ${text}`);
}

test('the same says nothing, whatever its version', () => {
  assert.deepEqual(told(gate(), { ...gate(), version: 9 }), []);
});

test('one setting at a time, and the way back is the other kind', () => {
  const changes: [Partial<SensorPolicy>, string][] = [
    [{ k: 5 }, 'loosens gate: a figure needs 5 contributors instead of 10'],
    [{ windowMs: 60_000 }, 'loosens gate: figures are released every 1 min instead of every 5 min'],
    [{ contributionsMax: 3 }, 'loosens gate: one contributor counts in up to 3 groups of a window instead of 1'],
    [{ retentionMs: 86_400_000 }, 'loosens gate: released figures are kept 1 d instead of 0 ms'],
    [{ epsilonPerDay: 1 }, 'tightens gate: figures get noise for a budget of 1 a day instead of no noise'],
    [{ place: { name: 'a', lat: 1, lon: 2 } }, 'loosens gate: the place is told'],
  ];
  for (const [change, text] of changes) {
    assert.deepEqual(told(gate(), gate(change)), [text]);
    const [back] = diffPolicies(gate(change), gate());
    assert.equal(back?.kind, text.startsWith('loosens') ? 'tightens' : 'loosens', text);
  }
});

test('what can not be compared loosens, both ways', () => {
  for (const change of [{ purpose: 'city:Policing' }, { adapter: 'other' }, { zone: 'east' }]) {
    assert.ok(isLoosened(diffPolicies(gate(), gate(change))), JSON.stringify(change));
    assert.ok(isLoosened(diffPolicies(gate(change), gate())), JSON.stringify(change));
  }
});

test('sensors and fields that come and go', () => {
  const none = policyWith({});
  assert.deepEqual(told(none, gate()), [
    'loosens gate: a new sensor is released for dpv:ImproveTransportMobility, k 10, every 5 min, no noise',
    'loosens gate.mac: a count of different ones of mac-address instead of nothing',
  ]);
  assert.deepEqual(told(gate(), none), ['tightens gate: the sensor is removed: nothing of it leaves any more']);
  const wider = gate({
    fields: { ...MAC, rssi: { category: 'signal', transform: { kind: 'group-band', edges: [-60] } } },
  });
  assert.deepEqual(told(gate(), wider), ['loosens gate.rssi: groups by 2 bands (-60) of signal instead of nothing']);
});

test('without a contributor k counts readings: that loosens', () => {
  const lost = gate({ fields: { mac: { category: 'mac-address', transform: { kind: 'drop' } } } });
  assert.deepEqual(told(gate(), lost), [
    'loosens gate: nothing tells contributors apart any more: k counts readings, and one person can be many',
    'tightens gate.mac: nothing of mac-address instead of a count of different ones',
  ]);
});

test('finer transforms loosen, coarser ones tighten', () => {
  const steps: [Transform, Transform][] = [
    [
      { kind: 'group-band', edges: [10] },
      { kind: 'group-band', edges: [5, 10] },
    ],
    [
      { kind: 'group-value', values: ['car'] },
      { kind: 'group-value', values: ['bus', 'car'] },
    ],
    [
      { kind: 'group-cell', resolution: 5 },
      { kind: 'group-cell', resolution: 6 },
    ],
    [
      { kind: 'measure', statistic: 'mean', clamp: [0, 10] },
      { kind: 'measure', statistic: 'mean', clamp: [0, 20] },
    ],
    [{ kind: 'drop' }, { kind: 'measure', statistic: 'mean', clamp: [0, 20] }],
  ];
  for (const [coarse, fine] of steps) {
    const of = (transform: Transform): Policy => gate({ fields: { f: { category: 'count', transform } } });
    assert.deepEqual(
      diffPolicies(of(coarse), of(fine)).map(({ kind }) => kind),
      ['loosens'],
      JSON.stringify(fine),
    );
    assert.deepEqual(
      diffPolicies(of(fine), of(coarse)).map(({ kind }) => kind),
      ['tightens'],
      JSON.stringify(fine),
    );
  }
});

test('other edges or another statistic loosen, both ways', () => {
  const pairs: [Transform, Transform][] = [
    [
      { kind: 'group-band', edges: [10] },
      { kind: 'group-band', edges: [11] },
    ],
    [
      { kind: 'measure', statistic: 'mean', clamp: [0, 10] },
      { kind: 'measure', statistic: 'max', clamp: [0, 10] },
    ],
  ];
  for (const [a, b] of pairs) {
    const of = (transform: Transform): Policy => gate({ fields: { f: { category: 'count', transform } } });
    assert.ok(isLoosened(diffPolicies(of(a), of(b))));
    assert.ok(isLoosened(diffPolicies(of(b), of(a))));
  }
});

test('a looser category and a legal order are told', () => {
  const measure: Transform = { kind: 'measure', statistic: 'sum', clamp: [0, 10] };
  const fine = gate({ windowMs: 3_600_000, fields: { f: { category: 'meter-fine', transform: measure } } });
  const coarse = gate({ windowMs: 3_600_000, fields: { f: { category: 'meter-coarse', transform: measure } } });
  assert.deepEqual(told(fine, coarse), [
    'loosens gate.f: taken as meter-coarse (opt-out) instead of meter-fine (opt-in)',
  ]);
  const ordered: Policy = {
    ...gate(),
    legalOrders: [
      {
        reference: '2026-1',
        sensors: ['gate'],
        categories: ['mac-address'],
        from: '2026-01-01T00:00:00Z',
        until: '2026-02-01T00:00:00Z',
      },
    ],
  };
  assert.deepEqual(told(gate(), ordered), [
    'loosens : order 2026-1: mac-address of gate whatever people chose, from 2026-01-01T00:00:00Z until 2026-02-01T00:00:00Z',
  ]);
  assert.ok(!isLoosened(diffPolicies(ordered, gate())));
});

test('durations are in the largest whole unit', () => {
  assert.deepEqual([0, 90_000, 1_800_000, 7_200_000, 86_400_000, 1].map(duration), [
    '0 ms',
    '90 s',
    '30 min',
    '2 h',
    '1 d',
    '1 ms',
  ]);
});
