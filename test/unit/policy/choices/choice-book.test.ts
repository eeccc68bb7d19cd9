/** Goal: choices take effect at once, end when they should, and leave no more behind than they must. Method: a book, phones, a clock by hand. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ChoiceBook } from '../../../../edge/policy/choices/choice-book.ts';
import type { ConsentRecord } from '../../../../edge/policy/choices/consent-record.ts';
import { CONSENT_RECORD_KEPT_MS } from '../../../../edge/policy/choices/consent-store.ts';
import { OPT_IN_MS } from '../../../../edge/policy/choices/opt-ins.ts';
import { addToOptOutList } from '../../../../edge/policy/choices/opt-out-desk.ts';
import type { EffectTime } from '../../../../edge/policy/choices/port.ts';
import {
  type OptInRequest,
  optInMessage,
  optInRequestSchema,
  pauseMessage,
  pauseRequestSchema,
  withdrawalMessage,
  withdrawalRequestSchema,
} from '../../../../edge/policy/choices/requests.ts';
import type { TokenKind } from '../../../../edge/policy/choices/token-keys.ts';
import type { Issued } from '../../../../edge/policy/choices/tokens.ts';
import { ZONE_PAUSE_MS, ZONE_PAUSES_PER_HOUR_MAX } from '../../../../edge/policy/choices/zone-pauses.ts';
import { newSigningKey, parseSigningKey } from '../../../../edge/policy/envelope.ts';
import { manualClock } from '../../../support/manual-clock.ts';
import { policyWith, sensorWith } from '../../../support/policies.ts';
import { TempDir } from '../../../support/temp.ts';
import { newHolderKey, spendFor, TokenHolder, type Unspent } from '../../../support/token-holder.ts';

const BUS = sensorWith(
  {
    card: { category: 'transit-card', transform: { kind: 'contributor' } },
    at: { category: 'location-trace', transform: { kind: 'group-cell', resolution: 7 } },
  },
  { zone: 'square' },
);
const WIFI = sensorWith({ mac: { category: 'mac-address', transform: { kind: 'contributor' } } }, { zone: 'square' });
const POLICY = policyWith({ bus: BUS, wifi: WIFI, gate: WIFI });
POLICY.sensors['gate'] = { ...WIFI, zone: 'gate' };

const CARD = { sensor: 'bus', category: 'transit-card', value: '1040-2200-7719' } as const;

async function openBook(dir: TempDir, clock = manualClock()) {
  const effects: EffectTime[] = [];
  const onEffect = (effect: EffectTime): void => {
    effects.push(effect);
  };
  const book = await ChoiceBook.open({ stateDir: dir.path, box: 'box-1', policy: POLICY, clock, onEffect });
  return { book, clock, effects };
}

async function tokensOf(book: ChoiceBook, kind: TokenKind, count: number): Promise<Unspent[]> {
  const holder = new TokenHolder('box-1');
  const issued = (await book.issueTokens(kind, holder.blind(count))) as Issued;
  return holder.finish(issued, (await book.tokenKeys())[kind].publicKey);
}

async function optIn(book: ChoiceBook, more: Partial<OptInRequest> = {}) {
  const phone = newHolderKey();
  const [unspent] = await tokensOf(book, 'opt-in', 1);
  const request = { ...CARD, holderKey: phone.publicKey, ...more };
  const token = spendFor(unspent!, optInMessage(request));
  return { phone, request: { ...request, token }, answer: await book.optIn({ ...request, token }) };
}

function recordOf(answer: { record: ConsentRecord } | { refused: string }): ConsentRecord {
  assert.ok('record' in answer, JSON.stringify(answer));
  return answer.record;
}

test('an opt-in holds for its sensor and its person, and a withdrawal ends it with the next question', async () => {
  using dir = new TempDir();
  const { book } = await openBook(dir);
  const has = (sensor = 'bus', value: string = CARD.value): boolean => book.hasOptedIn(sensor, 'transit-card', value);
  assert.equal(has(), false);
  const { phone, answer } = await optIn(book);
  const record = recordOf(answer);
  assert.equal(has(), true);
  assert.equal(has('bus', ' 1040-2200-7719 '), true, 'spellings are one');
  assert.equal(has('wifi'), false);
  assert.equal(has('bus', '1040-2200-7718'), false);
  assert.equal(book.hasOptedIn('bus', 'device-id', CARD.value), false);
  assert.equal(
    await book.withdraw({ record: record.id, signature: newHolderKey().signWith(withdrawalMessage(record.id)) }),
    false,
  );
  assert.equal(has(), true, 'not by another key');
  const withdrawal = book.withdraw({ record: record.id, signature: phone.signWith(withdrawalMessage(record.id)) });
  assert.equal(await withdrawal, true);
  assert.equal(has(), false);
});

test('what ends an opt-in: its day, a restart, a policy of other terms; and a spent token does not bring it back', async () => {
  using dir = new TempDir();
  const clock = manualClock();
  const { book } = await openBook(dir, clock);
  const has = (of = book): boolean => of.hasOptedIn('bus', 'transit-card', CARD.value);
  const { request } = await optIn(book);
  assert.deepEqual(await book.optIn(request), { refused: 'token-spent' });
  assert.equal(has((await openBook(dir, clock)).book), false);
  book.usePolicy(policyWith({ bus: { ...BUS, purpose: 'city:Policing' } }));
  assert.equal(has(), false, 'nobody agreed to that');
  book.usePolicy(POLICY);
  assert.equal(has(), true);
  clock.advance(OPT_IN_MS - 1);
  assert.equal(has(), true);
  clock.advance(1);
  assert.equal(has(), false);
});

test('nothing is agreed to that is not asked for', async () => {
  using dir = new TempDir();
  const { book } = await openBook(dir);
  const refusals: [Partial<OptInRequest>, string][] = [
    [{ sensor: 'tram' }, 'sensor-unknown'],
    [{ sensor: 'constructor' }, 'sensor-unknown'],
    [{ sensor: 'wifi', category: 'mac-address' }, 'nothing-to-agree-to'],
    [{ category: 'plate' }, 'category-unknown'],
    [{ holderKey: 'AAAA' }, 'key-malformed'],
  ];
  for (const [more, refused] of refusals) assert.deepEqual((await optIn(book, more)).answer, { refused });
  assert.ok(
    !readdirSync(dir.path, { recursive: true }).some((name) => String(name).includes('consents')),
    'no record of it',
  );
});

test('a record has each field that ISO/IEC TS 27560 demands, in the DPV profile', async () => {
  using dir = new TempDir();
  const { book } = await openBook(dir);
  const { document, id } = recordOf((await optIn(book)).answer);
  const text = JSON.stringify(document);
  assert.deepEqual(document['dct:conformsTo'], { '@id': 'https://w3id.org/dpv/schema/dpv-27560#record' });
  assert.equal(document['dct:identifier'], id);
  const [process, [controller, subject], [given]] = [
    document['dpv:hasProcess'],
    document['dpv:hasEntity'],
    document['dpv:hasConsentStatus'],
  ] as unknown as [Record<string, unknown>, Record<string, unknown>[], Record<string, unknown>[]];
  for (const field of [
    'dpv:hasPurpose',
    'dpv:hasLegalBasis',
    'dpv:hasPersonalData',
    'dpv:hasDataController',
    'dpv:hasRecipient',
    'dpv:hasJurisdiction',
    'dpv:hasStorageCondition',
    'dpv:hasConsentControl',
  ]) {
    assert.ok(process[field] !== undefined, field);
  }
  assert.deepEqual(process['dpv:hasPersonalData'], [
    { '@type': 'pd:TravelHistory' },
    { '@type': 'city:TransitCardId' },
  ]);
  for (const field of ['@id', 'schema:name', 'schema:contactPoint']) assert.ok(controller![field] !== undefined, field);
  for (const field of ['dpv:isIndicatedAtTime', 'dpv:hasDuration', 'dpv:isIndicatedBy'])
    assert.ok(given![field] !== undefined, field);
  assert.equal(given!['@type'], 'dpv:ConsentGiven');
  assert.deepEqual(document['dpv:hasDataSubject'], { '@id': subject!['@id'] });
  assert.ok(!text.includes(CARD.value), 'the identifier is no part of it');
  const minutes = [...text.matchAll(/T\d\d:(\d\d:\d\d\.\d{3})Z/g)].map(([, rest]) => rest);
  assert.ok(minutes.length > 1 && minutes.every((rest) => rest === '00:00.000'), 'times are whole hours');
});

test('two records of one person have nothing of the person in common', async () => {
  using dir = new TempDir();
  const { book } = await openBook(dir);
  const idsOf = (record: ConsentRecord): string[] => JSON.stringify(record).match(/[0-9a-f]{8}-[0-9a-f-]{27}/g) ?? [];
  const [a, b] = [recordOf((await optIn(book)).answer), recordOf((await optIn(book)).answer)];
  assert.ok(idsOf(a).length >= 2);
  assert.deepEqual(
    idsOf(a).filter((id) => idsOf(b).includes(id)),
    [],
  );
  assert.notEqual(a.holderKey, b.holderKey);
});

test('on disk: records of who agreed, private, without the identifier; withdrawn is written too; a year later they are gone', async () => {
  using dir = new TempDir();
  const clock = manualClock();
  const { book } = await openBook(dir, clock);
  const { phone, answer } = await optIn(book);
  const { id } = recordOf(answer);
  await book.withdraw({ record: id, signature: phone.signWith(withdrawalMessage(id)) });
  await book.withdraw({ record: id, signature: phone.signWith(withdrawalMessage(id)) });
  const file = path.join(dir.path, 'choices', 'consents', `${id}.json`);
  const { document } = JSON.parse(readFileSync(file, 'utf8')) as ConsentRecord;
  const states = (document['dpv:hasConsentStatus'] as unknown as { '@type': string }[]).map((state) => state['@type']);
  assert.deepEqual(states, ['dpv:ConsentGiven', 'dpv:ConsentWithdrawn'], 'once');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  for (const name of readdirSync(dir.path, { recursive: true, encoding: 'utf8' })) {
    const full = path.join(dir.path, name);
    if (!statSync(full).isFile()) continue;
    for (const form of [CARD.value, CARD.value.replaceAll('-', '')]) {
      assert.equal(readFileSync(full).indexOf(form), -1, name);
    }
  }
  assert.equal(await book.withdraw({ record: '../token-keys', signature: '' }), false);
  clock.advance(statSync(file).mtimeMs + CONSENT_RECORD_KEPT_MS + 1);
  await book.expire();
  assert.deepEqual(readdirSync(path.dirname(file)), []);
});

test('a pause stops its zone for ten minutes, survives a restart, and is bounded', async () => {
  using dir = new TempDir();
  const clock = manualClock();
  const { book } = await openBook(dir, clock);
  const unspent = await tokensOf(book, 'pause', ZONE_PAUSES_PER_HOUR_MAX + 2);
  const pause = (index: number, zone = 'square') =>
    book.pauseZone({ token: spendFor(unspent[index]!, pauseMessage(zone)), zone });
  assert.deepEqual(await pause(0, 'moon'), { refused: 'zone-unknown' });
  assert.deepEqual(await pause(0), { untilMs: clock.wallMs() + ZONE_PAUSE_MS });
  for (const of of [book, (await openBook(dir, clock)).book]) {
    assert.deepEqual(
      ['bus', 'wifi', 'gate'].map((name) => of.isPaused(name, clock.wallMs())),
      [true, true, false],
    );
  }
  assert.deepEqual(await pause(1), { refused: 'already-paused' });
  clock.advance(ZONE_PAUSE_MS);
  assert.equal(book.isPaused('bus', clock.wallMs()), false);
  assert.deepEqual(await pause(0), { refused: 'token-spent' });
  const answers = await Promise.all([pause(1), pause(2)]);
  assert.deepEqual(
    answers.map((answer) => 'untilMs' in answer),
    [true, false],
    'two at once are one',
  );
  clock.advance(ZONE_PAUSE_MS);
  assert.ok('untilMs' in (await pause(2)));
  clock.advance(ZONE_PAUSE_MS);
  assert.deepEqual(await pause(3), { refused: 'paused-too-often' });
  clock.advance(3_600_000);
  assert.ok('untilMs' in (await pause(3)), 'the refused token was not spent');
});

test('the list takes effect with a refresh, and how long it took is told', async () => {
  using dir = new TempDir();
  const clock = manualClock();
  const { book, effects } = await openBook(dir, clock);
  const desk = (plates: string[], nowMs: number) =>
    addToOptOutList(plates, {
      stateDir: dir.path,
      fleet: 100_000,
      posteriorMax: 0.1,
      signingKey: parseSigningKey(newSigningKey().privatePem, 'key'),
      nowMs,
    });
  assert.equal(book.decoyShare('plate'), 0);
  assert.equal(book.isRefused('gate', 'plate', '12가3456'), false);
  await desk(['12가3456'], clock.wallMs());
  clock.advance(5_000);
  await book.refresh();
  await book.refresh();
  assert.deepEqual(effects, [{ choice: 'opt-out-list', tookMs: 5_000 }]);
  assert.equal(book.isRefused('gate', 'plate', '12가 3456'), true);
  assert.equal(book.isRefused('gate', 'mac-address', '12가3456'), false);
  assert.ok(book.decoyShare('plate') > 0);
  assert.equal(book.decoyShare('mac-address'), 0);
});

test('a list that can not be read lets nobody through as not refused', async () => {
  using dir = new TempDir();
  const signingKey = parseSigningKey(newSigningKey().privatePem, 'key');
  await addToOptOutList(['12가3456'], { stateDir: dir.path, fleet: 100_000, posteriorMax: 0.1, signingKey, nowMs: 1 });
  const { book } = await openBook(dir);
  const key = path.join(dir.path, 'choices', 'opt-out', 'key');
  const list = path.join(dir.path, 'choices', 'opt-out', 'list');
  rmSync(list);
  await assert.rejects(book.refresh(), /went back to an older one/);
  assert.equal(book.isRefused('gate', 'plate', '12가3456'), true, 'the list that was read stays in force');
  mkdirSync(list);
  await assert.rejects(openBook(dir), /cannot read/);
  rmSync(list, { recursive: true });
  await addToOptOutList([], { stateDir: dir.path, fleet: 100_000, posteriorMax: 0.1, signingKey, nowMs: 1 });
  chmodSync(key, 0o640);
  await assert.rejects(openBook(dir), /others can read the key/);
  rmSync(key);
  await assert.rejects(openBook(dir), /is missing, and there is a list that needs it/);
});

test('requests are parsed with bounds, and their texts tell requests apart', async () => {
  const token = { epoch: 1, nonce: Buffer.alloc(32).toString('base64'), mac: Buffer.alloc(32).toString('base64') };
  const { publicKey, signWith } = newHolderKey();
  const good = { ...CARD, token, holderKey: publicKey };
  assert.ok(optInRequestSchema.safeParse(good).success);
  const bad: object[] = [
    { value: '' },
    { value: 'x'.repeat(129) },
    { value: '\ud800' },
    { value: 'a\0' },
    { sensor: '../x' },
  ];
  for (const more of [...bad, { category: 'shoes' }, { holderKey: 'A' }, { more: 1 }, { token: {} }]) {
    assert.ok(!optInRequestSchema.safeParse({ ...good, ...more }).success, JSON.stringify(more));
  }
  assert.ok(pauseRequestSchema.safeParse({ token, zone: 'square' }).success);
  assert.ok(!pauseRequestSchema.safeParse({ token, zone: 'Square' }).success);
  const record = '2f0b3d0e-6d5b-4d3f-9c57-3a1c0a2b4c5d';
  const signature = signWith(withdrawalMessage(record));
  assert.ok(withdrawalRequestSchema.safeParse({ record, signature }).success);
  assert.ok(!withdrawalRequestSchema.safeParse({ record: '../x', signature }).success);
  const texts = [
    optInMessage(good),
    optInMessage({ ...good, sensor: 'tram' }),
    optInMessage({ ...good, value: '1' }),
    optInMessage({ ...good, holderKey: 'x' }),
    pauseMessage('bus'),
    pauseMessage('square'),
  ];
  assert.equal(new Set(texts).size, texts.length);
});
