/**
 * Who sends a request: a session cookie (console) or HTTP Basic (curl, Prometheus). Owns sessions, and the memory of
 * Basic credentials that were found right: scrypt on each scrape would cost a small box more than the scrape itself.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../base/clock.ts';
import type { FailureDamper } from '../auth/damper.ts';
import type { Credentials } from '../auth/port.ts';
import { cookieName, parseBasic, readCookie } from './headers.ts';
import { Sessions, sessionId } from './sessions.ts';

/** Until the user changes, or the agent ends: each scrypt leaves the allocator 16 MiB larger per pool thread. */
const BASIC_REMEMBERED_MAX = 64;
/** Each takes 16 MiB and a thread of the pool that disk writes need too. */
const VERIFICATIONS_MAX = 2;

type Identity = { user: string; sessionId?: string };
export type Authentication =
  | { outcome: 'known'; identity: Identity }
  | { outcome: 'unknown' }
  | { outcome: 'wait'; waitMs: number };

export class Authenticator {
  readonly sessions: Sessions;
  readonly #credentials: Credentials;
  readonly #damper: FailureDamper;
  readonly #key = randomBytes(32);
  /** User by keyed digest of the credentials. */
  readonly #basic = new Map<string, string>();
  /** As many as are being verified. */
  readonly #pending = new Map<string, Promise<Authentication>>();
  #verifying = 0;
  /** Counts changes of users: what was verified across one holds no more. */
  #changes = 0;

  constructor(credentials: Credentials, damper: FailureDamper, clock: Clock) {
    this.#credentials = credentials;
    this.sessions = new Sessions(clock);
    this.#damper = damper;
  }

  async identify(request: IncomingMessage): Promise<Authentication> {
    const { headers } = request;
    const token = readCookie(headers.cookie, cookieName(headers.host));
    if (token !== undefined) {
      const id = sessionId(token);
      const user = this.sessions.use(id);
      if (user !== undefined) return { outcome: 'known', identity: { user, sessionId: id } };
    }
    const basic = parseBasic(headers.authorization);
    if (basic === undefined) return { outcome: 'unknown' };
    const digest = createHmac('sha256', this.#key).update(`${basic.user}:${basic.password}`).digest('base64');
    const remembered = this.#basic.get(digest);
    if (remembered !== undefined) return { outcome: 'known', identity: { user: remembered } };
    const changes = this.#changes;
    // A client that opens several connections at once asks the same thing several times: it is worked out once.
    let pending = this.#pending.get(digest);
    if (pending === undefined) {
      pending = this.verify(basic.user, basic.password, request.socket.remoteAddress ?? '').finally(() => {
        this.#pending.delete(digest);
      });
      this.#pending.set(digest, pending);
    }
    const result = await pending;
    if (result.outcome === 'known' && changes === this.#changes) this.#remember(digest, basic.user);
    return result;
  }

  /** The user has another name or password now: sessions and credentials of before hold no more. Returns the ids of the sessions. */
  forget(user: string): string[] {
    this.#changes++;
    for (const [digest, name] of this.#basic) if (name === user) this.#basic.delete(digest);
    return this.sessions.endAllOf(user);
  }

  #remember(digest: string, user: string): void {
    for (const oldest of this.#basic.keys()) {
      if (this.#basic.size < BASIC_REMEMBERED_MAX) break;
      this.#basic.delete(oldest);
    }
    this.#basic.set(digest, user);
  }

  /** Checks a password that was typed or sent just now. */
  async verify(user: string, password: string, address: string): Promise<Authentication> {
    if (this.#verifying >= VERIFICATIONS_MAX) return { outcome: 'wait', waitMs: 1000 };
    const waitMs = this.#damper.tryTurn(address);
    if (waitMs > 0) return { outcome: 'wait', waitMs };
    this.#verifying++;
    const changes = this.#changes;
    try {
      if (await this.#credentials.verifyPassword(user, password)) {
        if (changes !== this.#changes) return { outcome: 'wait', waitMs: 1000 };
        this.#damper.succeeded(address);
        return { outcome: 'known', identity: { user } };
      }
    } finally {
      this.#verifying--;
    }
    this.#damper.failed(address);
    return { outcome: 'unknown' };
  }
}
