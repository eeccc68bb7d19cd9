/**
 * Goal: every source of messages hands over what its sensor sent, in order, waits or refuses when the sensor may not say more, drops what is too
 * large without losing what follows, and lets go of everything when it is closed. Method: one suite over the real sources: a broker that is not
 * ours, HTTP, a file, a pipe, and a pseudo terminal as serial line.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MESSAGE_BYTES_MAX } from '../../edge/base/limits.ts';
import { CameraMessages } from '../../edge/sensor/intake/camera.ts';
import { openFileIntake } from '../../edge/sensor/intake/file.ts';
import { openMqttIntake } from '../../edge/sensor/intake/mqtt.ts';
import type { Intake, IntakeSink } from '../../edge/sensor/intake/port.ts';
import { openSerialIntake } from '../../edge/sensor/intake/serial.ts';
import { openStreamIntake } from '../../edge/sensor/intake/stream.ts';
import { Webhooks } from '../../edge/sensor/intake/webhook.ts';
import type { IntakeDropReason } from '../../edge/sensor/reading.ts';
import { mosquittoMissing, startMosquitto } from '../support/mosquitto.ts';
import { needs } from '../support/shared.ts';
import { TempDir } from '../support/temp.ts';
import { until } from '../support/wait.ts';

class Sink implements IntakeSink {
  readonly taken: string[] = [];
  readonly drops: IntakeDropReason[] = [];
  pauseMs = 0;

  waitMs(): number {
    return this.pauseMs;
  }

  take(message: Uint8Array): 'taken' | IntakeDropReason {
    const text = Buffer.from(message).toString();
    if (message.length > MESSAGE_BYTES_MAX) {
      this.drops.push('too-large');
      return 'too-large';
    }
    if (text === 'bad') return 'malformed';
    this.taken.push(text);
    return 'taken';
  }

  dropped(reason: IntakeDropReason): void {
    this.drops.push(reason);
  }
}

interface Subject extends AsyncDisposable {
  open(sink: IntakeSink): Promise<Intake>;
  /** Resolves when the source has taken it, or refused it. */
  say(messages: readonly string[]): Promise<void>;
}

const TOKEN = 'contract-token-0123456789';
const WEBHOOK = { kind: 'webhook', listen: '127.0.0.1:0', token: TOKEN } as const;

