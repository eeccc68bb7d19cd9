/**
 * Goal: over every protocol, a pull is a durable leaf before its first byte, and what is refused gets no byte and is a leaf too. Method: real
 * servers, real players' requests, and a real ledger whose file is read as it stands when the first byte comes.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import { useRecordOver } from '../../edge/agent/use.ts';
import { systemClock } from '../../edge/base/clock.ts';
import type { Feed } from '../../edge/gateway/feed.ts';
import { nodeDisk } from '../../edge/ledger/disk.ts';
import { readJournal } from '../../edge/ledger/journal.ts';
import { decodeLeaf, type Leaf } from '../../edge/ledger/leaf.ts';
import { LEDGER_FOLDER } from '../../edge/ledger/ledger.ts';
import { BASIC, DressedFeed, startConsole, USER } from '../support/console-fixture.ts';
import { FORMAT, unit } from '../support/h264.ts';
import { manualClock } from '../support/manual-clock.ts';
import { ManualDirectory, ManualFeed } from '../support/manual-feed.ts';
import { RtspClient, sessionOf } from '../support/rtsp-client.ts';
import { startRtspFixture } from '../support/rtsp-fixture.ts';
import { TempDir } from '../support/temp.ts';
import { startTestLedger } from '../support/test-ledger.ts';

import { agreementOf, openTestDesk } from '../support/use.ts';
import { until } from '../support/wait.ts';

const TRAFFIC = 'dpv:ImproveTransportMobility';
const AGREEMENTS = [
  agreementOf({
    name: 'traffic',
    puller: `user:${USER}`,
    feeds: ['gate'],
    purposes: [TRAFFIC, 'dpv:RepairImpairments'],
  }),
  agreementOf({ name: 'old', puller: `user:${USER}`, feeds: ['yard'], untilMs: Date.UTC(2026, 0, 1) }),
];

let temp: TempDir;
let record: Awaited<ReturnType<typeof startTestLedger>>;
let desk: Awaited<ReturnType<typeof openTestDesk>>['desk'];
before(async () => {
  temp = new TempDir();
  record = await startTestLedger(temp.path);
  const use = useRecordOver(record.ledger, systemClock);
  ({ desk } = await openTestDesk({ agreements: AGREEMENTS, record: use }));
});
after(async () => {
  await record.ledger.close();
  temp[Symbol.dispose]();
});

type UseLeaf = Leaf<'pull' | 'refusal'>;

/** As the disk has it now: the journal, since nothing here fills a tile. */
async function usesOnDisk(): Promise<UseLeaf[]> {
  const { records } = await readJournal(nodeDisk, `${temp.path}/${LEDGER_FOLDER}/journal`);
  return records.flatMap(({ entry }) => {
    const decoded = decodeLeaf(entry);
    assert.ok('leaf' in decoded);
    return decoded.leaf.kind === 'pull' || decoded.leaf.kind === 'refusal' ? [decoded.leaf] : [];
  });
}

/** The leaves that came since. */
async function newUses(earlier: readonly UseLeaf[]): Promise<UseLeaf[]> {
  return (await usesOnDisk()).slice(earlier.length);
}

const gate = (): ManualFeed => new ManualFeed('gate', FORMAT);
const yard = (): ManualFeed => new ManualFeed('yard', FORMAT);

test('RTSP: the leaf of a permitted pull is durable when the first packet comes, one for a session', async () => {
  const feed = gate();
  await using fixture = await startRtspFixture(new ManualDirectory(feed), systemClock, desk);
  using client = await RtspClient.connect(fixture.server.address.port);
  const earlier = await usesOnDisk();
  const url = `${fixture.base}/gate`;
  assert.equal((await client.request('DESCRIBE', `${url}?purpose=${TRAFFIC}`)).status, 200);
  assert.deepEqual(await newUses(earlier), [], 'a description is not a pull');
  // As a player does: the addresses of the description have no query.
  const setup = await client.request('SETUP', `${url}/trackID=0`, { Transport: 'RTP/AVP/TCP;interleaved=0-1' });
  const Session = sessionOf(setup);
  let atFirstByte: Promise<UseLeaf[]> | undefined;
  client.socket.prependListener('data', (chunk: Buffer) => {
    if (chunk[0] === 0x24) atFirstByte ??= newUses(earlier);
  });
  assert.equal((await client.request('PLAY', `${url}/`, { Session })).status, 200);
  feed.pushUnit(unit(0, true));
  await until('a packet', () => client.frames.length > 0);
  const [pull, ...others] = (await atFirstByte) ?? assert.fail('the first byte was not seen');
  assert.deepEqual(others, []);
  assert.ok(pull?.kind === 'pull');
  assert.deepEqual(
    {
      puller: pull.puller,
      purpose: pull.purpose,
      feed: pull.feed,
      agreement: pull.agreement,
      window: pull.window?.[1],
    },
    { puller: `user:${USER}`, purpose: TRAFFIC, feed: 'gate', agreement: 'traffic', window: 'PT60M' },
  );
  await client.request('PAUSE', `${url}/`, { Session });
  await client.request('PLAY', `${url}/`, { Session });
  assert.equal((await newUses(earlier)).length, 1, 'a pause is not another pull');
});

