/**
 * Setting cameras up from the console. Only for who is logged in, from a page of this box, and where the camera's password is not sent over
 * the network in the clear. One question at a time: each costs a process or two.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import { UserError, WorldError } from '../../base/errors.ts';
import { scrub } from '../../base/secrets.ts';
import { isLoopback } from '../../config/listen.ts';
import { readBody } from './body.ts';
import { isOwnOrigin } from './headers.ts';
import { respond, respondJson, retryAfter } from './respond.ts';

const BODY_BYTES_MAX = 8 * 1024;

/** What the gateway needs of whoever sets cameras up. Rejects with UserErrors and WorldErrors whose texts are fit to be shown. */
export interface SetupPort {
  find(): Promise<object>;
  try(body: unknown): Promise<object>;
  add(): Promise<object>;
  /** What an installer looks at before leaving, and the names of cameras that have a sign. */
  checklist(): object;
  /** A page; undefined for a camera that has none. */
  sign(camera: string): string | undefined;
  /** Of the camera that was tried last, with the name that it would get; filtered. Served as any pull is (`pulls.ts`). */
  readonly picture: { name: string; jpeg: Uint8Array } | undefined;
}

export class SetupRoutes {
  readonly #port: SetupPort;
  #isBusy = false;

  constructor(port: SetupPort) {
    this.#port = port;
  }

  /** Whether the request was one of these routes. The caller knows who asks. */
  async serve(key: string, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    if (key === 'GET /api/setup/checklist') {
      respondJson(response, this.#port.checklist());
      return true;
    }
    const [, camera] = /^GET \/api\/setup\/sign-([a-z0-9][a-z0-9-]{0,62})\.html$/.exec(key) ?? [];
    if (camera !== undefined) {
      this.#sign(camera, response);
      return true;
    }
    const [, step] = /^POST \/api\/setup\/(find|try|add)$/.exec(key) ?? [];
    if (step === undefined) return false;
    await this.#answer(step as 'find' | 'try' | 'add', request, response);
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

  async #answer(step: 'find' | 'try' | 'add', request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isOwnOrigin(request.headers)) return respond(response, { status: 403, body: 'wrong origin\n' });
    if (!isPrivate(request)) {
      const fix = 'Set http.tls (garim setup makes a certificate), or open this page on the box itself.';
      return refuse(response, 403, "a camera's password would cross the network in the clear", fix);
    }
    const body = await readJson(request);
    if (body === undefined) return refuse(response, 400, 'the request is not understood', '');
    if (this.#isBusy) return refuse(response, 429, 'another camera is being asked', 'Wait a moment.');
    this.#isBusy = true;
    try {
      respondJson(response, await (step === 'try' ? this.#port.try(body) : this.#port[step]()));
    } catch (error) {
      if (!(error instanceof UserError || error instanceof WorldError)) throw error;
      refuse(response, 422, error.message, error instanceof UserError ? (error.fix ?? '') : '');
    } finally {
      this.#isBusy = false;
    }
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
async function readJson(request: IncomingMessage): Promise<unknown> {
  const text = await readBody(request, BODY_BYTES_MAX);
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
