/** A real `garim run` with one camera on free ports, as a child process, and what /proc says about its processes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../../edge/base/paths.ts';
import { TempDir } from '../../test/support/temp.ts';

const USER = 'perf';
const PASSWORD = 'only-for-measuring';
const CAMERA = 'camera';
const START_MS_MAX = 60_000;
const STOP_MS_MAX = 15_000;

export interface ProcessUse {
  rssMb: number;
  peakMb: number;
  fds: number;
  threads: number;
  /** User and system time since its start, seconds. */
  cpuS: number;
}

export interface GarimRun extends AsyncDisposable {
  readonly agentPid: number;
  /** Changes when the camera process was restarted; undefined while there is none. */
  cameraPid(): number | undefined;
  /** The filtered feed, with user and password. */
  readonly feedUrl: string;
  /** The agent's metrics, as text. */
  metrics(): Promise<string>;
}

export async function startGarim(sourceUrl: string): Promise<GarimRun> {
  const state = new TempDir();
  const listen = ['--http', '127.0.0.1:0', '--rtsp', '127.0.0.1:0', '--state', state.path, '--log-level', 'error'];
  const child = spawn(
    process.execPath,
    [path.join(packageRoot, 'dist', 'edge', 'main.js'), 'run', '--camera', `${CAMERA}=${sourceUrl}`, ...listen],
    {
      cwd: state.path,
      env: { ...process.env, GARIM_USER: USER, GARIM_PASSWORD: PASSWORD },
      stdio: ['ignore', 'inherit', 'pipe'],
    },
  );
  try {
    const { http, rtsp } = await greetingOf(child);
    return {
      agentPid: child.pid!,
      cameraPid: () => childPidOf(child.pid!, `garim-camera ${CAMERA}`),
      feedUrl: rtsp.replace('rtsp://', `rtsp://${USER}:${PASSWORD}@`),
      async metrics() {
        const authorization = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`;
        return (await fetch(new URL('metrics', http), { headers: { authorization } })).text();
      },
      [Symbol.asyncDispose]: () => stop(child, state),
    };
  } catch (error) {
    await stop(child, state);
    throw error;
  }
}

/** `undefined` when the process is gone. */
export function useOf(pid: number): ProcessUse | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const number = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
    const times = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, '').trim().split(' ');
    return {
      rssMb: number('VmRSS') / 1024,
      peakMb: number('VmHWM') / 1024,
      fds: readdirSync(`/proc/${pid}/fd`).length,
      threads: number('Threads'),
      cpuS: (Number(times[11]) + Number(times[12])) / 100,
    };
  } catch {
    return undefined;
  }
}

async function greetingOf(child: ChildProcess): Promise<{ http: string; rtsp: string }> {
  const lines = createInterface({ input: child.stderr! });
  const timer = setTimeout(() => child.kill('SIGKILL'), START_MS_MAX);
  let [http, rtsp, last] = ['', '', ''];
  return await new Promise((resolve, reject) => {
    // Read to the end, also after the greeting: a full pipe would stop the agent.
    lines.on('line', (line) => {
      last = line;
      http = /^Web page\s+(\S+)/.exec(line)?.[1] ?? http;
      rtsp = /^RTSP\s+(\S+)/.exec(line)?.[1] ?? rtsp;
      if (http === '' || rtsp === '') return;
      clearTimeout(timer);
      resolve({ http, rtsp });
    });
    child.once('close', (code) => reject(new Error(`garim run ended with code ${code}: ${last}`)));
  });
}

function childPidOf(parent: number, title: string): number | undefined {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(title)) continue;
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, '').trim().split(' ');
      if (Number(stat[1]) === parent) return Number(pid);
    } catch {} // ended meanwhile
  }
  return undefined;
}

async function stop(child: ChildProcess, state: TempDir): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
    await exited;
    clearTimeout(timer);
  }
  state[Symbol.dispose]();
}
