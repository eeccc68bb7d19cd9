/** Goal: cameras, ports, folders and files are judged rightly, on a chosen machine and on this one; nothing shows a credential. */
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import type { CheckResult } from '../../../../edge/cli/doctor/check.ts';
import {
  checkCameras,
  checkDisk,
  checkPorts,
  checkSecretFiles,
  checkState,
} from '../../../../edge/cli/doctor/places.ts';
import { realSystem } from '../../../../edge/cli/doctor/system.ts';
import { linesOf } from '../../../../edge/cli/doctor.ts';
import { TempDir } from '../../../support/temp.ts';
import { contextWith } from './fake-system.ts';

const statuses = (results: CheckResult | CheckResult[]): string[] => [results].flat().map(({ status }) => status);

test('cameras: the port that is asked, and the fix for each fault', async () => {
  const asked: string[] = [];
  const errors: Record<string, string> = {
    'down.example': 'ECONNREFUSED',
    'gone.example': 'ENOTFOUND',
    '10.0.0.9': 'ETIMEDOUT',
  };
  const connect = async (host: string, port: number): Promise<string | undefined> => {
    asked.push(`${host} ${port}`);
    return errors[host];
  };
  const sources = {
    a: 'rtsp://root:planted-pw@up.example/s',
    b: 'rtsps://up.example/s',
    c: 'https://[::1]/mjpeg',
    d: 'rtsp://root:planted-pw@down.example:8554/s',
    e: 'http://gone.example/s',
    f: 'rtsp://10.0.0.9/s',
    g: 'simulated:3',
  };
  const config = { cameras: { c: { source: 'https://[::1]/mjpeg', tls: { ca: '/etc/ssl/c.crt' } } } };
  const results = [await checkCameras(contextWith({ connect }, { sources, config }))].flat();
  assert.match(results[1]?.fix ?? '', /-connect up\.example:322 .* > b\.crt.* cameras\.b\.tls\.ca/);
  assert.deepEqual(statuses(results), ['ok', 'warn', 'ok', 'fail', 'fail', 'fail', 'ok']);
  assert.deepEqual(asked, [
    'up.example 554',
    'up.example 322',
    '::1 443',
    'down.example 8554',
    'gone.example 80',
    '10.0.0.9 554',
  ]);
  assert.ok(!JSON.stringify(results).includes('planted'));
  assert.equal(new Set(results.filter(({ fix }) => fix).map(({ fix }) => fix)).size, 4);
});

test('cameras: files and devices of this machine', async () => {
  using dir = new TempDir({ 'a.mp4': 'x' });
  const { canAccess } = realSystem;
  const sources = {
    a: `file:${dir.path}/a.mp4?loop=1`,
    b: `file:${dir.path}/b.mp4`,
    c: 'v4l2:/dev/video-none',
    d: `file://${dir.path}/a.mp4`,
  };
  assert.deepEqual(statuses(await checkCameras(contextWith({ canAccess }, { sources }))), ['ok', 'fail', 'fail', 'ok']);
});

test('ports: free, taken, and not ours to take', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const config = { http: { listen: `127.0.0.1:${port}` }, rtsp: { listen: '127.0.0.1:0' } };
    const { listen, connect } = realSystem;
    assert.deepEqual(statuses(await checkPorts(contextWith({ listen }, { config }))), ['warn', 'ok']);
    assert.equal(await connect('127.0.0.1', port, 5000), undefined);
    const foreign = { http: { listen: '192.0.2.1:80' } };
    assert.equal(statuses(await checkPorts(contextWith({ listen }, { config: foreign })))[0], 'fail');
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
  assert.equal(await realSystem.connect('127.0.0.1', 1, 5000), 'ECONNREFUSED');
});

test('state: private, open, absent, not writable', async () => {
  using dir = new TempDir();
  const { modeOf } = realSystem;
  const at = (state: string, canWrite = true) =>
    contextWith({ modeOf, canAccess: async () => canWrite }, { config: { state } });
  chmodSync(dir.path, 0o700);
  assert.deepEqual(statuses(await checkState(at(dir.path))), ['ok']);
  assert.deepEqual(statuses(await checkState(at(path.join(dir.path, 'not', 'yet')))), ['ok']);
  assert.deepEqual(statuses(await checkState(at(dir.path, false))), ['fail']);
  chmodSync(dir.path, 0o755);
  assert.deepEqual(statuses(await checkState(at(dir.path))), ['warn']);
});

test('disk: for the state and for the segments', async () => {
  const config = {
    cameras: { a: { source: 'simulated', segments: { dir: '/seg', totalMbMax: 5000 } } },
    state: '/state',
  };
  const withFree = (mib: number) => contextWith({ freeBytes: async () => mib * 2 ** 20 }, { config });
  assert.deepEqual(statuses(await checkDisk(withFree(50_000))), ['ok', 'ok']);
  assert.deepEqual(statuses(await checkDisk(withFree(2000))), ['ok', 'warn']);
  assert.deepEqual(statuses(await checkDisk(withFree(50))), ['fail', 'fail']);
});

test('secret files: those that everybody can read are named', async () => {
  const config = { cameras: { a: { source: { file: '/etc/garim/a.url' } } } };
  assert.deepEqual(statuses(await checkSecretFiles(contextWith({ modeOf: async () => 0o640 }, { config }))), []);
  const [result] = [await checkSecretFiles(contextWith({ modeOf: async () => 0o644 }, { config }))].flat();
  assert.equal(result?.fix, 'Run chmod 640 /etc/garim/a.url.');
});

test('one line each', () => {
  const lines = linesOf([
    { name: 'node', status: 'ok', detail: '20.19.0' },
    { name: 'camera gate', status: 'fail', detail: 'h port 554: ETIMEDOUT', fix: 'Check the cable.' },
  ]);
  assert.equal(lines, 'ok    node         20.19.0\nfail  camera gate  h port 554: ETIMEDOUT. Check the cable.\n');
});