const RTSP_REFUSALS: [what: string, path: string, reason: string][] = [
  ['without a purpose', 'gate', 'no-purpose'],
  ['for an unknown purpose', 'gate?purpose=dpv:Gossip', 'unknown-purpose'],
  ['under an agreement that is over', `yard?purpose=${TRAFFIC}`, 'agreement-expired'],
];
for (const [what, path, reason] of RTSP_REFUSALS) {
  test(`RTSP: a pull ${what} gets no description and no packet, and the refusal is a leaf`, async () => {
    const feeds = [gate(), yard()];
    await using fixture = await startRtspFixture(new ManualDirectory(...feeds), systemClock, desk);
    using client = await RtspClient.connect(fixture.server.address.port);
    // Whatever an earlier test refused within the same minute is not written again: the leaf is looked for among all.
    const url = `${fixture.base}/${path}`;
    const described = await client.request('DESCRIBE', url);
    assert.equal(described.status, 403);
    assert.match(described.body, new RegExp(`^${reason}: `));
    assert.doesNotMatch(described.body, /v=0|sprop/);
    const track = url.replace(/(\?|$)/, '/trackID=0$1');
    assert.equal((await client.request('SETUP', track, { Transport: 'RTP/AVP/TCP' })).status, 403);
    assert.equal((await client.request('PLAY', url, { Session: 'none' })).status, 454);
    for (const feed of feeds) assert.equal(feed.subscriberCount, 0);
    assert.equal(client.frames.length, 0);
    const leaf = (await usesOnDisk()).find((use) => use.kind === 'refusal' && use.reason === reason);
    assert.ok(leaf, 'the refusal is on record');
    assert.doesNotMatch(JSON.stringify(leaf), /Gossip/);
  });
}

async function socketTo(host: string, path: string, headers: Record<string, string> = {}) {
  const socket = new WebSocket(`ws://${host}${path}`, { headers: { Authorization: BASIC, ...headers } });
  const bytes: Buffer[] = [];
  socket.on('message', (data: Buffer) => bytes.push(data));
  const result = await Promise.race([
    once(socket, 'open').then(() => ({ status: 101, body: '' })),
    once(socket, 'unexpected-response').then(async ([, response]) => {
      let body = '';
      for await (const part of response) body += part;
      return { status: response.statusCode as number, body };
    }),
  ]);
  return { socket, bytes, ...result };
}

test('HTTP: a live WebSocket opens once its pull is a leaf', async () => {
  const feed = gate();
  await using box = await startConsole([new DressedFeed(feed) as Feed], { desk });
  const earlier = await usesOnDisk();
  const { status, socket, bytes } = await socketTo(box.host, '/cameras/gate/live', {
    Purpose: TRAFFIC,
    Agreement: 'traffic',
  });
  assert.equal(status, 101);
  const uses = await newUses(earlier);
  assert.deepEqual(
    uses.map((use) => [use.kind, use.feed, use.purpose]),
    [['pull', 'gate', TRAFFIC]],
  );
  feed.pushUnit(unit(0, true));
  await until('pictures', () => bytes.length > 2);
  socket.terminate();
});

test('HTTP: WebSockets, previews and snapshots that are refused get no byte of a picture, and say why', async () => {
  const feeds = [gate(), yard()];
  await using box = await startConsole(
    feeds.map((feed) => new DressedFeed(feed)),
    { desk },
  );
  for (const way of ['live', 'jsmpeg']) {
    for (const [path, reason] of [
      [`gate/${way}`, 'no-purpose'],
      [`gate/${way}?purpose=dpv:Gossip`, 'unknown-purpose'],
      [`yard/${way}?purpose=${TRAFFIC}`, 'agreement-expired'],
      [`gate/${way}?purpose=${TRAFFIC}&agreement=old`, 'feed-not-agreed'],
    ]) {
      const { status, body, bytes } = await socketTo(box.host, `/cameras/${path}`);
      if (status === 503) continue; // previews need ffmpeg
      assert.equal(status, 403, path);
      assert.match(body, new RegExp(`^${reason}: `), path);
      assert.equal(bytes.length, 0);
    }
  }
  for (const feed of feeds) assert.equal(feed.subscriberCount, 0);
  for (const [path, reason] of [
    ['gate/snapshot.jpg', 'no-purpose'],
    ['gate/snapshot.jpg?purpose=', 'unknown-purpose'],
    [`yard/snapshot.jpg?purpose=${TRAFFIC}`, 'agreement-expired'],
  ]) {
    const answer = await fetch(`${box.url}/cameras/${path}`, { headers: { Authorization: BASIC } });
    assert.equal(answer.status, 403, path);
    const text = await answer.text();
    assert.match(text, new RegExp(`^${reason}: `), path);
    assert.match(text, /[가-힣]/);
  }
  const reasons = new Set((await usesOnDisk()).flatMap((use) => (use.kind === 'refusal' ? [use.reason] : [])));
  assert.deepEqual([...reasons].sort(), ['agreement-expired', 'feed-not-agreed', 'no-purpose', 'unknown-purpose']);
});