const subjects: { name: string; skip: string | false; make(): Promise<Subject> }[] = [
  {
    name: 'file',
    skip: false,
    async make() {
      const temp = new TempDir({ 'in.ndjson': 'from before\n' });
      const file = path.join(temp.path, 'in.ndjson');
      return {
        open: async (sink) => {
          const intake = openFileIntake(file, sink);
          await until('the file is open', () => intake.state.state === 'connected');
          return intake;
        },
        say: async (messages) => appendFileSync(file, messages.map((each) => `${each}\n`).join('')),
        [Symbol.asyncDispose]: async () => temp[Symbol.dispose](),
      };
    },
  },
  {
    name: 'stream',
    skip: false,
    async make() {
      const pipe = new PassThrough();
      return {
        open: async (sink) => openStreamIntake(pipe, sink),
        say: async (messages) => {
          for (const each of messages) if (!pipe.write(`${each}\r\n`)) await once(pipe, 'drain');
        },
        [Symbol.asyncDispose]: async () => void pipe.destroy(),
      };
    },
  },
  {
    name: 'webhook',
    skip: false,
    async make() {
      let port: number | undefined;
      return {
        open: async (sink) => {
          const intake = new Webhooks().open('sensor', WEBHOOK, sink);
          await until('it listens', () => intake.state.state === 'connected');
          port = intake.port;
          return intake;
        },
        say: async (messages) => {
          for (const body of messages) {
            for (let status = 429; status === 429; ) {
              const headers = { authorization: `Bearer ${TOKEN}` };
              const response = await fetch(`http://127.0.0.1:${port}/sensor`, { method: 'POST', headers, body });
              await response.arrayBuffer();
              ({ status } = response);
              if (status === 429) await sleep(20);
            }
          }
        },
        [Symbol.asyncDispose]: async () => {},
      };
    },
  },
  ...(['5', '3.1.1'] as const).map((version) => ({
    name: `MQTT ${version}`,
    skip: mosquittoMissing,
    async make(): Promise<Subject> {
      const broker = await startMosquitto();
      const publisher = await broker.publisher();
      return {
        open: async (sink) => {
          const settings = { kind: 'mqtt', url: broker.url, topics: ['city/+/probe'], version } as const;
          const intake = openMqttIntake(settings, 'garim-test', sink);
          await until(
            () => `subscribed: ${intake.state.lastError}`,
            () => intake.state.state === 'connected',
          );
          return intake;
        },
        say: async (messages) => {
          for (const each of messages) await publisher.publishAsync('city/7/probe', each, { qos: 1 });
        },
        async [Symbol.asyncDispose]() {
          await publisher.endAsync(true);
          await broker[Symbol.asyncDispose]();
        },
      };
    },
  })),
  {
    name: 'serial',
    skip: needs(
      process.platform === 'linux' && spawnSync('python3', ['-c', 'import pty']).status === 0,
      'python3, for a pseudo terminal',
    ),
    async make() {
      const terminal = spawn('python3', ['-c', PSEUDO_TERMINAL], { stdio: ['pipe', 'pipe', 'inherit'] });
      const device = await new Promise<string>((resolve) =>
        terminal.stdout.once('data', (data: Buffer) => resolve(data.toString().trim())),
      );
      return {
        open: async (sink) => {
          const intake = openSerialIntake({ device, baud: 115_200 }, sink);
          await until(
            () => `the device is open: ${intake.state.lastError}`,
            () => intake.state.state === 'connected',
          );
          return intake;
        },
        say: async (messages) => void terminal.stdin.write(messages.map((each) => `${each}\n`).join('')),
        async [Symbol.asyncDispose]() {
          const gone = new Promise((resolve) => terminal.once('exit', resolve));
          terminal.kill('SIGKILL');
          await gone;
        },
      };
    },
  },
];

/** Says the name of its other end, then copies what it is told to it. */
const PSEUDO_TERMINAL = `
import os, pty, sys, tty
ours, theirs = pty.openpty()
tty.setraw(theirs)
print(os.ttyname(theirs), flush=True)
while True:
    data = os.read(0, 4096)
    if not data:
        break
    while data:
        data = data[os.write(ours, data):]
`;

for (const { name, skip, make } of subjects) {
  test(`${name}: messages come in order, what is too large is left out, and nothing comes after closing`, {
    skip,
  }, async () => {
    await using subject = await make();
    const sink = new Sink();
    const intake = await subject.open(sink);
    try {
      const first = Array.from({ length: 50 }, (_, i) => `{"n":${i}}`);
      await subject.say(first);
      await until('the first have come', () => sink.taken.length >= first.length);
      assert.deepEqual(sink.taken, first);

      await subject.say(['x'.repeat(MESSAGE_BYTES_MAX), 'y'.repeat(MESSAGE_BYTES_MAX + 1), 'after']);
      await until('what follows has come', () => sink.taken.at(-1) === 'after');
      assert.equal(sink.taken.length, 52);
      assert.equal(sink.taken[50]?.length, MESSAGE_BYTES_MAX);
      assert.deepEqual(sink.drops, ['too-large']);

      assert.deepEqual(intake.state, { state: 'connected', lastError: '' });
    } finally {
      await intake.close();
    }
    await Promise.race([subject.say(['too late']).catch(() => {}), sleep(200)]);
    await sleep(50);
    assert.equal(sink.taken.at(-1), 'after');
  });

  test(`${name}: while the sensor may not say more, the rest stays outside`, { skip }, async () => {
    await using subject = await make();
    const sink = new Sink();
    const intake = await subject.open(sink);
    try {
      sink.pauseMs = 100;
      const all = Array.from({ length: 2000 }, (_, i) => `{"n":${i},"filler":"${'f'.repeat(200)}"}`);
      const said = subject.say(all);
      await sleep(250);
      // One chunk of lines is read before the source waits; a broker's client and a web server look before each message.
      assert.ok(sink.taken.length < 1000, `${sink.taken.length} came at once`);
      sink.pauseMs = 0;
      await said;
      await until('all have come', () => sink.taken.length === all.length);
      assert.deepEqual(sink.taken, all);
    } finally {
      await intake.close();
    }
  });
}

