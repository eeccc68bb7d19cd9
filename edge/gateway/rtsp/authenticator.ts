/**
 * Decides for one connection whether a request is authenticated.
 *
 * Nonces are random, belong to this connection alone and expire, so an overheard answer is of no use on another connection, and
 * on this one only to a viewer that sends no `nc` (GStreamer), within the nonce's lifetime. An unknown user costs the same work
 * as a wrong password.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { FailureDamper } from '../auth/damper.ts';
import { type Credentials, REALM } from '../auth/port.ts';
import {
  challenges,
  type DigestAlgorithm,
  type DigestAuthorization,
  digestsEqual,
  expectedResponse,
  parseAuthorization,
} from './digest.ts';
import { parseTarget } from './headers.ts';
import { AUTH_FAILURES_PER_CONNECTION_MAX, NONCE_LIFETIME_MS, NONCES_MAX } from './limits.ts';
import type { RtspRequest } from './message.ts';

export type AuthResult =
  | { type: 'authenticated'; user: string }
  | { type: 'challenge'; wwwAuthenticate: string[] }
  /** Wrong so often that the connection must be closed. */
  | { type: 'refused' };

interface Nonce {
  issuedMs: number;
  lastCount: number;
}

export interface AuthDependencies {
  credentials: Credentials;
  damper: FailureDamper;
  clock: Clock;
  /** Resolves after the time or when the connection is gone. */
  pause(ms: number): Promise<void>;
}

export class ConnectionAuthenticator {
  readonly #dependencies: AuthDependencies;
  readonly #address: string;
  readonly #nonces = new Map<string, Nonce>();
  #user: string | undefined;
  #failures = 0;

  constructor(address: string, dependencies: AuthDependencies) {
    this.#address = address;
    this.#dependencies = dependencies;
  }

  async authenticate(request: RtspRequest): Promise<AuthResult> {
    const header = request.headers.get('authorization');
    if (header === undefined) return this.#challenge(false);
    const { damper } = this.#dependencies;
    const authorization = parseAuthorization(header);
    // A viewer that is in does not wait for somebody else's guesses behind the same address.
    const isFresh = authorization === undefined || authorization.username !== this.#user;
    if (isFresh) {
      const waitMs = damper.reserveTurn(this.#address);
      if (waitMs === undefined) return { type: 'refused' };
      if (waitMs > 0) await this.#dependencies.pause(waitMs);
    }
    if (authorization === undefined || !this.#isRight(authorization, request)) return this.#failed();
    if (!this.#acceptNonce(authorization)) return this.#challenge(true);
    // Only now: an overheard answer would be right too.
    if (isFresh) damper.succeeded(this.#address);
    this.#user = authorization.username;
    return { type: 'authenticated', user: authorization.username };
  }

  #isRight(authorization: DigestAuthorization, request: RtspRequest): boolean {
    const { username, algorithm, realm, response, uri } = authorization;
    const ha1 = this.#dependencies.credentials.digestHa1(username, algorithm);
    const expected = expectedResponse(ha1 ?? decoyHa1(algorithm), request.method, authorization);
    const isEqual = digestsEqual(expected, response);
    return isEqual && ha1 !== undefined && realm === REALM && isSameResource(uri, request.uri);
  }

  #acceptNonce({ nonce, qop }: DigestAuthorization): boolean {
    const known = this.#nonces.get(nonce);
    if (known === undefined) return false;
    if (this.#dependencies.clock.monotonicMs() - known.issuedMs > NONCE_LIFETIME_MS) {
      this.#nonces.delete(nonce);
      return false;
    }
    if (qop === undefined) return known.lastCount === 0;
    const count = Number.parseInt(qop.nc, 16);
    if (count <= known.lastCount) return false;
    known.lastCount = count;
    return true;
  }

  #failed(): AuthResult {
    this.#user = undefined;
    this.#failures++;
    this.#dependencies.damper.failed(this.#address);
    return this.#failures >= AUTH_FAILURES_PER_CONNECTION_MAX ? { type: 'refused' } : this.#challenge(false);
  }

  #challenge(isStale: boolean): AuthResult {
    const nonce = randomBytes(18).toString('base64url');
    this.#nonces.set(nonce, { issuedMs: this.#dependencies.clock.monotonicMs(), lastCount: 0 });
    if (this.#nonces.size > NONCES_MAX) {
      const oldest = this.#nonces.keys().next();
      if (oldest.done !== true) this.#nonces.delete(oldest.value);
    }
    return { type: 'challenge', wwwAuthenticate: challenges(REALM, nonce, isStale) };
  }
}

/** live555 signs the feed's URL for requests on its track too, so the feed is what must agree. */
function isSameResource(signed: string, requested: string): boolean {
  if (signed === requested) return true;
  const feed = parseTarget(signed)?.feed;
  return feed !== undefined && feed === parseTarget(requested)?.feed;
}

const decoy = randomBytes(32).toString('hex');

function decoyHa1(algorithm: DigestAlgorithm): string {
  return algorithm === 'MD5' ? decoy.slice(0, 32) : decoy;
}
