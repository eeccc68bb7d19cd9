import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../../edge/base/errors.ts';
import { STREET_DEFAULTS } from '../../../edge/config/simulated.ts';
import { parseSource } from '../../../edge/config/source-url.ts';

const GOOD: [string, ReturnType<typeof parseSource>][] = [
  ['rtsp://cam/stream1', { kind: 'rtsp', url: 'rtsp://cam/stream1' }],
  ['RTSPS://u:p@10.0.0.1:322/x?a=1', { kind: 'rtsp', url: 'RTSPS://u:p@10.0.0.1:322/x?a=1' }],
  ['https://cam/mjpeg', { kind: 'http', url: 'https://cam/mjpeg' }],
  ['v4l2:/dev/video2', { kind: 'v4l2', device: '/dev/video2' }],
  ['v4l2:///dev/video2', { kind: 'v4l2', device: '/dev/video2' }],
  ['file:clips/a b.mp4', { kind: 'file', path: 'clips/a b.mp4', loop: false }],
  ['file:/clips/a.mp4?loop=1', { kind: 'file', path: '/clips/a.mp4', loop: true }],
  ['file:///clips/a%20b.mp4?loop=0', { kind: 'file', path: '/clips/a b.mp4', loop: false }],
  ['/clips/a.mp4', { kind: 'file', path: '/clips/a.mp4', loop: false }],
  ['./simulated.mp4?loop=1', { kind: 'file', path: './simulated.mp4', loop: true }],
  ['simulated', { kind: 'simulated', street: STREET_DEFAULTS, seconds: undefined }],
  [
    'simulated:7?night=1',
    { kind: 'simulated', street: { ...STREET_DEFAULTS, seed: 7, night: true }, seconds: undefined },
  ],
];

for (const [url, source] of GOOD) {
  test(`${url} is understood`, () => assert.deepEqual(parseSource(url), source));
}

const BAD: [string, RegExp][] = [
  ['rtmp://cam/live', /unknown scheme rtmp:/],
  ['rtsp:cam', /names no host/],
  ['http://', /names no host/],
  ['v4l2:video0', /names no device/],
  ['file:', /names no file/],
  ['', /names no file/],
  ['file:a.mp4?speed=2', /unknown option speed=2/],
  ['file:a.mp4?loop=yes', /unknown option loop=yes/],
  ['file://other-host/a.mp4', /no valid file URL/],
];

for (const [url, message] of BAD) {
  test(`"${url}" is refused`, () => {
    assert.throws(
      () => parseSource(url),
      (error) => error instanceof UserError && message.test(error.message) && error.fix !== undefined,
    );
  });
}

test('a refusal names the known schemes, and holds no credentials', () => {
  assert.throws(
    () => parseSource('rtmp://admin:geheim-9@cam/live'),
    (error) => error instanceof UserError && /rtsp:\/\/.*v4l2:/.test(error.fix!) && !/geheim|admin/.test(error.message),
  );
});
