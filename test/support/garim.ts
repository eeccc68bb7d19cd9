/** Runs the whole product as a user does: a process of its own, started by its command, asked over HTTP and ended by a signal. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../edge/base/paths.ts';
import type { Status } from '../../edge/gateway/http/status.ts';
import { TempDir } from './temp.ts';

/** Only bounds hanging. */
const START_MS_MAX = 300_000;
export const USER = 'operator';
export const PASSWORD = 'correct-horse-9';

const WEB_PAGE = /^Web page {2}http:\/\/[^/]*:(\d+)\//m;
const RTSP = /^RTSP {6}rtsp:\/\/[^/]*:(\d+)\//m;

export interface GarimOptions {
  /** Program, relative to the folder that holds package.json; the product's own unless said otherwise. */
  entry?: string;
  /** Folder that holds package.json; that of the running code unless said otherwise. */
  root?: string;
  /** `--camera NAME=URL` each. */
  cameras?: Record<string, string>;
  /** Written to a file and given as `--config` (or as the only argument of another `entry`). Ports and state are added. */
  config?: Record<string, unknown>;
  args?: string[];
  env?: Record<string, string>;
}

export interface Garim extends AsyncDisposable {
  readonly pid: number;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly rtspPort: number;
  readonly stateDir: string;
  /** rtsp:// with user and password. */
  feed(name: string): string;
  /** As the user. */
  get(pathname: string): Promise<Response>;
  camera(name: string): Promise<Status['cameras'][number]>;
  /** All that was printed so far, on both streams. */
  output(): string;
  /** Direct children that are alive. */
  children(): number[];
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
}

export async function startGarim(options: GarimOptions): Promise<Garim> {
  const temp = new TempDir();
  const root = options.root ?? packageRoot;
  const stateDir = path.join(temp.path, 'state');
  mkdirSync(stateDir);
  const listen = { http: { listen: '127.0.0.1:0' }, rtsp: { listen: '127.0.0.1:0' }, state: stateDir };
  const configFile = path.join(temp.path, 'garim.yaml');
  const hasCameras = Object.keys({ ...options.cameras, ...(options.config?.['cameras'] ?? {}) }).length > 0;
  writeFileSync(configFile, JSON.stringify({ ...listen, ...options.config }));
  const args =
    options.entry === undefined
      ? [
          'run',
          '--config',
          configFile,
          ...Object.entries(options.cameras ?? {}).flatMap(([n, u]) => ['--camera', `${n}=${u}`]),
        ]
      : [configFile];
  const child = spawn(
    process.execPath,
    [path.join(root, options.entry ?? 'dist/edge/main.js'), ...args, ...(options.args ?? [])],
    {
      cwd: temp.path,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], HOME: temp.path, GARIM_USER: USER, GARIM_PASSWORD: PASSWORD, ...options.env },
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => {
      output += data.toString();
    });
  }
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const stop = async (): Promise<number | null> => {
    child.kill('SIGTERM');
    return exited;
  };
  const end = async (): Promise<void> => {
    const children = childrenOf(child.pid!);
    const kill = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await stop();
    clearTimeout(kill);
    // They end by themselves, and write in the folder until then.
    await until('no child is left', () => !children.some(isAlive));
    temp[Symbol.dispose]();
  };
  const port = (pattern: RegExp): number => Number(pattern.exec(output)?.[1]);
  try {
    await until(
      'garim serves',
      // All of it: what is written at once may come in pieces.
      () =>
        (port(WEB_PAGE) > 0 && (!hasCameras || port(RTSP) > 0)) || child.exitCode !== null || child.signalCode !== null,
      START_MS_MAX,
    );
    assert.deepEqual([child.exitCode, child.signalCode], [null, null], output);
  } catch (error) {
    await end();
    throw error;
  }
  const url = `http://127.0.0.1:${port(WEB_PAGE)}`;
  const rtspPort = port(RTSP);
  const password = options.env?.['GARIM_PASSWORD'] ?? PASSWORD;
  const authorization = `Basic ${Buffer.from(`${USER}:${password}`).toString('base64')}`;
  const get = (pathname: string): Promise<Response> => fetch(url + pathname, { headers: { authorization } });
  return {
    pid: child.pid!,
    url,
    rtspPort,
    stateDir,
    feed: (name) => `rtsp://${USER}:${password}@127.0.0.1:${rtspPort}/${name}`,
    get,
    async camera(name) {
      const { cameras } = (await (await get('/api/cameras')).json()) as Status;
      const camera = cameras.find((candidate) => candidate.name === name);
      assert.ok(camera, `no camera ${name}`);
      return camera;
    },
    output: () => output,
    children: () => childrenOf(child.pid!),
    stop,
    [Symbol.asyncDispose]: end,
  };
}

/** Linux. */
export function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => Number(/^PPid:\s*(\d+)/m.exec(readOf(name, 'status'))?.[1]) === pid)
    .map(Number)
    .filter(isAlive);
}

export function isAlive(pid: number): boolean {
  const status = readOf(pid, 'status');
  return status !== '' && !/^State:\s*Z/m.test(status);
}

/** The title that the process gave itself. */
export function titleOf(pid: number): string {
  return readOf(pid, 'cmdline').replaceAll('\0', ' ').trim();
}

function readOf(pid: number | string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}

/** Polls until the condition holds. The deadline only bounds hanging: test machines are busy. Answers how long it took, in ms. */
export async function until(
  what: string | (() => string),
  condition: () => boolean | Promise<boolean>,
  msMax = 180_000,
): Promise<number> {
  const startMs = performance.now();
  while (!(await condition())) {
    if (performance.now() - startMs > msMax)
      assert.fail(`not within ${msMax} ms: ${typeof what === 'string' ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return performance.now() - startMs;
}
