/**
 * Tells systemd's watchdog that the agent's event loop still turns; where it hangs, systemd kills and starts the agent. The protocol is a
 * datagram to a Unix socket (sd_notify(3)), which Node can't send: `socat`, on which the package depends for its camera processes, passes on what
 * is written to it. It ends with the agent, since its input ends then.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';

/** Of the time after which systemd gives the agent up: two may be late or lost. */
const PINGS_PER_TIMEOUT = 3;
const PING = 'WATCHDOG=1\n';
/** Of socat after SIGTERM: systemd stops all of a unit at once. */
const STOPPED = 143;

/** Undefined where nobody watches: without systemd, or without WatchdogSec= in its unit. Begin it first: the time runs from the start on. */
export function startWatchdog(env: NodeJS.ProcessEnv, log: Log): Disposable | undefined {
  const socket = env['NOTIFY_SOCKET'];
  const timeoutMs = Number(env['WATCHDOG_USEC']) / 1000;
  if (socket === undefined || !(timeoutMs > 0)) return undefined;
  return new Watchdog(socket, timeoutMs / PINGS_PER_TIMEOUT, log);
}

class Watchdog implements Disposable {
  readonly #socket: string;
  readonly #log: Log;
  readonly #timer: NodeJS.Timeout;
  #sender: ChildProcess | undefined;

  constructor(socket: string, everyMs: number, log: Log) {
    this.#socket = socket;
    this.#log = log;
    this.#timer = setInterval(() => this.#ping(), everyMs);
    this.#timer.unref();
    this.#ping();
  }

  #ping(): void {
    this.#sender ??= this.#startSender();
    this.#sender.stdin?.write(PING);
  }

  /** One that is gone is started again with the next ping. */
  #startSender(): ChildProcess {
    // An abstract name begins with @, which systemd writes for its zero byte.
    const address = this.#socket.startsWith('@')
      ? `ABSTRACT-SENDTO:${this.#socket.slice(1)}`
      : `UNIX-SENDTO:${this.#socket}`;
    const sender = spawn('socat', ['-u', 'STDIN', address], {
      stdio: ['pipe', 'ignore', 'ignore'],
      env: { PATH: process.env['PATH'] },
    });
    const gone = (why: string): void => {
      if (this.#sender !== sender) return;
      this.#sender = undefined;
      if (why === '') return;
      this.#log.error(`systemd's watchdog is not told that all is well: ${why}. Install socat, or set WatchdogSec=0.`);
    };
    sender.on('error', (error) => gone(messageOf(error)));
    sender.on('exit', (code, signal) => gone(code === STOPPED ? '' : `socat ended with ${code ?? signal}`));
    sender.stdin?.on('error', () => {}); // its end says so
    sender.unref();
    return sender;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    const sender = this.#sender;
    this.#sender = undefined;
    sender?.stdin?.end();
  }
}
