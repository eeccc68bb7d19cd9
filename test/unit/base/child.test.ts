import assert from 'node:assert/strict';
import test from 'node:test';
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
