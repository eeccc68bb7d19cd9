/**
 * Goal: what the deniable list costs the counts of vehicles is made up for, there only and by no more. Method: a real list over made-up plates,
 * the real path, and the whole station with a clock that the test moves.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { writeDurably } from '../../../edge/base/durable-file.ts';
import { rootLog } from '../../../edge/base/log.ts';
import { ChoiceBook } from '../../../edge/policy/choices/choice-book.ts';
import {
  emptyList,
  keyFileOf,
  OptOutKey,
  TAGS,
  TagSet,
  writeOptOutList,
} from '../../../edge/policy/choices/opt-out-list.ts';
import { type LegalOrder, policySchema, type SensorPolicy } from '../../../edge/policy/schema.ts';
import { corrected, isThinnedByList } from '../../../edge/sensor/decoys.ts';
import type { FromSensors, Release } from '../../../edge/sensor/messages.ts';
import { LATENESS_MS_MAX } from '../../../edge/sensor/pipeline.ts';
import { Station } from '../../../edge/sensor/station.ts';
import { releaseOf } from '../../support/hub-releases.ts';
import { bytesOf, DIGEST, exactPolicyOf, NOBODY, pipelineOf, START_MS } from '../../support/pipelines.ts';
import { fleetOf } from '../../support/plates.ts';
import { TempDir } from '../../support/temp.ts';
import { twoClocks } from '../../support/two-clocks.ts';
import { until } from '../../support/wait.ts';

const FLEET = 4_000;
const MEMBERS = 100;
const read = (plate: string, atMs: number): Uint8Array => bytesOf({ time: atMs, plate, direction: 'in' });

/** Covers members, and a quarter of all others. */
async function listIn(stateDir: string, plates: readonly string[]): Promise<void> {
  const bytes = randomBytes(32);
  await writeDurably(keyFileOf(stateDir), bytes);
  const key = new OptOutKey(bytes);
  const bits = randomBytes(TAGS / 8);
  for (const [index, byte] of randomBytes(TAGS / 8).entries()) bits[index]! &= byte;
  const tags = new TagSet(bits);
  for (const plate of plates.slice(0, MEMBERS)) tags.add(key.tagOf(plate));
  await writeOptOutList(stateDir, { ...emptyList(key), tags });
}

test('the corrected count estimates who did not refuse, within what chance does', async () => {
  using temp = new TempDir();
  const plates = [...fleetOf(FLEET, 3)];
  await listIn(temp.path, plates);
  const choices = await ChoiceBook.open({ stateDir: temp.path, box: 'box', policy: policySchema.parse({}) });
  const pipeline = pipelineOf('lpr', { choices, mode: { kind: 'replay' } });
  for (const plate of plates) pipeline.take(read(plate, START_MS), START_MS);
  const [release] = pipeline.close(START_MS);
  const share = pipeline.decoyShareOf(release!);
  assert.equal(share, choices.decoyShare('plate'));
  assert.ok(share > 0.2 && share < 0.3, `${share}`);
  const totalOf = ({ cells }: Release): number => cells.reduce((sum, { figures }) => sum + figures['contributors']!, 0);
  const others = FLEET - MEMBERS;
  const deviation = Math.sqrt((others * share) / (1 - share));
  const estimate = totalOf(corrected(release!, exactPolicyOf('lpr'), share));
  assert.ok(Math.abs(estimate - others) < 5 * deviation, `${estimate} of ${others}, deviation ${deviation}`);
  assert.ok(totalOf(release!) < others - 10 * deviation, 'without the correction it is far off');
});

