/**
 * Identifiers inside base64, base32 or hexadecimal, compressed or not: what decodes to readable text is looked into, and a token that hides one
 * is covered whole.
 *
 * Method: RFC 4648 tokens of 12 characters or more, base64 also over lines (RFC 2045), hexadecimal also as bytes set apart, that decode to UTF-8
 * without control characters, or to gzip or zlib (RFC 1950, 1952) of such.
 */
import { isUtf8 } from 'node:buffer';
import { gunzipSync, inflateSync } from 'node:zlib';
import { type Span, TEXT_UNITS_MAX } from './span.ts';

const TOKEN = /(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{12,65536}={0,2}/g;
/** base64 over lines, as mail has it, and bytes in hexadecimal set apart: `68 6f 6e`, `68:6f:6e`, `0x68, 0x6f`. */
const IN_PARTS =
  /(?<![A-Za-z0-9+/_=-])(?:[A-Za-z0-9+/]{16,76}\r?\n){1,1024}[A-Za-z0-9+/]{1,76}={0,2}|(?<![0-9A-Za-z])(?:0x)?[0-9A-Fa-f]{2}(?:[ :,;.-]{1,2}(?:0x)?[0-9A-Fa-f]{2}){6,8192}(?![0-9A-Za-z])/g;
const WORD_MAX = 32;
const BASE32 = /^[A-Z2-7]{12,}$/;
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
  const lookInto = (token: string, start: number, end: number): void => {
    const plain = decodedText(token);
    if (plain === undefined) return;
    const inside = plain === 'too long' || ++count > TOKENS_MAX ? undefined : findInside(plain.text, find, depth);
    if (inside === undefined || inside.length > 0)
      spans.push({ start, end, category: inside?.[0]?.category ?? 'credential' });
  };
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    // A word of one case without digits is a word, unless it is very long.
    if (token.length < WORD_MAX && /^(?:[a-z]+|[A-Z]?[a-z]+|[A-Z]+|[a-z]+(?:[-_/][a-z]+)*)$/.test(token)) continue;
    // Padding of base32 is longer than what the pattern takes.
    const padding = BASE32.test(token.replace(/=*$/, ''))
      ? (/^=*/.exec(text.slice(index + token.length, index + token.length + 6))?.[0].length ?? 0)
      : 0;
    lookInto(token, index, index + token.length + padding);
  }
  for (const { 0: parts, index } of text.matchAll(IN_PARTS)) {
    const token = parts.includes('\n') ? parts.replaceAll(/\s/g, '') : parts.replaceAll(/0x|[^0-9A-Fa-f]/g, '');
    lookInto(token, index, index + parts.length);
  }
  return spans;
}

function findInside(plain: string, find: (text: string) => Span[], depth: number): Span[] {
  const spans = find(plain);
  return spans.length === 0 && depth + 1 < DEPTH_MAX ? hiddenIdentifiers(plain, find, depth + 1) : spans;
}

type Decoded = { text: string } | 'too long' | undefined;

function decodedText(token: string): Decoded {
  const base32 = token.replace(/=*$/, '');
  return (
    (HEX.test(token) ? readable(Buffer.from(token, 'hex')) : undefined) ??
    (BASE32.test(base32) ? readable(fromBase32(base32)) : undefined) ??
    readable(Buffer.from(token, 'base64'))
  );
}

function readable(bytes: Buffer): Decoded {
  if (bytes.length < PLAIN_BYTES_MIN) return undefined;
  const plain = decompressed(bytes);
  if (plain === 'too long') return plain;
  if (!isUtf8(plain)) return undefined;
  const text = plain.toString('utf8');
  return NO_TEXT.test(text) ? undefined : { text };
}

/** The bytes themselves where they are not compressed. */
function decompressed(bytes: Buffer): Buffer | 'too long' {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const isZlib = bytes[0] === 0x78 && bytes.readUInt16BE(0) % 31 === 0;
  if (!isGzip && !isZlib) return bytes;
  try {
    return (isGzip ? gunzipSync : inflateSync)(bytes, { maxOutputLength: TEXT_UNITS_MAX });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'too long' : bytes;
  }
}

const BASE32_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function fromBase32(token: string): Buffer {
  const bytes: number[] = [];
  let [bits, held] = [0, 0];
  for (const digit of token) {
    held = ((held << 5) | BASE32_DIGITS.indexOf(digit)) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((held >> bits) & 0xff);
  }
  return Buffer.from(bytes);
}
