/** Goal: the opt-out list covers its members, proves nothing about a hit, and can't be led astray. Method: a desk, boxes, fleets by seed. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import {
  affordableRho,
  correctionFactor,
  posterior,
  rhoFor,
  withMargin,
} from '../../../../edge/policy/choices/opt-out-bound.ts';
import { addToOptOutList, BATCH_TAGS_STEP, type DeskResult } from '../../../../edge/policy/choices/opt-out-desk.ts';
import {
  normalisePlate,
  OptOutKey,
  readOptOutKey,
  readOptOutList,
  rhoOf,
  TAGS,
} from '../../../../edge/policy/choices/opt-out-list.ts';
import { syncOptOutList } from '../../../../edge/policy/choices/opt-out-sync.ts';
import { newSigningKey, parseSigningKey, parseTrustKey } from '../../../../edge/policy/envelope.ts';
import { fleetOf, mulberry32 } from '../../../support/plates.ts';
import { TempDir } from '../../../support/temp.ts';

const pems = newSigningKey();
const signingKey = parseSigningKey(pems.privatePem, 'key');
const trust = parseTrustKey(pems.publicPem, 'key.pub');
const folder = (dir: string, ...names: string[]): string => path.join(dir, 'choices', 'opt-out', ...names);

/** A folder that has the key already, so that the same run gives the same list. */
function deskDir(): TempDir {
  const dir = new TempDir({ 'choices/opt-out/key': '0123456789abcdef0123456789abcdef' });
  chmodSync(folder(dir.path, 'key'), 0o600);
  return dir;
}

interface AddOptions {
  fleet?: number;
  posteriorMax?: number;
  seed?: number;
  nowMs?: number;
}

function add(dir: TempDir, plates: readonly string[], options: AddOptions = {}): Promise<DeskResult> {
  const { fleet = 500_000, posteriorMax = 0.1, seed = 7, nowMs = 1_000_000 } = options;
  const next = mulberry32(seed);
  const random = (bound: number): number => Math.floor(next() * bound);
  return addToOptOutList(plates, { stateDir: dir.path, fleet, posteriorMax, signingKey, nowMs, random });
}

function boxOf(desk: TempDir): TempDir {
  const box = new TempDir();
  mkdirSync(folder(box.path), { recursive: true });
  cpSync(folder(desk.path, 'key'), folder(box.path, 'key'));
  return box;
}

const sync = (box: TempDir, desk: TempDir, nowMs = 1_000_000) =>
  syncOptOutList({ stateDir: box.path, from: folder(desk.path, 'batches'), trust, nowMs });

async function coverOf(dir: TempDir): Promise<(plate: string) => boolean> {
  const key = (await readOptOutKey(dir.path))!;
  const { tags } = await readOptOutList(dir.path, key);
  return (plate) => tags.has(key.tagOf(plate));
}

