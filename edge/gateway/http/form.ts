/** Forms that are posted. */
import type { IncomingMessage } from 'node:http';
import { readBody } from './body.ts';

export const FORM_BYTES_MAX = 4096;

/** Undefined for what is no form, or too large for one of ours. */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  if (!/^application\/x-www-form-urlencoded\b/i.test(request.headers['content-type'] ?? '')) return undefined;
  const text = await readBody(request, FORM_BYTES_MAX);
  return text === undefined ? undefined : new URLSearchParams(text);
}
