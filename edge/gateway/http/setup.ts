/**
 * Setting the box up from the console: cameras, its clock, its certificate, and the user who does it. Only for who is logged in, from a page of this
 * box, and where no password or key is sent over the network in the clear; a user is changed only by who knows its password. One question at a
 * time: each may cost a process or two.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import { UserError, WorldError } from '../../base/errors.ts';
import { scrub } from '../../base/secrets.ts';
import { isLoopback } from '../../config/listen.ts';
import type { Authentication } from './authenticate.ts';
import { readBody } from './body.ts';
import { isOwnOrigin } from './headers.ts';
import { respond, respondJson, retryAfter } from './respond.ts';

const BODY_BYTES_MAX = 8 * 1024;
/** A certificate with those above it, and its key. */
const CERTIFICATE_BYTES_MAX = 64 * 1024;
const STEPS = ['find', 'try', 'add', 'time', 'certificate', 'user'] as const;
type Step = (typeof STEPS)[number];

/** What the gateway needs of whoever sets cameras up. Rejects with UserErrors and WorldErrors whose texts are fit to be shown. */
export interface SetupPort {
  find(): Promise<object>;
  try(body: unknown): Promise<object>;
  add(): Promise<object>;
  /** What the box has its time from; with the name of a server it is asked, and taken. */
  time(body: unknown): Promise<object>;
  certificate(body: unknown): Promise<object>;
  /** Gives this user the name and the password of the body; returns the name. */
  user(user: string, body: unknown): Promise<{ name: string }>;
  /** What an installer looks at before leaving, and the names of cameras that have a sign. */
  checklist(): object;
  /** A page; undefined for a camera that has none. */
  sign(camera: string): string | undefined;
  /** Of the camera that was tried last, with the name that it would get; filtered. Served as any pull is (`pulls.ts`). */
  readonly picture: { name: string; jpeg: Uint8Array } | undefined;
}

/** What these routes need of logins. */
export interface SetupLogins {
  /** Whether this is the user's password, as at a login. */
  verify(user: string, password: string, address: string): Promise<Authentication>;
  /** Ends what holds by the old name or password, and gives the `Set-Cookie` of a session of the new one. */
  changed(request: IncomingMessage, user: string, name: string): string;
}

export class SetupRoutes {
  readonly #port: SetupPort;
  readonly #logins: SetupLogins;
  #isBusy = false;

  constructor(port: SetupPort, logins: SetupLogins) {
    this.#port = port;
    this.#logins = logins;
  }

  /** Whether the request was one of these routes. `user` asks. */
  async serve(key: string, request: IncomingMessage, response: ServerResponse, user: string): Promise<boolean> {
    if (key === 'GET /api/setup/checklist') {
      respondJson(response, { ...this.#port.checklist(), user });
      return true;
    }
    const [, camera] = /^GET \/api\/setup\/sign-([a-z0-9][a-z0-9-]{0,62})\.html$/.exec(key) ?? [];
    if (camera !== undefined) {
      this.#sign(camera, response);
      return true;
    }
    const step = STEPS.find((each) => key === `POST /api/setup/${each}`);
    if (step === undefined) return false;
    await this.#answer(step, request, response, user);
    return true;
  }

  /** To be kept and printed: it has styles of its own, which no page of the console may have. */
  #sign(camera: string, response: ServerResponse): void {
    const page = this.#port.sign(camera);
    if (page === undefined) {
      respond(response, { status: 404, body: 'no such sign\n' });
      return;
    }
    const headers = { 'Content-Disposition': `attachment; filename="sign-${camera}.html"` };
    respond(response, { status: 200, body: page, contentType: 'text/html; charset=utf-8', headers });
  }

  async #answer(step: Step, request: IncomingMessage, response: ServerResponse, user: string): Promise<void> {
    if (!isOwnOrigin(request.headers)) return respond(response, { status: 403, body: 'wrong origin\n' });
    if (!isPrivate(request)) {
      const fix = 'Set http.tls (garim setup makes a certificate), or open this page on the box itself.';
      return refuse(response, 403, 'a password or a key would cross the network in the clear', fix);
    }
    const body = await readJson(request, step === 'certificate' ? CERTIFICATE_BYTES_MAX : BODY_BYTES_MAX);
    if (body === undefined) return refuse(response, 400, 'the request is too large, or not understood', '');
    if (this.#isBusy) return refuse(response, 429, 'another question is being answered', 'Wait a moment.');
    this.#isBusy = true;
    try {
      if (step === 'user') await this.#changeUser(user, body, request, response);
      else respondJson(response, await this.#port[step](body));
    } catch (error) {
      if (!(error instanceof UserError || error instanceof WorldError)) throw error;
      refuse(response, 422, error.message, error instanceof UserError ? (error.fix ?? '') : '');
    } finally {
      this.#isBusy = false;
    }
  }

  /** Whoever finds a page open does not know the password. */
  async #changeUser(user: string, body: unknown, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { current, ...wanted } = Object(body) as { current?: unknown };
    const known = await this.#logins.verify(user, String(current ?? ''), request.socket.remoteAddress ?? '');
    if (known.outcome === 'wait') return refuse(response, 429, 'too many wrong passwords', 'Wait a minute.');
    if (known.outcome === 'unknown') return refuse(response, 422, `current: it is not the password of ${user}`, '');
    const { name } = await this.#port.user(user, wanted);
    const headers = { 'Set-Cookie': this.#logins.changed(request, user, name) };
    respond(response, { status: 200, body: JSON.stringify({ name }), contentType: 'application/json', headers });
  }
}

function refuse(response: ServerResponse, status: number, message: string, fix: string): void {
  const headers = status === 429 ? retryAfter(1000) : {};
  const body = JSON.stringify({ message: scrub(message), fix: scrub(fix) });
  respond(response, { status, body, contentType: 'application/json', headers });
}

/** Behind a proxy of this box it is the proxy's business, as with passwords of viewers. */
function isPrivate({ socket }: IncomingMessage): boolean {
  return socket instanceof TLSSocket || isLoopback((socket.remoteAddress ?? '').replace(/^::ffff:/, ''));
}

/** Undefined when it is too large or no JSON. */
async function readJson(request: IncomingMessage, bytesMax: number): Promise<unknown> {
  const text = await readBody(request, bytesMax);
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
