/** Goal: a camera's unit names what that camera needs and nothing else. Method: the texts, and the command on real configurations. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { type Reach, unitFiles } from '../../../edge/cli/confine/units.ts';
import { garim } from '../../support/garim-command.ts';
import { TempDir } from '../../support/temp.ts';

const serviceOf = (reach: Reach, groups: string[] = ['video', 'render']): string =>
  unitFiles({
    cameras: { gate: reach },
    intakes: {},
    sockets: '/run/s',
    node: '/usr/bin/node',
    cameraProcess: '/p.js',
    dir: '/u',
    groups: new Set(groups),
  }).get('garim-camera-gate@.service')!;

const lines = (text: string, key: string): string[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith(`${key}=`))
    .map((line) => line.slice(key.length + 1));

test('a camera on the network reaches its address and no other', () => {
  const text = serviceOf({ kind: 'host', host: '192.0.2.7', addresses: ['192.0.2.7'] });
  assert.deepEqual(lines(text, 'IPAddressDeny'), ['any']);
  assert.deepEqual(lines(text, 'IPAddressAllow'), ['192.0.2.7']);
  assert.deepEqual(lines(text, 'DeviceAllow'), ['char-drm rw']);
  assert.deepEqual(lines(text, 'BindReadOnlyPaths'), []);
});

test('a camera with a name is resolved beforehand: DNS is out of its reach', () => {
  const files = unitFiles({
    cameras: { gate: { kind: 'host', host: 'gate.local', addresses: ['192.0.2.7', '2001:db8::7'] } },
    intakes: {},
    sockets: '/run/s',
    node: '/usr/bin/node',
    cameraProcess: '/p.js',
    dir: '/u',
    groups: new Set<string>(),
  });
  assert.equal(
    files.get('garim-camera-gate.hosts'),
    '127.0.0.1 localhost\n192.0.2.7 gate.local\n2001:db8::7 gate.local\n',
  );
  const text = files.get('garim-camera-gate@.service')!;
  assert.deepEqual(lines(text, 'BindReadOnlyPaths'), ['/u/garim-camera-gate.hosts:/etc/hosts']);
  assert.deepEqual(lines(text, 'IPAddressAllow'), ['192.0.2.7 2001:db8::7']);
});

test('a camera on this box has no network, and its device only', () => {
  const text = serviceOf({ kind: 'device', path: '/dev/video2' });
  assert.deepEqual(lines(text, 'PrivateNetwork'), ['yes']);
  assert.deepEqual(lines(text, 'IPAddressAllow'), []);
  assert.deepEqual(lines(text, 'DeviceAllow'), ['char-drm rw', '/dev/video2 rw']);
  assert.deepEqual(lines(text, 'SupplementaryGroups'), ['render', 'video']);
  assert.deepEqual(
    lines(serviceOf({ kind: 'nothing' }, []), 'SupplementaryGroups'),
    [],
    'a group that is not there would stop it',
  );
});

test('the command writes units, and removes those of cameras that are gone', async () => {
  using dir = new TempDir({
    'two.yaml': 'cameras: { gate: { source: "rtsp://user:pass-0451@192.0.2.7/s" }, yard: { source: simulated } }\n',
    'one.yaml': 'cameras: { yard: { source: simulated } }\n',
    'bad.yaml':
      'cameras: { usb: { source: "v4l2:/dev/video0 rw\\nExecStartPre=/bin/sh" }, yard: { source: simulated } }\n',
  });
  const units = path.join(dir.path, 'units');
  const run = (file: string) => garim(['confine', '--config', file, '--units', units], { cwd: dir.path });
  assert.equal((await run('two.yaml')).code, 0);
  const written = readdirSync(units).sort();
  assert.deepEqual(written, [
    'garim-camera-gate.socket',
    'garim-camera-gate@.service',
    'garim-camera-yard.socket',
    'garim-camera-yard@.service',
  ]);
  for (const name of written) assert.ok(!readFileSync(path.join(units, name), 'utf8').includes('pass-0451'), name);
  assert.equal((await run('one.yaml')).code, 0);
  assert.ok(!existsSync(path.join(units, 'garim-camera-gate@.service')));
  const bad = await run('bad.yaml');
  assert.equal(bad.code, 1);
  assert.match(bad.stderr, /cameras\.usb\.source/);
  assert.ok(!readdirSync(units).some((name) => name.includes('usb')), 'no unit for what can not be fenced');
});
