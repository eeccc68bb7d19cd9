/**
 * Goal: every sink keeps the promises of edge/uplink/sink.ts. Method: one suite against real peers: a strict NGSI-LD endpoint, a CloudEvents
 * endpoint and mosquitto; and the uplink as a whole through outages of each.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MqttClient } from 'mqtt';
import { WorldError } from '../../edge/base/errors.ts';
import { rootLog } from '../../edge/base/log.ts';
import type { ResolvedHub } from '../../edge/config/hub.ts';
import type { UplinkDropReason } from '../../edge/uplink/outbox.ts';
import type { Sink } from '../../edge/uplink/sink.ts';
import { sinkFor, startUplink } from '../../edge/uplink/uplink.ts';
import { releaseOf } from '../support/hub-releases.ts';
import { startCloudEventsHub, startNgsiLdHub, type TestHub } from '../support/hubs.ts';
import { mosquittoMissing, startMosquitto } from '../support/mosquitto.ts';
import { TempDir } from '../support/temp.ts';
import { until } from '../support/wait.ts';

const TOKEN = 'a-token-of-the-hub';
const log = rootLog.child({}, { level: 'silent' });
/** Only bounds hanging. */
const signal = (): AbortSignal => AbortSignal.timeout(120_000);

interface Peer extends AsyncDisposable {
  hub: ResolvedHub;
  /** The same, with secrets with which it refuses to talk. */
  wrong: ResolvedHub;
  /** How many different releases it has. */
  count(): number;
  away(): Promise<void>;
  back(): Promise<void>;
}

