/** Goal: a camera's words about its streams are checked before a password goes anywhere. Method: the pure readers, with lies. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressOf, candidateOf, candidatesOf, StreamsElsewhere } from '../../../../edge/agent/setup/streams.ts';
import { UserError } from '../../../../edge/base/errors.ts';

const camera = { name: 'gate', user: 'admin', password: 'p@ss/w#rd:1', streamHost: undefined as string | undefined };
const stream = (uri: string | undefined, widthPx = 640) => ({
  token: 't',
  name: 'main',
  encoding: 'H264',
  widthPx,
  heightPx: 360,
  frameRate: 25,
  ...(uri !== undefined && { uri }),
});

test('streams come largest first, with the password put in where it can be read back', () => {
  const found = candidatesOf(
    camera,
    ['cam.example', '192.0.2.7'],
    [stream('rtsp://192.0.2.7/sub'), stream('rtsp://old:user@192.0.2.7:554/main?x=1', 1920)],
  );
  assert.deepEqual(
    found.map(({ shown }) => shown),
    ['main H264 1920x360', 'main H264 640x360'],
  );
  assert.equal(found[0]?.url, 'rtsp://admin:p%40ss%2Fw%23rd%3A1@192.0.2.7:554/main?x=1');
});

test('a stream on another host is refused, and the message says how to allow it', () => {
  const refused = (): unknown =>
    candidatesOf(camera, ['cam.example', '192.0.2.7'], [stream('rtsp://203.0.113.9/x'), stream('file:///etc/shadow')]);
  assert.throws(refused, (error) => {
    assert.ok(error instanceof StreamsElsewhere);
    assert.equal(error.host, '203.0.113.9');
    assert.match(error.message, /^cameras\.gate\.onvif: .*says that it is at 203\.0\.113\.9/);
    assert.match(error.fix ?? '', /cameras\.gate\.streamHost: 203\.0\.113\.9/);
    assert.doesNotMatch(error.message + error.fix, /p@ss|p%40ss/);
    return true;
  });
  const allowed = candidatesOf(
    { ...camera, streamHost: '203.0.113.9' },
    ['192.0.2.7'],
    [stream('rtsp://203.0.113.9/x')],
  );
  assert.equal(allowed.length, 1);
});

test('what is no RTSP address is no stream', () => {
  for (const uri of [undefined, 'file:///etc/shadow', 'http://192.0.2.7/x', 'simulated', 'rtsp://', 'rtsp://[bad/x']) {
    assert.throws(() => candidatesOf(camera, ['cam.example', '192.0.2.7'], [stream(uri)]), UserError, String(uri));
  }
});

test('addresses and URLs are read as they are written', () => {
  assert.deepEqual(addressOf('192.0.2.7'), {
    host: '192.0.2.7',
    port: 80,
    path: '/onvif/device_service',
    isTls: false,
  });
  assert.deepEqual(addressOf('https://[2001:db8::7]:8443/o'), {
    host: '2001:db8::7',
    port: 8443,
    path: '/o',
    isTls: true,
  });
  assert.equal(candidateOf(camera, 'rtsp://192.0.2.7/1').url, 'rtsp://admin:p%40ss%2Fw%23rd%3A1@192.0.2.7/1');
  assert.equal(candidateOf(camera, 'rtsp://a:b@192.0.2.7/1').url, 'rtsp://a:b@192.0.2.7/1');
  assert.equal(candidateOf(camera, 'v4l2:/dev/video0').url, 'v4l2:/dev/video0');
});
