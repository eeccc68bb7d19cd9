import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StreamFormat } from '../../../../edge/gateway/feed.ts';
import { describeFeed } from '../../../../edge/gateway/rtsp/sdp.ts';

const FORMAT: StreamFormat = {
  codec: 'h264',
  widthPx: 640,
  heightPx: 360,
  frameRate: 30_000 / 1001,
  sps: Buffer.from([0x67, 0x4d, 0x40, 0x28, 0xff]),
  pps: Buffer.from([0x68, 0xee]),
};

test('has every line in the order that RFC 4566 asks for', () => {
  const lines = describeFeed('gate', FORMAT, false).split('\r\n');
  assert.equal(lines.pop(), '');
  assert.deepEqual(
    lines.map((line) => line.replace(/^(o=-) \d+ \d+/, '$1 N N')),
    [
      'v=0',
      'o=- N N IN IP4 127.0.0.1',
      's=gate',
      'c=IN IP4 0.0.0.0',
      't=0 0',
      'a=control:*',
      'a=range:npt=now-',
      'm=video 0 RTP/AVP 96',
      'a=rtpmap:96 H264/90000',
      'a=fmtp:96 packetization-mode=1;profile-level-id=4D4028;sprop-parameter-sets=Z01AKP8=,aO4=',
      'a=framerate:29.97',
      'a=control:trackID=0',
    ],
  );
});

test('names the address family of the viewer, and another version for another format', () => {
  const six = describeFeed('gate', FORMAT, true);
  assert.match(six, /IN IP6 ::1\r\n/);
  assert.match(six, /c=IN IP6 ::\r\n/);
  const origin = (text: string): string => /^o=.*$/m.exec(text)?.[0] ?? '';
  assert.notEqual(origin(describeFeed('gate', { ...FORMAT, pps: Buffer.from([0x68, 1]) }, true)), origin(six));
});
