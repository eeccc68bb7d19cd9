/** Goal: an answers file becomes a plan, or messages that name line, key and what to write, without any secret. Method: files on disk. */
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { UserError } from '../../../../edge/base/errors.ts';
import { scrub } from '../../../../edge/base/secrets.ts';
import { readAnswers } from '../../../../edge/cli/setup/answers.ts';
import { TempDir } from '../../../support/temp.ts';

async function problemsOf(text: string, env: NodeJS.ProcessEnv = {}): Promise<string[]> {
  using dir = new TempDir({ 'answers.yaml': text });
  const file = path.join(dir.path, 'answers.yaml');
  try {
    await readAnswers(file, env);
  } catch (error) {
    assert.ok(error instanceof UserError);
    return error.message.split('\n').map((line) => line.replace(file, 'FILE').replaceAll(dir.path, 'DIR'));
  }
  return [];
}

test('a plan holds what was written, with secrets from files and variables', async () => {
  using dir = new TempDir({
    'answers.yaml': `cameras:
  gate: { onvif: 192.0.2.7:8000, user: admin, password: { file: gate.password }, stream: sub }
  yard: { url: { env: YARD_URL }, transport: udp }
time: { cameras: set, ntp: time.example }
user: { name: warden, password: { env: WARDEN } }
`,
    'gate.password': 'gate-password-1\n',
  });
  const env = { YARD_URL: 'rtsp://a:yardpassword@192.0.2.8/1', WARDEN: 'warden-password' };
  const plan = await readAnswers(path.join(dir.path, 'answers.yaml'), env);
  assert.deepEqual(plan.cameras, [
    {
      name: 'gate',
      from: { onvif: '192.0.2.7:8000' },
      user: 'admin',
      password: 'gate-password-1',
      stream: 'sub',
      streamHost: undefined,
      transport: 'tcp',
    },
    {
      name: 'yard',
      from: { url: env.YARD_URL },
      user: '',
      password: '',
      stream: 'auto',
      streamHost: undefined,
      transport: 'udp',
    },
  ]);
  assert.deepEqual(plan.time, { box: 'check', cameras: 'set', ntp: 'time.example' });
  assert.deepEqual(plan.user, { name: 'warden', password: 'warden-password' });
  assert.deepEqual([plan.certificate, plan.measure, plan.http.listen], ['self-signed', true, '127.0.0.1:8080']);
  for (const secret of ['gate-password-1', 'yardpassword', 'warden-password']) assert.equal(scrub(secret), '***');
});

test('each mistake is told with its line, its key and what to write', async () => {
  const lines = await problemsOf(`cameras:
  gate: { onvif: 192.0.2.7, user: admin }
  Yard: { url: ftp://x }
  both: { onvif: a, url: rtsp://b/ }
  none: {}
tine: {}
certificate: selfsigned
user: { name: x, password: short }
`);
  const text = lines.join('\n');
  assert.match(text, /^FILE:2:9 cameras\.gate: user or password is missing\. Write both, or none\.$/m);
  assert.match(text, /^FILE:3:3 cameras\.Yard: not a valid name/m);
  assert.match(text, /^FILE:4:9 cameras\.both: either both of onvif and url, or none\. Write one of onvif and url\.$/m);
  assert.match(text, /^FILE:5:9 cameras\.none: either both/m);
  assert.match(text, /^FILE:6:1 tine: unknown setting\. Did you mean time\?$/m);
  assert.match(text, /^FILE:7:14 certificate: .*Did you mean self-signed\?$/m);
  assert.match(text, /^FILE:8:\d+ user\.password: /m);
});

test('secrets that are not there are named, and those that are wrong are not told', async () => {
  const text = `cameras:
  gate: { onvif: 192.0.2.7, user: a, password: { file: missing } }
  yard: { url: { env: YARD_URL } }
`;
  const lines = await problemsOf(text, { YARD_URL: 'secretword' });
  assert.match(lines[0] ?? '', /^FILE:2:\d+ cameras\.gate\.password: DIR\/missing can't be read \(ENOENT\)/);
  assert.match(
    lines[1] ?? '',
    /^FILE:3:\d+ cameras\.yard\.url: the environment variable YARD_URL does not hold a camera URL/,
  );
  assert.doesNotMatch(lines.join(), /secretword/);
  const plain = await problemsOf('cameras: { gate: { onvif: "http://a:topsecret1@192.0.2.7/" } }');
  assert.equal(plain.length, 1);
  assert.doesNotMatch(plain.join(), /topsecret1/);
});

test('a file that is missing, or no YAML, is said to be', async () => {
  await assert.rejects(readAnswers('/nonexistent/a.yaml', {}), { message: /^--answers: .*ENOENT/ });
  assert.match((await problemsOf('cameras: [')).join(), /^FILE:\d+:\d+ /);
  using dir = new TempDir({ 'a.yaml': 'cameras: {}' });
  chmodSync(path.join(dir.path, 'a.yaml'), 0o600);
  assert.deepEqual((await readAnswers(path.join(dir.path, 'a.yaml'), {})).cameras, []);
});