test('HTTP: snapshots of one purpose are one leaf for a quarter of an hour', async () => {
  await using box = await startConsole([new DressedFeed(gate())], { desk });
  const earlier = await usesOnDisk();
  for (let i = 0; i < 3; i++) {
    const answer = await fetch(`${box.url}/cameras/gate/snapshot.jpg?purpose=${TRAFFIC}`, {
      headers: { Authorization: BASIC },
    });
    assert.equal(answer.status, 200);
    await answer.arrayBuffer();
  }
  const uses = await newUses(earlier);
  assert.deepEqual(
    uses.map((use) => use.kind === 'pull' && use.window?.[1]),
    ['PT15M'],
  );
});

test('the console is told what may be said, and no more than is agreed with its user', async () => {
  await using box = await startConsole([new DressedFeed(gate())], { desk });
  const answer = await fetch(`${box.url}/api/purposes`, { headers: { Authorization: BASIC } });
  const { choices } = (await answer.json()) as {
    choices: { agreement: string; purpose: string; label: { ko: string } }[];
  };
  assert.deepEqual(
    choices.map(({ agreement, purpose }) => [agreement, purpose]),
    [
      ['traffic', TRAFFIC],
      ['traffic', 'dpv:RepairImpairments'],
    ],
  );
  for (const { label } of choices) assert.match(label.ko, /[가-힣]/);
});

test('without a record nothing is served, over any protocol', async () => {
  const { desk: broken, record: failing } = await openTestDesk();
  failing.fault = new Error('no space left on device');
  const feed = gate();
  await using fixture = await startRtspFixture(new ManualDirectory(feed), systemClock, broken);
  using client = await RtspClient.connect(fixture.server.address.port);
  const url = `${fixture.base}/gate`;
  const setup = await client.request('SETUP', `${url}/trackID=0`, { Transport: 'RTP/AVP/TCP;interleaved=0-1' });
  assert.equal((await client.request('PLAY', url, { Session: sessionOf(setup) })).status, 503);
  await using box = await startConsole([new DressedFeed(feed)], { desk: broken });
  assert.equal((await socketTo(box.host, '/cameras/gate/live')).status, 503);
  const snapshot = await fetch(`${box.url}/cameras/gate/snapshot.jpg`, { headers: { Authorization: BASIC } });
  assert.equal(snapshot.status, 503);
  assert.match(await snapshot.text(), /^not-recorded: /);
  assert.equal(feed.subscriberCount, 0);
});

test('a viewer whose agreement ends is cut off, over RTSP and WebSocket', async () => {
  // The desk's clock stands still, so that both are let in however long that takes; how long each may stay is measured by timers.
  const clock = manualClock(Date.UTC(2026, 10, 23));
  const agreements = [agreementOf({ name: 'short', puller: `user:${USER}`, untilMs: clock.wallMs() + 1_500 })];
  const { desk: short, record: uses } = await openTestDesk({ agreements, clock });
  let followed = 0;
  const feed = gate();
  feed.onKeyFrameWanted = () => followed++;
  await using fixture = await startRtspFixture(new ManualDirectory(feed), systemClock, short);
  using client = await RtspClient.connect(fixture.server.address.port);
  const url = `${fixture.base}/gate`;
  const setup = await client.request('SETUP', `${url}/trackID=0`, { Transport: 'RTP/AVP/TCP;interleaved=0-1' });
  assert.equal((await client.request('PLAY', url, { Session: sessionOf(setup) })).status, 200);
  await using box = await startConsole([new DressedFeed(feed)], { desk: short });
  const { status, socket } = await socketTo(box.host, '/cameras/gate/live');
  assert.equal(status, 101);
  const [code] = await once(socket, 'close');
  assert.equal(followed, 2);
  assert.equal(code, 4403);
  await until('RTSP is cut off', () => client.isClosed && feed.subscriberCount === 0);
  assert.deepEqual(
    uses.refusals.map(({ reason }) => reason),
    ['agreement-expired'],
  );
});
