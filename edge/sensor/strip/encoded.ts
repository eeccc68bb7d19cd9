/**
 * Identifiers inside base64 or hexadecimal: what decodes to readable text is looked into, and a token that hides one is covered whole.
 *
 * Method: RFC 4648 tokens of 12 characters or more that decode to UTF-8 without control characters.
 */
import { isUtf8 } from 'node:buffer';
import type { Span } from './span.ts';

const TOKEN = /(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{12,65536}={0,2}/g;
const HEX = /^(?:[0-9A-Fa-f]{2})+$/;
/** Shorter contents hold no identifier. */
const PLAIN_BYTES_MIN = 5;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what tells bytes from text
const NO_TEXT = /[\u0000-\u0008\u000e-\u001f\u007f-\u009f\p{Cn}\p{Co}]/u;
/** Encodings inside encodings are followed this far. */
const DEPTH_MAX = 2;
/** Tokens looked into per text: more of them are covered unread. */
const TOKENS_MAX = 256;

export function hiddenIdentifiers(text: string, find: (text: string) => Span[], depth = 0): Span[] {
  const spans: Span[] = [];
  let count = 0;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    // A word of one case without digits is a word.
    if (/^(?:[a-z]+|[A-Z]?[a-z]+|[A-Z]+|[a-z]+(?:[-_/][a-z]+)*)$/.test(token)) continue;
    const plain = decodedText(token);
    if (plain === undefined) continue;
    const inside = ++count > TOKENS_MAX ? undefined : findInside(plain, find, depth);
    if (inside === undefined || inside.length > 0)
      spans.push({ start: index, end: index + token.length, category: inside?.[0]?.category ?? 'credential' });
  }
  return spans;
}

function findInside(plain: string, find: (text: string) => Span[], depth: number): Span[] {
  const spans = find(plain);
  return spans.length === 0 && depth + 1 < DEPTH_MAX ? hiddenIdentifiers(plain, find, depth + 1) : spans;
}

function decodedText(token: string): string | undefined {
  if (HEX.test(token)) {
    const text = readable(Buffer.from(token, 'hex'));
    if (text !== undefined) return text;
  }
  return readable(Buffer.from(token, 'base64'));
}

function readable(bytes: Buffer): string | undefined {
  if (bytes.length < PLAIN_BYTES_MIN || !isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  return NO_TEXT.test(text) ? undefined : text;
}
