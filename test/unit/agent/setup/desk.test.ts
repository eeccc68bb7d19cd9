/**
 * Goal: what the console asks for is checked; a camera that was tried is added to the configuration file and its URL kept apart; a time server, a
 * certificate and another user are taken as far as this box allows. Method: the desk with a configuration on disk, a simulated ONVIF camera and a
 * time server; the camera process is a stub that answers as the real one does.
 */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { pino } from 'pino';
import { parse, stringify } from 'yaml';
import { CertificateKeeper } from '../../../../edge/agent/certificate/keeper.ts';
import { boxCertificate, ownFilesIn } from '../../../../edge/agent/certificate/own.ts';
import type { BoxClockParts } from '../../../../edge/agent/setup/box-clock.ts';
import { SetupDesk } from '../../../../edge/agent/setup/desk.ts';
import { systemClock } from '../../../../edge/base/clock.ts';
import { UserError } from '../../../../edge/base/errors.ts';
import { packageRoot } from '../../../../edge/base/paths.ts';
import { loadConfig } from '../../../../edge/config/load.ts';
import { openCredentialStore } from '../../../../edge/gateway/auth/store.ts';
import { sensorSetup } from '../../../../edge/sensor/setup.ts';
import { RECORD } from '../../../support/console-fixture.ts';
import { garim } from '../../../support/garim-command.ts';
import { startOnvifCamera } from '../../../support/onvif-camera.ts';
import { TempDir } from '../../../support/temp.ts';
import { startTimeServer } from '../../../support/time-server.ts';
import { until } from '../../../support/wait.ts';

const log = pino({ level: 'silent' });
const PASSWORD = 'desk-camera-secret';
const FIRST_PASSWORD = 'first-password-1';

const noTime = { clock: systemClock, requestFile: undefined };

async function deskIn(dir: TempDir, time: BoxClockParts = noTime): Promise<SetupDesk> {
  const file = path.join(dir.path, 'garim.yaml');
  const loaded = await loadConfig({ file, cameras: [], env: {} });
  const cameraProcess = new URL('../../../support/stub-camera-process.js', import.meta.url);
  const { config } = loaded;
  const certificates = await CertificateKeeper.open({
    settings: config,
    stateDir: config.state,
    clock: systemClock,
    log,
  });
  await certificates.close(); // what it read stays
  const checklist = { config, policy: await sensorSetup(config), certificates, record: { status: () => RECORD } };
  const firstUser = { user: 'garim', password: FIRST_PASSWORD };
  const users = await openCredentialStore({ stateDir: config.state, env: {}, showFirstUser: () => {}, firstUser });
  return new SetupDesk({ loaded, env: {}, log, cameraProcess, checklist, time, certificates, users });
}

const CONFIG = '# mine\ncameras: { yard: { source: simulated } }\nstate: state\n';
const request = (over: Record<string, string>) => ({
  name: 'gate',
  address: '127.0.0.1',
  user: '',
  password: '',
  stream: 'main',
  streamHost: '',
  ...over,
});

test('requests that do not fit are refused before anything is asked', async () => {
  using dir = new TempDir({ 'garim.yaml': CONFIG });
  const desk = await deskIn(dir);
  for (const body of [
    undefined,
    {},
    request({ name: 'Gate!' }),
    request({ name: 'yard' }),
    request({ address: 'file:/etc/passwd' }),
    request({ address: 'v4l2:/dev/video0' }),
    request({ address: 'simulated\nx' }),
    request({ address: 'http://[bad' }),
    request({ more: 'x' }),
  ]) {
    await assert.rejects(desk.try(body), UserError, JSON.stringify(body));
  }
  await assert.rejects(desk.add(), { message: 'no camera was tried' });
});

