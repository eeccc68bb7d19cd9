/**
 * A camera process for tests of what supervises one: speaks the messages, codes a test pattern, and misbehaves as its source URL says:
 * `stub:good`, `stub:mute` (says nothing at all), `stub:no-picture` (health only), `stub:garbage-messages` (every malformed message we could
 * think of, then goes on as good), `stub:garbage-bytes` (bytes on the wire that are no message), `stub:huge-length` (announces a
 * message of 2 GB), `stub:deaf` (good, but does not stop when asked), `stub:counts` (good, and tells of crossings of the lines `gate` and
 * `nowhere`).
 */
import { writeSync } from 'node:fs';
import { openParentWire, WIRE_FD } from '../../edge/base/wire.ts';
import type { FromCamera, ToCamera } from '../../edge/camera/messages.ts';
import { createTestFeed } from './test-feed.ts';
import { testCounts, testHealth, testUnit } from './units.ts';

const say = (message: FromCamera | object | string | number): void => {
  wire.send(message);
};

const wire = openParentWire((raw) => {
  const message = raw as ToCamera;
  if (message.type === 'start') start(message.sourceUrl);
  if (message.type === 'stop' && kind !== 'deaf') process.exit(0);
  if (message.type === 'request-snapshot') {
    say({ type: 'snapshot', requestId: message.requestId, jpeg: Uint8Array.of(0xff, 0xd8, 0xff, 0xd9) });
  }
});

let kind = '';

function start(sourceUrl: string): void {
  kind = sourceUrl.slice('stub:'.length).replace(/\?.*/, '');
  if (kind === 'mute') return;
  const sayHealth = (): void => say({ type: 'health', health: testHealth(), counts: testCounts() });
  sayHealth();
  setInterval(sayHealth, 500);
  if (kind === 'no-picture') return;
  if (kind === 'garbage-messages') sendGarbage();
  if (kind === 'counts') {
    const crossing = { line: 'gate', class: 'person', direction: 'forward', atMs: 1_770_000_000_000, track: 5 };
    say({ type: 'counts', crossings: [crossing, { ...crossing, line: 'nowhere' }], dropped: 3 });
  }
  const feed = createTestFeed({ name: 'stub', widthPx: 320, heightPx: 180, frameRate: 10 });
  feed.subscribe({
    onFormat: (format) => say({ type: 'format', format }),
    onAccessUnit: (unit) => say({ type: 'access-unit', unit }),
  });
  if (kind === 'huge-length') setTimeout(() => writeSync(WIRE_FD, Buffer.alloc(8, 0x7f)), 1000);
  if (kind === 'garbage-bytes') {
    setTimeout(() => {
      const bytes = Buffer.alloc(104, 0x41);
      bytes.writeUInt32BE(100, 0);
      writeSync(WIRE_FD, bytes);
    }, 1000);
  }
}

function sendGarbage(): void {
  const garbage: (object | string | number)[] = [
    'hello',
    42,
    {},
    { type: 'raw-frame', pixels: new Uint8Array(64) },
    { type: 'access-unit' },
    { type: 'access-unit', unit: { ...testUnit(0, true), data: 'text' } },
    { type: 'access-unit', unit: { ...testUnit(0, true), ptsUs: Number.NaN } },
    { type: 'access-unit', unit: { ...testUnit(0, true), data: new Uint8Array(5 * 1024 * 1024) } },
    { type: 'format', format: { codec: 'mjpeg' } },
    { type: 'health', health: { state: 'fine' }, counts: {} },
    { type: 'snapshot', requestId: -1, jpeg: new Uint8Array(8) },
    { type: 'stopped', and: 'more' },
  ];
  for (const item of garbage) say(item);
}
