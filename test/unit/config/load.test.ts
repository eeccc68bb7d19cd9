/** Goal: a configuration loads with the right precedence, and every mistake is named with its place and its fix. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { UserError } from '../../../edge/base/errors.ts';
import { scrub } from '../../../edge/base/secrets.ts';
import { type LoadOptions, loadConfig, readConfig } from '../../../edge/config/load.ts';
import { TempDir } from '../../support/temp.ts';

const nothing: LoadOptions = { cameras: [], env: {} };

async function problemsOf(yaml: string, options: Partial<LoadOptions> = {}): Promise<string[]> {
  using dir = new TempDir({ 'garim.yaml': yaml });
  try {
    await loadConfig({ ...nothing, cwd: dir.path, ...options });
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error.message.split('\n');
  }
  return [];
}

test('without file and --camera there is one simulated street, on loopback', async () => {
  using dir = new TempDir();
  const { config, sources, origin } = await loadConfig({ ...nothing, cwd: dir.path });
  assert.deepEqual(sources, { street: 'simulated' });
  assert.deepEqual(Object.keys(config.cameras), ['street']);
  assert.equal(config.http.listen, '127.0.0.1:8080');
  assert.equal(config.rtsp.listen, '127.0.0.1:8554');
  assert.equal(config.state, path.join(dir.path, 'state'));
  assert.match(origin, /built-in/);
});

test('garim.yaml of the working directory is taken, and the command line goes before it', async () => {
  using dir = new TempDir({
    'garim.yaml': 'cameras:\n  gate: {source: "rtsp://old.example/1", delayMs: 500}\nstate: box\nlog: {level: warn}\n',
  });
  const { config, sources, origin } = await loadConfig({
    cameras: ['gate=rtsp://new.example/2', 'yard=v4l2:/dev/video0'],
    http: '[::1]:81',
    logLevel: 'debug',
    env: {},
    cwd: dir.path,
  });
  assert.match(origin, /garim\.yaml, found in the working directory/);
  assert.deepEqual(sources, { gate: 'rtsp://new.example/2', yard: 'v4l2:/dev/video0' });
  assert.equal(config.cameras['gate']?.delayMs, 500);
  assert.equal(config.http.listen, '[::1]:81');
  assert.equal(config.log.level, 'debug');
  assert.equal(config.state, path.join(dir.path, 'box'));
});

test('relative paths of a file begin at its folder', async () => {
  using dir = new TempDir({
    'etc/garim.yaml': 'cameras: {a: {source: "file:a.mp4?loop=1", segments: {dir: seg}}, b: {source: {file: b.url}}}',
    'etc/b.url': 'simulated:3\nsecond line\n',
  });
  const { config, sources } = await loadConfig({ ...nothing, file: 'etc/garim.yaml', cwd: dir.path });
  assert.equal(sources['a'], `file:${dir.path}/etc/a.mp4?loop=1`);
  assert.equal(sources['b'], 'simulated:3');
  assert.equal(config.cameras['a']?.segments?.dir, path.join(dir.path, 'etc/seg'));
  assert.equal(config.state, path.join(dir.path, 'state'), 'the default state is not put beside a file in /etc');
});

test('credentials reach sources only, and are registered before anything can log them', async () => {
  using dir = new TempDir({
    'garim.yaml': `cameras:
  text: {source: "rtsp://root:planted-text@cam.example/s?token=planted-query", push: ["rtmp://h/live/planted-key", "srt://h:1?passphrase=planted-srt"]}
  env: {source: {env: CAM_URL}}
  file: {source: {file: cam.url}}
`,
    'cam.url': 'rtsp://root:planted-file@cam.example/s\n',
  });
  const env = { CAM_URL: 'rtsp://root:planted@env@cam.example/s' };
  const { config, sources } = await loadConfig({ cameras: [], env, cwd: dir.path });
  assert.equal(sources['text'], 'rtsp://root:planted-text@cam.example/s?token=planted-query');
  assert.equal(sources['env'], env.CAM_URL);
  assert.equal(sources['file'], 'rtsp://root:planted-file@cam.example/s');
  assert.equal(config.cameras['text']?.source, 'rtsp://cam.example/s');
  const secrets = ['planted-text', 'planted-query', 'planted-key', 'planted-srt', 'planted@env', 'planted-file'];
  for (const secret of secrets) assert.equal(scrub(`x ${secret} y`), 'x *** y');
});

test('a value out of range: place, path, limit, value, and what to write in its unit', async () => {
  assert.deepEqual(await problemsOf('cameras:\n  gate:\n    source: simulated\n    delayMs: 50\n'), [
    'garim.yaml:4:14 cameras.gate.delayMs: expected at least 100, got 50. Write a number of milliseconds from 100 to 2000.',
  ]);
});

test('a source that no camera process could open is refused with its line, and not tried for ever', async () => {
  const text = 'cameras:\n  a: {source: "simulated?fps=0"}\n  b: {source: "file:clip.mp4?speed=2"}\n';
  assert.deepEqual(await problemsOf(text), [
    "garim.yaml:2:15 cameras.a.source: 'fps' of the simulated source must be 1 to 60. Write simulated:SEED?night=1&rain=1&markers=1&width=1280&height=720&fps=25&seconds=60, each part as you need it.",
    'garim.yaml:3:15 cameras.b.source: source "file:clip.mp4" has the unknown option speed=2. The only option of a file is loop=1.',
  ]);
});

test('the file by which a camera is known over TLS must be there and hold a certificate', async () => {
  using dir = new TempDir({ 'empty.pem': 'no certificate\n', 'good.pem': '-----BEGIN CERTIFICATE-----\n' });
  const camera = (ca: string): string => `cameras:\n  a: { source: "rtsps://h/x", tls: { ca: ${ca} } }\n`;
  assert.deepEqual(await problemsOf(camera(path.join(dir.path, 'good.pem'))), []);
  assert.deepEqual(await problemsOf(camera(path.join(dir.path, 'empty.pem'))), [
    'garim.yaml:2:42 cameras.a.tls.ca: the file of tls.ca holds no certificate in PEM. Name another file.',
  ]);
  assert.match(
    (await problemsOf(camera('missing.pem'))).join(),
    /^garim\.yaml:2:42 cameras\.a\.tls\.ca: .*can't be read \(ENOENT\)/,
  );
});

test('one address for both servers is refused before anything starts', async () => {
  const both =
    'cameras: {a: {source: simulated}}\nhttp: {listen: "127.0.0.1:8080"}\nrtsp: {listen: "127.0.0.1:8080"}\n';
  assert.deepEqual(await problemsOf(both), [
    'garim.yaml:3:16 rtsp.listen: the same address as http.listen. Choose another port for one of the two.',
  ]);
});

test('a sensor that a camera feeds needs a camera that counts, and the adapter of counts', async () => {
  const text = (camera: string, adapter: string): string => `cameras:
  gate: { source: simulated, count: { lines: [{ name: door, from: [0, 0.5], to: [1, 0.5] }] } }
  yard: { source: simulated }
sensors:
  passers:
    adapter: ${adapter}
    intake: { camera: ${camera} }
`;
  assert.deepEqual(await problemsOf(text('roof', 'camera-counts')), [
    'garim.yaml:7:23 sensors.passers.intake.camera: no camera has this name. Name one of `cameras`.',
  ]);
  assert.deepEqual(await problemsOf(text('yard', 'camera-counts')), [
    'garim.yaml:7:23 sensors.passers.intake.camera: this camera counts nothing. Give it `count` with at least one line.',
  ]);
  assert.deepEqual(await problemsOf(text('gate', 'wifi-probes')), [
    'garim.yaml:6:14 sensors.passers.adapter: not the adapter of counts. Write camera-counts for a camera.',
  ]);
  using dir = new TempDir({ 'garim.yaml': text('gate', 'camera-counts') });
  const { intakes } = await loadConfig({ ...nothing, cwd: dir.path });
  assert.deepEqual(intakes, { passers: { kind: 'camera', camera: 'gate' } });
});

test('an unknown setting is refused with what was meant', async () => {
  assert.deepEqual(await problemsOf('cameras:\n  gate:\n    sorce: simulated\n    source: simulated\n'), [
    'garim.yaml:3:5 cameras.gate.sorce: unknown setting. Did you mean source?',
  ]);
  assert.deepEqual(await problemsOf('cameras: {a: {source: simulated}}\nzzz: 1\n'), [
    'garim.yaml:2:1 zzz: unknown setting. Known here: cameras, sensors, policy, choices, hubs, ledger, use, controller, http, rtsp, state, log.',
  ]);
});

test('all problems are listed, in the order of the file', async () => {
  const problems = await problemsOf(`cameras:
  gate:
    source: {fil: gate.url}
    transport: tpc
    detect: {longSidePx: 650}
    masks: [{name: m, polygon: [[0, 0], [1, 2]]}]
  Gate 2: {source: simulated}
  d: {look: blur}
  b: {source: simulated}
  c: {source: ftp://x}
  b: {source: simulated}
http: {listen: 8080}
rtsp: {listen: "127.0.0.1:99999"}
`);
  const starts = [
    'garim.yaml:3:14 cameras.gate.source.fil: unknown setting. Did you mean file?',
    'garim.yaml:4:16 cameras.gate.transport: expected tcp or udp, got "tpc". Did you mean tcp?',
    'garim.yaml:5:26 cameras.gate.detect.longSidePx: expected a multiple of 32, got 650.',
    'garim.yaml:6:32 cameras.gate.masks[0].polygon: expected at least 3 entries, got 2.',
    'garim.yaml:6:45 cameras.gate.masks[0].polygon[1][1]: expected at most 1, got 2. Write a number from 0 to 1.',
    'garim.yaml:7:3 cameras."Gate 2": not a valid name. Use lower-case letters, digits and hyphens.',
    'garim.yaml:8:3 cameras.d.source: missing.',
    'garim.yaml:10:15 cameras.c.source: not in the form that is expected here. Write rtsp://',
    'garim.yaml:11:3 this name is written twice at the same level. Keep one of the two.',
    'garim.yaml:12:16 http.listen: expected text, got 8080.',
    'garim.yaml:13:16 rtsp.listen: not in the form that is expected here. Write a port of at most 65535.',
  ];
  assert.equal(problems.length, starts.length, problems.join('\n'));
  for (const [index, start] of starts.entries()) assert.equal(problems[index]?.slice(0, start.length), start);
});

test('broken YAML is placed and explained', async () => {
  assert.deepEqual(await problemsOf('cameras:\n\ta: 1\n'), [
    'garim.yaml:2:1 a tab is used for indentation. Use spaces.',
  ]);
  assert.match((await problemsOf('cameras: *none\n'))[0] ?? '', /^garim\.yaml:1:10 an alias/);
  assert.match((await problemsOf('cameras: {a: [}\n'))[0] ?? '', /^garim\.yaml:1:\d+ /);
  assert.match((await problemsOf('cameras: {{a: 1}: 2}\n'))[0] ?? '', /^garim\.yaml:1:11 a name must be plain text/);
  assert.match((await problemsOf('- 1\n'))[0] ?? '', /^garim\.yaml:1:1 the whole file: expected a mapping, got a list/);
  assert.match((await problemsOf(''))[0] ?? '', /cameras: no camera and no sensor is named/);
  const bomb = `a0: &a0 [x,x,x,x,x,x,x,x]\n${[1, 2, 3, 4, 5, 6, 7, 8]
    .map(
      (n) =>
        `a${n}: &a${n} [${Array(8)
          .fill(`*a${n - 1}`)
          .join(',')}]\n`,
    )
    .join('')}`;
  assert.match((await problemsOf(bomb))[0] ?? '', /too many aliases/);
});

test('a fault of the command line names the option and never its value', async () => {
  assert.match(
    (await problemsOf('', { cameras: ['rtsp://u:planted-cli@h/x?y=1'] }))[0] ?? '',
    /^--camera: not in the form/,
  );
  const [first] = await problemsOf('', { cameras: ['a=u:planted-cli@h'] });
  assert.match(first ?? '', /^--camera a: not in the form/);
  assert.ok(!first?.includes('planted'));
  assert.match((await problemsOf('', { cameras: ['a=simulated'], http: ':80' }))[0] ?? '', /^--http: /);
});

test('sources that are not there name the camera and the variable or file', async () => {
  const yaml = 'cameras:\n  a: {source: {env: NO_URL}}\n  b: {source: {file: no.url}}\n  c: {source: {env: BAD_URL}}\n';
  const [a = '', b = '', c = ''] = await problemsOf(yaml, { env: { BAD_URL: 'u:planted-env@h' } });
  assert.match(a, /^garim\.yaml:2:15 cameras\.a\.source: the environment variable NO_URL is not set\. Set NO_URL/);
  assert.match(b, /^garim\.yaml:3:15 cameras\.b\.source: .*no\.url can't be read \(ENOENT\)/);
  assert.match(c, /^garim\.yaml:4:15 cameras\.c\.source: the environment variable BAD_URL does not hold a camera URL/);
  assert.ok(!c.includes('planted'));
  using dir = new TempDir({ 'garim.yaml': yaml });
  const { loaded, sourceProblems } = await readConfig({ ...nothing, cwd: dir.path });
  assert.equal(sourceProblems.length, 3);
  assert.deepEqual(loaded.sources, {});
});

test('a password with a bare slash is refused rather than shown as a path', async () => {
  const url = (text: string): string => `cameras: {a: {source: "${text}"}}\n`;
  assert.match((await problemsOf(url('rtsp://u:pw/rest@h/x')))[0] ?? '', /no valid host or port.*%2F/);
  for (const odd of ['rtsp://u:12/rest@h/x', 'rtsp://admin:p@ss/w#rd@h/x']) {
    assert.match((await problemsOf(url(odd)))[0] ?? '', /a password or an @ after its host/);
  }
  assert.deepEqual(await problemsOf(url('rtsp://u:p%2Fw@h/x')), []);
});

test('a file that can not be read is named', async () => {
  await assert.rejects(
    loadConfig({ ...nothing, file: 'missing.yaml' }),
    /missing\.yaml: the configuration can't be read: ENOENT/,
  );
});
