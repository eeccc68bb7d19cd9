/** Goal: what was spent is never forgotten, and a budget that is not known counts as spent. Method: real folders, one fault each. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { WorldError } from '../../../edge/base/errors.ts';
import { openBudgetStore } from '../../../edge/sensor/budget-store.ts';
import type { PrivacyBudget } from '../../../edge/sensor/transform/budget.ts';
import { rational, ZERO } from '../../../edge/sensor/transform/rational.ts';
import { TempDir } from '../../support/temp.ts';

const NOW_MS = Date.UTC(2026, 10, 23, 9);
const TODAY = '2026-11-23';
const spend = (budget: PrivacyBudget, day = TODAY): string => {
  const result = budget.spend('gate', day, { rho: rational(1n, 2n), delta: ZERO }, rational(1n));
  return result.kind === 'refused' ? result.reason : result.kind;
};

test('a new box has its whole budget, and it is on the disk before anything is spent', async () => {
  using temp = new TempDir();
  const dir = path.join(temp.path, 'sensors');
  const store = await openBudgetStore(dir, NOW_MS);
  const file = path.join(dir, 'budget.json');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(
    [spend(store.budget), spend(store.budget), spend(store.budget)],
    ['granted', 'granted', 'budget-spent'],
  );
});

test('what was saved is known after a restart; what was not is not charged, and nothing else is written', async () => {
  using temp = new TempDir();
  const dir = path.join(temp.path, 'sensors');
  const file = path.join(dir, 'budget.json');
  const store = await openBudgetStore(dir, NOW_MS);
  spend(store.budget);
  await store.save();
  const saved = readFileSync(file, 'utf8');
  const { ino } = statSync(file);
  await store.save();
  assert.equal(statSync(file).ino, ino, 'the same is not written twice');
  spend(store.budget);
  assert.equal(readFileSync(file, 'utf8'), saved);
  const next = await openBudgetStore(dir, NOW_MS);
  assert.deepEqual([spend(next.budget), spend(next.budget)], ['granted', 'budget-spent']);
});

test('a budget that is gone, damaged or of another shape counts as spent for today, and not for tomorrow', async () => {
  const damage: ((file: string) => void)[] = [
    (file) => rmSync(file),
    (file) => writeFileSync(file, ''),
    (file) => writeFileSync(file, '{"v":1'),
    (file) => writeFileSync(file, '{"v":2,"spentThrough":null,"sensors":[]}'),
    (file) => writeFileSync(file, '{"v":1,"spentThrough":null,"sensors":[{"sensor":"gate"}]}'),
  ];
  for (const harm of damage) {
    using temp = new TempDir();
    const dir = path.join(temp.path, 'sensors');
    await openBudgetStore(dir, NOW_MS);
    harm(path.join(dir, 'budget.json'));
    const { budget } = await openBudgetStore(dir, NOW_MS);
    assert.deepEqual([spend(budget), spend(budget, '2026-11-24')], ['day-closed', 'granted']);
    const again = await openBudgetStore(dir, NOW_MS);
    assert.equal(spend(again.budget), 'day-closed', 'a restart does not bring it back');
  }
});

test('a disk that does not take it is named, and the path before stays as it was', async () => {
  using temp = new TempDir({ sensors: 'a file' });
  const isDiskFailed = (error: unknown): boolean => error instanceof WorldError && error.code === 'disk-failed';
  await assert.rejects(openBudgetStore(path.join(temp.path, 'sensors'), NOW_MS), isDiskFailed);
  const dir = path.join(temp.path, 'other');
  const store = await openBudgetStore(dir, NOW_MS);
  spend(store.budget);
  rmSync(dir, { recursive: true });
  writeFileSync(dir, '');
  await assert.rejects(store.save(), isDiskFailed);
  rmSync(dir);
  await store.save();
  assert.ok(existsSync(path.join(dir, 'budget.json')), 'what failed is tried again');
});