test('bounds are those of the design, and of Bayes', () => {
  assert.ok(Math.abs(rhoFor(500_000, 1_000, 0.1) - 0.01804) < 1e-4);
  assert.ok(Math.abs(rhoFor(500_000, 10_000, 0.1) - 0.18367) < 1e-4);
  assert.ok(Math.abs(posterior(500_000, 1_000, rhoFor(500_000, 1_000, 0.1)) - 0.1) < 1e-12);
  assert.equal(posterior(10, 0, 0), 0);
  assert.equal(posterior(10, 3, 0), 1, 'without decoys a hit is a member');
  assert.equal(correctionFactor(0.5), 2);
  assert.throws(() => affordableRho(50, 40, 0.1), /can't hide among 50 vehicles.*likelihood 0\.89/);
  assert.throws(() => affordableRho(5, 5, 0.1), /can't hide/);
});

test('the margin keeps chance from covering too few, in 99 of 100 batches', () => {
  for (const others of [1, 2, 9, 18, 90, 500, 3_000]) {
    const mean = withMargin(others);
    // Poisson: the probability of fewer than `others`, summed in logarithms.
    let log = -mean;
    let below = 0;
    for (let k = 0; k < others; k++) {
      if (k > 0) log += Math.log(mean / k);
      below += Math.exp(log);
    }
    assert.ok(below < 0.01, `${others}: ${below}`);
  }
});

test('every member is covered however the camera reads the plate, and so is rho of all others', async () => {
  using desk = deskDir();
  const [fleetSize, memberCount] = [60_000, 100];
  const fleet = fleetOf(fleetSize);
  const members = fleet.slice(0, memberCount);
  const result = await add(desk, members, { fleet: fleetSize });
  const isCovered = await coverOf(desk);
  for (const plate of members) {
    assert.ok(isCovered(plate), plate);
    assert.ok(isCovered(` ${plate.slice(0, 3)} ${plate.slice(3, 4).normalize('NFD')}-${plate.slice(4)}.`), plate);
  }
  const covered = fleet.filter(isCovered).length;
  const others = covered - memberCount;
  const expected = result.rho * (fleetSize - memberCount);
  assert.ok(Math.abs(others - expected) < 5 * Math.sqrt(expected), `${others} others covered, ${expected} expected`);
  assert.ok(memberCount / covered <= 0.1, `a hit is a member with ${memberCount / covered}`);
  assert.ok(result.posterior <= 0.1);
  const counted = fleetSize - covered;
  const estimated = counted * correctionFactor(result.rho);
  assert.ok(Math.abs(estimated - (fleetSize - memberCount)) < 5 * Math.sqrt(expected), 'corrected counts');
});

test('each batch keeps the bound by itself, for those who have the list of yesterday', async () => {
  using desk = deskDir();
  const fleet = fleetOf(30_000, 2);
  let isCoveredBefore: (plate: string) => boolean = () => false;
  for (const [round, count] of [40, 1, 3].entries()) {
    const members = fleet.slice(round * 50, round * 50 + count);
    await add(desk, members, { fleet: fleet.length, seed: round });
    const isCovered = await coverOf(desk);
    const fresh = fleet.filter((plate) => isCovered(plate) && !isCoveredBefore(plate));
    assert.ok(count / fresh.length <= 0.1, `batch ${round}: ${count} of ${fresh.length}`);
    isCoveredBefore = isCovered;
  }
});

test('whoever takes the box and tries every plate learns no more', async () => {
  using desk = deskDir();
  using box = boxOf(desk);
  const fleet = fleetOf(60_000, 3);
  const members = new Set(fleet.slice(0, 60));
  await add(desk, [...members], { fleet: fleet.length });
  await sync(box, desk);
  // All that is on the box: key and covered tags. Tags in which only one vehicle of the fleet falls say the most.
  const key = (await readOptOutKey(box.path))!;
  const { tags } = await readOptOutList(box.path, key);
  const byTag = new Map<number, string[]>();
  for (const plate of fleet) {
    const tag = key.tagOf(plate);
    byTag.set(tag, [...(byTag.get(tag) ?? []), plate]);
  }
  const alone = [...byTag]
    .filter(([tag, plates]) => tags.has(tag) && plates.length === 1)
    .flatMap(([, plates]) => plates);
  const hits = alone.filter((plate) => members.has(plate)).length;
  assert.ok(hits / alone.length <= 0.11, `${hits} of ${alone.length}`);
});

test('what is kept says nothing of who opted out', async () => {
  const plates = fleetOf(40, 4);
  const runs = await Promise.all(
    [plates.slice(0, 20), plates.slice(20)].map(async (members) => {
      const desk = deskDir();
      await add(desk, members, { fleet: 100_000 });
      const box = boxOf(desk);
      await sync(box, desk);
      return [desk, box];
    }),
  );
  const filesOf = (dir: TempDir): [string, Buffer][] =>
    readdirSync(dir.path, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(path.join(dir.path, name)).isFile())
      .sort()
      .map((name) => [name, readFileSync(path.join(dir.path, name))]);
  for (const [desk, box] of runs) {
    for (const dir of [desk!, box!]) {
      for (const [name, bytes] of filesOf(dir)) {
        for (const plate of [plates[0]!, plates[19]!, plates[20]!, plates[39]!]) {
          for (const form of [plate, normalisePlate(plate), plate.slice(4)]) {
            if (form.length < 5) continue;
            assert.equal(bytes.indexOf(form), -1, `${name} holds a plate`);
            assert.equal(bytes.indexOf(Buffer.from(form, 'utf16le')), -1, `${name} holds a plate`);
          }
        }
      }
    }
  }
  // Two cities with other members have the same files of the same sizes, with as many covered tags, spread alike.
  for (const role of [0, 1]) {
    const [a, b] = runs.map((dirs) => filesOf(dirs[role]!));
    assert.deepEqual(
      a!.map(([name, bytes]) => [name, bytes.length]),
      b!.map(([name, bytes]) => [name, bytes.length]),
    );
  }
  for (const [, box] of runs) {
    const key = (await readOptOutKey(box!.path))!;
    const { tags, header } = await readOptOutList(box!.path, key);
    assert.equal(header.members, undefined, 'a box is not told how many are members');
    const parts = 64;
    const counts = Array.from({ length: parts }, () => 0);
    for (const [at, byte] of tags.bits.entries()) {
      if (byte === 0) continue;
      for (let tag = at * 8; tag < at * 8 + 8; tag++) if (tags.has(tag)) counts[Math.floor((tag * parts) / TAGS)]!++;
    }
    const expected = tags.size / parts;
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    assert.ok(chiSquare < 117, `tags are spread evenly: chi-square ${chiSquare} with 63 degrees of freedom`); // p = 4e-5
  }
  for (const dir of runs.flat()) dir[Symbol.dispose]();
});

test('batches are never small, nor their size exact; one may hold nobody', async () => {
  using desk = deskDir();
  for (const [round, count] of [0, 1, 5].entries()) {
    const { tags, members } = await add(desk, fleetOf(count, 5 + round), { seed: round });
    assert.equal(tags % BATCH_TAGS_STEP, 0);
    assert.ok(tags >= BATCH_TAGS_STEP);
    assert.equal(members, [0, 1, 6][round]);
  }
});

test('a box takes up batches in order, once, and says how long the newest waited', async () => {
  using desk = deskDir();
  using box = boxOf(desk);
  const [first = '', second = ''] = fleetOf(2, 6);
  await add(desk, [first], { nowMs: 1_000_000, seed: 1 });
  await add(desk, [second], { nowMs: 5_000_000, seed: 2 });
  const batches = folder(desk.path, 'batches');
  const from = path.join(batches, '000002.json');
  await assert.rejects(
    syncOptOutList({ stateDir: box.path, from, trust, nowMs: 0 }),
    /batch 2 does not follow batch 0\./,
  );
  const result = await sync(box, desk, 5_060_000);
  assert.deepEqual([result.applied, result.sequence, result.tookMs], [2, 2, 60_000]);
  const isCovered = await coverOf(box);
  assert.ok(isCovered(first) && isCovered(second));
  const before = readFileSync(folder(box.path, 'list'));
  assert.deepEqual((await sync(box, desk)).applied, 0);
  assert.deepEqual(readFileSync(folder(box.path, 'list')), before);
  assert.deepEqual(rhoOf(await readOptOutList(box.path, (await readOptOutKey(box.path))!)), result.rho);
});

test('forged, foreign and contradicting batches are refused, and change nothing', async () => {
  using desk = deskDir();
  using other = deskDir();
  using box = boxOf(desk);
  await add(desk, fleetOf(1, 7), { seed: 1 });
  await sync(box, desk);
  const before = readFileSync(folder(box.path, 'list'));
  await add(other, fleetOf(1, 8), { seed: 2 });
  await add(other, fleetOf(1, 9), { seed: 3 });
  const from = (dir: TempDir, name: string) => path.join(folder(dir.path, 'batches'), name);
  const take = (file: string, key = trust) => syncOptOutList({ stateDir: box.path, from: file, trust: key, nowMs: 0 });
  await assert.rejects(take(from(other, '000001.json')), /another batch 1 was applied before/);
  await assert.rejects(take(from(other, '000002.json')), /does not follow the batch 1 that was applied here/);
  const stranger = parseTrustKey(newSigningKey().publicPem, 'x');
  await assert.rejects(take(from(other, '000002.json'), stranger), /not of the trusted key/);
  writeFileSync(folder(box.path, 'key'), Buffer.alloc(32, 1));
  rmSync(folder(box.path, 'list'));
  await assert.rejects(take(from(desk, '000001.json')), /another key than this box has/);
  assert.ok(!existsSync(folder(box.path, 'list')));
  assert.ok(before.length > TAGS / 8);
});

test('a damaged list, a foreign key and an open key are refused, not taken for an empty list', async () => {
  using desk = deskDir();
  await add(desk, fleetOf(1, 10));
  const list = folder(desk.path, 'list');
  const good = readFileSync(list);
  const key = (await readOptOutKey(desk.path))!;
  const flipped = Buffer.from(good);
  flipped[good.length - 5]! ^= 1;
  for (const bad of [Buffer.alloc(0), good.subarray(0, -1), flipped, good.subarray(good.indexOf('\n') + 1)]) {
    writeFileSync(list, bad);
    await assert.rejects(readOptOutList(desk.path, key), /is damaged/);
  }
  writeFileSync(list, good);
  await assert.rejects(readOptOutList(desk.path, new OptOutKey(Buffer.alloc(32, 9))), /made with another key/);
  chmodSync(folder(desk.path, 'key'), 0o644);
  await assert.rejects(readOptOutKey(desk.path), /others can read the key/);
  assert.throws(() => new OptOutKey(Buffer.alloc(31)), /31 bytes/);
});

test('a power cut between list and batch leaves one batch of each number', async () => {
  using desk = deskDir();
  await add(desk, fleetOf(1, 11), { seed: 1 });
  const batches = folder(desk.path, 'batches');
  const [one, two, list] = [
    path.join(batches, '000001.json'),
    path.join(batches, '000002.json'),
    folder(desk.path, 'list'),
  ];
  const listOfOne = readFileSync(list);
  await add(desk, fleetOf(1, 12), { seed: 2 });
  const second = readFileSync(two);
  // Cut after the list: the batch has not got its name yet, and gets it.
  rmSync(two);
  writeFileSync(`${two}.part`, second);
  await add(desk, [], { seed: 3 });
  assert.deepEqual(readFileSync(two), second);
  // Cut before the list: the batch never was.
  rmSync(path.join(batches, '000003.json'));
  rmSync(two);
  writeFileSync(list, listOfOne);
  writeFileSync(`${two}.part`, second);
  await add(desk, [], { seed: 4 });
  assert.notDeepEqual(readFileSync(two), second);
  assert.deepEqual(readdirSync(batches).sort(), ['000001.json', '000002.json']);
  assert.ok(existsSync(one));
});

test('what is no plate is refused by its line, and not repeated', async () => {
  using desk = deskDir();
  await assert.rejects(add(desk, ['123가4567', 'not a plate at all, really']), (error: Error) => {
    assert.equal(error.message, 'Line 2 is no plate.');
    return true;
  });
  await assert.rejects(add(desk, fleetOf(10, 13), { fleet: 12 }), /can't hide/);
});
