/** Starts and stops the foreign RTSP server of rtsp_server.py for end-to-end tests. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../../edge/base/paths.ts';
import { freePort } from './free-port.ts';

/** The system's own: a Python of a version manager lacks the GObject bindings. */
const PYTHON = '/usr/bin/python3';
const SCRIPT = path.join(packageRoot, 'test', 'support', 'rtsp_server.py');
/** Only bounds hanging. */
const START_MS_MAX = 180_000;

/** For `test(name, { skip: rtspServerMissing() }, ...)`. */
export function rtspServerMissing(): string | false {
  const probe = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer";
  const { status } = spawnSync(PYTHON, ['-c', probe], { stdio: 'ignore' });
  return status === 0
    ? false
    : 'needs python3 with GstRtspServer (gir1.2-gst-rtsp-server-1.0), not found on this machine';
}

export interface RtspServerOptions {
  /** By name: an MP4 file or `test` (a moving pattern, 640x360, 25 fps), and how it is coded; `copy` takes the H.264 of the file as it is. */
  mounts: Record<string, { file: string; codec: 'copy' | 'h264' | 'h265' | 'mjpeg' }>;
  /** Digest authentication. */
  user?: string;
  password?: string;
  transport?: 'any' | 'tcp' | 'udp';
  /** PEM file with certificate and key: serve rtsps:// (needs `user`). */
  tlsPem?: string;
}

export interface RtspServer extends AsyncDisposable {
  readonly port: number;
  /** URL of a mount; `userInfo` (`user:password`) is put before the host. */
  url(name: string, userInfo?: string): string;
  /** Sends a signal: SIGKILL ends it (and waits for the end), SIGSTOP makes it hang, SIGCONT lets it go on. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Starts it anew on the same port, after it was killed. */
  restart(): Promise<void>;
}

export async function startRtspServer(options: RtspServerOptions): Promise<RtspServer> {
  const port = await freePort();
  let child = await launch(options, port);
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  return {
    port,
    url: (name, userInfo) =>
      `${options.tlsPem === undefined ? 'rtsp' : 'rtsps'}://${userInfo === undefined ? '' : `${userInfo}@`}127.0.0.1:${port}/${name}`,
    async kill(signal) {
      if (signal === 'SIGKILL') await stop();
      else child.kill(signal);
    },
    async restart() {
      await stop();
      child = await launch(options, port);
    },
    [Symbol.asyncDispose]: stop,
  };
}

async function launch(options: RtspServerOptions, port: number): Promise<ChildProcess> {
  const args = [SCRIPT, '--port', String(port), '--transport', options.transport ?? 'any'];
  if (options.user !== undefined) args.push('--user', options.user, '--password', options.password ?? '');
  if (options.tlsPem !== undefined) args.push('--tls', options.tlsPem);
  for (const [name, { file, codec }] of Object.entries(options.mounts))
    args.push('--mount', `${name}:${codec}=${file}`);
  const child = spawn(PYTHON, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-2000);
  });
  const lines = createInterface({ input: child.stdout });
  const timer = setTimeout(() => child.kill('SIGKILL'), START_MS_MAX);
  try {
    for await (const _ of lines) return child; // it says so once it listens
    throw new Error(`the RTSP server did not start: ${complaint}`);
  } finally {
    clearTimeout(timer);
    lines.close();
  }
}
