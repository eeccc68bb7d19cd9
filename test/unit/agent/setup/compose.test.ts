/** Goal: setup adds to a configuration and changes nothing of it. Method: the composer, its texts read back by the loader's schema. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { compose } from '../../../../edge/agent/setup/compose.ts';
import { configSchema } from '../../../../edge/config/schema.ts';

const camera = {
  name: 'gate',
  sourceFile: 'state/sources/gate.url',
  sourceText: undefined,
  transport: 'tcp' as const,
  detect: { longSidePx: 640, intervalMs: 140, tiles: 'auto' },
  delayMs: 350,
  why: 'main: the largest picture',
};
const wanted = {
  cameras: [camera],
  httpListen: '0.0.0.0:8080',
  rtspListen: '0.0.0.0:8554',
  tls: { cert: 'state/tls/box.crt', key: 'state/tls/box.key' },
  tlsForRtsp: false,
  state: 'state',
};

test('a new configuration is valid and says why', () => {
  const { text, added, kept } = compose(undefined, wanted);
  const config = configSchema.parse(parse(text));
  assert.deepEqual(config.cameras['gate']?.source, { file: 'state/sources/gate.url' });
  assert.equal(config.cameras['gate']?.detect.intervalMs, 140);
  assert.deepEqual(config.http, { listen: '0.0.0.0:8080', tls: wanted.tls });
  assert.equal(config.rtsp.tls, undefined);
  assert.match(text, /# main: the largest picture/);
  assert.deepEqual(added, ['cameras.gate', 'http.listen', 'rtsp.listen', 'http.tls', 'state']);
  assert.deepEqual(kept, []);
});

test('what it made, it leaves alone', () => {
  const { text } = compose(undefined, wanted);
  assert.deepEqual(compose(text, wanted), { text, added: [], kept: ['cameras.gate'] });
});

test('settings and comments of a person stay; what is missing is added', () => {
  const mine = `# my box
cameras:
  yard: # by the door
    source: simulated
http:
rtsp: { listen: '127.0.0.1:9554' } # tunnel
`;
  const { text, added, kept } = compose(mine, wanted);
  for (const comment of ['# my box', '# by the door', '# tunnel']) assert.ok(text.includes(comment), comment);
  const config = configSchema.parse(parse(text));
  assert.deepEqual(Object.keys(config.cameras), ['yard', 'gate']);
  assert.equal(config.rtsp.listen, '127.0.0.1:9554');
  assert.deepEqual(kept, ['rtsp.listen']);
  assert.ok(added.includes('http.listen'), added.join());
});

test('a camera of the same name stays as it is', () => {
  const mine = 'cameras: { gate: { source: simulated } }\n';
  const { text, kept } = compose(mine, wanted);
  assert.deepEqual((parse(text) as typeof wanted & { cameras: unknown }).cameras, { gate: { source: 'simulated' } });
  assert.deepEqual(kept, ['cameras.gate']);
});
