/**
 * Sessions of people who logged in at the console. Kept in memory only, so a restart logs everybody out, and as digests only, so
 * that a memory dump or a bug that prints the table gives no cookie away. Bounded: the one that was idle longest makes room.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';

/** A working day: an open page keeps its session alive, a forgotten tablet loses it over night. */
export const SESSION_IDLE_MS_MAX = 12 * 3600 * 1000;
/** More people than work at one box at a time. */
export const SESSIONS_MAX = 128;

interface Session {
  user: string;
  lastUsedMs: number;
}

export class Sessions {
  readonly #clock: Clock;
  /** In order of last use: the first is the one idle longest. */
  readonly #byId = new Map<string, Session>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Makes a session and returns the secret for the cookie: 256 random bits. */
  start(user: string): string {
    while (this.#byId.size >= SESSIONS_MAX) {
      const oldest = this.#byId.keys().next();
      if (oldest.done === true) break;
      this.#byId.delete(oldest.value);
    }
    const token = randomBytes(32).toString('base64url');
    this.#byId.set(sessionId(token), { user, lastUsedMs: this.#clock.monotonicMs() });
    return token;
  }

  /** The user of a live session, whose idle time starts anew; undefined when it is unknown or has expired. */
  use(id: string): string | undefined {
    const session = this.#byId.get(id);
    if (session === undefined) return undefined;
    this.#byId.delete(id);
    const now = this.#clock.monotonicMs();
    if (now - session.lastUsedMs > SESSION_IDLE_MS_MAX) return undefined;
    session.lastUsedMs = now;
    this.#byId.set(id, session);
    return session.user;
  }

  end(id: string): void {
    this.#byId.delete(id);
  }

  /** Returns the ids of those that ended. */
  endAllOf(user: string): string[] {
    const ended = [...this.#byId].flatMap(([id, session]) => (session.user === user ? [id] : []));
    for (const id of ended) this.#byId.delete(id);
    return ended;
  }
}

/** What may be kept and compared in place of the cookie's secret. */
export function sessionId(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
