/** Goal: the real command exits as it should and lets no planted credential out, on stdout, on stderr or in its command line. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../../edge/base/paths.ts';
import { TempDir } from '../../support/temp.ts';

const main = path.join(packageRoot, 'dist', 'edge', 'main.js');

interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

function garim(
  args: readonly string[],
  { cwd, env = {}, nodeArgs = [] }: { cwd: string; env?: Record<string, string>; nodeArgs?: string[] },
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...nodeArgs, main, ...args], {
      cwd,
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 400_000, // only bounds hanging
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

// Port 9 (discard) of loopback: nothing listens there, so that cameras fail at once.
const valid = `cameras:
  text: {source: "rtsp://root:planted-text@127.0.0.1:9/s?token=planted-token", push: ["rtmp://h.example/live/planted-stream-key"]}
  env: {source: {env: CAM_URL}}
  file: {source: {file: cam.url}}
`;
const files = {
  'garim.yaml': valid,
  'cam.url': 'http://root:planted-file@127.0.0.1:9/mjpeg\n',
  // A URL with a password at every wrong place.
  'wrong.yaml': `cameras:
  a: {source: "root:planted-text@h"}
  b: {source: {env: "rtsp://root:planted-text@h"}}
  c: {source: {file: "rtsp://root:planted-text@h"}}
  d: {source: simulated, transport: "rtsp://root:planted-text@h", look: "rtsp://root:planted-text@h"}
  e: {source: "rtsp://root:planted-text/x@h"}
  "rtsp://root:planted-text@h": {source: simulated}
"rtsp://root:planted-text@h": 1
http: {listen: "rtsp://root:planted-text@h"}
`,
  'syntax.yaml':
    'cameras:\n  a: {source: *rtsp://root:planted-text@h}\n  b: !rtsp://root:planted-text@h [\n"planted-text\n',
};
const env = { CAM_URL: 'rtsp://root:planted-env@127.0.0.1:9/s' };

function assertNothingPlanted({ stdout, stderr }: Outcome, what: string): void {
  const found = /.*planted.*/.exec(`${stdout}\n${stderr}`);
  assert.equal(found, null, `${what} prints ${found}`);
}

test('planted credentials stay inside', async () => {
  using dir = new TempDir(files);
  const cwd = dir.path;
  const cli = 'rtsp://root:planted-cli@127.0.0.1:9/s';
  const runs: [string[], number, RegExp][] = [
    [['config', 'check'], 0, /garim\.yaml: valid, 3 cameras/],
    [['config', 'check', 'wrong.yaml'], 1, /wrong\.yaml:2:15 cameras\.a\.source/],
    [['config', 'check', 'syntax.yaml'], 1, /syntax\.yaml:2:15 /],
    [['doctor'], 1, /fail {2}camera text +127\.0\.0\.1 port 9: ECONNREFUSED/],
    [['doctor', '--json'], 1, /"name": "camera env",\n +"status": "fail"/],
    [['doctor', '--config', 'wrong.yaml'], 1, /fail {2}configuration +wrong\.yaml:2:15/],
    [['doctor', '--camera', `cli=${cli}`], 1, /camera cli/],
    [['run', '--camera', cli], 1, /--camera: not in the form NAME=URL/],
    [['run', '--camera', `cli=x${cli}`], 1, /--camera cli: not in the form/],
    [['run', `--camra=cli=${cli}`], 1, /unknown option/],
    [['run', cli], 1, /too many arguments|unknown/],
    [['run', '--config', 'wrong.yaml'], 1, /wrong\.yaml:2:15/],
    [['run', '--http', cli], 1, /--http: /],
    [['run', '--log-level', cli], 1, /--log-level/],
    [[cli], 1, /unknown command/],
    [['config', 'check', `--file=${cli}`], 1, /unknown option/],
  ];
  for (const [args, code, expected] of runs) {
    const outcome = await garim(args, { cwd, env });
    const what = `garim ${args.join(' ')}`;
    assertNothingPlanted(outcome, what);
    assert.match(`${outcome.stdout}${outcome.stderr}`, expected, what);
    assert.equal(outcome.code, code, `${what}: ${outcome.stderr}`);
    assert.ok(!/^\s+at /m.test(outcome.stderr), `${what} shows a stack`);
  }
});

test('the command line of the running process holds no URL', {
  skip: process.platform === 'linux' ? false : 'needs /proc',
}, async () => {
  using dir = new TempDir();
  const atExit = `import { readFileSync } from 'node:fs';
    process.on('exit', () => console.error('cmdline=' + readFileSync('/proc/self/cmdline', 'utf8').replaceAll('\\0', ' ').trim()));`;
  const outcome = await garim(['run', '--http', 'x', '--camera', 'cli=rtsp://root:planted-cli@127.0.0.1:9/s'], {
    cwd: dir.path,
    nodeArgs: ['--import', `data:text/javascript,${encodeURIComponent(atExit)}`],
  });
  assert.match(outcome.stderr, /^cmdline=garim$/m);
});

test('usage errors, help and version', async () => {
  using dir = new TempDir();
  const { path: cwd } = dir;
  const help = await garim(['--help'], { cwd });
  assert.equal(help.code, 0);
  for (const command of ['run', 'config', 'doctor', 'version'])
    assert.match(help.stdout, new RegExp(`^ {2}${command} `, 'm'));
  const runHelp = await garim(['help', 'run'], { cwd });
  assert.match(runHelp.stdout, /--camera <name=url>[\s\S]*Examples:/);
  assert.match((await garim(['version'], { cwd })).stdout, /^\d+\.\d+\.\d+\n$/);
  const schema = await garim(['config', 'schema'], { cwd });
  assert.equal((JSON.parse(schema.stdout) as { title: string }).title, 'Garim configuration');
  const missing = await garim(['config', 'check', 'none.yaml'], { cwd });
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /^none\.yaml: .*ENOENT\.\nCheck the path\.\n$/);
});

test('a reader that leaves ends the command quietly', async () => {
  using dir = new TempDir();
  const child = spawn(process.execPath, [main, 'config', 'schema'], {
    cwd: dir.path,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = await once(child, 'close');
  assert.equal(stderr, '');
  assert.equal(code, 141);
});

test('the password of the first user is shown, also when a later step of the start fails', async () => {
  using dir = new TempDir();
  await using taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const args = ['run', '--http', `127.0.0.1:${port}`, '--rtsp', '127.0.0.1:0', '--state', dir.path];
  const first = await garim(args, { cwd: dir.path });
  assert.equal(first.code, 1);
  assert.match(first.stderr, /^Password {2}[a-z2-9]{5}(-[a-z2-9]{5}){3}$/m);
  assert.match(first.stderr, new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}`));
  const second = await garim(args, { cwd: dir.path });
  assert.equal(second.code, 1);
  assert.doesNotMatch(second.stderr, /Password/);
});
