/**
 * Goal: whatever sensors send, and however the sensor process ends, nothing of a person leaves it but figures of at least k. Method: the real agent
 * and the real sensor process, only with a faster clock, fed over HTTP and by a broker that is not ours; then all that the product said,
 * stored or shows to other processes is searched for what was planted.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { adapterNamed } from '../../edge/sensor/adapters/index.ts';
import type { Release } from '../../edge/sensor/messages.ts';
import { filesBelow } from '../support/files.ts';
import { freePort } from '../support/free-port.ts';
import { childrenOf, type Garim, startGarim, titleOf, until } from '../support/garim.ts';
import { mosquittoMissing, startMosquitto } from '../support/mosquitto.ts';
import { macOf } from '../support/pipelines.ts';
import { PLANTED_NEEDLES, plantedMessage } from '../support/planted.ts';
import { needs } from '../support/shared.ts';
import { TempDir } from '../support/temp.ts';

const linux = needs(process.platform === 'linux', '/proc');
const ENTRY = 'dist/test/support/sensor-host.js';
const TOKEN = 'fault-token-0123456789abcdef';

interface Setup {
  temp: TempDir;
  garim: Garim;
  /** Posts messages, one a line; answers what was said. */
  post(sensor: string, lines: readonly string[]): Promise<string>;
  releases(sensor: string): Promise<Release[]>;
  metric(name: string, labels?: string): Promise<number>;
  sensorPid(): number | undefined;
}

