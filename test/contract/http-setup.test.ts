/**
 * Goal: the box is set up from the console by who is logged in, from its own page, in private, one question at a time; and a user is changed only by
 * who knows its password, and is out everywhere else then. Method: real requests against a real server; behind it a desk that writes down what it
 * was asked.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../edge/base/errors.ts';
import type { SetupPort } from '../../edge/gateway/http/setup.ts';
import { BASIC, PASSWORD, startConsole, USER } from '../support/console-fixture.ts';
import { agreementOf, openTestDesk } from '../support/use.ts';
import { until } from '../support/wait.ts';

class Desk implements SetupPort {
  readonly asked: unknown[] = [];
  picture: { name: string; jpeg: Uint8Array } | undefined;
  gate: Promise<void> = Promise.resolve();

  async find(): Promise<object> {
    await this.gate;
    return { devices: [], leftOut: [] };
  }

  try(body: unknown): Promise<object> {
    this.asked.push(body);
    return Promise.reject(new UserError('cameras.gate.password: it refuses this', { fix: 'Check it.' }));
  }

  checklist(): object {
    return { wallMs: 7, items: [], signs: ['gate'] };
  }

  sign(camera: string): string | undefined {
    return camera === 'gate' ? '<!doctype html><title>gate</title>' : undefined;
  }

  add(): Promise<object> {
    return Promise.resolve({ name: 'gate' });
  }

  async time(body: unknown): Promise<object> {
    this.asked.push(body);
    return {};
  }

  async certificate(body: unknown): Promise<object> {
    this.asked.push((body as { cert: string }).cert.length);
    return {};
  }

  async user(user: string, body: unknown): Promise<{ name: string }> {
    this.asked.push([user, body]);
    const { name } = body as { name: string };
    if (name === 'taken') throw new UserError('name: there is a user taken already', { fix: 'Choose another name.' });
    return { name };
  }
}

test('who may, may; others are told why not', async () => {
  const desk = new Desk();
  await using box = await startConsole([], { setup: desk });
  const post = (step: string, headers: Record<string, string> = {}, body = '{}'): Promise<Response> =>
    fetch(`${box.url}/api/setup/${step}`, { method: 'POST', headers: { Authorization: BASIC, ...headers }, body });
  assert.equal((await fetch(`${box.url}/api/setup/try`, { method: 'POST', body: '{}' })).status, 401);
  assert.equal((await fetch(`${box.url}/setup`)).status, 401);
  assert.match(await (await fetch(`${box.url}/setup`, { headers: { Authorization: BASIC } })).text(), /id="try"/);
  assert.equal((await post('try', { Origin: 'http://elsewhere.example' })).status, 403);
  assert.equal((await post('try', {}, 'no JSON')).status, 400);
  assert.equal((await post('try', {}, JSON.stringify('x'.repeat(20_000)))).status, 400);
  assert.deepEqual(desk.asked, []);

  const refused = await post('try', {}, '{"name":"gate"}');
  assert.equal(refused.status, 422);
  assert.deepEqual(await refused.json(), { message: 'cameras.gate.password: it refuses this', fix: 'Check it.' });
  assert.deepEqual(desk.asked, [{ name: 'gate' }]);
  assert.deepEqual(await (await post('add')).json(), { name: 'gate' });
});

test('the picture of a camera that was tried is on record before it leaves, and is not shown where nothing is agreed', async () => {
  const setup = new Desk();
  const agreements = [agreementOf({ name: 'works', puller: `user:${USER}`, feeds: ['gate'] })];
  const { desk, record } = await openTestDesk({ agreements });
  await using box = await startConsole([], { setup, desk });
  const picture = (headers: Record<string, string> = { Authorization: BASIC }): Promise<Response> =>
    fetch(`${box.url}/api/setup/picture.jpg`, { headers });
  assert.equal((await picture({})).status, 401);
  assert.equal((await picture()).status, 404);
  assert.deepEqual(record.pulls, []);

  const jpeg = new Uint8Array([0xff, 0xd8]);
  setup.picture = { name: 'gate', jpeg };
  let isDurable = (): void => {};
  record.slowness = new Promise((resolve) => {
    isDurable = resolve;
  });
  let isThere = false;
  const coming = picture().then((answer) => {
    isThere = true;
    return answer;
  });
  await until('it is being recorded', () => record.isWriting);
  assert.equal(isThere, false);
  isDurable();
  const shown = await coming;
  assert.equal(shown.headers.get('content-type'), 'image/jpeg');
  assert.deepEqual(new Uint8Array(await shown.arrayBuffer()), jpeg);
  assert.deepEqual(
    record.pulls.map(({ puller, feed, agreement, window }) => [puller, feed, agreement, window[1]]),
    [[`user:${USER}`, 'gate', 'works', 'PT15M']],
  );

  setup.picture = { name: 'yard', jpeg };
  const refused = await picture();
  assert.equal(refused.status, 403);
  assert.match(await refused.text(), /^feed-not-agreed: /);
  assert.equal(record.pulls.length, 1);
});

test('without a record there is no picture of a camera that was tried', async () => {
  const setup = new Desk();
  setup.picture = { name: 'gate', jpeg: new Uint8Array([0xff, 0xd8]) };
  const { desk, record } = await openTestDesk();
  record.fault = new Error('no space left on device');
  await using box = await startConsole([], { setup, desk });
  const answer = await fetch(`${box.url}/api/setup/picture.jpg`, { headers: { Authorization: BASIC } });
  assert.equal(answer.status, 503);
  assert.match(await answer.text(), /^not-recorded: /);
});

test('one question at a time', async () => {
  const desk = new Desk();
  let open = (): void => {};
  desk.gate = new Promise((resolve) => {
    open = resolve;
  });
  await using box = await startConsole([], { setup: desk });
  const find = (): Promise<Response> =>
    fetch(`${box.url}/api/setup/find`, { method: 'POST', headers: { Authorization: BASIC }, body: '{}' });
  // Whichever comes first waits at the desk; the other is told so at once.
  const [first, second] = [find(), find()];
  assert.equal((await Promise.race([first, second])).status, 429);
  open();
  const statuses = [(await first).status, (await second).status];
  assert.deepEqual(statuses.sort(), [200, 429]);
  assert.equal((await find()).status, 200);
});

test('without a desk there is no such page', async () => {
  await using box = await startConsole([]);
  assert.equal((await fetch(`${box.url}/setup`, { headers: { Authorization: BASIC } })).status, 404);
});

test('the checklist and signs are for who is logged in; a sign is a file to keep', async () => {
  await using box = await startConsole([], { setup: new Desk() });
  const get = (path: string, headers: Record<string, string> = { Authorization: BASIC }): Promise<Response> =>
    fetch(`${box.url}/api/setup/${path}`, { headers });
  for (const path of ['checklist', 'sign-gate.html']) assert.equal((await get(path, {})).status, 401, path);
  assert.deepEqual(await (await get('checklist')).json(), { wallMs: 7, items: [], signs: ['gate'], user: USER });
  const sign = await get('sign-gate.html');
  assert.equal(sign.headers.get('content-disposition'), 'attachment; filename="sign-gate.html"');
  assert.match(await sign.text(), /<title>gate/);
  assert.equal((await get('sign-yard.html')).status, 404);
});

test('who changes the user shows that it is no page that was left open, and is the only one who stays', async () => {
  const desk = new Desk();
  await using box = await startConsole([], { setup: desk });
  const login = async (): Promise<string> => {
    const form = new URLSearchParams({ user: USER, password: PASSWORD });
    const answer = await fetch(`${box.url}/login`, { method: 'POST', body: form, redirect: 'manual' });
    return (answer.headers.get('set-cookie') ?? '').split(';')[0]!;
  };
  const [mine, another] = [await login(), await login()];
  const post = (Cookie: string, body: object): Promise<Response> =>
    fetch(`${box.url}/api/setup/user`, { method: 'POST', headers: { Cookie }, body: JSON.stringify(body) });
  const status = async (headers: Record<string, string>): Promise<number> =>
    (await fetch(`${box.url}/api/cameras`, { headers })).status;
  assert.deepEqual([await status({ Cookie: mine }), await status({ Cookie: another })], [200, 200]);
  assert.equal(await status({ Authorization: BASIC }), 200, 'and by its password, which is remembered');

  const wanted = { name: 'somebody', password: 'new-password-1' };
  for (const current of [undefined, 'guess']) {
    const refused = await post(mine, { ...wanted, current });
    assert.equal(refused.status, 422);
    assert.deepEqual(await refused.json(), { message: `current: it is not the password of ${USER}`, fix: '' });
  }
  assert.equal((await post('', { ...wanted, current: PASSWORD })).status, 401);
  assert.deepEqual(desk.asked, []);
  const taken = await post(mine, { ...wanted, name: 'taken', current: PASSWORD });
  assert.equal(taken.status, 422);
  assert.deepEqual([await status({ Cookie: mine }), await status({ Cookie: another })], [200, 200], 'nothing changed');

  const changed = await post(mine, { ...wanted, current: PASSWORD });
  assert.deepEqual(await changed.json(), { name: 'somebody' });
  assert.deepEqual(desk.asked.at(-1), [USER, wanted], 'the desk is not told the old password');
  const next = (changed.headers.get('set-cookie') ?? '').split(';')[0]!;
  assert.deepEqual([await status({ Cookie: mine }), await status({ Cookie: another })], [401, 401]);
  const checklist = await fetch(`${box.url}/api/setup/checklist`, { headers: { Cookie: next } });
  assert.equal(((await checklist.json()) as { user: string }).user, 'somebody');
});

test('a certificate may be as long as a chain is, and no other request may', async () => {
  const desk = new Desk();
  await using box = await startConsole([], { setup: desk });
  const post = async (step: string, chars: number): Promise<number> => {
    const body = JSON.stringify({ cert: 'x'.repeat(chars) });
    return (await fetch(`${box.url}/api/setup/${step}`, { method: 'POST', headers: { Authorization: BASIC }, body }))
      .status;
  };
  assert.deepEqual([await post('certificate', 60_000), await post('time', 60_000)], [200, 400]);
  assert.equal(await post('certificate', 70_000), 400);
  assert.deepEqual(desk.asked, [60_000]);
});