test('a camera that was tried is added, and only what was there before stays', async () => {
  const streams = [
    { token: 'main', encoding: 'H264', widthPx: 1280, heightPx: 720, frameRate: 25, uri: 'rtsp://127.0.0.1:1/main' },
  ];
  await using camera = await startOnvifCamera({ user: 'admin', password: PASSWORD, streams });
  using dir = new TempDir({ 'garim.yaml': CONFIG });
  const desk = await deskIn(dir);
  const asked = { address: camera.address, user: 'admin' };
  await assert.rejects(desk.try(request({ ...asked, password: 'wrong-one-1' })), {
    message: /^cameras\.gate\.password: /,
  });
  const said = await desk.try(request({ ...asked, password: PASSWORD }));
  assert.equal(said.stream, 'main H264 1280x720');
  assert.equal(desk.picture?.name, 'gate');
  assert.ok(desk.picture.jpeg.length > 0);
  assert.doesNotMatch(JSON.stringify(said), new RegExp(PASSWORD));
  assert.deepEqual(await desk.add(), { name: 'gate' });
  const text = readFileSync(path.join(dir.path, 'garim.yaml'), 'utf8');
  assert.match(text, /^# mine$/m);
  assert.doesNotMatch(text, new RegExp(PASSWORD));
  const url = path.join(dir.path, 'state/sources/gate.url');
  assert.equal(statSync(url).mode & 0o777, 0o600);
  const loaded = await loadConfig({ file: path.join(dir.path, 'garim.yaml'), cameras: [], env: {} });
  assert.equal(loaded.sources['gate'], `rtsp://admin:${PASSWORD}@127.0.0.1:1/main`);
  assert.deepEqual(Object.keys(loaded.config.cameras), ['yard', 'gate']);
  await assert.rejects(desk.try(request({ ...asked, password: PASSWORD })), {
    message: /is in the configuration already/,
  });
});

test('the checklist says what is missing, and what to do', async () => {
  using dir = new TempDir({ 'garim.yaml': `${CONFIG}http: { listen: '0.0.0.0:8080' }\n` });
  const desk = await deskIn(dir);
  const { items, signs } = desk.checklist();
  assert.deepEqual(
    items.map(({ name, isWell }) => [name, isWell]),
    [
      ['certificate', false],
      ['listen', false],
      ['record', true],
      ['sign', false],
    ],
  );
  assert.match(items.find(({ name }) => name === 'sign')?.detail ?? '', /controller, cameras\.yard\.site/);
  assert.deepEqual(signs, []);
  assert.equal(desk.sign('yard'), undefined);
});

test('a box that has it all is told so, and its signs are there', async () => {
  using dir = new TempDir();
  const state = path.join(dir.path, 'state');
  const { fingerprint } = await boxCertificate(state, [], systemClock);
  const { cert, key } = ownFilesIn(state);
  const example = parse(readFileSync(path.join(packageRoot, 'deploy', 'garim.example.yaml'), 'utf8'));
  const config = {
    cameras: { yard: { source: 'simulated', site: example.cameras.gate.site } },
    controller: example.controller,
    state: 'state',
    http: { listen: '0.0.0.0:8080', tls: { cert, key } },
  };
  writeFileSync(path.join(dir.path, 'garim.yaml'), stringify(config));
  const desk = await deskIn(dir);
  const { items, signs } = desk.checklist();
  assert.ok(
    items.every(({ isWell }) => isWell),
    JSON.stringify(items),
  );
  assert.ok(items[0]?.detail.endsWith(fingerprint));
  assert.deepEqual(signs, ['yard']);
  assert.match(desk.sign('yard') ?? '', /<html/);
});

test('a time server is asked first, and left for the service of the box that follows it', async () => {
  await using server = await startTimeServer();
  using dir = new TempDir({ 'garim.yaml': CONFIG });
  const { port } = server;
  const alone = await deskIn(dir, { ...noTime, port });
  const { offsetMs, isTaken } = await alone.time({ server: ' 127.0.0.1 ' });
  assert.ok(Math.abs(offsetMs ?? Number.NaN) < 2_000, `${offsetMs} ms`);
  assert.equal(isTaken, false);
  assert.equal((await alone.time({ server: '' })).offsetMs, undefined);
  for (const wrong of ['a b', 'x\nNTP=evil', '-x', 'http://ntp']) {
    await assert.rejects(alone.time({ server: wrong }), { message: /^server: write a host name/ });
  }

  const requestFile = path.join(dir.path, 'state/time/server');
  const dropIn = path.join(dir.path, 'systemd/timesyncd.conf.d/50-garim.conf');
  const desk = await deskIn(dir, { ...noTime, port, requestFile, dropIn });
  const asked = desk.time({ server: '127.0.0.1' });
  await until('the request', () => existsSync(requestFile));
  // As garim-time.service does it, but with a systemctl that does nothing: this machine keeps its time service.
  writeFileSync(path.join(dir.path, 'systemctl'), '#!/bin/sh\necho loaded\n', { mode: 0o755 });
  await garim(['time', '--from', requestFile, '--drop-in', dropIn], { cwd: dir.path, env: { PATH: dir.path } });
  assert.equal((await asked).isTaken, true);
  assert.match(readFileSync(dropIn, 'utf8'), /^NTP=127\.0\.0\.1$/m);
});

test('a certificate that somebody brings is written down, served at once where the box serves its own, and refused with the reason', async () => {
  using given = new TempDir();
  const { cert, key } = await boxCertificate(given.path, ['box.example'], systemClock);
  const [certText, keyText] = [readFileSync(cert, 'utf8'), readFileSync(key, 'utf8')];
  const request = { kind: 'given', cert: certText, key: keyText };

  using dir = new TempDir({ 'garim.yaml': CONFIG });
  const desk = await deskIn(dir);
  await assert.rejects(desk.certificate({ ...request, key: certText }), {
    message: /^key: the file holds no private key/,
  });
  assert.equal(readFileSync(path.join(dir.path, 'garim.yaml'), 'utf8'), CONFIG);
  const first = await desk.certificate(request);
  assert.deepEqual([first.isServed, first.fingerprint], [false, new X509Certificate(certText).fingerprint256]);
  assert.match(first.names, /\bbox\.example\b/);
  const file = path.join(dir.path, 'garim.yaml');
  const { config } = await loadConfig({ file, cameras: [], env: {} });
  assert.deepEqual(config.http.tls, { cert: ownFilesIn(config.state).cert, key: ownFilesIn(config.state).key });
  assert.equal(statSync(config.http.tls.key).mode & 0o777, 0o600);
  await assert.rejects(desk.certificate(request), { message: /^http\.tls was configured meanwhile/ });

  // As after the next start.
  const serving = await deskIn(dir);
  const own = await serving.certificate({ kind: 'own' });
  assert.deepEqual([own.isServed, own.fingerprint], [true, first.fingerprint], 'self-made is self-made');
  assert.ok(serving.checklist().items[0]?.detail.endsWith(own.fingerprint));
  using renewed = new TempDir();
  const another = await boxCertificate(renewed.path, [], systemClock);
  const [nextCert, nextKey] = [readFileSync(another.cert, 'utf8'), readFileSync(another.key, 'utf8')];
  const next = await serving.certificate({ kind: 'given', cert: nextCert, key: nextKey });
  assert.deepEqual([next.isServed, next.fingerprint], [true, another.fingerprint]);
  assert.ok(serving.checklist().items[0]?.detail.endsWith(another.fingerprint), 'it is served already');

  writeFileSync(file, `${CONFIG}http: { tls: { cert: ${cert}, key: ${key} } }\n`);
  const elsewhere = await deskIn(dir);
  await assert.rejects(elsewhere.certificate({ kind: 'own' }), {
    message: /^http\.tls\.cert names .*box\.crt, which is not/,
  });
});

test('the user gets another name and password, but keeps the name by which agreements know it', async () => {
  using dir = new TempDir({ 'garim.yaml': CONFIG });
  const desk = await deskIn(dir);
  assert.deepEqual(await desk.user('garim', { name: 'kim', password: 'another-password' }), { name: 'kim' });
  await assert.rejects(desk.user('kim', { name: 'kim' }), UserError);
  const agreement =
    'use: { agreements: { police: { puller: kim, purposes: ["dpv:EnforceSecurity"], until: 2099-12-31 } } }\n';
  writeFileSync(path.join(dir.path, 'garim.yaml'), `${CONFIG}${agreement}`);
  const bound = await deskIn(dir);
  await assert.rejects(bound.user('kim', { name: 'lee', password: 'another-password' }), {
    message: /^name: kim has agreements/,
  });
  assert.deepEqual(await bound.user('kim', { name: 'kim', password: 'a-third-password' }), { name: 'kim' });
});
