/** How HTTP hubs are asked: what an answer's status means is the same for all of them. */
import { messageOf, WorldError } from '../../base/errors.ts';
import { redactUrl } from '../../base/secrets.ts';

export interface HttpTarget {
  /** Without user and password: `fetch` refuses those. */
  url: string;
  /** Bearer token. */
  token: string | undefined;
}

const ANSWER_CHARS_SHOWN = 200;

/**
 * Posts JSON; resolves with the answer's text. Redirects are not followed: they would carry token and release elsewhere. Rejects with WorldError
 * `hub-refused` when the hub understood and won't take it, `hub-unreachable` for all that may get better: also a wrong token or path, which a
 * person mends without what waits being lost.
 */
export async function post(
  { url, token }: HttpTarget,
  contentType: string,
  body: unknown,
  signal: AbortSignal,
): Promise<{ status: number; text: string }> {
  const headers: Record<string, string> = { 'content-type': contentType, accept: 'application/json' };
  if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
  let status: number;
  let text: string;
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      redirect: 'manual',
      signal,
    });
    status = answer.status;
    text = await answer.text();
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new WorldError('hub-unreachable', `${redactUrl(url)} does not answer: ${messageOf(cause)}`, { cause: error });
  }
  if (status >= 200 && status < 300) return { status, text };
  const said = `${redactUrl(url)} answered ${status}: ${text.slice(0, ANSWER_CHARS_SHOWN)}`;
  if (isRefusal(status)) throw new WorldError('hub-refused', said);
  throw new WorldError('hub-unreachable', `${said}${adviceFor(status)}`);
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
