/**
 * Goal: what the HTTP side promises to strangers, browsers and scripts. Method: a real server and raw requests over real sockets.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import { UserError } from '../../edge/base/errors.ts';
import { FAILURES_FREE } from '../../edge/gateway/auth/damper.ts';
import type { PublicRecord } from '../../edge/gateway/http/record.ts';
import { startHttpServer } from '../../edge/gateway/http/server.ts';
import { BASIC, DressedFeed, PASSWORD, startConsole, USER } from '../support/console-fixture.ts';
import { FORMAT } from '../support/h264.ts';
import { manualClock } from '../support/manual-clock.ts';
import { ManualFeed } from '../support/manual-feed.ts';

let box: Awaited<ReturnType<typeof startConsole>>;
before(async () => {
  const covered = new DressedFeed(new ManualFeed('yard', FORMAT));
  covered.health = { ...(covered.health ?? assert.fail()), state: 'covered', reason: 'detector-unavailable' };
  box = await startConsole([new DressedFeed(new ManualFeed('gate', FORMAT)), covered]);
});
after(() => box.server.close());

const auth = { Authorization: BASIC };
const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(box.url + path, { headers, redirect: 'manual' });

async function logIn(password = PASSWORD, headers: Record<string, string> = {}): Promise<Response> {
  const body = new URLSearchParams({ user: USER, password });
  return fetch(`${box.url}/login`, { method: 'POST', body, headers, redirect: 'manual' });
}

async function sessionCookie(): Promise<string> {
  const [cookie = ''] = (await logIn()).headers.getSetCookie();
  return cookie.split(';')[0] ?? '';
}

/** Status of an upgrade: 101 when it was accepted. */
async function upgrade(path: string, headers: Record<string, string>): Promise<number> {
  const socket = new WebSocket(`ws://${box.host}${path}`, { headers });
  return new Promise((resolve) => {
    socket.on('unexpected-response', (request, response) => {
      request.destroy();
      resolve(response.statusCode ?? 0);
    });
    socket.on('open', () => {
      socket.terminate();
      resolve(101);
    });
    socket.on('error', () => {});
  });
}

test('the public record is for anybody, may be cached, and is not read too often at once', async () => {
  let reading = 0;
  let letGo = (): void => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const record: PublicRecord = {
    async publicFile(path) {
      reading++;
      if (path === '/tile/0/held') await held;
      if (path === '/checkpoint')
        return { body: Buffer.from('note'), contentType: 'text/plain', cacheControl: 'no-store' };
      if (path !== '/tile/0/000') return undefined;
      return { body: Buffer.from([1, 2]), contentType: 'application/octet-stream', cacheControl: 'public, max-age=9' };
    },
  };
  await using open = await startConsole([], { record });
  const tile = await fetch(`${open.url}/tile/0/000?x=1`);
  assert.equal(tile.status, 200);
  assert.deepEqual(new Uint8Array(await tile.arrayBuffer()), Uint8Array.of(1, 2));
  assert.equal(tile.headers.get('cache-control'), 'public, max-age=9');
  assert.equal(tile.headers.get('access-control-allow-origin'), '*');
  assert.equal(tile.headers.get('x-content-type-options'), 'nosniff');
  const checkpoint = await fetch(`${open.url}/checkpoint`);
  assert.deepEqual([await checkpoint.text(), checkpoint.headers.get('cache-control')], ['note', 'no-store']);
  assert.equal((await fetch(`${open.url}/tile/0/001`)).status, 404);
  assert.equal((await fetch(`${open.url}/checkpoint`, { method: 'POST' })).status, 401);
  const before = reading;
  const waiting = Array.from({ length: 20 }, () => fetch(`${open.url}/tile/0/held`));
  const refused = await Promise.race(waiting);
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '1']);
  letGo();
  const statuses = (await Promise.all(waiting)).map(({ status }) => status);
  assert.equal(reading - before, statuses.filter((status) => status === 404).length);
  assert.ok(statuses.includes(404));
});

const PROTECTED = [
  '/',
  '/app.js',
  '/live-player.js',
  '/jsmpeg-player.js',
  '/metrics',
  '/api/cameras',
  '/cameras/gate/snapshot.jpg',
  '/cameras/none/snapshot.jpg',
  '/no-such-page',
];
for (const path of PROTECTED) {
  test(`without credentials ${path} gives 401, and a person the login form`, async () => {
    const plain = await get(path);
    assert.equal(plain.status, 401);
    assert.match(plain.headers.get('www-authenticate') ?? '', /^Basic realm="garim"/);
    assert.equal((await get(path, { Authorization: `Basic ${btoa(`${USER}:wrong-password`)}` })).status, 401);
    const person = await get(path, { Accept: 'text/html,*/*' });
    assert.equal(person.status, 303);
    assert.equal(person.headers.get('location'), '/login');
    const page = await get(path, { 'X-Garim-Console': '1' });
    assert.equal(page.status, 401);
    assert.equal(page.headers.get('www-authenticate'), null, 'no pop-up of the browser');
    // A right password clears the count of wrong ones, which the other tests rely on.
    assert.equal((await logIn()).status, 303);
  });
}

