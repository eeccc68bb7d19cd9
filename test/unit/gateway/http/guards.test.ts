/** Goal: the small decisions that keep strangers and slow viewers out. Method: a clock that the test moves. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VIEWER_BACKLOG_BYTES_MAX } from '../../../../edge/base/limits.ts';
import { Backlog, VIEWER_BEHIND_MS_MAX } from '../../../../edge/gateway/http/backlog.ts';
import { cookieName, isOwnOrigin, parseBasic, readCookie } from '../../../../edge/gateway/http/headers.ts';
import { SESSION_IDLE_MS_MAX, SESSIONS_MAX, Sessions, sessionId } from '../../../../edge/gateway/http/sessions.ts';
import { manualClock } from '../../../support/manual-clock.ts';

test('a session lives while it is used and expires when idle', () => {
  const clock = manualClock();
  const sessions = new Sessions(clock);
  const token = sessions.start('ops');
  assert.match(token, /^[A-Za-z0-9_-]{43}$/);
  const id = sessionId(token);
  for (let i = 0; i < 3; i++) {
    clock.advance(SESSION_IDLE_MS_MAX - 1);
    assert.equal(sessions.use(id), 'ops');
  }
  clock.advance(SESSION_IDLE_MS_MAX + 1);
  assert.equal(sessions.use(id), undefined);
  assert.equal(sessions.use(sessionId('')), undefined);
  assert.equal(sessions.use(token), undefined, 'the token itself is no id');
});

test('sessions are bounded: the one idle longest makes room', () => {
  const clock = manualClock();
  const sessions = new Sessions(clock);
  const ids = Array.from({ length: SESSIONS_MAX }, (_, i) => {
    clock.advance(1);
    return sessionId(sessions.start(`user-${i}`));
  });
  assert.equal(sessions.use(ids[0] ?? ''), 'user-0');
  sessions.start('one-more');
  assert.equal(sessions.use(ids[0] ?? ''), 'user-0', 'used just now');
  assert.equal(sessions.use(ids[1] ?? ''), undefined, 'idle longest');
  sessions.end(ids[2] ?? '');
  assert.equal(sessions.use(ids[2] ?? ''), undefined);
});

test('Basic credentials are parsed, and what is odd counts as absent', () => {
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
  assert.deepEqual(parseBasic(basic('ops:a:b')), { user: 'ops', password: 'a:b' });
  assert.deepEqual(parseBasic(basic('사용자:비밀')), { user: '사용자', password: '비밀' });
  for (const odd of [
    undefined,
    '',
    'Basic',
    'Basic !!!',
    basic('nocolon'),
    'Bearer abc',
    `Basic ${'A'.repeat(2000)}`,
  ]) {
    assert.equal(parseBasic(odd), undefined);
  }
});

test('cookies are found by their exact name', () => {
  assert.equal(readCookie('a=1; garim_8080=tok==; b=2', 'garim_8080'), 'tok==');
  assert.equal(readCookie('xgarim_8080=1; garim_80801=2', 'garim_8080'), undefined);
  assert.equal(readCookie(undefined, 'a'), undefined);
  assert.equal(cookieName('box:8080'), 'garim_8080');
  assert.equal(cookieName('[::1]:81'), 'garim_81');
  assert.equal(cookieName('box'), 'garim_session');
});

test('an origin is own when it is the host that was asked', () => {
  const host = '192.0.2.1:8080';
  assert.ok(isOwnOrigin({ host }), 'no browser');
  assert.ok(isOwnOrigin({ host, origin: 'http://192.0.2.1:8080' }));
  assert.ok(isOwnOrigin({ host: 'Box.example', origin: 'https://box.example' }));
  for (const origin of [
    'null',
    'http://192.0.2.1',
    'http://192.0.2.1:80800',
    'http://evil.example',
    'file://192.0.2.1:8080',
    '',
  ]) {
    assert.ok(!isOwnOrigin({ host, origin }), origin);
  }
  assert.ok(!isOwnOrigin({ origin: 'http://192.0.2.1:8080' }), 'no host');
  assert.ok(!isOwnOrigin({ host, 'sec-fetch-site': 'cross-site' }));
});

test('a viewer that falls behind skips to a key frame, and is dropped when it stays behind', () => {
  const over = VIEWER_BACKLOG_BYTES_MAX + 1;
  const drained = VIEWER_BACKLOG_BYTES_MAX / 2;
  const backlog = new Backlog();
  assert.equal(backlog.admit(false, VIEWER_BACKLOG_BYTES_MAX, 0), 'send');
  assert.equal(backlog.admit(false, over, 10), 'skip');
  assert.equal(backlog.admit(false, 0, 20), 'skip', 'drained, but no key frame yet');
  assert.equal(backlog.admit(true, over - 2, 30), 'skip', 'a key frame, but not drained');
  assert.equal(backlog.admit(false, 0, 30 + VIEWER_BEHIND_MS_MAX), 'skip', 'waits for a rare key frame: not its fault');
  assert.equal(backlog.admit(true, drained, 40 + VIEWER_BEHIND_MS_MAX), 'send');
  assert.equal(backlog.admit(false, drained, 50 + VIEWER_BEHIND_MS_MAX), 'send');

  const stuck = new Backlog();
  assert.equal(stuck.admit(true, over, 0), 'skip');
  assert.equal(stuck.admit(true, over, VIEWER_BEHIND_MS_MAX), 'skip');
  assert.equal(stuck.admit(true, over, VIEWER_BEHIND_MS_MAX + 1), 'drop');
});
