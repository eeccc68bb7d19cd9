/**
 * Goal: cameras are set up from the console by who is logged in, from its own page, in private, one at a time. Method: real requests against a
 * real server; behind it a desk that writes down what it was asked.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../edge/base/errors.ts';
import type { SetupPort } from '../../edge/gateway/http/setup.ts';
import { BASIC, startConsole } from '../support/console-fixture.ts';

class Desk implements SetupPort {
  readonly asked: unknown[] = [];
  picture: Uint8Array | undefined;
  gate: Promise<void> = Promise.resolve();

  async find(): Promise<object> {
    await this.gate;
    return { devices: [], leftOut: [] };
  }

  try(body: unknown): Promise<object> {
    this.asked.push(body);
    return Promise.reject(new UserError('cameras.gate.password: it refuses this', { fix: 'Check it.' }));
  }

  add(): Promise<object> {
    return Promise.resolve({ name: 'gate' });
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

  const picture = (): Promise<Response> =>
    fetch(`${box.url}/api/setup/picture.jpg`, { headers: { Authorization: BASIC } });
  assert.equal((await picture()).status, 404);
  desk.picture = new Uint8Array([0xff, 0xd8]);
  assert.equal((await picture()).headers.get('content-type'), 'image/jpeg');
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
