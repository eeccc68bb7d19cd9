/**
 * Goal: people can choose over HTTP without a login and without leaving anything behind but what they agreed to; only the desk has tokens made;
 * whatever else is sent is refused with a reason. Method: the real server, carrier and book, phones that speak the protocol, and a search
 * through the log and the disk for what was sent.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Writable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { pino } from 'pino';
import type { Clock } from '../../edge/base/clock.ts';
import { pageOf } from '../../edge/gateway/choices/page.ts';
import type { PeoplesChoices } from '../../edge/gateway/choices/port.ts';
import type { ConsentRecord } from '../../edge/policy/choices/consent-record.ts';
import { withdrawalMessage } from '../../edge/policy/choices/requests.ts';
import { OPT_OUT_SERVICE_UUID } from '../../edge/policy/choices/signals.ts';
import { ZONE_PAUSE_MS } from '../../edge/policy/choices/zone-pauses.ts';
import { choicesOf, DESK_TOKEN, optInBody, Phone, pauseBody } from '../support/choice-fixture.ts';
import { BASIC, startConsole } from '../support/console-fixture.ts';
import { filesBelow } from '../support/files.ts';
import { manualClock } from '../support/manual-clock.ts';
import { TempDir } from '../support/temp.ts';
import { newHolderKey } from '../support/token-holder.ts';

const CARD = { sensor: 'bus', category: 'transit-card', value: '1040-2200-7719' } as const;

async function startBox(
  context: TestContext,
  { clock, ...more }: { keeper?: PeoplesChoices; deskToken?: string | undefined; clock?: Clock } = {},
) {
  const dir = new TempDir();
  const { book, carrier, effects } = await choicesOf(dir.path);
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk, _, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const box = await startConsole([], {
    choices: { keeper: carrier, deskToken: DESK_TOKEN, ...more },
    log: pino({ level: 'trace' }, sink),
    ...(clock !== undefined && { clock }),
  });
  context.after(async () => {
    await box.server.close();
    dir[Symbol.dispose]();
  });
  return { url: box.url, phone: new Phone(box.url), book, effects, dir, log: () => lines.join('') };
}

const said = async (response: Response): Promise<[number, string]> => {
  const { error } = (await response.json()) as { error: string };
  return [response.status, error];
};

test('what can be chosen is told to anybody', async (context) => {
  const { phone, url } = await startBox(context);
  const offer = await phone.offer();
  assert.deepEqual(offer.signals.bleService, OPT_OUT_SERVICE_UUID);
  assert.deepEqual(offer.pauses, { zones: ['square'], lastsMs: ZONE_PAUSE_MS });
  assert.deepEqual(Object.keys(offer.optIns), ['bus']);
  assert.deepEqual(offer.optIns['bus']?.uses, ['location-trace', 'transit-card']);
  assert.deepEqual(await phone.offer(), offer, 'keys are the same for everybody');
  const page = await fetch(`${url}/choices`, { headers: { accept: 'text/html,*/*' } });
  assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
  const html = await page.text();
  for (const part of [OPT_OUT_SERVICE_UUID, 'square', 'https://city.example.kr/privacy', 'transit-card'])
    assert.ok(html.includes(part), part);
});

test('an opt-in by token, its receipt, and its withdrawal; in force when they are answered', async (context) => {
  const { phone, book, effects, dir } = await startBox(context);
  const has = (): boolean => book.hasOptedIn('bus', 'transit-card', CARD.value);
  const [unspent] = await phone.tokens('opt-in', 2);
  const { body, key } = optInBody(unspent!, CARD);
  const response = await phone.post('/opt-ins', body);
  assert.equal(response.status, 201);
  const record = (await response.json()) as ConsentRecord;
  assert.equal(has(), true);
  const kept = readFileSync(path.join(dir.path, 'choices', 'consents', `${record.id}.json`), 'utf8');
  assert.deepEqual(record, JSON.parse(kept), 'the receipt is what the box keeps');
  assert.deepEqual(await said(await phone.post('/opt-ins', body)), [403, 'token-spent']);

  const signature = newHolderKey().signWith(withdrawalMessage(record.id));
  const other = await phone.post('/withdrawals', { record: record.id, signature });
  assert.deepEqual(await said(other), [404, 'record-unknown']);
  assert.equal(has(), true);
  const withdrawn = await phone.post('/withdrawals', {
    record: record.id,
    signature: key.signWith(withdrawalMessage(record.id)),
  });
  assert.deepEqual([withdrawn.status, await withdrawn.json()], [200, { withdrawn: true }]);
  assert.equal(has(), false);
  assert.deepEqual(
    effects.map(({ choice }) => choice),
    ['opt-in', 'withdrawal'],
  );
});

