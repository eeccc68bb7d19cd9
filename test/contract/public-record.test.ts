/**
 * Goal: anybody can ask what was taken and who used it, by place and time or by a code, without a login, and check the proof; and object without
 * saying who they are. Method: a real server over a real recorder and ledger, and requests without credentials.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { inquiriesInto } from '../../edge/agent/inquiries.ts';
import { cameraStream } from '../../edge/agent/record/about.ts';
import { Recorder } from '../../edge/agent/record/recorder.ts';
import { rootLog } from '../../edge/base/log.ts';
import { ledgerSchema } from '../../edge/config/ledger.ts';
import { cameraSchema } from '../../edge/config/schema.ts';
import { decodeLeaf } from '../../edge/ledger/leaf.ts';
import { PresenceCodes } from '../../edge/ledger/presence.ts';
import { checkProof } from '../../edge/ledger/proof.ts';
import { instantOf, minuteOf } from '../../edge/ledger/window.ts';
import { BASIC, startConsole } from '../support/console-fixture.ts';
import { manualClock } from '../support/manual-clock.ts';
import { TempDir } from '../support/temp.ts';
import { testCounts } from '../support/units.ts';
import { until } from '../support/wait.ts';

const START_MS = Date.UTC(2026, 10, 23, 5, 1);
const QUARTER_MS = 900_000;
const log = rootLog.child({}, { level: 'silent' });

let temp: TempDir;
let record: Recorder;
let presence: PresenceCodes;
let box: Awaited<ReturnType<typeof startConsole>>;
/** Code that the sign showed while something was taken, from 05:00 to 05:15. */
let code: string;

before(async () => {
  temp = new TempDir();
  const clock = manualClock(START_MS);
  presence = await PresenceCodes.open({ stateDir: temp.path, clock, windowMinutes: 15 });
  record = new Recorder({
    settings: ledgerSchema.parse({}),
    stateDir: temp.path,
    box: '7f3a7f3a7f3a7f3a',
    software: '0.1.0',
    streams: ['gate', 'yard'].map((name) => cameraStream(name, cameraSchema.parse({ source: 'simulated' }))),
    presenceOf: (window) => presence.hashOf(window),
    clock,
    log,
  });
  await record.start();
  ({ code } = presence.current());
  for (const camera of ['gate', 'yard']) record.counted(camera, testCounts());
  const at = instantOf(START_MS);
  const pull = { kind: 'pull', at, puller: 'user:operator', purpose: 'dpv:ImproveTransportMobility' } as const;
  const decision = `sha256:${'5'.repeat(64)}`;
  await record.append({ ...pull, feed: 'gate', window: [minuteOf(START_MS), 'PT60M'], decision, agreement: 'traffic' });
  await record.append({ kind: 'refusal', at, reason: 'no-purpose', puller: 'user:guest', feed: 'gate' });
  // A window is written when it is over and nothing can be counted into it any more.
  clock.advance(2 * QUARTER_MS);
  await until('all is signed', () => record.status().signed === record.status().size && record.status().size >= 6);
  const inquiries = inquiriesInto({ record, presence, places: ['gate', 'yard'], clock, log });
  box = await startConsole([], { inquiries });
});
after(async () => {
  await box?.server.close();
  await record.close();
  temp[Symbol.dispose]();
});

const TIME = '2026-11-23T05:05:00Z';

interface Answer {
  key: string;
  size: number;
  leaves: {
    index: number;
    leaf: { kind: string };
    text: { ko: string; en: string };
    proof: string;
    proofPath: string;
  }[];
}

async function ask(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(box.url + path, { headers, redirect: 'manual' });
}

test('what was taken and who used it, by place and time, with proofs that hold', async () => {
  const answer = await ask(`/use?place=gate&time=${TIME}`, { Accept: 'application/json' });
  assert.equal(answer.status, 200);
  const { leaves, key } = (await answer.json()) as Answer;
  assert.deepEqual(
    leaves.map(({ leaf }) => leaf.kind),
    ['pull', 'refusal', 'collect'],
  );
  assert.equal(key, record.status().vkey);
  for (const { index, leaf, proof, proofPath, text } of leaves) {
    const checked = checkProof(Buffer.from(proof));
    assert.ok('entry' in checked && checked.index === index);
    const decoded = decodeLeaf(checked.entry);
    assert.deepEqual('leaf' in decoded && decoded.leaf, leaf);
    const file = await ask(proofPath);
    assert.equal(file.status, 200);
    assert.ok('entry' in checkProof(Buffer.from(await file.arrayBuffer())));
    assert.match(text.ko, /[가-힣]/);
    assert.match(text.en, /^(gate|user:)/);
  }
  const later = await ask(`/use?place=gate&time=2026-11-23T09:00:00Z&format=json`);
  assert.deepEqual(((await later.json()) as Answer).leaves, []);
});