const SOCKETS = ['/api/events', '/cameras/gate/live', '/cameras/gate/jsmpeg', '/cameras/none/live', '/'];
for (const path of SOCKETS) {
  test(`without credentials the WebSocket ${path} is refused`, async () => {
    assert.equal(await upgrade(path, {}), 401);
    assert.equal(await upgrade(path, { Origin: box.url }), 401);
    assert.equal(await upgrade(path, { Cookie: 'garim_session=x; garim_8080=y' }), 401);
  });
}

test('a WebSocket of a foreign page is refused in spite of a valid session', async () => {
  const Cookie = await sessionCookie();
  for (const path of ['/api/events', '/cameras/gate/live']) {
    assert.equal(await upgrade(path, { Cookie, Origin: box.url }), 101);
    assert.equal(await upgrade(path, { Cookie }), 101, 'no browser, no origin');
    for (const Origin of ['http://evil.example', 'null', box.url.replace('127.0.0.1', 'localhost')]) {
      assert.equal(await upgrade(path, { Cookie, Origin }), 403, Origin);
      assert.equal(await upgrade(path, { ...auth, Origin }), 403, Origin);
    }
  }
  assert.equal(await upgrade('/cameras/none/live', auth), 404);
  assert.equal(await upgrade('/cameras/../live', auth), 404);
});

test('Basic and session open the API, metrics, snapshots and the page', async () => {
  for (const headers of [auth, { Cookie: await sessionCookie() }] as Record<string, string>[]) {
    const status = await get('/api/cameras', headers);
    assert.equal(status.status, 200);
    const body = (await status.json()) as { cameras: { name: string; totals: { framesIn: number } }[] };
    assert.deepEqual(
      body.cameras.map(({ name, totals }) => [name, totals.framesIn]),
      [
        ['gate', 1234],
        ['yard', 1234],
      ],
    );
    const metrics = await get('/metrics', headers);
    assert.equal(await metrics.text(), 'garim_up 1\n');
    const snapshot = await get('/cameras/gate/snapshot.jpg', headers);
    assert.equal(snapshot.headers.get('content-type'), 'image/jpeg');
    assert.equal(snapshot.headers.get('cache-control'), 'no-store');
    assert.deepEqual([...new Uint8Array(await snapshot.arrayBuffer()).subarray(0, 2)], [0xff, 0xd8]);
    assert.equal((await get('/cameras/none/snapshot.jpg', headers)).status, 404);
    const page = await get('/', headers);
    assert.match(await page.text(), /<title>Garim<\/title>/);
  }
});

test('healthz tells strangers no more than whether all is well', async () => {
  const open = await get('/healthz');
  assert.equal(open.status, 200);
  assert.deepEqual(await open.json(), { status: 'degraded' });
  const known = await get('/healthz', auth);
  assert.deepEqual(await known.json(), { status: 'degraded', cameras: { gate: 'live', yard: 'covered' } });
  box.agent.state = 'stopping';
  try {
    const stopping = await get('/healthz');
    assert.equal(stopping.status, 503);
    assert.deepEqual(await stopping.json(), { status: 'stopping' });
  } finally {
    box.agent.state = 'running';
  }
});