test('a pause leaves a zone and a time, and nothing of whoever asked for it', async (context) => {
  const { phone, book, dir } = await startBox(context);
  const [one, two] = await phone.tokens('pause', 2);
  const before = Date.now();
  const response = await phone.post('/pauses', pauseBody(one!, 'square'));
  const { untilMs } = (await response.json()) as { untilMs: number };
  assert.ok(untilMs >= before + ZONE_PAUSE_MS && untilMs <= Date.now() + ZONE_PAUSE_MS);
  assert.equal(book.isPaused('bus', Date.now()), true);
  assert.deepEqual(await said(await phone.post('/pauses', pauseBody(two!, 'square'))), [409, 'already-paused']);
  assert.deepEqual(await said(await phone.post('/pauses', pauseBody(two!, 'moon'))), [404, 'zone-unknown']);
  const files = filesBelow(dir.path).map(([name]) => name);
  assert.deepEqual(
    files.filter((name) => !/token-keys\.json$|pauses\.json$|spent\/pause-\d+$/.test(name)),
    [],
  );
  const pauses = readFileSync(path.join(dir.path, 'choices', 'pauses.json'), 'utf8');
  assert.deepEqual(JSON.parse(pauses), { square: [untilMs - ZONE_PAUSE_MS] });
});

test('tokens are made for the desk alone', async (context) => {
  const { phone, url } = await startBox(context);
  const body = { kind: 'pause', blinded: [Buffer.alloc(32).toString('base64')] };
  for (const authorization of ['', 'Bearer desk-token-0123456789abcdeX', BASIC]) {
    const response = await phone.post('/tokens', body, authorization === '' ? {} : { authorization });
    assert.deepEqual(await said(response), [401, 'not-the-desk'], authorization);
  }
  const desk = { authorization: `Bearer ${DESK_TOKEN}` };
  assert.deepEqual(await said(await phone.post('/tokens', body, desk)), [403, 'token-forged'], 'no point of the group');
  for (const pathname of ['/', '/metrics', '/api/cameras']) {
    assert.equal(
      (await fetch(url + pathname, { headers: desk, redirect: 'manual' })).status,
      401,
      'it opens nothing else',
    );
  }
});

test('without a token of the desk none are made', async (context) => {
  const { phone } = await startBox(context, { deskToken: undefined });
  const response = await phone.post('/tokens', {}, { authorization: `Bearer ${DESK_TOKEN}` });
  assert.deepEqual(await said(response), [404, 'no-desk']);
});

test('what does not fit is refused, and no answer and no log repeats a value', async (context) => {
  const { phone, url, log } = await startBox(context);
  const [unspent] = await phone.tokens('opt-in', 1);
  const { body } = optInBody(unspent!, CARD);
  const secret = 'Hong-Gildong-9871';
  const cases: [string, unknown, number, string, Record<string, string>?][] = [
    ['/opt-ins', `{"value":"${secret}`, 400, 'malformed'],
    ['/opt-ins', { ...body, value: `${secret}\0` }, 400, 'malformed'],
    ['/opt-ins', { ...body, [secret]: 1 }, 400, 'malformed'],
    ['/opt-ins', { ...body, value: secret.repeat(300) }, 413, 'too-large'],
    ['/opt-ins', body, 415, 'not-json', { 'content-type': 'text/plain' }],
    ['/opt-ins', body, 403, 'tls-needed', { 'x-forwarded-proto': 'http' }],
    ['/opt-ins', { ...body, value: secret }, 403, 'token-forged'],
    ['/opt-ins', { ...body, sensor: 'tram' }, 404, 'sensor-unknown'],
    ['/withdrawals', { record: secret, signature: '' }, 400, 'malformed'],
    ['/pauses', { zone: 'square', token: { epoch: 1, nonce: secret, mac: secret } }, 400, 'malformed'],
    ['/pauses', [], 400, 'malformed'],
  ];
  for (const [at, sent, status, error, headers] of cases) {
    const response = await phone.post(at, sent, headers);
    const text = await response.text();
    assert.deepEqual([response.status, JSON.parse(text).error], [status, error], `${at} ${text}`);
    assert.ok(!text.includes(secret), text);
  }
  assert.equal((await phone.post('/opt-ins', body, { 'x-forwarded-proto': 'https' })).status, 201, 'behind a proxy');
  assert.equal((await fetch(`${url}/choices/opt-ins`)).status, 401, 'only posts');
  assert.equal((await fetch(`${url}/choices/`, { method: 'POST' })).status, 401);
  assert.equal(log(), '', 'nothing is logged');
});