async function setUp(
  adapters: readonly string[],
  windowMs: number,
  more: Record<string, unknown> = {},
): Promise<Setup> {
  const temp = new TempDir();
  const port = await freePort();
  const webhook = { webhook: { listen: `127.0.0.1:${port}`, token: TOKEN } };
  const sensors = Object.fromEntries(adapters.map((adapter) => [adapter, { adapter, intake: webhook }]));
  const policies = Object.fromEntries(
    [...adapters, 'by-broker'].map((name) => {
      const adapter = name === 'by-broker' ? 'wifi-probes' : name;
      // Together they may cost no more than the linkage guard takes.
      return [name, { ...adapterNamed(adapter).defaultPolicy, adapter, windowMs, epsilonPerDay: 0.4 }];
    }),
  );
  const policy = path.join(temp.path, 'policy.yaml');
  writeFileSync(policy, JSON.stringify({ version: 1, controller: CONTROLLER, sensors: policies }));
  const garim = await startGarim({
    entry: ENTRY,
    config: { sensors: { ...sensors, ...more }, policy, log: { level: 'debug' } },
  });
  const sensorPid = (): number | undefined => childrenOf(garim.pid).find((pid) => titleOf(pid) === 'garim-sensors');
  const connected = async (): Promise<boolean> => {
    const { sensors: states } = (await (await garim.get('/healthz')).json()) as { sensors: Record<string, string> };
    return Object.values(states).every((state) => state === 'connected');
  };
  await until(() => `all sensors are connected\n${garim.output().slice(-2000)}`, connected);
  return {
    temp,
    garim,
    sensorPid,
    post: async (sensor, lines) => {
      const response = await fetch(`http://127.0.0.1:${port}/${sensor}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/x-ndjson' },
        body: lines.join('\n'),
      });
      return `${response.status} ${JSON.stringify([...response.headers])} ${await response.text()}`;
    },
    releases: async (sensor) =>
      ((await (await garim.get(`/sensors/${sensor}/latest.json`)).json()) as { releases: Release[] }).releases,
    metric: async (name, labels = '') => {
      const text = await (await garim.get('/metrics')).text();
      const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
      return lines
        .filter((line) => line.includes(labels))
        .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
    },
  };
}

const CONTROLLER = {
  id: 'https://city.example.kr',
  name: 'Example City',
  address: '1 City Hall Road',
  contact: 'privacy office',
  jurisdiction: 'KR',
  notice: 'https://city.example.kr/privacy',
  language: 'ko',
  withdrawal: 'https://city.example.kr/withdraw',
};

const peopleOf = (releases: readonly Release[]): number[] =>
  releases.flatMap(({ cells }) => cells.map(({ figures }) => figures['contributors'] ?? 0));

const ADAPTERS = ['wifi-probes', 'ble-scans', 'lpr', 'gps', 'transit-card', 'environment', 'people-counter', 'lorawan'];
const MESSAGES = 100_000;
/** Three seconds of the fast process. */
const HOUR_MS = 3_600_000;
/** 72 seconds of it: a flood finds no place in a window, however slowly a busy machine takes it. */
const DAY_MS = 24 * HOUR_MS;
/** Six deviations of an hour's noise at an epsilon of 0.4 a day. */
const NOISE_MAX = 320;
const BATCH = 500;

test('of 100,000 messages with planted identifiers nothing is found anywhere', {
  skip: linux,
  timeout: 900_000,
}, async (context) => {
  const broker = mosquittoMissing === false ? await startMosquitto() : undefined;
  const byBroker = { adapter: 'wifi-probes', intake: { mqtt: { url: broker?.url ?? '', topics: ['city/#'] } } };
  const setup = await setUp(ADAPTERS, HOUR_MS, broker === undefined ? {} : { 'by-broker': byBroker });
  const { garim, temp, post, releases, metric } = setup;
  try {
    const publisher = await broker?.publisher();
    const said: string[] = [];
    const seen = new Set<string>();
    const batches = new Map<string, string[]>(ADAPTERS.map((adapter) => [adapter, []]));
    for (let index = 0; index < MESSAGES; index++) {
      const { adapter, message } = plantedMessage(index);
      if (index % 97 === 0) for (const needle of PLANTED_NEEDLES) if (message.includes(needle)) seen.add(needle);
      const batch = batches.get(adapter)!;
      batch.push(message);
      if (adapter === 'wifi-probes' && publisher !== undefined && index % 5 === 0) {
        await publisher.publishAsync(`city/${index}/${macOf(0x70_000_000 + index)}`, message, { qos: 0 });
      }
      if (batch.length === BATCH) said.push(await post(adapter, batch.splice(0)));
    }
    for (const [adapter, batch] of batches) said.push(await post(adapter, batch));
    assert.deepEqual(
      PLANTED_NEEDLES.filter((needle) => !seen.has(needle)),
      [],
      'each needle is in what was sent',
    );

    // The last ones may have gone out of sight by now: some more of each until they are seen.
    const again = (adapter: string): Promise<string> => {
      const first = ADAPTERS.indexOf(adapter);
      return post(
        adapter,
        Array.from({ length: 1_000 }, (_, i) => plantedMessage(first + i * ADAPTERS.length).message),
      );
    };
    await until('people are in a release', async () => {
      said.push(await again('wifi-probes'));
      return peopleOf(await releases('wifi-probes')).some((count) => count > 100);
    });
    await until('the environment is in a release', async () => {
      said.push(await again('environment'));
      return (await releases('environment')).some(({ cells }) => cells.length > 0);
    });
    await until('all messages are counted', async () => (await metric('garim_sensor_messages_total')) >= MESSAGES);
    if (publisher !== undefined) {
      await until('the broker’s are in a release', async () => {
        for (let i = 0; i < 1_000; i++)
          await publisher.publishAsync('city/more', plantedMessage(i * ADAPTERS.length).message);
        return peopleOf(await releases('by-broker')).some((count) => count > 50);
      });
      await publisher.endAsync(true);
    }
    const taken = await metric('garim_sensor_readings_total');
    context.diagnostic(`${taken} readings; malformed ${await metric('garim_sensor_dropped_total', 'malformed')}`);
    assert.ok(taken > MESSAGES / 2);

    const places: [string, string][] = [['answers to senders', said.join('\n')]];
    for (const pathname of [
      '/',
      '/healthz',
      '/metrics',
      '/api/cameras',
      '/sensors/nothing/latest.json',
      ...ADAPTERS.map((a) => `/sensors/${a}/latest.json`),
    ]) {
      const response = await garim.get(pathname);
      places.push([pathname, `${JSON.stringify([...response.headers])} ${await response.text()}`]);
    }
    for (const pid of [garim.pid, ...childrenOf(garim.pid)]) {
      for (const file of ['cmdline', 'environ'])
        places.push([`${file} of ${titleOf(pid)}`, readFileSync(`/proc/${pid}/${file}`, 'utf8')]);
    }
    const sensorPid = setup.sensorPid()!;
    process.kill(sensorPid, 'SIGABRT'); // where cores are written, it leaves one beside it
    await until('its end is seen', () => garim.output().includes('the sensor process ended'));
    for (const folder of [garim.stateDir, path.dirname(garim.stateDir), temp.path]) places.push(...filesBelow(folder));
    assert.equal(await garim.stop(), 0);
    places.push(['standard output and error', garim.output()]);
    const found = places.flatMap(([where, text]) =>
      PLANTED_NEEDLES.filter((needle) => text.includes(needle)).map((needle) => `${where}: ${needle}`),
    );
    assert.deepEqual(found, []);
    assert.ok(places.length > 20, `${places.length} places were searched`);
  } finally {
    await garim[Symbol.asyncDispose]();
    await broker?.[Symbol.asyncDispose]();
    temp[Symbol.dispose]();
  }
});

test('kill -9 in mid-window: nothing is counted twice, nothing raw comes back, the window is lost and counted', {
  skip: linux,
  timeout: 600_000,
}, async () => {
  const { garim, temp, post, releases, metric, sensorPid } = await setUp(['wifi-probes'], HOUR_MS);
  try {
    // The record grows; what it may hold is tested above.
    const filesNow = (): string[] =>
      filesBelow(garim.stateDir).flatMap(([file]) => (file.includes('/ledger/') ? [] : [file]));
    const before = filesNow();
    const say = async (from: number, count: number): Promise<void> => {
      const lines = Array.from({ length: count }, (_, i) => JSON.stringify({ mac: macOf(from + i), rssi: -60 }));
      await post('wifi-probes', lines).catch(() => {}); // while it is down
    };
    const all = new Map<string, Release>();
    const gather = async (): Promise<Release[]> => {
      for (const release of await releases('wifi-probes')) {
        const known = all.get(release.id);
        assert.deepEqual(known ?? release, release, 'an id never says two things');
        all.set(release.id, release);
      }
      return [...all.values()];
    };
    const first = 2_000;
    const second = 1_200;
    await until('the first process has released', async () => {
      await say(0, first);
      return peopleOf(await gather()).some((count) => Math.abs(count - first) < NOISE_MAX);
    });
    // It tells what it holds with what it counted; what was said while it last did is in an open window.
    let counted = await metric('garim_sensor_messages_total');
    let reports = 0;
    await until('it has told what it holds', async () => {
      await say(0, first);
      const now = await metric('garim_sensor_messages_total');
      if (now > counted) reports++;
      counted = now;
      return reports >= 2;
    });
    const pid = sensorPid()!;
    process.kill(pid, 'SIGKILL');
    await until('another process is there', () => sensorPid() !== undefined && sensorPid() !== pid);
    await until('the second process has released', async () => {
      await say(10_000, second);
      return peopleOf(await gather()).some((count) => Math.abs(count - second) < NOISE_MAX);
    });
    const counts = peopleOf(await gather());
    assert.deepEqual(
      counts.filter((count) => count > first + NOISE_MAX),
      [],
      'no window holds both',
    );
    const starts = [...all.values()].map(({ window }) => window.startMs);
    assert.equal(new Set(starts).size, starts.length, 'no window is released twice');
    assert.ok((await metric('garim_sensor_windows_lost_total')) >= 1);
    assert.ok((await metric('garim_sensor_dropped_total', 'window-incomplete')) >= 1);
    assert.equal(await metric('garim_sensor_process_restarts_total'), 1);
    assert.deepEqual(filesNow(), before, 'nothing was written but what was there');
  } finally {
    await garim[Symbol.asyncDispose]();
    temp[Symbol.dispose]();
  }
});

test('a flood of a million addresses: memory stays bounded, what finds no place is counted', {
  skip: linux,
  timeout: 600_000,
}, async (context) => {
  const { garim, temp, post, metric, sensorPid } = await setUp(['wifi-probes'], DAY_MS);
  try {
    const rssMb = (): number =>
      Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${sensorPid()}/status`, 'utf8'))?.[1]) / 1024;
    let probes = 0;
    const isWhole = async (): Promise<boolean> => {
      const before = await metric('garim_sensor_dropped_total', 'window-incomplete');
      await post('wifi-probes', [JSON.stringify([{ mac: macOf(2_000_000 + probes++) }])]);
      await until('it is counted', async () => (await metric('garim_sensor_readings_total')) === probes);
      return (await metric('garim_sensor_dropped_total', 'window-incomplete')) === before;
    };
    // Nothing is kept of the window in which the process came up.
    await until('a whole window has begun', isWhole);
    const startMb = rssMb();
    const startedMs = performance.now();
    for (let from = 0; from < 1_000_000; from += 5_000) {
      const lines = Array.from({ length: 20 }, (_, line) =>
        JSON.stringify(Array.from({ length: 250 }, (_, i) => ({ mac: macOf(from + line * 250 + i) }))),
      );
      assert.match(await post('wifi-probes', lines), /^202 /);
    }
    const tookS = (performance.now() - startedMs) / 1000;
    await until('all are counted', async () => (await metric('garim_sensor_readings_total')) === probes + 1_000_000);
    context.diagnostic(`${startMb.toFixed(0)} MB before, at most ${rssMb().toFixed(0)} MB, ${tookS.toFixed(1)} s`);
    assert.ok((await metric('garim_sensor_dropped_total', 'contributors-full')) > 0);
    assert.ok(rssMb() < 400, `${rssMb()} MB`);
  } finally {
    await garim[Symbol.asyncDispose]();
    temp[Symbol.dispose]();
  }
});
