/** The login form: `GET /login`, `POST /login`, `POST /logout`. Works without script. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Asset } from '../console/assets.ts';
import type { Authenticator } from './authenticate.ts';
import { FORM_BYTES_MAX, readForm } from './form.ts';
import { cookieName, isOwnOrigin, readCookie } from './headers.ts';
import { type Answer, respond, retryAfter } from './respond.ts';
import { sessionId } from './sessions.ts';

const MESSAGE_SLOT = '<!-- message -->';
const WRONG = 'Wrong user or password. 사용자 이름이나 비밀번호가 틀립니다.';
const WAIT = 'Too many attempts. Wait a minute. 시도가 너무 많습니다. 잠시 기다리세요.';

export class Login {
  readonly #authenticator: Authenticator;
  readonly #page: string;

  constructor(authenticator: Authenticator, page: Asset) {
    this.#authenticator = authenticator;
    this.#page = page.body.toString('utf8');
  }

  showForm(response: ServerResponse): void {
    respond(response, this.#form(200, ''));
  }

  async submit(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isOwnOrigin(request.headers)) return respond(response, { status: 403, body: 'wrong origin\n' });
    if (Number(request.headers['content-length'] ?? 0) > FORM_BYTES_MAX) {
      return respond(response, { status: 413, body: 'too large\n', headers: { Connection: 'close' } });
    }
    const form = await readForm(request);
    if (form === undefined) return respond(response, { status: 400, body: 'not a login form\n' });
    const result = await this.#authenticator.verify(
      form.get('user') ?? '',
      form.get('password') ?? '',
      request.socket.remoteAddress ?? '',
    );
    if (result.outcome === 'wait') {
      return respond(response, { ...this.#form(429, WAIT), headers: retryAfter(result.waitMs) });
    }
    if (result.outcome === 'unknown') return respond(response, this.#form(401, WRONG));
    const cookie = this.startSession(request, result.identity.user);
    respond(response, { status: 303, headers: { Location: '/', 'Set-Cookie': cookie } });
  }

  /** The `Set-Cookie` of a new session. */
  startSession(request: IncomingMessage, user: string): string {
    return cookieOf(request, this.#authenticator.sessions.start(user));
  }

  /** Ends the session of the request, and returns its id so that its sockets can be closed. */
  logout(request: IncomingMessage, response: ServerResponse): string | undefined {
    if (!isOwnOrigin(request.headers)) {
      respond(response, { status: 403, body: 'wrong origin\n' });
      return undefined;
    }
    const token = readCookie(request.headers.cookie, cookieName(request.headers.host));
    const id = token === undefined ? undefined : sessionId(token);
    if (id !== undefined) this.#authenticator.sessions.end(id);
    respond(response, {
      status: 303,
      headers: { Location: '/login', 'Set-Cookie': `${cookieOf(request, '')}; Max-Age=0` },
    });
    return id;
  }

  #form(status: number, message: string): Answer {
    const note = message === '' ? '' : `<p class="login-error" role="alert">${message}</p>`;
    return { status, body: this.#page.replace(MESSAGE_SLOT, note), contentType: 'text/html; charset=utf-8' };
  }
}

function cookieOf(request: IncomingMessage, token: string): string {
  // A proxy that ends TLS says so; whoever forges the header only harms the own cookie.
  const isSecure = request.socket instanceof TLSSocket || request.headers['x-forwarded-proto'] === 'https';
  const secure = isSecure ? '; Secure' : '';
  return `${cookieName(request.headers.host)}=${token}; Path=/; HttpOnly; SameSite=Strict${secure}`;
}
