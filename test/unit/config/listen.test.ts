/** Goal: nothing listens beyond loopback without a user; every address that is not surely loopback counts as beyond. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../../edge/base/errors.ts';
import { isLoopback, parseListen, requireUserForPublicListen } from '../../../edge/config/listen.ts';
import { configSchema } from '../../../edge/config/schema.ts';

test('addresses are split', () => {
  assert.deepEqual(parseListen('127.0.0.1:8080'), { host: '127.0.0.1', port: 8080 });
  assert.deepEqual(parseListen('[::1]:0'), { host: '::1', port: 0 });
  assert.deepEqual(parseListen('box.example:554'), { host: 'box.example', port: 554 });
});

test('only what is surely loopback counts as loopback', () => {
  for (const host of ['127.0.0.1', '127.8.9.10', '::1', 'localhost']) assert.ok(isLoopback(host), host);
  for (const host of [
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '127.0.0.1.example.org',
    '127.1',
    'localhost.example',
    '::ffff:127.0.0.1',
    '',
  ]) {
    assert.ok(!isLoopback(host), host);
  }
});

test('a public address needs a user', () => {
  const loopback = configSchema.parse({});
  const open = configSchema.parse({ rtsp: { listen: '0.0.0.0:8554' } });
  requireUserForPublicListen(loopback, false);
  requireUserForPublicListen(open, true);
  assert.throws(
    () => requireUserForPublicListen(open, false),
    (error) => {
      return (
        error instanceof UserError && /^rtsp\.listen: 0\.0\.0\.0:8554/.test(error.message) && error.fix !== undefined
      );
    },
  );
});