test('the page says the same in Korean and in English, without script', async () => {
  for (const [lang, words] of [
    ['ko', /교통 개선/],
    ['en', /user:operator pulled gate, filtered, for traffic and transport/],
  ] as const) {
    const answer = await ask(`/use?place=gate&time=${TIME}&lang=${lang}`);
    assert.equal(answer.status, 200);
    const page = await answer.text();
    assert.match(page, new RegExp(`<html lang="${lang}">`));
    assert.match(page, words);
    assert.match(page, /\/proof\/\d+\.tlog-proof/);
    assert.doesNotMatch(page, /<script|onclick=|style=/);
  }
  assert.match(await (await ask('/use', { 'Accept-Language': 'en' })).text(), /Name a place and a time/);
  assert.match(await (await ask('/use')).text(), /<option value="gate">/);
});

test('places and times that are none are refused, and what was written is escaped', async () => {
  const evil = encodeURIComponent('"><script>alert(1)</script>');
  for (const [query, status] of [
    [`place=nowhere&time=${TIME}`, 404],
    ['place=gate&time=yesterday', 400],
    [`place=${evil}&time=${evil}`, 404],
    [`place=constructor&time=${TIME}`, 404],
  ] as const) {
    const answer = await ask(`/use?${query}`);
    assert.equal(answer.status, status, query);
    assert.doesNotMatch(await answer.text(), /<script/);
  }
  assert.equal((await ask(`/presence?code=${evil}`)).status, 404);
  for (const path of ['/proof/999999.tlog-proof', '/proof/-1.tlog-proof', '/proof/1', '/proof/1e1.tlog-proof'])
    assert.notEqual((await ask(path)).status, 200, path);
  assert.equal((await fetch(`${box.url}/use`, { method: 'POST' })).status, 401, 'no other method');
});

test('the present code is shown to the sign, which is logged in, and to nobody else', async () => {
  const shown = presence.current().code;
  assert.ok(!(await (await ask('/presence')).text()).includes(shown));
  assert.ok(
    !(await (await ask('/presence', { Authorization: `Basic ${btoa('operator:guess')}` })).text()).includes(shown),
  );
  const sign = await ask('/presence', { Authorization: BASIC });
  const page = await sign.text();
  assert.ok(page.includes(shown));
  assert.match(page, /http-equiv="refresh"/);
});

test('who noted the code learns what was taken then, at all places, and its hash is in the log', async () => {
  const answer = await ask(`/presence?code=${code.toLowerCase()}&format=json`);
  assert.equal(answer.status, 200);
  const { leaves, shown } = (await answer.json()) as Answer & { shown: { from: string; to: string } };
  assert.deepEqual(shown, { from: '2026-11-23T05:00:00.000Z', to: '2026-11-23T05:15:00.000Z' });
  const collected = leaves.map(({ leaf }) => leaf as { kind: string; sensor?: string; presence?: string });
  const { createHash } = await import('node:crypto');
  const hash = `sha256:${createHash('sha256').update(code.replaceAll('-', '')).digest('hex')}`;
  assert.deepEqual(
    collected.filter(({ kind }) => kind === 'collect').map((leaf) => [leaf.sensor, leaf.presence]),
    [
      ['gate', hash],
      ['yard', hash],
    ],
  );
  assert.equal((await ask('/presence?code=0000-0000-0000-0000')).status, 404);
});

test('an objection needs a code and nothing else, is on record once, and names nobody', async () => {
  const object = (value: string): Promise<Response> =>
    fetch(`${box.url}/presence?lang=en`, { method: 'POST', body: new URLSearchParams({ code: value }) });
  const { size } = record.status();
  assert.equal((await object('0000-0000-0000-0000')).status, 404);
  assert.equal((await object('')).status, 404);
  assert.equal(record.status().size, size, 'nothing is on record without a code');
  const page = await object(code);
  assert.equal(page.status, 200);
  assert.match(await page.text(), /The objection is on record/);
  assert.equal(page.headers.getSetCookie().length, 0);
  await object(code);
  assert.equal(record.status().size, size + 2, 'the objection, and that the exact values of its window are destroyed');
  await until('it is signed', () => record.status().signed > size);
  const answer = await ask(`/use?place=gate&time=${TIME}&format=json`);
  const { leaves } = (await answer.json()) as Answer;
  const leaf = leaves.find((one) => one.leaf.kind === 'object')?.leaf;
  assert.deepEqual(leaf, {
    v: 1,
    box: 'urn:box:7f3a7f3a7f3a7f3a',
    kind: 'object',
    at: instantOf(START_MS + 2 * QUARTER_MS),
    window: ['2026-11-23T05:00Z', 'PT15M'],
    presence: presence.hashOf(['2026-11-23T05:00Z', 'PT15M']),
  });
});