async function httpPeer(kind: 'ngsi-ld' | 'cloudevents'): Promise<Peer & { server: TestHub }> {
  const server = await (kind === 'ngsi-ld' ? startNgsiLdHub(TOKEN) : startCloudEventsHub(TOKEN));
  const url = kind === 'ngsi-ld' ? server.url : `${server.url}/events`;
  return {
    server,
    hub: { kind, url, token: TOKEN },
    wrong: { kind, url, token: 'another' },
    count: () => server.taken().length,
    away: async () => {
      server.answer = { status: 503 };
    },
    back: async () => {
      server.answer = undefined;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function mqttPeer(): Promise<Peer> {
  const broker = await startMosquitto();
  const ids = new Set<string>();
  const listen = async (): Promise<MqttClient> => {
    // Its subscription outlives the broker: what is published before it is back is kept for it.
    const client = await broker.publisher({
      protocolVersion: 5,
      reconnectPeriod: 0,
      clientId: 'hub',
      clean: false,
      properties: { sessionExpiryInterval: 3_600 },
    });
    client.on('error', () => {});
    client.on('message', (_, payload) => ids.add((JSON.parse(payload.toString()) as { id: string }).id));
    await client.subscribeAsync('city/garim/#', { qos: 1 });
    return client;
  };
  let listener = await listen();
  const wrong = new URL(broker.url);
  wrong.password = 'another';
  return {
    hub: { kind: 'mqtt', url: broker.url, topicPrefix: 'city/garim' },
    wrong: { kind: 'mqtt', url: wrong.href, topicPrefix: 'city/garim' },
    count: () => ids.size,
    away: async () => {
      listener.end(true);
      await broker.stop();
    },
    back: async () => {
      await broker.start();
      listener = await listen();
    },
    async [Symbol.asyncDispose]() {
      listener.end(true);
      await broker[Symbol.asyncDispose]();
    },
  };
}

const PEERS: [string, () => Promise<Peer>, string | false][] = [
  ['NGSI-LD', () => httpPeer('ngsi-ld'), false],
  ['CloudEvents', () => httpPeer('cloudevents'), false],
  ['MQTT', mqttPeer, mosquittoMissing],
];

for (const [name, start, missing] of PEERS) {
  const options = { skip: missing };

  test(`${name}: what is delivered is at the hub, and once when it is sent twice`, options, async () => {
    await using peer = await start();
    await using sink = closing(sinkFor(peer.hub, 'box-1'));
    for (const n of [1, 2, 2, 3]) await sink.deliver(releaseOf(n), signal());
    await until('three are there', () => peer.count() === 3);
    assert.ok(!sink.target.includes('password') && !sink.target.includes(TOKEN));
  });

  test(`${name}: a hub that is away is no refusal, and no reason to give up`, options, async () => {
    await using peer = await start();
    await using sink = closing(sinkFor(peer.hub, 'box-1'));
    await peer.away();
    await assert.rejects(sink.deliver(releaseOf(1), signal()), isWorldError('hub-unreachable'));
    await peer.back();
    await sink.deliver(releaseOf(1), signal());
    await until('it is there', () => peer.count() === 1);
  });

  test(`${name}: wrong credentials are for a person to mend, and what waits is not lost`, options, async () => {
    await using peer = await start();
    await using sink = closing(sinkFor(peer.wrong, 'box-1'));
    await assert.rejects(sink.deliver(releaseOf(1), signal()), isWorldError('hub-unreachable'));
    assert.equal(peer.count(), 0);
  });

  test(`${name}: the uplink brings everything across an outage and a restart, in order`, options, async () => {
    await using peer = await start();
    using dir = new TempDir();
    const drops: UplinkDropReason[] = [];
    let delivered = 0;
    const begin = () =>
      startUplink({
        hubs: { city: peer.hub },
        box: 'box-1',
        stateDir: dir.path,
        metrics: { releaseDelivered: () => delivered++, releaseDropped: (_, reason) => drops.push(reason) },
        log,
      });
    await peer.away();
    const first = await begin();
    for (const n of [1, 2]) await first.accept(releaseOf(n));
    await until('it was tried', () => first.state()[0]!.lastError !== '');
    await first.close();
    const second = await begin();
    await second.accept(releaseOf(3));
    assert.equal(second.state()[0]!.waiting, 3);
    await peer.back();
    await until('all is taken', () => second.state()[0]!.waiting === 0);
    await second.close();
    // A broker hands on what it took when it comes to it.
    await until('all is there', () => peer.count() === 3);
    assert.deepEqual([delivered, drops, second.state()[0]!.lastError], [3, [], '']);
  });
}

test('a release that the hub will never take is dropped, counted, and does not hold up the next', async () => {
  await using peer = await httpPeer('ngsi-ld');
  using dir = new TempDir();
  const drops: UplinkDropReason[] = [];
  const uplink = await startUplink({
    hubs: { city: peer.hub },
    box: 'box-1',
    stateDir: dir.path,
    metrics: { releaseDelivered: () => {}, releaseDropped: (_, reason) => drops.push(reason) },
    log,
  });
  peer.server.answer = { status: 422 };
  await uplink.accept(releaseOf(1));
  await until('it is dropped', () => drops.length === 1);
  peer.server.answer = undefined;
  await uplink.accept(releaseOf(2));
  await until('the next is there', () => peer.count() === 1);
  await uplink.close();
  assert.deepEqual(drops, ['hub-refused']);
});

test('an entity holds the counts under the names of its model, and nothing of one vehicle', async () => {
  await using peer = await httpPeer('ngsi-ld');
  await using sink = closing(sinkFor(peer.hub, 'box-1'));
  await sink.deliver(releaseOf(1), signal());
  const [[crowd]] = peer.server.payloads as [[Record<string, { value: unknown }>]];
  assert.equal(crowd['peopleCount']?.value, 41);
  assert.deepEqual(crowd['figures']?.value, { readings: 201 });
  await sink.deliver(
    releaseOf(2, { kind: 'traffic-flow', cells: [{ group: { lane: '1' }, figures: { readings: 12, speed: 31 } }] }),
    signal(),
  );
  const [traffic] = peer.server.payloads[1] as [Record<string, { value: unknown }>];
  assert.equal(String(traffic['type']), 'TrafficFlowObserved');
  assert.deepEqual([traffic['intensity']?.value, traffic['averageVehicleSpeed']?.value], [12, 31]);
});

test('a redirect is not followed: it would carry the token elsewhere', async () => {
  await using peer = await httpPeer('cloudevents');
  await using sink = closing(sinkFor(peer.hub, 'box-1'));
  peer.server.answer = { status: 307 };
  await assert.rejects(sink.deliver(releaseOf(1), signal()), /redirects to/);
});

function closing(sink: Sink): Sink & AsyncDisposable {
  return { ...sink, [Symbol.asyncDispose]: () => sink.close() };
}

function isWorldError(code: WorldError['code']): (error: unknown) => boolean {
  return (error) => error instanceof WorldError && error.code === code;
}
