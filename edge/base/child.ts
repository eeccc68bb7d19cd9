/**
 * Child processes of the agent: how they are forked, fed, overheard and ended. One place, so that camera, slate and push processes
 * all get the same fence.
 *
 * - Nothing secret stands in arguments or environment: the environment is an allow-list, secrets go over the channel.
 * - Standard output is the child's own log and is inherited. Standard error is libav's and V8's, who know nothing of secrets: it is
 *   read line by line, scrubbed, thinned and logged by the agent.
 * - A child that sends what is no message, or too long a one, is killed.
 * - A child ends itself when its wire ends, so that it dies with the agent, however that ended.
 */
import { spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { messageOf } from './errors.ts';
import { CHILD_STOP_MS_MAX } from './limits.ts';
import { LOG_LEVEL_VARIABLE, type Log, RepeatLog } from './log.ts';
import { scrub } from './secrets.ts';
import { Wire } from './wire.ts';

/**
 * For glibc: many threads of libav allocate frames of megabytes. With a malloc arena each, a tenth of the memory would be gaps; and with the
 * threshold that glibc raises by itself, frames would come from the heap, whose gaps grew a camera process by 150 MB in ten
 * minutes with a reconnect each. As mappings of their own they go back when they are freed.
 */
export const MALLOC = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '1048576' };

/** Variables that a child may see: what Node, libav's drivers and the logger need, and nothing that a person put a secret in. */
const ENVIRONMENT_ALLOWED =
  /^(PATH|HOME|LANG|LC_[A-Z]+|TZ|TMPDIR|LD_LIBRARY_PATH|XDG_RUNTIME_DIR|LIBVA_[A-Z_]+|CUDA_[A-Z_]+|NVIDIA_[A-Z_]+|GARIM_MODELS|NODE_V8_COVERAGE|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR))$/;

const ERROR_LINE_CHARS_MAX = 500;

export interface ChildOptions {
  entry: URL;
  /** Options for Node itself. */
  nodeFlags?: readonly string[];
  /** Hands the agent's standard input on, which the agent itself never reads. */
  inheritsInput?: boolean;
  log: Log;
  onMessage(message: unknown): void;
  /** Called exactly once, when the process is gone or could not be started. */
  onExit(why: string): void;
}

/** A process that something else starts, in a fence of its own, for whoever connects to a socket (`cli/confine/units.ts`). */
export interface FencedOptions extends Pick<ChildOptions, 'log' | 'onMessage' | 'onExit'> {
  socket: string;
}

export interface Child {
  readonly pid: number | undefined;
  /**
   * False when the message could not be queued: the process is gone, or takes nothing. `onSent` is called once the system has a message that was
   * queued, or never will.
   */
  send(message: object, onSent?: () => void): boolean;
  kill(): void;
}

export function forkChild(options: ChildOptions): Child {
  const { entry, log, nodeFlags = [] } = options;
  const child = spawn(process.execPath, ['--enable-source-maps', ...nodeFlags, fileURLToPath(entry)], {
    stdio: [options.inheritsInput === true ? 'inherit' : 'ignore', 'inherit', 'pipe', 'pipe'],
    env: { ...allowedEnvironment(process.env), ...MALLOC, [LOG_LEVEL_VARIABLE]: log.level },
  });
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  // Not there when the process could not be started; `error` follows then.
  const [, , errors, stream] = child.stdio as unknown as [null, null, Readable | null, Socket | null];
  const wire =
    stream &&
    new Wire(stream, {
      onMessage: options.onMessage,
      onEnd: (fault) => {
        if (fault === undefined) return;
        log.error({ fault }, 'the child sent what is no message; it is killed');
        kill();
      },
    });

  const errorLines = new RepeatLog(log, 'line on standard error of the child');
  if (errors !== null) {
    createInterface({ input: errors }).on('line', (line) => {
      if (line.trim() !== '') errorLines.add(scrub(line.slice(0, ERROR_LINE_CHARS_MAX)));
    });
  }

  let exited = false;
  const exit = (why: string): void => {
    if (exited) return;
    exited = true;
    options.onExit(why);
  };
  child.on('error', (error) => {
    if (child.pid === undefined) exit(scrub(error.message)); // never started: no `exit` event will follow
  });
  child.on('exit', (code, signal) => exit(signal === null ? `exit code ${code}` : `signal ${signal}`));

  return {
    pid: child.pid,
    send: (message, onSent) => wire?.send(message, onSent) ?? false,
    kill,
  };
}

/** Connects to the socket; the connection is the wire. What is behind it ends with the connection, and is killed when it does not. */
export function connectChild({ socket, log, onMessage, onExit }: FencedOptions): Child {
  let why = 'its connection ended';
  const stream = connect(socket);
  stream.on('error', (error) => {
    why = scrub(messageOf(error));
  });
  const wire = new Wire(stream, {
    onMessage,
    onEnd: (fault) => {
      if (fault !== undefined) log.error({ fault }, 'the process sent what is no message; it is killed');
      // After the error's own event, which says why.
      setImmediate(() => onExit(fault ?? why));
    },
  });
  return {
    pid: undefined,
    send: (message, onSent) => wire.send(message, onSent),
    kill: () => {
      stream.destroy();
    },
  };
}

export function allowedEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => ENVIRONMENT_ALLOWED.test(name)));
}

/** Waits until `isDone` holds or the time is up; for ends that must not take forever. */
export async function waitUntil(isDone: () => boolean, msMax = CHILD_STOP_MS_MAX + 1000): Promise<boolean> {
  const until = performance.now() + msMax;
  while (!isDone()) {
    if (performance.now() > until) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}
