/**
 * Goal: where the box connects by TLS it talks to the right one only, and shows who it is; nothing goes to a stranger. Method: an authority
 * of the tests' own; a broker that is not ours which wants certificates, and HTTPS hubs; each with the right, no and other certificates.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { WorldError } from '../../edge/base/errors.ts';
import { type ClientTls, readClientTls } from '../../edge/config/client-tls.ts';
import { openMqttIntake } from '../../edge/sensor/intake/mqtt.ts';
import type { IntakeSink } from '../../edge/sensor/intake/port.ts';
import { Webhooks } from '../../edge/sensor/intake/webhook.ts';
import { sinkFor } from '../../edge/uplink/uplink.ts';
import { Authority, clientTls, type Identity, opensslMissing } from '../support/certificates.ts';
import { releaseOf } from '../support/hub-releases.ts';
import { type Broker, mosquittoMissing, startMosquitto } from '../support/mosquitto.ts';
import { TempDir } from '../support/temp.ts';
import { until } from '../support/wait.ts';

const skip = opensslMissing;
const skipMqtt = opensslMissing === false ? mosquittoMissing : opensslMissing;

let city: Authority;
let stranger: Authority;
let server: Identity;
let box: Identity;
before(() => {
  if (opensslMissing !== false) return;
  [city, stranger] = [new Authority(), new Authority()];
  [server, box] = [city.issue('server'), city.issue('box')];
});
after(() => {
  city?.[Symbol.dispose]();
  stranger?.[Symbol.dispose]();
});

/** What a client must not get in with, and why. */
const wrong = (): [string, ClientTls | undefined][] => [
  ['no authority of ours', undefined],
  ['another authority', clientTls(stranger, box)],
  ['a certificate of another authority', clientTls(city, stranger.issue('box'))],
  ['no certificate', clientTls(city)],
];
const startBroker = (): Promise<Broker> => startMosquitto({ ca: city.ca, ...server });
/** Only bounds hanging. */
const signal = (): AbortSignal => AbortSignal.timeout(120_000);
const isUnreachable = (error: unknown): boolean => error instanceof WorldError && error.code === 'hub-unreachable';

test('messages of a broker: with the right certificates only', { skip: skipMqtt }, async () => {
  await using broker = await startBroker();
  const taken: string[] = [];
  const sink: IntakeSink = {
    waitMs: () => 0,
    take: (message) => {
      taken.push(Buffer.from(message).toString());
      return 'taken';
    },
    dropped: () => {},
  };
  const open = (tls: ClientTls | undefined, name: string, url = broker.url) =>
    openMqttIntake(
      { kind: 'mqtt', url, topics: ['t'], version: '5', ...(tls === undefined ? {} : { tls }) },
      `garim-${name}`,
      sink,
    );
  const intakes = [open(clientTls(city, box), 'address'), ...wrong().map(([, tls], i) => open(tls, `${i}`))];
  const named = open(clientTls(city, box), 'name', broker.url.replace('127.0.0.1', 'localhost'));
  try {
    await until('the right one is in', () => intakes[0]!.state.state === 'connected');
    await until('by name too', () => named.state.state === 'connected');
    for (const [i, [why]] of wrong().entries()) {
      const { state } = intakes[i + 1]!;
      await until(why, () => state.state === 'lost');
      assert.notEqual(state.lastError, '', why);
    }
    await named.close();
    const publisher = await broker.publisher(clientTls(city, box));
    await publisher.publishAsync('t', 'reading', { qos: 1 });
    await until('it came', () => taken.length > 0);
    await publisher.endAsync();
    assert.deepEqual(taken, ['reading'], 'once');
  } finally {
    await Promise.all([...intakes, named].map((intake) => intake.close()));
  }
});