test('the session cookie is out of reach of scripts and other sites, and ends with the logout', async () => {
  const answer = await logIn();
  assert.equal(answer.status, 303);
  assert.equal(answer.headers.get('location'), '/');
  const [cookie = ''] = answer.headers.getSetCookie();
  assert.match(cookie, /^garim_\d+=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
  const Cookie = cookie.split(';')[0] ?? '';
  const events = new WebSocket(`ws://${box.host}/api/events`, { headers: { Cookie } });
  await once(events, 'open');
  const closed = once(events, 'close');
  const foreign = await fetch(`${box.url}/logout`, {
    method: 'POST',
    headers: { Cookie, Origin: 'http://evil.example' },
    redirect: 'manual',
  });
  assert.equal(foreign.status, 403);
  assert.equal((await get('/api/cameras', { Cookie })).status, 200);
  await fetch(`${box.url}/logout`, { method: 'POST', headers: { Cookie }, redirect: 'manual' });
  assert.equal((await get('/api/cameras', { Cookie })).status, 401);
  assert.equal((await closed)[0], 4401, 'open sockets of the session are closed');
});

test('a wrong password and a foreign login form are refused; guessing is slowed down', async () => {
  // It stands still: the pause after a guess does not pass while the next request is on its way.
  await using other = await startConsole([], { clock: manualClock() });
  const post = (password: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${other.url}/login`, {
      method: 'POST',
      body: new URLSearchParams({ user: USER, password }),
      headers,
      redirect: 'manual',
    });
  assert.equal((await post(PASSWORD, { Origin: 'http://evil.example' })).status, 403);
  const remembered = { Authorization: BASIC };
  assert.equal((await fetch(`${other.url}/metrics`, { headers: remembered })).status, 200);
  for (let i = 0; i < FAILURES_FREE; i++) {
    const wrong = await post(`wrong-${i}`);
    assert.equal(wrong.status, 401);
    assert.match(await wrong.text(), /role="alert"/);
  }
  const held = await post(PASSWORD);
  assert.equal(held.status, 429);
  assert.ok(Number(held.headers.get('retry-after')) >= 1);
  const fresh = await fetch(`${other.url}/metrics`, { headers: { Authorization: `Basic ${btoa('a:b')}` } });
  assert.equal(fresh.status, 429);
  const scraper = await fetch(`${other.url}/metrics`, { headers: remembered });
  assert.equal(scraper.status, 200, 'who was let in before is not locked out');
});

test('every answer carries the security headers', async () => {
  for (const path of ['/', '/login', '/healthz', '/no-such-page', '/app.css', '/api/cameras']) {
    const { headers } = await get(path, path === '/login' ? {} : auth);
    assert.match(headers.get('content-security-policy') ?? '', /default-src 'self'.*frame-ancestors 'none'/, path);
    assert.doesNotMatch(headers.get('content-security-policy') ?? '', /unsafe/);
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
    assert.ok(headers.has('cache-control'), path);
  }
  const page = await (await get('/', auth)).text();
  assert.doesNotMatch(page, /<script>|style=|onclick=|https?:\/\//, 'nothing inline, nothing from elsewhere');
});

/** A request line as it stands, which `fetch` would tidy up. */
async function raw(text: string): Promise<string> {
  const { port } = box.server.address;
  const socket = connect(port, '127.0.0.1');
  socket.end(text);
  let answer = '';
  for await (const part of socket) answer += part;
  return answer;
}

test('no path leads to other files', async () => {
  const paths = [
    '/../package.json',
    '/..%2fpackage.json',
    '/%2e%2e/%2e%2e/package.json',
    '/app/../../server.js',
    '//etc/passwd',
    '/./app.js',
    '/index.html',
    '/login.html',
    '/cameras/gate/../../metrics',
    '/cameras/..%2f..%2f/snapshot.jpg',
    '/constructor',
    '/__proto__',
    'http://127.0.0.1/app.js',
    '/app.js%00.css',
  ];
  for (const path of paths) {
    const answer = await raw(
      `GET ${path} HTTP/1.1\r\nHost: ${box.host}\r\nAuthorization: ${BASIC}\r\nConnection: close\r\n\r\n`,
    );
    assert.match(answer, /^HTTP\/1\.1 404 /, path);
  }
});

test('other methods, long addresses, large headers and large forms are refused', async () => {
  for (const method of ['PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'TRACE']) {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const request = httpRequest(`${box.url}/api/cameras`, { method, headers: auth }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      request.on('error', reject).end();
    });
    assert.equal(status, 405, method);
  }
  assert.equal((await fetch(`${box.url}/api/cameras`, { method: 'POST', headers: auth })).status, 404);
  assert.equal((await get(`/${'a'.repeat(2000)}`, auth)).status, 414);
  assert.match(await raw(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`), /^HTTP\/1\.1 431 /);
  const large = `user=ops&password=${'a'.repeat(100_000)}`;
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  assert.equal((await fetch(`${box.url}/login`, { method: 'POST', body: large, headers: form })).status, 413);
  assert.equal((await fetch(`${box.url}/login`, { method: 'POST', body: '{}' })).status, 400);
});

test('static files are checked anew, and not sent twice', async () => {
  const first = await get('/app.js', auth);
  const etag = first.headers.get('etag') ?? '';
  assert.match(etag, /^"[\w-]{43}"$/);
  const second = await get('/app.js', { ...auth, 'If-None-Match': etag });
  assert.equal(second.status, 304);
});

test('an address that is taken is an error that names it', async () => {
  const options = { listen: box.host } as Parameters<typeof startHttpServer>[0];
  await assert.rejects(
    startHttpServer({ ...box.options, ...options }),
    (error: unknown) => error instanceof UserError && error.message.includes(box.host),
  );
});