test('only where each reading that counts has an identifier of the list, and no order lets the listed in', () => {
  const order: LegalOrder = {
    reference: '1',
    sensors: ['sensor'],
    categories: ['vehicle-description'],
    from: '2026-01-01T00:00:00Z',
    until: '2027-01-01T00:00:00Z',
  };
  const shareOf = (adapter: string, policy: Partial<SensorPolicy> = {}, orders: LegalOrder[] = []): number => {
    const choices = { ...NOBODY, decoyShare: () => 0.2 };
    const pipeline = pipelineOf(adapter, { choices, policy, orders: () => orders, mode: { kind: 'replay' } });
    pipeline.take(read('12가3456', START_MS), START_MS);
    const [release] = pipeline.close(START_MS);
    return release === undefined ? -1 : pipeline.decoyShareOf(release);
  };
  const { fields } = exactPolicyOf('lpr');
  assert.equal(shareOf('lpr'), 0.2);
  assert.equal(shareOf('lpr', {}, [order]), 0);
  const passages = { ...fields, plate: { category: 'plate', transform: { kind: 'drop' } } } as const;
  assert.equal(
    shareOf('lpr', { fields: passages }),
    0,
    'a passage without a plate that could be read is never left out',
  );
  assert.ok(!isThinnedByList(exactPolicyOf('wifi-probes')));
});

test('counts and sums are corrected, means are not, and the share is told', () => {
  const measure = (statistic: 'sum' | 'mean') => ({
    category: 'count' as const,
    transform: { kind: 'measure' as const, statistic, clamp: [0, 9] as [number, number] },
  });
  const policy = { ...exactPolicyOf('lpr'), fields: { a: measure('sum'), b: measure('mean') } };
  const release = releaseOf(1, { cells: [{ group: { lane: '1' }, figures: { contributors: 41, a: 10, b: 5 } }] });
  const { cells, privacy } = corrected(release, policy, 0.2);
  assert.deepEqual(cells, [{ group: { lane: '1' }, figures: { contributors: 51, a: 12.5, b: 5 } }]);
  assert.deepEqual(privacy, { ...release.privacy, decoyShare: 0.2 });
  assert.deepEqual(corrected(release, policy, 0), release);
});

test('the station corrects after the guard has seen the exact figures', async () => {
  using temp = new TempDir({ 'in.ndjson': '' });
  const file = path.join(temp.path, 'in.ndjson');
  const plates = [...fleetOf(FLEET, 3)];
  await listIn(temp.path, plates);
  const policy = policySchema.parse({
    sensors: {
      gate: exactPolicyOf('lpr', { fields: { plate: { category: 'plate', transform: { kind: 'contributor' } } } }),
    },
  });
  const { windowMs } = policy.sensors['gate']!;
  const clock = twoClocks(START_MS);
  const choices = await ChoiceBook.open({ stateDir: temp.path, box: 'box', policy, clock });
  const sent: FromSensors[] = [];
  const station = await Station.open({
    start: {
      type: 'start',
      box: 'box',
      stateDir: temp.path,
      policy,
      policyDigest: DIGEST,
      intakes: { gate: { kind: 'file', path: file } },
    },
    clock,
    choices,
    log: rootLog.child({}, { level: 'silent' }),
    send: (message) => sent.push(message),
  });
  try {
    const stateOf = (): string => sent.findLast((each) => each.type === 'status')?.sensors['gate']?.intake.state ?? '';
    await until('the file is open', () => stateOf() === 'connected');
    const listed = plates.slice(MEMBERS, MEMBERS + 300).filter((plate) => !choices.isRefused('gate', 'plate', plate));
    const lines = listed.map((plate) => Buffer.from(read(plate, START_MS)).toString());
    writeFileSync(file, `${lines.join('\n')}\n`);
    const readings = (): number =>
      sent.reduce((sum, each) => sum + (each.type === 'status' ? each.sensors['gate']!.counts.readings : 0), 0);
    await until('all are counted', () => readings() === lines.length);
    clock.pass(windowMs + LATENESS_MS_MAX);
    // A tick that began after the window's end closes it; one that was at work may not have seen that the clock went on.
    const ticks = (): number => sent.filter(({ type }) => type === 'status').length;
    const before = ticks();
    await until('the window is closed', () => ticks() >= before + 2);
    clock.pass(windowMs);
    const released = (): Release | undefined =>
      sent.flatMap((each) => (each.type === 'release' ? each.release : [])).find(({ cells }) => cells.length > 0);
    await until('a release', () => released() !== undefined);
    const share = choices.decoyShare('plate');
    assert.equal(released()!.privacy.decoyShare, share);
    assert.equal(released()!.cells[0]!.figures['contributors'], Math.round(listed.length / (1 - share)));
  } finally {
    await station.close();
  }
});
