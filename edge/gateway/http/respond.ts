/** How every answer leaves: security headers, exact length, one place. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { REALM } from '../auth/port.ts';
import type { Asset } from '../console/assets.ts';
import type { Admission } from '../use/desk.ts';
import { refusalText } from '../use/texts.ts';
import { SECURITY_HEADERS } from './headers.ts';

type Refused = Extract<Admission, { admitted: false }>['reason'];

export interface Answer {
  status: number;
  body?: string | Uint8Array;
  contentType?: string;
  headers?: Readonly<Record<string, string>>;
}

export function respond(response: ServerResponse, answer: Answer): void {
  const { status, body = '', contentType = 'text/plain; charset=utf-8', headers = {} } = answer;
  response.writeHead(status, {
    ...SECURITY_HEADERS,
    'Cache-Control': 'no-store',
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

export function respondJson(response: ServerResponse, value: unknown, status = 200): void {
  respond(response, { status, body: JSON.stringify(value), contentType: 'application/json' });
}

export function respondAsset(request: IncomingMessage, response: ServerResponse, asset: Asset): void {
  const headers = { 'Cache-Control': 'no-cache', ETag: asset.etag };
  if (request.headers['if-none-match'] === asset.etag) {
    response.writeHead(304, { ...SECURITY_HEADERS, ...headers }).end();
    return;
  }
  respond(response, { status: 200, body: asset.body, contentType: asset.contentType, headers });
}

/** A person gets the login form, a client a challenge; the console's own requests get none, or the browser would pop up its own form. */
export function respondUnknown(request: IncomingMessage, response: ServerResponse): void {
  if (request.method === 'GET' && (request.headers.accept ?? '').includes('text/html')) {
    respond(response, { status: 303, headers: { Location: '/login' } });
    return;
  }
  const challenge = { 'WWW-Authenticate': `Basic realm="${REALM}", charset="UTF-8"` };
  const isConsole = request.headers['x-garim-console'] !== undefined;
  respond(response, { status: 401, body: 'log in first\n', headers: isConsole ? {} : challenge });
}

export function respondWait(response: ServerResponse, waitMs: number): void {
  respond(response, { status: 429, body: 'too many attempts\n', headers: retryAfter(waitMs) });
}

export function retryAfter(waitMs: number): Record<string, string> {
  return { 'Retry-After': String(Math.max(1, Math.ceil(waitMs / 1000))) };
}

/** Answers a WebSocket request that is not accepted; the connection ends. */
export function refuseUpgrade(
  stream: Duplex,
  status: 401 | 403 | 404 | 429 | 503,
  reason: string,
  headers: Readonly<Record<string, string>> = {},
  body = '',
): void {
  const lines = [
    `HTTP/1.1 ${status} ${reason}`,
    'Connection: close',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries({ ...SECURITY_HEADERS, ...headers }).map(([name, value]) => `${name}: ${value}`),
  ];
  // Without waiting for the other end, which may never close its half.
  stream.once('finish', () => stream.destroy());
  stream.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

/** A pull that was not admitted: why, and what to do. */
export function respondRefused(response: ServerResponse, reason: Refused): void {
  const isOurs = reason === 'not-recorded';
  const headers = isOurs ? retryAfter(10_000) : {};
  respond(response, { status: isOurs ? 503 : 403, body: refusalText(reason), headers });
}

export function refusePull(stream: Duplex, reason: Refused): void {
  const type = { 'Content-Type': 'text/plain; charset=utf-8' };
  if (reason === 'not-recorded') refuseUpgrade(stream, 503, 'Service Unavailable', type, refusalText(reason));
  else refuseUpgrade(stream, 403, 'Forbidden', type, refusalText(reason));
}
