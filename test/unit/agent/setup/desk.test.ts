/**
 * Goal: what the console asks for is checked, a camera that was tried is added to the configuration file and its URL kept apart. Method: the desk
 * with a configuration on disk and a simulated ONVIF camera; the camera process is a stub that answers as the real one does.
 */
import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { pino } from 'pino';
import { parse, stringify } from 'yaml';
import { CertificateKeeper } from '../../../../edge/agent/certificate/keeper.ts';
import { boxCertificate, ownFilesIn } from '../../../../edge/agent/certificate/own.ts';
import { SetupDesk } from '../../../../edge/agent/setup/desk.ts';
import { systemClock } from '../../../../edge/base/clock.ts';
import { UserError } from '../../../../edge/base/errors.ts';
import { packageRoot } from '../../../../edge/base/paths.ts';
import { loadConfig } from '../../../../edge/config/load.ts';
import { sensorSetup } from '../../../../edge/sensor/setup.ts';
import { RECORD } from '../../../support/console-fixture.ts';
import { startOnvifCamera } from '../../../support/onvif-camera.ts';
import { TempDir } from '../../../support/temp.ts';

const log = pino({ level: 'silent' });
const PASSWORD = 'desk-camera-secret';

async function deskIn(dir: TempDir): Promise<SetupDesk> {
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
  return new SetupDesk({ loaded, env: {}, log, cameraProcess, checklist });
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
