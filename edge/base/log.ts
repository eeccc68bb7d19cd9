/**
 * One logger for all processes: pino, JSON lines on stdout. Every line is scrubbed of registered secrets as it is written, so that
 * a credential can't slip out inside a library's message.
 *
 * Levels, by who reads it: `error` wakes somebody (a feed is covered and won't recover by itself), `warn` is for the installer
 * (a camera is lost, a setting is ignored), `info` for the operator (started, recovered), `debug` for us.
 */
import { type Logger, pino } from 'pino';
import { messageOf } from './errors.ts';
import { scrub } from './secrets.ts';

export type Log = Logger;

const destination = {
  write: (line: string): void => {
    process.stdout.write(scrub(line));
  },
};

/** Set by `forkChild`, so that children say as much as the agent does. */
export const LOG_LEVEL_VARIABLE = 'GARIM_LOG_LEVEL';

let processName = 'agent';

/** Says which process writes, before its first line; `agent` unless said. */
export function nameLoggingProcess(name: 'camera' | 'sensors'): void {
  processName = name;
}

export const rootLog: Log = pino(
  {
    base: null,
    mixin: () => ({ process: processName }),
    level: inheritedLevel() ?? 'info',
    redact: {
      paths: ['*.url', '*.sourceUrl', '*.password', '*.authorization', 'url', 'sourceUrl', 'password'],
      censor: '***',
    },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  },
  destination,
);

function inheritedLevel(): string | undefined {
  const level = process.env[LOG_LEVEL_VARIABLE] ?? '';
  return level === 'silent' || Object.hasOwn(pino.levels.values, level) ? level : undefined;
}

/** One line a second at most for a fault that repeats: "N errors, last was ...". */
export class RepeatLog {
  readonly #log: Log;
  readonly #what: string;
  readonly #everyMs: number;
  #count = 0;
  #last = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(log: Log, what: string, everyMs = 1000) {
    this.#log = log;
    this.#what = what;
    this.#everyMs = everyMs;
  }

  add(error: unknown): void {
    this.#count++;
    this.#last = messageOf(error);
    if (this.#timer !== undefined) return;
    this.#flush();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#flush();
    }, this.#everyMs);
    this.#timer.unref();
  }

  #flush(): void {
    if (this.#count === 0) return;
    this.#log.warn({ count: this.#count }, `${this.#count} × ${this.#what}, last was: ${this.#last}`);
    this.#count = 0;
  }
}
