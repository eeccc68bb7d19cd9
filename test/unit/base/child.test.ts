import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { allowedEnvironment } from '../../../edge/base/child.ts';

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
    const { stdout } = spawnSync(process.execPath, [parent, level], { encoding: 'utf8', timeout: 60_000 });
    const written = stdout.trim().split('\n');
    assert.equal(written.length, lines, stdout);
    for (const line of written) {
      assert.equal(line.match(/"process":/g)?.length, 1, line);
      assert.equal((JSON.parse(line) as { process: string }).process, 'camera');
    }
  }
});
