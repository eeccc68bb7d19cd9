/** Goal: nobody gets in without the password, nothing keeps it, and a damaged file is refused. Method: real files in a temp folder. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { UserError } from '../../../../edge/base/errors.ts';
import { scrub } from '../../../../edge/base/secrets.ts';
import { openCredentialStore } from '../../../../edge/gateway/auth/store.ts';

let stateDir = '';
let shown: { user: string; password: string }[] = [];
const open = (env: Record<string, string>) =>
  openCredentialStore({ stateDir, env, showFirstUser: (created) => shown.push(created) });
beforeEach(() => {
  shown = [];
  stateDir = path.join(mkdtempSync(path.join(tmpdir(), 'garim-store-')), 'state');
});
afterEach(() => rmSync(path.dirname(stateDir), { recursive: true, force: true }));

const digest = (algorithm: string, text: string): string => createHash(algorithm).update(text).digest('hex');

test('the first start makes a user whose password is shown once and kept nowhere', async () => {
  const first = await open({});
  const { user = '', password = '' } = shown[0] ?? {};
  assert.equal(user, 'garim');
  assert.match(password, /^[a-z2-9]{5}(-[a-z2-9]{5}){3}$/);
  assert.equal(first.hasUser, true);

  const file = path.join(stateDir, 'users.json');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(stateDir), ['users.json'], 'no temp file stays');
  assert.ok(!readFileSync(file, 'utf8').includes(password));
  assert.ok(!scrub(`oops ${password}`).includes(password), 'the logger knows the secret');

  const second = await open({});
  assert.equal(shown.length, 1);
  for (const { credentials } of [first, second]) {
    assert.equal(await credentials.verifyPassword(user, password), true);
    assert.equal(await credentials.verifyPassword(user, `${password}x`), false);
    assert.equal(await credentials.verifyPassword('nobody', password), false);
    assert.equal(credentials.digestHa1(user, 'MD5'), digest('md5', `garim:garim:${password}`));
    assert.equal(credentials.digestHa1(user, 'SHA-256'), digest('sha256', `garim:garim:${password}`));
    assert.equal(credentials.digestHa1('nobody', 'MD5'), undefined);
  }
});

test('the environment wins and leaves no file behind', async () => {
  const env = { GARIM_USER: 'ops', GARIM_PASSWORD: 'längeres Passwort:mit Doppelpunkt' };
  const { credentials, hasUser } = await open(env);
  assert.deepEqual(shown, []);
  assert.equal(hasUser, true);
  assert.equal(await credentials.verifyPassword('ops', env.GARIM_PASSWORD), true);
  assert.equal(await credentials.verifyPassword('garim', env.GARIM_PASSWORD), false);
  assert.throws(() => statSync(stateDir), { code: 'ENOENT' });
});

const badEnv: [string, Record<string, string>, RegExp][] = [
  ['user only', { GARIM_USER: 'ops' }, /GARIM_PASSWORD is not/],
  ['password only', { GARIM_PASSWORD: 'long-enough' }, /GARIM_USER is not/],
  ['short password', { GARIM_USER: 'ops', GARIM_PASSWORD: 'short77' }, /GARIM_PASSWORD has 7 characters/],
  ['colon in user', { GARIM_USER: 'o:ps', GARIM_PASSWORD: 'long-enough' }, /GARIM_USER holds/],
];
for (const [what, env, message] of badEnv) {
  test(`a bad environment is refused: ${what}`, async () => {
    await assert.rejects(open(env), (error: unknown) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, message);
      assert.ok(error.fix);
      assert.ok(!error.message.includes('long-enough') && !error.message.includes('short77'));
      return true;
    });
  });
}

for (const [what, text] of [
  ['no JSON', '{"version":1,'],
  ['empty', ''],
  ['wrong version', '{"version":2,"users":[]}'],
  ['unknown field', '{"version":1,"users":[],"admin":true}'],
  ['short hash', '{"version":1,"users":[{"name":"a","salt":"00","scrypt":"00","ha1Md5":"00","ha1Sha256":"00"}]}'],
] as const) {
  test(`a damaged users.json is refused and left alone: ${what}`, async () => {
    await open({});
    const file = path.join(stateDir, 'users.json');
    writeFileSync(file, text);
    await assert.rejects(open({}), (error: unknown) => {
      assert.ok(error instanceof UserError);
      assert.ok(error.message.includes(file));
      assert.ok(error.fix);
      return true;
    });
    assert.equal(readFileSync(file, 'utf8'), text);
  });
}

test('a users.json that lists nobody lets nobody in', async () => {
  await open({});
  writeFileSync(path.join(stateDir, 'users.json'), '{"version":1,"users":[]}');
  const { hasUser, credentials } = await open({});
  assert.equal(hasUser, false);
  assert.equal(shown.length, 1);
  assert.equal(await credentials.verifyPassword('garim', ''), false);
});

test('a password that can not be stored has been shown', async () => {
  symlinkSync('nowhere', stateDir);
  await assert.rejects(open({}), { name: 'WorldError' });
  assert.equal(shown.length, 1);
});

test('a user takes another name and password, for good and at once; what is refused changes nothing', async () => {
  const store = await open({});
  const { credentials } = store;
  const { password = '' } = shown[0] ?? {};
  const file = path.join(stateDir, 'users.json');
  const before = readFileSync(file, 'utf8');
  const wrong: [string, { name: string; password: string }, RegExp][] = [
    ['garim', { name: 'a b', password: 'long-enough-1' }, /^name: it has characters/],
    ['garim', { name: '', password: 'long-enough-1' }, /^name: it has characters/],
    ['garim', { name: 'kim', password: 'short' }, /^password: it has 5 characters$/],
    ['garim', { name: 'kim', password: 'x'.repeat(257) }, /^password: it has 257 characters$/],
    ['nobody', { name: 'kim', password: 'long-enough-1' }, /^there is no user nobody/],
  ];
  for (const [user, to, message] of wrong) await assert.rejects(store.change(user, to), { name: 'UserError', message });
  assert.equal(readFileSync(file, 'utf8'), before);
  assert.equal(await credentials.verifyPassword('garim', password), true);

  await store.change('garim', { name: 'kim', password: 'long-enough-1' });
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.ok(!scrub('oops long-enough-1').includes('long-enough-1'), 'the logger knows the secret');
  for (const each of [credentials, (await open({})).credentials]) {
    assert.deepEqual(
      [await each.verifyPassword('kim', 'long-enough-1'), await each.verifyPassword('garim', password)],
      [true, false],
    );
    assert.equal(each.digestHa1('kim', 'MD5'), digest('md5', 'kim:garim:long-enough-1'));
    assert.equal(each.digestHa1('garim', 'MD5'), undefined);
  }

  const fixed = await open({ GARIM_USER: 'ops', GARIM_PASSWORD: 'long-enough' });
  await assert.rejects(fixed.change('ops', { name: 'ops', password: 'long-enough-1' }), {
    message: /comes from GARIM_USER and GARIM_PASSWORD/,
  });
});

test('a name is taken by one user only', async () => {
  await open({});
  const file = path.join(stateDir, 'users.json');
  const { users, ...rest } = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...rest, users: [...users, { ...users[0], name: 'lee' }] }));
  const store = await open({});
  await assert.rejects(store.change('garim', { name: 'lee', password: 'long-enough-1' }), {
    message: /^name: there is a user lee/,
  });
  await store.change('lee', { name: 'kim', password: 'long-enough-1' });
  const names = JSON.parse(readFileSync(file, 'utf8')).users.map(({ name }: { name: string }) => name);
  assert.deepEqual(names, ['garim', 'kim']);
});
