/**
 * Digest access authentication (RFC 2617, RFC 7616) as pure functions: reading an `Authorization` header, computing the
 * expected response, writing challenges. MD5 is offered because ffmpeg and GStreamer know nothing else.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

export type DigestAlgorithm = 'MD5' | 'SHA-256';

export interface DigestAuthorization {
  username: string;
  realm: string;
  nonce: string;
  uri: string;
  response: string;
  algorithm: DigestAlgorithm;
  /** Undefined for the form of RFC 2069, which GStreamer still sends. */
  qop: { nc: string; cnonce: string } | undefined;
}

const PARAMETER = /[\s,]*([a-z0-9*_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*(?=,|$)/iy;

/** Undefined when it is not a digest, lacks a part, repeats one, or asks for an algorithm or a qop that was not offered. */
export function parseAuthorization(header: string): DigestAuthorization | undefined {
  const scheme = /^Digest\s+/i.exec(header);
  if (scheme === null) return undefined;
  const values = new Map<string, string>();
  PARAMETER.lastIndex = scheme[0].length;
  while (PARAMETER.lastIndex < header.length) {
    const at = PARAMETER.lastIndex;
    const match = PARAMETER.exec(header);
    if (match === null) {
      if (/^[\s,]*$/.test(header.slice(at))) break;
      return undefined;
    }
    const name = (match[1] ?? '').toLowerCase();
    if (values.has(name)) return undefined;
    values.set(name, match[2]?.replaceAll(/\\(.)/g, '$1') ?? match[3] ?? '');
  }
  const username = values.get('username');
  const realm = values.get('realm');
  const nonce = values.get('nonce');
  const uri = values.get('uri');
  const response = values.get('response')?.toLowerCase();
  const algorithm = parseAlgorithm(values.get('algorithm') ?? 'MD5');
  if (username === undefined || realm === undefined || nonce === undefined || uri === undefined) return undefined;
  if (algorithm === undefined || response === undefined || !/^[0-9a-f]+$/.test(response)) return undefined;
  if (!values.has('qop')) return { username, realm, nonce, uri, response, algorithm, qop: undefined };
  const nc = values.get('nc');
  const cnonce = values.get('cnonce');
  if (values.get('qop') !== 'auth' || nc === undefined || !/^[0-9a-f]{8}$/i.test(nc) || !cnonce) return undefined;
  return { username, realm, nonce, uri, response, algorithm, qop: { nc, cnonce } };
}

function parseAlgorithm(text: string): DigestAlgorithm | undefined {
  const upper = text.toUpperCase();
  return upper === 'MD5' || upper === 'SHA-256' ? upper : undefined;
}

export function digestHash(algorithm: DigestAlgorithm, text: string): string {
  return createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
    .update(text)
    .digest('hex');
}

/** The `response` that a viewer with this HA1 must have sent, lower-case hex. */
export function expectedResponse(ha1: string, method: string, authorization: DigestAuthorization): string {
  const { algorithm, nonce, qop, uri } = authorization;
  const ha2 = digestHash(algorithm, `${method}:${uri}`);
  const middle = qop === undefined ? nonce : `${nonce}:${qop.nc}:${qop.cnonce}:auth`;
  return digestHash(algorithm, `${ha1}:${middle}:${ha2}`);
}

/** Compares hex digests in a time that does not tell where they differ. */
export function digestsEqual(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

/**
 * Values for the `WWW-Authenticate` headers, in the order to send them. MD5 is last: of several digest challenges ffmpeg,
 * GStreamer and live555 take the last one, and they can't compute SHA-256; a client that can picks by strength, not by order.
 */
export function challenges(realm: string, nonce: string, isStale: boolean): string[] {
  const stale = isStale ? ', stale=true' : '';
  return (['SHA-256', 'MD5'] as const).map(
    (algorithm) => `Digest realm="${realm}", nonce="${nonce}", algorithm=${algorithm}, qop="auth"${stale}`,
  );
}
