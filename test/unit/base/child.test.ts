import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { allowedEnvironment, connectChild } from '../../../edge/base/child.ts';
import { rootLog } from '../../../edge/base/log.ts';
import { Wire } from '../../../edge/base/wire.ts';
import { TempDir } from '../../support/temp.ts';

test('a child sees what Node and drivers need, and nothing that a person could have put a secret in', () => {
  const allowed = allowedEnvironment({
    PATH: '/bin',
    TZ: 'Asia/Seoul',
    LIBVA_DRIVER_NAME: 'iHD',
    GARIM_MODELS: '/var/lib/models',
    GARIM_USER: 'operator',
    GARIM_PASSWORD: 'secret',
    GATE_URL: 'rtsp://user:pass@192.0.2.7/',
    NODE_OPTIONS: '--require /tmp/x.js',
    LD_PRELOAD: '/tmp/x.so',
    NODE_CHANNEL_FD: '3',
  });
  assert.deepEqual(Object.keys(allowed).sort(), ['GARIM_MODELS', 'LIBVA_DRIVER_NAME', 'PATH', 'TZ']);
});

test('a child logs at the level of the agent, and each line names its process once', () => {
  const parent = fileURLToPath(new URL('../../support/forking-parent.js', import.meta.url));
  for (const [level, lines] of [
    ['debug', 4],
    ['warn', 2],
  ] as const) {
    const { stdout } = spawnSync(process.execPath, [parent, level], { encoding: 'utf8', timeout: 400_000 });
    const written = stdout.trim().split('\n');
    assert.equal(written.length, lines, stdout);
    for (const line of written) {
      assert.equal(line.match(/"process":/g)?.length, 1, line);
      assert.equal((JSON.parse(line) as { process: string }).process, 'camera');
    }
  }
});

test('a process behind a socket is spoken to, ended by ending the connection, and reported gone once', async () => {
  using dir = new TempDir();
  const socket = path.join(dir.path, 'gate');
  const log = rootLog.child({}, { level: 'silent' });
  let ended = 0;
  const server = createServer((connection) => {
    const wire: Wire = new Wire(connection, { onMessage: (m) => void wire.send({ echo: m }), onEnd: () => ended++ });
  });
  server.listen(socket);
  await once(server, 'listening');
  const exits: string[] = [];
  let sent = 0;
  const gone = new Promise<void>((resolve) => {
    const child = connectChild({
      socket,
      log,
      onMessage: (message) => {
        assert.deepEqual(message, { echo: { type: 'start' } });
        child.kill();
      },
      onExit: (why) => {
        exits.push(why);
        resolve();
      },
    });
    assert.ok(
      child.send({ type: 'start' }, () => sent++),
      'before the connection stands',
    );
  });
  await gone;
  while (ended === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const closed = once(server, 'close');
  server.close();
  await closed;
  assert.equal(exits.length, 1);
  assert.equal(sent, 1, 'whoever counts what waits is told that it does not wait any more');

  const why = await new Promise<string>((resolve) => {
    const child = connectChild({ socket, log, onMessage: () => {}, onExit: resolve });
    child.send({ type: 'start' }, () => sent++);
  });
  assert.equal(sent, 2, 'what will never be sent does not wait either');
  assert.match(why, /ENOENT|ECONNREFUSED/, 'a fence that is not there is an end with its reason, not a fork');
});
