/**
 * Child processes of the agent: how they are forked, fed, overheard and ended. One place, so that camera, slate and push processes
 * all get the same fence.
 *
 * - Nothing secret stands in arguments or environment: the environment is an allow-list, secrets go over the channel.
 * - Standard output is the child's own log and is inherited. Standard error is libav's and V8's, who know nothing of secrets: it is
 *   read line by line, scrubbed, thinned and logged by the agent.
 * - A child ends itself on `disconnect`, so that it dies with the agent, however that ended.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Serializable } from 'node:child_process';
import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { CHILD_STOP_MS_MAX } from './limits.ts';
import { LOG_LEVEL_VARIABLE, type Log, RepeatLog } from './log.ts';
import { scrub } from './secrets.ts';

/**
 * For glibc: many threads of libav allocate frames of megabytes. With a malloc arena each, a tenth of the memory would be gaps; and with the
 * threshold that glibc raises by itself, frames would come from the heap, whose gaps grew a camera process by 150 MB in ten
 * minutes with a reconnect each. As mappings of their own they go back when they are freed.
 */
const MALLOC = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '1048576' };

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

export interface Child {
  readonly pid: number | undefined;
  /** False when the message could not be queued because the process is gone. */
  send(message: Serializable): boolean;
  kill(): void;
}

const channelOwner = new AsyncLocalStorage<{ child: ChildProcess; log: Log }>();

export function forkChild(options: ChildOptions): Child {
  const owner = { child: undefined as unknown as ChildProcess, log: options.log };
  const child = channelOwner.run(owner, () =>
    fork(options.entry, [], {
      serialization: 'advanced',
      stdio: [options.inheritsInput === true ? 'inherit' : 'ignore', 'inherit', 'pipe', 'ipc'],
      env: { ...allowedEnvironment(process.env), ...MALLOC, [LOG_LEVEL_VARIABLE]: options.log.level },
      execArgv: ['--enable-source-maps', ...(options.nodeFlags ?? [])],
    }),
  );
  owner.child = child;

  const errorLines = new RepeatLog(options.log, 'line on standard error of the child');
  if (child.stderr !== null) {
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (line.trim() !== '') errorLines.add(scrub(line.slice(0, ERROR_LINE_CHARS_MAX)));
    });
  }

  let exited = false;
  const exit = (why: string): void => {
    if (exited) return;
    exited = true;
    options.onExit(why);
  };
  child.on('message', options.onMessage);
  child.on('error', (error) => {
    if (child.pid === undefined) exit(scrub(error.message)); // never started: no `exit` event will follow
  });
  child.on('exit', (code, signal) => exit(signal === null ? `exit code ${code}` : `signal ${signal}`));

  return {
    pid: child.pid,
    send: (message) => {
      if (!child.connected) return false;
      child.send(message, (error) => {
        if (error !== null) options.log.debug({ error: scrub(error.message) }, 'message to child not delivered');
      });
      return true;
    },
    kill: () => {
      child.kill('SIGKILL');
    },
  };
}

export function allowedEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => ENVIRONMENT_ALLOWED.test(name)));
}

/**
 * Bytes on the channel that are no serialised message make Node throw out of its own read callback, beyond the reach of any handler
 * of ours: a camera process taken over by its camera could end the agent that way. This catches exactly that error, kills the
 * child it came from, and leaves every other uncaught error fatal as before. Dispose to take the guard away.
 */
export function guardChannels(): Disposable {
  const guard = (error: unknown): void => {
    const owner = channelOwner.getStore();
    if (owner !== undefined && isDeserialisationError(error)) {
      if (!owner.child.killed) owner.log.error('the child sent bytes that are no message; it is killed');
      owner.child.kill('SIGKILL');
      return;
    }
    process.stderr.write(`${scrub(error instanceof Error ? (error.stack ?? error.message) : String(error))}\n`);
    process.exit(1);
  };
  process.on('uncaughtException', guard);
  return { [Symbol.dispose]: () => void process.off('uncaughtException', guard) };
}

function isDeserialisationError(error: unknown): boolean {
  return (
    error instanceof Error &&
    /at (Object\.)?parseChannelMessages|ChildProcessDeserializer|child_process\/serialization/.test(error.stack ?? '')
  );
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
