/**
 * Goal: nothing is admitted that an agreement, the policies and the record do not carry; what is refused is on record with its reason. Method: a
 * real desk with real Cedar policies, and a record in memory that can be slow or fail.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { UserError } from '../../../../edge/base/errors.ts';
import { packageRoot } from '../../../../edge/base/paths.ts';
import { agreementsOf, BUILT_IN_AGREEMENT, useSchema } from '../../../../edge/config/use.ts';
import { askedOf } from '../../../../edge/gateway/use/asked.ts';
import { digestOf, type UseRequest } from '../../../../edge/gateway/use/decision.ts';
import { holdUse, standUse } from '../../../../edge/gateway/use/held.ts';
import { manualClock } from '../../../support/manual-clock.ts';
import { agreementOf, openTestDesk } from '../../../support/use.ts';
import { until } from '../../../support/wait.ts';

const START_MS = Date.UTC(2026, 10, 23, 5, 7, 30);

function request(asked: UseRequest['asked'] = {}, more: Partial<UseRequest> = {}): UseRequest {
  return { puller: 'user:operator', feed: 'gate', kind: 'camera', way: 'rtsp', asked, ...more };
}

const clockAt = () => manualClock(START_MS);

test('a pull for an agreed purpose is on record with who, what for, which feed, its window and the decision', async () => {
  const agreement = agreementOf({ name: 'traffic' });
  const { desk, record, counts } = await openTestDesk({ agreements: [agreement], clock: clockAt() });
  const admission = await desk.pull(request({ purpose: 'https://w3id.org/dpv#ImproveTransportMobility' }));
  assert.deepEqual(admission, {
    admitted: true,
    purpose: 'dpv:ImproveTransportMobility',
    agreement: 'traffic',
    untilMs: Date.UTC(2026, 10, 23, 6, 7),
  });
  const [pull] = record.pulls;
  assert.match(pull?.decision ?? '', /^sha256:[0-9a-f]{64}$/);
  assert.deepEqual(
    { ...pull, decision: '' },
    {
      puller: 'user:operator',
      purpose: 'dpv:ImproveTransportMobility',
      feed: 'gate',
      window: ['2026-11-23T05:07Z', 'PT60M'],
      decision: '',
      agreement: 'traffic',
    },
  );
  assert.equal(record.pulls.length, 1);
  assert.equal(counts.permitted, 1);
});

const ends = START_MS + 1000;
const AGREEMENTS = [
  agreementOf({ name: 'traffic', feeds: ['gate'] }),
  agreementOf({ name: 'over', puller: 'user:police', purposes: ['dpv:ProtectionOfPublicSecurity'], untilMs: START_MS }),
  agreementOf({ name: 'many', puller: 'user:city', purposes: ['dpv:PublicPolicyMaking', 'city:AIDevelopment'] }),
];
const REFUSALS: [what: string, asked: UseRequest, reason: string, onRecord: object][] = [
  ['no purpose where several are agreed', request({}, { puller: 'user:city' }), 'no-purpose', {}],
  ['a purpose that nobody knows', request({ purpose: 'dpv:Curiosity' }), 'unknown-purpose', {}],
  ['a purpose in no vocabulary', request({ purpose: "x'); DROP" }), 'unknown-purpose', {}],
  ['an empty purpose', request({ purpose: '' }), 'unknown-purpose', {}],
  ['somebody without an agreement', request({}, { puller: 'user:guest' }), 'no-agreement', {}],
  ["another's agreement", request({ agreement: 'over' }), 'no-agreement', {}],
  ['another feed', request({}, { feed: 'yard' }), 'feed-not-agreed', {}],
  [
    'a purpose that is not agreed',
    request({ purpose: 'dpv:ProvideOfficialStatistics' }),
    'purpose-not-agreed',
    { purpose: 'dpv:ProvideOfficialStatistics' },
  ],
  [
    'an agreement that is over',
    request({}, { puller: 'user:police' }),
    'agreement-expired',
    { purpose: 'dpv:ProtectionOfPublicSecurity', agreement: 'over' },
  ],
  [
    'what the policies forbid',
    request({ purpose: 'city:AIDevelopment' }, { puller: 'user:city' }),
    'policy-refused',
    { purpose: 'city:AIDevelopment', agreement: 'many' },
  ],
];
for (const [what, asked, reason, known] of REFUSALS) {
  test(`${what} gets nothing, and that is on record: ${reason}`, async () => {
    const { desk, record, counts } = await openTestDesk({ agreements: AGREEMENTS, clock: clockAt() });
    assert.deepEqual(await desk.pull(asked), { admitted: false, reason });
    assert.deepEqual(record.pulls, []);
    const { decision, ...refusal } = record.refusals[0] ?? assert.fail('not on record');
    assert.match(decision ?? '', /^sha256:[0-9a-f]{64}$/);
    assert.deepEqual(refusal, { reason, puller: asked.puller, feed: asked.feed, ...known });
    assert.deepEqual(counts.refused, [reason]);
    assert.doesNotMatch(JSON.stringify(record.refusals), /Curiosity|DROP/, "the asker's own text is not on record");
  });
}

test('a policy that permits everything opens no agreement that is over and no purpose that is not agreed', async () => {
  const policies = 'permit(principal, action, resource);';
  const { desk } = await openTestDesk({ agreements: AGREEMENTS, clock: clockAt(), policies });
  for (const [, asked, reason] of REFUSALS) {
    const admission = await desk.pull(asked);
    if (reason === 'policy-refused') assert.equal(admission.admitted, true);
    else assert.deepEqual(admission, { admitted: false, reason });
  }
});

test('policies tell roles, feeds and ways apart', async () => {
  const policies = `
    permit(principal in Role::"traffic", action == Action::"pull", resource) when { resource.kind == "camera" && context.agreementValid };
    @id("no-pictures") forbid(principal, action == Action::"pull", resource) when { context.way == "snapshot" };`;
  const roles = new Map([['user:operator', 'traffic']]);
  const { desk } = await openTestDesk({ policies, roles });
  const admitted = async (more: Partial<UseRequest>): Promise<boolean> => (await desk.pull(request({}, more))).admitted;
  assert.equal(await admitted({}), true);
  assert.equal(await admitted({ puller: 'user:guest' }), false);
  assert.equal(await admitted({ way: 'snapshot' }), false);
  assert.equal(await admitted({ kind: 'sensor', way: 'latest' }), false);
});

test('a policy that fails while it is evaluated refuses, though Cedar would leave it out', async () => {
  const policies = `
    permit(principal, action == Action::"pull", resource);
    forbid(principal, action == Action::"pull", resource) when { 9223372036854775807 + 1 == 0 };`;
  const { desk } = await openTestDesk({ policies });
  assert.deepEqual(await desk.pull(request()), { admitted: false, reason: 'policy-failed' });
});

for (const [what, policies, message] of [
  ['that is no Cedar', 'permit(principal action);', /test\.cedar:1: .*unexpected token/],
  [
    'with a word that is not in the schema',
    '\npermit(principal, action, resource) when { context.purpse == "" };',
    /test\.cedar:2: .*purpse/,
  ],
  ['without any', '// nothing', /no policy is written/],
  ['with a template', 'permit(principal == ?principal, action, resource);', /templates/],
  [
    'with two of one id',
    '@id("a") permit(principal, action, resource);\n@id("a") forbid(principal, action, resource);',
    /two policies have the id a/,
  ],
] as const) {
  test(`policies ${what} are refused at start, with the line`, async () => {
    await assert.rejects(
      openTestDesk({ policies }),
      (error: unknown) => error instanceof UserError && message.test(error.message),
    );
  });
}

test('what can not be recorded is not admitted', async () => {
  const { desk, record, counts } = await openTestDesk();
  record.fault = new Error('disk');
  assert.deepEqual(await desk.pull(request()), { admitted: false, reason: 'not-recorded' });
  assert.deepEqual(await desk.pullInWindow(request()), { admitted: false, reason: 'not-recorded' });
  assert.deepEqual(counts.refused, ['not-recorded', 'not-recorded']);
  record.fault = undefined;
  assert.equal((await desk.pullInWindow(request())).admitted, true, 'a fault is not remembered');
});

test('nothing is admitted before the entry is durable', async () => {
  const { desk, record } = await openTestDesk();
  let isDurable = (): void => {};
  record.slowness = new Promise((resolve) => {
    isDurable = resolve;
  });
  let isAdmitted = false;
  const pull = desk.pull(request()).then(() => {
    isAdmitted = true;
  });
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isAdmitted, false);
  isDurable();
  await pull;
  assert.equal(record.pulls.length, 1);
});

test('requests without a connection share an entry for a quarter of an hour, also those that come at once', async () => {
  const clock = clockAt();
  const { desk, record } = await openTestDesk({ clock });
  const snapshot = request({}, { way: 'snapshot' });
  await Promise.all([desk.pullInWindow(snapshot), desk.pullInWindow(snapshot), desk.pullInWindow(snapshot)]);
  assert.equal(record.pulls.length, 1);
  assert.deepEqual(record.pulls[0]?.window, ['2026-11-23T05:07Z', 'PT15M']);
  await desk.pullInWindow({ ...snapshot, feed: 'yard' });
  assert.equal(record.pulls.length, 2);
  clock.advance(Date.UTC(2026, 10, 23, 5, 21, 59) - START_MS);
  await desk.pullInWindow(snapshot);
  assert.equal(record.pulls.length, 2);
  clock.advance(1000);
  await desk.pullInWindow(snapshot);
  assert.equal(record.pulls.length, 3);
});

test('a refusal that repeats is counted each time and recorded once a minute', async () => {
  const clock = clockAt();
  const { desk, record, counts } = await openTestDesk({ agreements: [], clock });
  for (let i = 0; i < 5; i++) await desk.pull(request());
  assert.equal(record.refusals.length, 1);
  assert.equal(counts.refused.length, 5);
  await desk.pull(request({}, { feed: 'yard' }));
  assert.equal(record.refusals.length, 2, 'another feed is another refusal');
  clock.advance(60_000);
  await desk.pull(request());
  assert.equal(record.refusals.length, 3);
});

test('a player need not say the one purpose that is agreed, and of two agreements the one that lasts longer holds', async () => {
  const agreements = [agreementOf({ name: 'short', untilMs: ends }), agreementOf({ name: 'long' })];
  const { desk } = await openTestDesk({ agreements, clock: clockAt() });
  const decision = desk.decide(request());
  assert.equal(decision.permitted && decision.agreement.name, 'long');
  assert.deepEqual(desk.choicesOf('user:guest'), []);
});

test('anybody with the configuration can make the digest of a decision again', async () => {
  const agreement = agreementOf({ name: 'traffic', untilMs: Date.UTC(2027, 0, 1) });
  const policies = '@id("all") permit(principal, action, resource);';
  const { desk } = await openTestDesk({ agreements: [agreement], policies, clock: clockAt() });
  const { createHash } = await import('node:crypto');
  const grounds = {
    policies: createHash('sha256').update(policies).digest('hex'),
    puller: 'user:operator',
    feed: 'gate',
    kind: 'camera',
    way: 'rtsp',
    purpose: agreement.purposes[0],
    agreement,
    outcome: 'permit',
    decidedBy: ['all'],
  } as const;
  assert.equal(desk.decide(request()).digest, digestOf(grounds));
  assert.notEqual(digestOf(grounds), digestOf({ ...grounds, decidedBy: [] }));
  assert.notEqual(digestOf(grounds), digestOf({ ...grounds, agreement: { ...agreement, untilMs: ends } }));
  // An independent spelling: keys sorted, no spaces.
  const text = `{"agreement":{"feeds":"all","name":"traffic","purposes":["dpv:ImproveTransportMobility"],"until":"2027-01-01T00:00:00.000Z"},"decidedBy":["all"],"feed":"gate","kind":"camera","outcome":"permit","policies":"${grounds.policies}","puller":"user:operator","purpose":"dpv:ImproveTransportMobility","v":1,"way":"rtsp"}`;
  assert.equal(digestOf(grounds), `sha256:${createHash('sha256').update(text).digest('hex')}`);
});

test('an agreement that ends while somebody watches ends the watching, and that is on record', async () => {
  // The clock stands still while the pull is admitted, however long that takes; how long it holds is measured by a timer.
  const clock = clockAt();
  const untilMs = clock.wallMs() + 300;
  const { desk, record } = await openTestDesk({ agreements: [agreementOf({ name: 'short', untilMs })], clock });
  const admission = await desk.pull(request());
  assert.ok(admission.admitted);
  assert.equal(admission.untilMs, untilMs);
  let lapsed: string | undefined;
  const startMs = performance.now();
  using _held = holdUse(desk, request(), admission.untilMs, (reason) => {
    assert.ok(performance.now() - startMs >= 299, 'not earlier');
    lapsed = reason;
  });
  await until('it lapses', () => lapsed === 'agreement-expired');
  assert.equal(record.refusals[0]?.reason, 'agreement-expired');
});

test('a use that is still agreed when its window ends is recorded anew, from the end of the last window', async () => {
  const clock = clockAt();
  const { desk, record } = await openTestDesk({ clock });
  const untilMs = START_MS + 5_000;
  using _held = holdUse(desk, request(), untilMs, () => assert.fail('it lapsed'));
  await until('it is recorded', () => record.pulls.length === 1);
  assert.deepEqual(record.pulls[0]?.window, ['2026-11-23T05:07Z', 'PT60M']);
});

test('a way out that nobody logs in for is opened when it is on record, and closed when it lapses', async () => {
  const steps: string[] = [];
  const clock = clockAt();
  const agreements = [agreementOf({ name: 'hub', puller: 'push:gate:1', untilMs: clock.wallMs() + 300 })];
  const { desk, record } = await openTestDesk({ agreements, clock });
  const open = () => {
    assert.equal(record.pulls.length, 1);
    steps.push('opened');
    return { close: async () => void steps.push('closed') };
  };
  const push = standUse({ desk, request: request({}, { puller: 'push:gate:1', way: 'push' }), open });
  await until('it lapsed', () => steps.length === 2);
  assert.deepEqual(steps, ['opened', 'closed']);
  assert.match(push.notices().join(), /push:gate:1 gets nothing.*agreement is over/);
  await push.close();

  const refused = standUse({ desk, request: request({}, { puller: 'push:gate:2', way: 'push' }), open });
  await refused.close();
  assert.deepEqual(steps, ['opened', 'closed'], 'without an agreement it is never opened');
});

test('the built-in agreement holds until one is configured, and for no other purpose', async () => {
  assert.deepEqual(agreementsOf(useSchema.parse({})), [BUILT_IN_AGREEMENT]);
  const { desk } = await openTestDesk();
  assert.equal((await desk.pull(request())).admitted, true);
  assert.deepEqual(await desk.pull(request({ purpose: 'dpv:ScientificResearch' })), {
    admitted: false,
    reason: 'purpose-not-agreed',
  });
  const configured = useSchema.parse({
    agreements: { traffic: { puller: 'operator', purposes: ['dpv:ImproveTransportMobility'], until: '2026-12-31' } },
  });
  assert.deepEqual(agreementsOf(configured), [
    {
      name: 'traffic',
      puller: 'user:operator',
      purposes: ['dpv:ImproveTransportMobility'],
      feeds: 'all',
      untilMs: Date.UTC(2027, 0, 1),
    },
  ]);
});

test('what is said is read from headers first, then from the address', () => {
  const said = askedOf('/cameras/gate/live?purpose=dpv%3AImproveTransportMobility&agreement=a', {
    purpose: 'dpv:LegalCompliance',
  });
  assert.deepEqual(said, { purpose: 'dpv:LegalCompliance', agreement: 'a' });
  assert.deepEqual(askedOf('rtsp://box/gate?purpose=dpv:ImproveTransportMobility'), {
    purpose: 'dpv:ImproveTransportMobility',
    agreement: undefined,
  });
  assert.deepEqual(askedOf('rtsp://box/gate'), { purpose: undefined, agreement: undefined });
});

test('the policies of deploy/ are valid, and do what they say', async () => {
  const policies = readFileSync(path.join(packageRoot, 'deploy', 'use.example.cedar'), 'utf8');
  const roles = new Map([['user:planner', 'traffic']]);
  const agreements = ['user:operator', 'user:planner'].map((puller) => agreementOf({ name: puller.slice(5), puller }));
  const { desk } = await openTestDesk({ policies, roles, agreements });
  const admitted = async (puller: string, kind: 'camera' | 'sensor'): Promise<boolean> =>
    (await desk.pull(request({}, { puller, kind }))).admitted;
  assert.equal(await admitted('user:operator', 'camera'), true);
  assert.equal(await admitted('user:planner', 'sensor'), true);
  assert.equal(await admitted('user:planner', 'camera'), false);
});
