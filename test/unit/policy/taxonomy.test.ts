/** Goal: the table of categories says what governance asks. Method: each row that matters by name, and the order of strictness as laws. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../../edge/base/paths.ts';
import { CATEGORY_IDS, type CategoryId, categoryOf, isAtLeastAsStrict } from '../../../edge/policy/taxonomy.ts';

test('never permits nothing but dropping, and for plates and devices counting', () => {
  const countable: CategoryId[] = ['plate', 'device-id'];
  for (const id of CATEGORY_IDS) {
    const { mode, permits } = categoryOf(id);
    assert.equal(permits[0], 'drop', id);
    if (mode === 'never') assert.deepEqual(permits, countable.includes(id) ? ['drop', 'contributor'] : ['drop'], id);
  }
});

test('identifiers are never grouped by or measured', () => {
  for (const id of ['plate', 'mac-address', 'device-id', 'advertising-id', 'transit-card'] as const) {
    assert.deepEqual(categoryOf(id).permits, ['drop', 'contributor'], id);
  }
});

test('no statistic of what is about people is the value of one of them', () => {
  for (const id of CATEGORY_IDS) {
    const { mode, statistics = [] } = categoryOf(id);
    if (mode === 'free') continue;
    for (const single of ['min', 'max', 'last'] as const) assert.ok(!statistics.includes(single), `${id}: ${single}`);
  }
});

test('what is not in the table is unknown, and unknown never leaves', () => {
  for (const id of ['unknown', 'shoe-size', 'toString', '__proto__', '']) {
    assert.equal(categoryOf(id).mode, 'never', id);
    assert.deepEqual(categoryOf(id).permits, ['drop'], id);
  }
});

test('the coarse meter wants half an hour, and a trace large cells', () => {
  assert.equal(categoryOf('meter-coarse').windowMsMin, 1_800_000);
  assert.equal(categoryOf('meter-fine').mode, 'opt-in');
  assert.equal(categoryOf('location-trace').cellResolutionMax, 8);
});

test('strictness is a partial order, and never lets a field do more', () => {
  for (const a of CATEGORY_IDS) {
    assert.ok(isAtLeastAsStrict(a, a), a);
    assert.ok(isAtLeastAsStrict('unknown', a), `unknown, ${a}`);
    for (const b of CATEGORY_IDS) {
      if (!isAtLeastAsStrict(a, b)) continue;
      for (const kind of categoryOf(a).permits) assert.ok(categoryOf(b).permits.includes(kind), `${a}, ${b}: ${kind}`);
      for (const c of CATEGORY_IDS) {
        if (isAtLeastAsStrict(b, c)) assert.ok(isAtLeastAsStrict(a, c), `${a}, ${b}, ${c}`);
      }
    }
  }
});

test('a MAC address is not made a description, nor a plate a count', () => {
  assert.ok(!isAtLeastAsStrict('vehicle-description', 'mac-address'));
  assert.ok(!isAtLeastAsStrict('count', 'plate'));
  assert.ok(!isAtLeastAsStrict('mac-address', 'plate'));
  assert.ok(!isAtLeastAsStrict('meter-coarse', 'meter-fine'));
  assert.ok(isAtLeastAsStrict('plate', 'mac-address'));
  assert.ok(!isAtLeastAsStrict('device-id', 'plate'), 'it would not be looked up on the list');
  assert.ok(!isAtLeastAsStrict('device-id', 'transit-card'), 'nobody would be asked');
  assert.ok(isAtLeastAsStrict('meter-fine', 'meter-coarse') === false, 'it may have shorter windows');
});

test('each term of our own is published, with what it is a kind of', () => {
  const published = readFileSync(path.join(packageRoot, 'deploy', 'city.ttl'), 'utf8');
  const own = CATEGORY_IDS.map((id) => categoryOf(id).term).filter((term) => term.startsWith('city:'));
  assert.ok(own.length > 3);
  for (const term of own) {
    const statement = published.split('\n\n').find((part) => part.startsWith(`${term} a skos:Concept`));
    assert.match(statement ?? '', /skos:broader (pd|dpv):\w+ ;.*skos:definition ".+"@en \.$/s, term);
  }
});
