import assert from 'node:assert/strict';
import { test } from 'node:test';
import { feedUrl, isLiveRange, parseTarget, parseTransport } from '../../../../edge/gateway/rtsp/headers.ts';

test('reads the feed, the track and the authority of a URL, and keeps no password', () => {
  const target = parseTarget('rtsp://user:secret@box.local:8554/gate-1/?x=1');
  assert.deepEqual(target, { scheme: 'rtsp', authority: 'box.local:8554', feed: 'gate-1', isTrack: false });
  assert.equal(feedUrl(target!), 'rtsp://box.local:8554/gate-1/');
  assert.deepEqual(parseTarget('RTSPS://[::1]/a/trackID=0'), {
    scheme: 'rtsps',
    authority: '[::1]',
    feed: 'a',
    isTrack: true,
  });
  for (const bad of [
    '*',
    '/a',
    'http://h/a',
    'rtsp://h',
    'rtsp://h/',
    'rtsp://h/../a',
    'rtsp://h/a/trackID=1',
    'rtsp://h/A',
  ]) {
    assert.equal(parseTarget(bad), undefined, bad);
  }
});

test('takes the first transport that it can serve', () => {
  assert.deepEqual(parseTransport('RTP/AVP;multicast,RTP/AVP/TCP;unicast;interleaved=2-3'), {
    kind: 'tcp',
    channels: [2, 3],
  });
  assert.deepEqual(parseTransport('RTP/AVP/TCP'), { kind: 'tcp', channels: undefined });
  assert.deepEqual(parseTransport('RTP/AVP;unicast;client_port=5000-5001;mode="PLAY"'), {
    kind: 'udp',
    clientPorts: [5000, 5001],
  });
  assert.deepEqual(parseTransport('RTP/AVP/UDP;unicast;client_port=5000'), { kind: 'udp', clientPorts: [5000, 5001] });
  for (const bad of [
    '',
    'RTP/AVP;multicast',
    'RTP/AVP;unicast',
    'RTP/AVP;unicast;client_port=80-81',
    'RTP/AVP;unicast;client_port=65535',
    'RTP/AVP/TCP;interleaved=256-257',
    'RTP/AVP/TCP;interleaved=1-1',
    'RTP/SAVP;unicast;client_port=5000-5001',
    'RTP/AVP;unicast;client_port=5000-5001;mode=record',
  ]) {
    assert.equal(parseTransport(bad), undefined, bad);
  }
});

test('accepts open ranges only', () => {
  for (const good of ['npt=now-', 'npt=0.000-', 'npt=0-', 'npt=0:00:01-']) assert.equal(isLiveRange(good), true, good);
  for (const bad of ['npt=0-10', 'npt=-5', 'clock=19961108T143720.25Z-', 'smpte=0:10:20-', 'x']) {
    assert.equal(isLiveRange(bad), false, bad);
  }
});
