/** A certificate that somebody brings: what is looked at before it is served, and what is said when it won't do. Pure. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { z } from 'zod';
import { UserError } from '../../base/errors.ts';
import type { TlsPair } from '../../config/tls.ts';

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** PEM texts; without them the box shall have one of its own. */
export const certificateRequest = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('own') }),
  z.strictObject({ kind: z.literal('given'), cert: z.string(), key: z.string() }),
]);

/**
 * The pair as it shall be served. Its messages name `cert` or `key`, and quote nothing of them.
 * @throws UserError for what browsers or this box would refuse
 */
export function checkedPair({ cert, key }: TlsPair, nowMs: number): TlsPair {
  const privateKey = keyOf(key);
  const blocks = cert.match(PEM) ?? [];
  const chain = blocks.map(certificateOf);
  const [leaf] = chain;
  if (leaf === undefined) {
    const fix = 'Choose a file that begins with -----BEGIN CERTIFICATE-----; whoever made it can export it as PEM.';
    throw new UserError('cert: the file holds no certificate in PEM', { fix });
  }
  if (!leaf.checkPrivateKey(privateKey)) {
    if (chain.some((each) => each.checkPrivateKey(privateKey))) {
      throw new UserError("cert: the box's own certificate is not the first of the file", {
        fix: 'Put it first, and those above it behind it.',
      });
    }
    throw new UserError('key: it is not the key of this certificate', { fix: 'Choose the two that belong together.' });
  }
  checkTimes(leaf, nowMs);
  if (leaf.subjectAltName === undefined) {
    const fix = 'Have one made with subjectAltName: browsers take no other.';
    throw new UserError('cert: it is for no host name or address', { fix });
  }
  // Keys that are too small and signatures that are too old are refused by the library that serves them.
  const pair = { cert: `${blocks.join('\n')}\n`, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
  try {
    createSecureContext(pair);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const fix = 'Have one made with a current kind of key, e.g. EC P-256.';
    throw new UserError(`cert: it can't be served (${code ?? 'unknown'})`, { fix });
  }
  return pair;
}

function keyOf(text: string): KeyObject {
  if (/ENCRYPTED/.test(text)) {
    const fix = 'Take it off: openssl pkey -in KEY -out KEY-WITHOUT-PASSPHRASE.';
    throw new UserError('key: it has a passphrase', { fix });
  }
  try {
    return createPrivateKey(text);
  } catch {
    // The parser's message may quote the file.
    const fix = 'Choose a file that begins with -----BEGIN PRIVATE KEY-----.';
    throw new UserError('key: the file holds no private key in PEM', { fix });
  }
}

function certificateOf(block: string): X509Certificate {
  try {
    return new X509Certificate(block);
  } catch {
    throw new UserError('cert: one of its certificates is damaged', { fix: 'Get the file anew.' });
  }
}

function checkTimes({ validFrom, validTo }: X509Certificate, nowMs: number): void {
  const now = new Date(nowMs).toISOString().slice(0, 16);
  if (Date.parse(validTo) <= nowMs) {
    const fix = `Get a new one. (This box has ${now}; if that is wrong, set its clock first.)`;
    throw new UserError(`cert: it ran out on ${day(validTo)}`, { fix });
  }
  if (Date.parse(validFrom) > nowMs) {
    const fix = `This box has ${now}: set its clock first.`;
    throw new UserError(`cert: it begins on ${day(validFrom)} only`, { fix });
  }
}

export function day(time: string): string {
  return new Date(time).toISOString().slice(0, 10);
}