test('file: rotation and truncation lose no line, half lines are none', async () => {
  using temp = new TempDir({ 'in.ndjson': 'old\nhalf a li' });
  const file = path.join(temp.path, 'in.ndjson');
  const sink = new Sink();
  const intake = openFileIntake(file, sink);
  try {
    await until('the file is open', () => intake.state.state === 'connected');
    appendFileSync(file, 'ne\none\ntw');
    await until('a line has come', () => sink.taken.length === 1);
    appendFileSync(file, 'o\nlast of it');
    renameSync(file, `${file}.1`);
    writeFileSync(file, 'three\n');
    await until('the new file is read', () => sink.taken.includes('three'));
    truncateSync(file, 0);
    await sleep(600);
    appendFileSync(file, 'four\n');
    await until('the shortened file is read', () => sink.taken.includes('four'));
    assert.deepEqual(sink.taken, ['one', 'two', 'last of it', 'three', 'four']);
    renameSync(file, `${file}.2`);
    await until('it is lost', () => intake.state.state === 'lost');
    assert.match(intake.state.lastError, /ENOENT/);
  } finally {
    await intake.close();
  }
});

test('stream: the end of the input is the end, and its last line counts', async () => {
  const pipe = new PassThrough();
  const sink = new Sink();
  const intake = openStreamIntake(pipe, sink);
  pipe.end('one\ntwo');
  await until('it ended', () => intake.state.state === 'ended');
  assert.deepEqual(sink.taken, ['one', 'two']);
  await intake.close();
});

test('camera: messages reach their sensor, a flood and what is too large are refused and counted, nothing comes after closing', async () => {
  const messages = new CameraMessages();
  const sinks = [new Sink(), new Sink()] as const;
  const intakes = [messages.open('one', sinks[0]), messages.open('two', sinks[1])];
  const say = (sensor: string, text: string): void => messages.take(sensor, Buffer.from(text));
  for (const text of ['a', 'b']) say('one', text);
  say('two', 'c');
  say('nobody', 'd');
  say('one', 'x'.repeat(MESSAGE_BYTES_MAX + 1));
  sinks[0].pauseMs = 1;
  say('one', 'too fast');
  sinks[0].pauseMs = 0;
  assert.deepEqual(intakes[0]?.state, { state: 'connected', lastError: '' });
  await intakes[0]?.close();
  say('one', 'too late');
  assert.deepEqual(sinks[0].taken, ['a', 'b']);
  assert.deepEqual(sinks[0].drops, ['too-large', 'rate']);
  assert.deepEqual(sinks[1].taken, ['c']);
});

