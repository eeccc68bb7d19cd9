import assert from 'node:assert/strict';
import test from 'node:test';
import { parseFromPush } from '../../../../edge/gateway/push/messages.ts';
import { targetOf } from '../../../../edge/gateway/push/target.ts';

test('the scheme chooses the muxer', () => {
  const url = 'user:pass@host.example:1234/live/key?x=1';
  assert.deepEqual(targetOf(`rtsp://${url}`), { muxer: 'rtsp', url: `rtsp://${url}` });
  assert.deepEqual(targetOf(`rtsps://${url}`), { muxer: 'rtsp', url: `rtsps://${url}` });
  assert.deepEqual(targetOf(`srt://${url}`), { muxer: 'mpegts', url: `srt://${url}` });
  assert.deepEqual(targetOf(`rtmps://${url}`), { muxer: 'flv', url: `rtmps://${url}` });
  assert.deepEqual(targetOf(`whip://${url}`), { muxer: 'whip', url: `http://${url}` });
  assert.deepEqual(targetOf(`whips://${url}`), { muxer: 'whip', url: `https://${url}` });
  assert.deepEqual(targetOf(`https://${url}`), { muxer: 'whip', url: `https://${url}` });
});

test('whatever else libav could write to is no target', () => {
  for (const url of ['file:///etc/passwd', '/tmp/x.mp4', 'udp://239.0.0.1:5000', 'pipe:1', 'tee:x', 'rtsp:/host', '']) {
    assert.equal(targetOf(url), undefined, url);
  }
});

test('messages of a push process are checked', () => {
  assert.deepEqual(parseFromPush({ type: 'sent', ptsUs: 5 }), { type: 'sent', ptsUs: 5 });
  assert.deepEqual(parseFromPush({ type: 'connected' }), { type: 'connected' });
  for (const bad of [
    null,
    'x',
    { type: 'sent' },
    { type: 'sent', ptsUs: -1 },
    { type: 'failed', message: 'x'.repeat(1001) },
  ]) {
    assert.equal(parseFromPush(bad), undefined);
  }
});