test('what a policy says stands in the page as text', () => {
  const asking = { purpose: 'city:A', notice: 'https://x.example/"><script>1</script>', uses: [], identifiers: [] };
  const html = pageOf({
    v: 1,
    box: '',
    signals: { networkNames: [], bleService: '<b>' },
    pauses: { zones: [], lastsMs: 1 },
    optIns: { a: asking },
    tokenKeys: { 'opt-in': { epoch: 0, publicKey: '' }, pause: { epoch: 0, publicKey: '' } },
  });
  assert.ok(!html.includes('<script') && !html.includes('<b>&') && html.includes('&#60;script&#62;'));
});

test('a fault of the keeper is an answer, and its words go nowhere', async (context) => {
  const fault = async (): Promise<never> => {
    throw new Error('it broke');
  };
  const away = async () => ({ refused: 'unavailable' }) as const;
  const keeper: PeoplesChoices = { offer: away, issue: away, optIn: away, withdraw: away, pause: fault };
  const { url, phone } = await startBox(context, { keeper });
  const response = await fetch(`${url}/choices`);
  assert.equal(response.headers.get('retry-after'), '10');
  assert.deepEqual(await said(response), [503, 'unavailable']);
  const body = { zone: 'square', token: { epoch: 1, nonce: b64(32), mac: b64(32) } };
  const broken = await phone.post('/pauses', body);
  assert.deepEqual([broken.status, await broken.text()], [500, 'internal error\n']);
});

test('a flood of spendings is slowed down, and withdrawing is not', async (context) => {
  // It stands still: however long the requests take, they come within one moment.
  const { phone } = await startBox(context, { clock: manualClock() });
  const body = { zone: 'square', token: { epoch: 1, nonce: b64(32), mac: b64(32) } };
  const statuses = await Promise.all(
    Array.from({ length: 40 }, async () => {
      const response = await phone.post('/pauses', body);
      await response.arrayBuffer();
      return { status: response.status, after: response.headers.get('retry-after') };
    }),
  );
  assert.ok(statuses.filter(({ status }) => status === 403).length >= 10);
  const slowed = statuses.filter(({ status }) => status === 429);
  assert.ok(slowed.length > 0 && slowed.every(({ after }) => Number(after) >= 1));
  const withdrawal = { record: '2f0b3d0e-6d5b-4d3f-9c57-3a1c0a2b4c5d', signature: b64(64) };
  assert.deepEqual(await said(await phone.post('/withdrawals', withdrawal)), [404, 'record-unknown']);
  const guesses = await Promise.all(
    Array.from({ length: 20 }, () => phone.post('/tokens', {}, { authorization: 'Bearer wrong-0123456789abc' })),
  );
  assert.ok(guesses.some(({ status }) => status === 429));
});

const b64 = (length: number): string => Buffer.alloc(length, 7).toString('base64');

test('on the disk there is nothing of an identifier or a holder’s address', async (context) => {
  const { phone, dir } = await startBox(context);
  const [a] = await phone.tokens('opt-in', 1);
  const [b] = await phone.tokens('pause', 1);
  await phone.post('/opt-ins', optInBody(a!, CARD).body);
  await phone.post('/pauses', pauseBody(b!, 'square'));
  const files = filesBelow(dir.path);
  assert.ok(files.length >= 4);
  for (const [name, content] of files) {
    for (const needle of [CARD.value, CARD.value.replaceAll('-', ''), '127.0.0.1', '::1']) {
      assert.ok(!content.includes(needle), `${name}: ${needle}`);
    }
  }
});