test('webhook: strangers learn nothing, and refusals say why', async () => {
  const webhooks = new Webhooks();
  const sinks = [new Sink(), new Sink()] as const;
  const intakes = [
    webhooks.open('one', WEBHOOK, sinks[0]),
    webhooks.open('two', { ...WEBHOOK, token: `${TOKEN}2` }, sinks[1]),
  ];
  try {
    await until('it listens', () => intakes[0]?.state.state === 'connected');
    const base = `http://127.0.0.1:${intakes[0]?.port}`;
    const post = async (name: string, token: string, body: string | Uint8Array, type = 'application/json') => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': type };
      const response = await fetch(`${base}/${name}`, { method: 'POST', headers, body });
      return { status: response.status, body: await response.text() };
    };
    const wrong = await post('one', 'wrong-token-0123456789', '{}');
    assert.equal(wrong.status, 401);
    assert.deepEqual(await post('nobody', TOKEN, '{}'), wrong, 'a name that is not there answers the same');
    assert.equal((await post('two', TOKEN, '{}')).status, 401, 'a token opens its own sensor only');
    assert.equal((await fetch(`${base}/one`)).status, 405);
    assert.deepEqual(await post('one', TOKEN, '{}'), { status: 202, body: '{"taken":1,"refused":{}}' });
    assert.deepEqual(await post('one', TOKEN, 'bad'), { status: 422, body: '{"taken":0,"refused":{"malformed":1}}' });
    assert.equal((await post('one', TOKEN, 'x'.repeat(MESSAGE_BYTES_MAX + 1))).status, 413);
    const batch = await post('one', TOKEN, 'a\nbad\nb', 'application/x-ndjson');
    assert.deepEqual(batch, { status: 202, body: '{"taken":2,"refused":{"malformed":1}}' });
    sinks[0].pauseMs = 1500;
    const tooFast = await fetch(`${base}/one`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}` },
      body: '{}',
    });
    assert.equal(tooFast.status, 429);
    assert.equal(tooFast.headers.get('retry-after'), '2');
    assert.deepEqual(sinks[0].drops, ['too-large', 'rate']);
    const statuses = await Promise.all(Array.from({ length: 30 }, () => post('one', 'wrong-token-0123456789', '{}')));
    assert.ok(
      statuses.some(({ status }) => status === 429),
      'guessing is slowed down',
    );
    assert.equal(sinks[1].taken.length, 0);
  } finally {
    await Promise.all(intakes.map((intake) => intake.close()));
  }
});

test('MQTT: a broker that goes and comes loses nothing and repeats nothing', { skip: mosquittoMissing }, async () => {
  await using broker = await startMosquitto();
  const sink = new Sink();
  const settings = { kind: 'mqtt', url: broker.url, topics: ['t'], version: '5' } as const;
  const intake = openMqttIntake(settings, 'garim-again', sink);
  const publisher = await broker.publisher();
  try {
    await until('subscribed', () => intake.state.state === 'connected');
    for (let i = 0; i < 20; i++) await publisher.publishAsync('t', `a${i}`, { qos: 1 });
    await until('the first have come', () => sink.taken.length === 20);
    await broker.stop();
    await until('the loss is seen', () => intake.state.state === 'lost');
    await broker.start();
    await until('connected again', () => intake.state.state === 'connected');
    await until('the publisher is back', () => publisher.connected);
    for (let i = 0; i < 20; i++) await publisher.publishAsync('t', `b${i}`, { qos: 1 });
    await until('the rest has come', () => sink.taken.length >= 40);
    assert.equal(new Set(sink.taken).size, 40);
    assert.equal(sink.taken.length, 40);
  } finally {
    await intake.close();
    await publisher.endAsync(true);
  }
});

test('MQTT: a wrong password is told without it, and a packet of megabytes is never held', {
  skip: mosquittoMissing,
}, async () => {
  await using broker = await startMosquitto();
  const sink = new Sink();
  const wrong = `mqtt://sensoruser:wrong-pw-77@127.0.0.1:${broker.port}`;
  const refused = openMqttIntake({ kind: 'mqtt', url: wrong, topics: ['t'], version: '5' }, 'garim-wrong', sink);
  await until('it is refused', () => refused.state.state === 'lost' && refused.state.lastError !== '');
  assert.doesNotMatch(refused.state.lastError, /wrong-pw/);
  await refused.close();
  const intake = openMqttIntake(
    { kind: 'mqtt', url: broker.url, topics: ['t'], version: '3.1.1' },
    'garim-large',
    sink,
  );
  const publisher = await broker.publisher();
  try {
    await until('subscribed', () => intake.state.state === 'connected');
    await publisher.publishAsync('t', Buffer.alloc(20 * 1024 * 1024), { qos: 1 });
    await publisher.publishAsync('t', 'after', { qos: 1 });
    await until('what follows has come', () => sink.taken.includes('after'));
    assert.deepEqual(sink.drops, ['too-large']);
    assert.equal(intake.state.state, 'connected');
  } finally {
    await intake.close();
    await publisher.endAsync(true);
  }
});