test('releases to a broker: with the right certificates only', { skip: skipMqtt }, async () => {
  await using broker = await startBroker();
  const hub = { kind: 'mqtt', url: broker.url, topicPrefix: 'city' } as const;
  for (const [why, tls] of wrong()) {
    const sink = sinkFor(tls === undefined ? hub : { ...hub, tls }, 'box-1');
    await assert.rejects(sink.deliver(releaseOf(1), signal()), isUnreachable, why);
    await sink.close();
  }
  const listener = await broker.publisher(clientTls(city, box));
  const topics: string[] = [];
  listener.on('message', (topic) => topics.push(topic));
  await listener.subscribeAsync('city/#', { qos: 1 });
  const sink = sinkFor({ ...hub, tls: clientTls(city, box) }, 'box-1');
  await sink.deliver(releaseOf(1), signal());
  await until('it came', () => topics.length > 0);
  assert.deepEqual(topics, ['city/box-1/plaza-wifi']);
  await sink.close();
  await listener.endAsync();
});

test('releases to an HTTPS hub: with the right certificates only', { skip }, async () => {
  let taken = 0;
  const hub = createServer(
    { ...keyPair(server), ca: readFileSync(city.ca), requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      request.resume().once('end', () => {
        taken++;
        response.writeHead(202).end();
      });
    },
  );
  hub.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => hub.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(hub.address() as AddressInfo).port}`;
  try {
    for (const kind of ['cloudevents', 'ngsi-ld'] as const) {
      const target = { kind, url, token: undefined };
      for (const [why, tls] of wrong()) {
        const sink = sinkFor(tls === undefined ? target : { ...target, tls }, 'box-1');
        await assert.rejects(sink.deliver(releaseOf(1), signal()), isUnreachable, why);
      }
      assert.equal(taken, 0);
      await sinkFor({ ...target, tls: clientTls(city, box) }, 'box-1').deliver(releaseOf(1), signal());
      assert.equal(taken, 1);
      taken = 0;
    }
  } finally {
    hub.closeAllConnections();
    await new Promise((resolve) => hub.close(resolve));
  }
});

test('a webhook over TLS: whoever trusts the authority gets in, and plain HTTP does not', { skip }, async () => {
  const taken: string[] = [];
  const intake = new Webhooks().open(
    'gate',
    { kind: 'webhook', listen: '127.0.0.1:0', token: 'tls-token-0123456789', tls: pemsOf(server) },
    {
      waitMs: () => 0,
      take: (message) => {
        taken.push(Buffer.from(message).toString());
        return 'taken';
      },
      dropped: () => {},
    },
  );
  try {
    await until('it listens', () => intake.state.state === 'connected');
    const post = (url: string, tls?: ClientTls) =>
      sinkFor(
        { kind: 'cloudevents', url, token: 'tls-token-0123456789', ...(tls === undefined ? {} : { tls }) },
        'box-1',
      ).deliver(releaseOf(1), signal());
    const at = `127.0.0.1:${intake.port}/gate`;
    await assert.rejects(post(`http://${at}`), isUnreachable);
    await assert.rejects(post(`https://${at}`), isUnreachable);
    await post(`https://${at}`, clientTls(city));
    assert.equal(taken.length, 1);
  } finally {
    await intake.close();
  }
});

test('certificates are read when the configuration is, and faults name the setting', { skip }, async () => {
  using dir = new TempDir({ 'no.pem': 'no certificate' });
  const { ca } = city;
  const read = (settings: { ca?: string; cert?: string; key?: string }, url = 'mqtts://broker') =>
    readClientTls(settings, url, dir.path);
  assert.deepEqual(await read({ ca, ...box }), clientTls(city, box));
  writeFileSync(path.join(dir.path, 'ca.pem'), readFileSync(ca));
  assert.deepEqual(await read({ ca: 'ca.pem' }), clientTls(city), 'beside the configuration');
  const faults: [Promise<unknown>, RegExp][] = [
    [read({ ca: 'gone.pem' }), /tls\.ca can't be read \(ENOENT\)/],
    [read({ ca: 'no.pem' }), /tls/],
    [read({ cert: box.cert, key: server.key }), /a key that is not that of the certificate/],
    [read({ ca }, 'mqtt://broker'), /the URL does not use it/],
  ];
  for (const [fault, pattern] of faults) assert.match(((await fault) as { what: string }).what, pattern);
});

function keyPair({ cert, key }: Identity): { cert: Buffer; key: Buffer } {
  return { cert: readFileSync(cert), key: readFileSync(key) };
}

function pemsOf({ cert, key }: Identity): { cert: string; key: string } {
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
}
