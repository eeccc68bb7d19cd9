/** How HTTP hubs are asked: what an answer's status means is the same for all of them. */
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { messageOf, WorldError } from '../../base/errors.ts';
import { redactUrl } from '../../base/secrets.ts';
import type { ClientTls } from '../../config/client-tls.ts';

export interface HttpTarget {
  /** Without user and password. */
  url: string;
  /** Bearer token. */
  token: string | undefined;
  tls?: ClientTls;
}

/** Of an answer: a list of what a batch did wrong. A longer one is cut off, and is then no JSON. */
const ANSWER_BYTES_MAX = 256 * 1024;

const ANSWER_CHARS_SHOWN = 200;

/**
 * Posts JSON; resolves with the answer's text. Redirects are not followed: they would carry token and release elsewhere. Rejects with WorldError
 * `hub-refused` when the hub understood and won't take it, `hub-unreachable` for all that may get better: also a wrong token or path, which a
 * person mends without what waits being lost.
 */
export async function post(
  target: HttpTarget,
  contentType: string,
  body: unknown,
  signal: AbortSignal,
): Promise<{ status: number; text: string }> {
  const { url, token } = target;
  const payload = Buffer.from(JSON.stringify(body));
  const headers: Record<string, string> = {
    'content-type': contentType,
    'content-length': String(payload.length),
    accept: 'application/json',
  };
  if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
  let status: number;
  let text: string;
  try {
    const answer = await send(target, headers, payload, signal);
    status = answer.statusCode ?? 0;
    text = await textOf(answer);
  } catch (error) {
    throw new WorldError('hub-unreachable', `${redactUrl(url)} does not answer: ${messageOf(error)}`, { cause: error });
  }
  if (status >= 200 && status < 300) return { status, text };
  const said = `${redactUrl(url)} answered ${status}: ${text.slice(0, ANSWER_CHARS_SHOWN)}`;
  if (isRefusal(status)) throw new WorldError('hub-refused', said);
  throw new WorldError('hub-unreachable', `${said}${adviceFor(status)}`);
}

/** Not `fetch`: it takes no certificates of one's own without a second HTTP library. */
function send(
  { url, tls }: HttpTarget,
  headers: Record<string, string>,
  payload: Buffer,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const request = url.startsWith('https:') ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    request(url, { method: 'POST', headers, signal, ...tls })
      .once('response', resolve)
      .once('error', reject)
      .end(payload);
  });
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    sizeBytes += part.length;
    if (sizeBytes > ANSWER_BYTES_MAX) break; // ends the connection
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** Whether the same request would get the same answer for ever. */
export function isRefusal(status: number): boolean {
  return status >= 400 && status < 500 && ![401, 403, 404, 405, 407, 408, 421, 425, 429].includes(status);
}

function adviceFor(status: number): string {
  if (status === 401 || status === 403) return '. Check the token of this hub.';
  if (status === 404 || status === 405) return '. Check the path in the URL of this hub.';
  return status < 400 ? '. Write the address that it redirects to into the URL of this hub.' : '';
}
