/**
 * Goal: what people choose holds for the very next reading once it is answered, the opt-out list soon after it is synced, and neither log nor disk
 * nor metrics keep who it was. Method: the real agent and sensor process, phones over HTTP, readings over the webhook, and the desk's commands.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../edge/base/paths.ts';
import type { ConsentRecord } from '../../edge/policy/choices/consent-record.ts';
import { withdrawalMessage } from '../../edge/policy/choices/requests.ts';
import { adapterNamed } from '../../edge/sensor/adapters/index.ts';
import { DESK_TOKEN, optInBody, Phone, pauseBody } from '../support/choice-fixture.ts';
import { filesBelow } from '../support/files.ts';
import { freePort } from '../support/free-port.ts';
import { childrenOf, startGarim, titleOf, until } from '../support/garim.ts';
import { CONTROLLER } from '../support/policies.ts';
import { needs } from '../support/shared.ts';
import { TempDir } from '../support/temp.ts';

const TOKEN = 'fault-token-0123456789abcdef';
const HOUR_MS = 3_600_000;
const PEOPLE = 30;
const MAIN = path.join(packageRoot, 'dist', 'edge', 'main.js');

const cardOf = (index: number): string => `C2026${String(index).padStart(11, '0')}`;
const plateOf = (index: number): string => `${100 + index}가${String(4000 + index)}`;

test('choices hold for the next reading, through the real processes', {
  skip: needs(process.platform === 'linux', '/proc'),
  timeout: 600_000,
}, async (context) => {
  using temp = new TempDir();
  const port = await freePort();
  const intake = { webhook: { listen: `127.0.0.1:${port}`, token: TOKEN } };
  const of = (adapter: string, zone: string) => ({
    ...adapterNamed(adapter).defaultPolicy,
    adapter,
    zone,
    windowMs: HOUR_MS,
  });
  const sensors = { bus: of('transit-card', 'stop'), gate: of('lpr', 'gate') };
  const policy = path.join(temp.path, 'policy.yaml');
  writeFileSync(policy, JSON.stringify({ version: 1, controller: CONTROLLER, sensors }));
  await using garim = await startGarim({
    entry: 'dist/test/support/sensor-host.js',
    args: ['early'],
    config: {
      sensors: { bus: { adapter: 'transit-card', intake }, gate: { adapter: 'lpr', intake } },
      policy,
      choices: { deskToken: DESK_TOKEN },
      log: { level: 'debug' },
    },
  });
  const phone = new Phone(garim.url);
  const sent: Record<string, number> = { bus: 0, gate: 0 };
  const say = async (sensor: string, message: object): Promise<void> => {
    sent[sensor]!++;
    const response = await fetch(`http://127.0.0.1:${port}/${sensor}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify(message),
    });
    assert.equal(response.status, 202, await response.text());
  };
  const ride = (card: string): Promise<void> =>
    say('bus', {
      type: 'AnonymousCommuterId',
      anonymizedId: card,
      location: { type: 'Point', coordinates: [127.289, 36.48] },
    });
  const metric = async (name: string, labels: string): Promise<number> => {
    const text = await (await garim.get('/metrics')).text();
    const line = text.split('\n').find((each) => each.startsWith(`${name}{${labels}}`));
    return line === undefined ? 0 : Number(line.slice(line.lastIndexOf(' ')));
  };
  const readings = (sensor: string): Promise<number> => metric('garim_sensor_readings_total', `sensor="${sensor}"`);
  const leftOut = (sensor: string): Promise<number> =>
    metric('garim_sensor_dropped_total', `sensor="${sensor}",reason="choice"`);
  /** Runs, and answers how many of its readings were left out for a choice. The process tells what it counted once a second. */
  const leftOutBy = async (sensor: string, run: () => Promise<void>): Promise<number> => {
    const allCounted = () => until('all are counted', async () => (await readings(sensor)) === sent[sensor]);
    await allCounted();
    const before = await leftOut(sensor);
    await run();
    await allCounted();
    return (await leftOut(sensor)) - before;
  };
  const took = async (run: () => Promise<unknown>): Promise<number> => {
    const startMs = performance.now();
    await run();
    return performance.now() - startMs;
  };
  const shown = (times: number[]): string => {
    const sorted = times.toSorted((a, b) => a - b);
    const at = (share: number): string => sorted[Math.ceil(share * sorted.length) - 1]!.toFixed(1);
    return `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, at most ${at(1)} ms of ${sorted.length}`;
  };

  await until('it takes requests', async () => (await fetch(`${garim.url}/choices`)).status === 200);
  let first = 0;
  await until('a window is open that is counted', async () => {
    await ride(cardOf(9_000 + first++));
    return (await leftOut('bus')) > 0;
  });
  assert.equal(await leftOutBy('bus', () => ride(cardOf(0))), 1, 'nobody has agreed yet');

  // Each answer is followed at once by a reading of the same card: that it counts shows that the choice was in force.
  const tokens = await phone.tokens('opt-in', PEOPLE);
  const agreed: { record: string; key: ReturnType<typeof optInBody>['key'] }[] = [];
  const agreeing: number[] = [];
  const notHonoured = await leftOutBy('bus', async () => {
    for (let i = 0; i < PEOPLE; i++) {
      const { body, key } = optInBody(tokens[i]!, { sensor: 'bus', category: 'transit-card', value: cardOf(i) });
      let status = 429;
      let record: ConsentRecord | undefined;
      while (status === 429) {
        let response: Response | undefined;
        const ms = await took(async () => {
          response = await phone.post('/opt-ins', body);
          record = (await response.json()) as ConsentRecord;
        });
        status = response!.status;
        if (status === 429) await new Promise((resolve) => setTimeout(resolve, 200));
        else agreeing.push(ms);
      }
      assert.equal(status, 201);
      agreed.push({ record: record!.id, key });
      await ride(cardOf(i));
    }
  });
  assert.equal(notHonoured, 0, 'each who agreed counted at once');

  const withdrawing: number[] = [];
  const honoured = await leftOutBy('bus', async () => {
    for (const [i, { record, key }] of agreed.entries()) {
      const signature = key.signWith(withdrawalMessage(record));
      withdrawing.push(
        await took(async () => assert.equal((await phone.post('/withdrawals', { record, signature })).status, 200)),
      );
      await ride(cardOf(i));
    }
  });
  assert.equal(honoured, PEOPLE, 'none who withdrew counted once more');

  const pass = (index: number): Promise<void> => say('gate', { plate: plateOf(index), direction: 'in' });
  assert.equal(await leftOutBy('gate', () => pass(0)), 0);

  // The desk's commands, and the box's.
  const desk = path.join(temp.path, 'desk');
  const box = path.join(garim.stateDir, 'choices', 'opt-out');
  const command = (args: string[], input = ''): void => {
    const run = spawnSync(process.execPath, [MAIN, ...args], { cwd: temp.path, input, encoding: 'utf8' });
    assert.equal(run.status, 0, run.stderr);
  };
  command(['policy', 'keygen', '--out', 'city.key']);
  command(['optout', 'add', '--state', desk, '--key', 'city.key', '--fleet', '500000'], `${plateOf(1)}\n`);
  mkdirSync(box, { recursive: true });
  writeFileSync(path.join(box, 'key'), readFileSync(path.join(desk, 'choices/opt-out/key')), { mode: 0o600 });
  const batches = path.join(desk, 'choices/opt-out/batches');
  command(['optout', 'sync', '--state', garim.stateDir, '--from', batches, '--trust', 'city.key.pub']);
  const listMs = await until('the list holds', async () => (await leftOutBy('gate', () => pass(1))) === 1);
  assert.equal(await metric('garim_choice_effect_seconds_count', 'choice="opt-out-list"'), 1);

  const [pause] = await phone.tokens('pause', 1);
  assert.equal(await leftOutBy('gate', () => pass(700)), 0);
  const pausing = await leftOutBy('gate', async () => {
    const response = await phone.post('/pauses', pauseBody(pause!, 'gate'));
    assert.equal(response.status, 200, await response.text());
    for (const index of [700, 701, 702]) await pass(index);
  });
  assert.equal(pausing, 3);
  assert.equal(await leftOutBy('bus', () => ride(cardOf(0))), 1, 'the other zone goes on as before');

  context.diagnostic(`opt-in, asked until answered: ${shown(agreeing)}`);
  context.diagnostic(`withdrawal: ${shown(withdrawing)}`);
  context.diagnostic(`list: honoured ${listMs.toFixed(0)} ms after the sync, as far as readings and metrics show it`);
  for (const choice of ['opt-in', 'withdrawal']) {
    assert.equal(await metric('garim_choice_effect_seconds_count', `choice="${choice}"`), PEOPLE);
    const slow = PEOPLE - (await metric('garim_choice_effect_seconds_bucket', `le="1",choice="${choice}"`));
    assert.ok(slow <= PEOPLE / 10, `${slow} of ${PEOPLE} took longer than a second`);
  }

  // What the product said, stores and shows.
  const places = filesBelow(garim.stateDir);
  for (const pathname of ['/metrics', '/healthz', '/api/cameras', '/choices', '/sensors/bus/latest.json'])
    places.push([pathname, await (await garim.get(pathname)).text()]);
  for (const pid of [garim.pid, ...childrenOf(garim.pid)])
    places.push([`environment of ${titleOf(pid)}`, readFileSync(`/proc/${pid}/environ`, 'latin1')]);

  // The sensor process dies: nobody's opt-in survives it, requests are refused meanwhile, and taken again afterwards.
  const sensorPid = (): number | undefined => childrenOf(garim.pid).find((pid) => titleOf(pid) === 'garim-sensors');
  const old = sensorPid()!;
  process.kill(old, 'SIGKILL');
  await until('it is gone', () => sensorPid() !== old);
  const meanwhile = await fetch(`${garim.url}/choices`);
  assert.ok([200, 503].includes(meanwhile.status));
  await until('requests are taken again', async () => (await fetch(`${garim.url}/choices`)).status === 200);
  const [again] = await phone.tokens('pause', 1);
  const refused = await phone.post('/pauses', pauseBody(again!, 'gate'));
  assert.equal(refused.status, 409, 'a pause outlives the process');
  assert.equal(await garim.stop(), 0);
  places.push(['what was printed', garim.output()]);

  const needles = [...Array.from({ length: PEOPLE }, (_, i) => cardOf(i)), plateOf(0), plateOf(1), plateOf(700)];
  const found = places.flatMap(([where, text]) => needles.filter((n) => text.includes(n)).map((n) => `${where}: ${n}`));
  assert.deepEqual(found, []);
  assert.ok(places.length > PEOPLE, 'one record each was searched');
});
