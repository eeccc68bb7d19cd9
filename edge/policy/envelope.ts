/**
 * Signed envelopes for what reaches a box from the city: policies and opt-out batches. DSSE v1 (Dead Simple Signing Envelope): Ed25519 over
 * the pre-authentication encoding of type and payload, so that bytes signed as one thing can't be taken for another.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { z } from 'zod';
import { UserError } from '../base/errors.ts';

const base64 = z.string().regex(/^[A-Za-z0-9+/]+={0,2}$/);
const envelopeSchema = z.strictObject({
  payloadType: z.string().max(128),
  payload: base64,
  signatures: z
    .array(z.strictObject({ keyid: z.string().max(64), sig: base64 }))
    .min(1)
    .max(4),
});

/** The envelope as text, ready to be written to a file. */
export function seal(payloadType: string, payload: Uint8Array, key: KeyObject): string {
  const sig = sign(null, preAuthenticationEncoding(payloadType, payload), key);
  const keyid = keyIdOf(createPublicKey(key));
  const envelope = {
    payloadType,
    payload: Buffer.from(payload).toString('base64'),
    signatures: [{ keyid, sig: sig.toString('base64') }],
  };
  return `${JSON.stringify(envelope)}\n`;
}

/** The payload, when the key signed it as `payloadType`. Throws UserError; `name` names the input in its message. */
export function unseal(text: string, payloadType: string, key: KeyObject, name: string): Buffer {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    throw new UserError(`${name}: not a signed envelope.`, { fix: 'Give the file that was signed for this box.' });
  }
  const parsed = envelopeSchema.safeParse(data);
  if (!parsed.success) {
    throw new UserError(`${name}: not a signed envelope.`, { fix: 'Give the file that was signed for this box.' });
  }
  const envelope = parsed.data;
  if (envelope.payloadType !== payloadType) {
    throw new UserError(`${name}: signed as something else than ${payloadType}.`, { fix: 'Give the right file.' });
  }
  const payload = Buffer.from(envelope.payload, 'base64');
  const message = preAuthenticationEncoding(payloadType, payload);
  if (!envelope.signatures.some(({ sig }) => verify(null, message, key, Buffer.from(sig, 'base64')))) {
    const by = envelope.signatures.map(({ keyid }) => (/^[0-9a-f]{16}$/.test(keyid) ? keyid : '?')).join(', ');
    throw new UserError(`${name}: the signature is not of the trusted key ${keyIdOf(key)} (signed by ${by}).`, {
      fix: 'Get the file again, or trust the key that signed it if the city says so.',
    });
  }
  return payload;
}

function preAuthenticationEncoding(type: string, payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `), payload]);
}

/** First 8 bytes of the sha256 of the key, hex. */
export function keyIdOf(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16);
}

/** PEM texts of a new Ed25519 pair. */
export function newSigningKey(): { privatePem: string; publicPem: string; keyId: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }) as string,
    keyId: keyIdOf(publicKey),
  };
}

/** Throws UserError unless the text is the PEM of an Ed25519 private key. Nothing of the text is repeated. */
export function parseSigningKey(pem: string, name: string): KeyObject {
  return ed25519(() => createPrivateKey(pem), `${name}: not an Ed25519 private key in PEM.`);
}

/** Throws UserError unless the text is the PEM of an Ed25519 public key. */
export function parseTrustKey(pem: string, name: string): KeyObject {
  if (pem.includes('PRIVATE KEY')) {
    throw new UserError(`${name}: this is a private key.`, {
      fix: 'Give the file that ends in .pub; the private key stays with the city.',
    });
  }
  return ed25519(() => createPublicKey(pem), `${name}: not an Ed25519 public key in PEM.`);
}

function ed25519(parse: () => KeyObject, what: string): KeyObject {
  const fix = 'Make one with: garim policy keygen --out FILE';
  let key: KeyObject;
  try {
    key = parse();
  } catch {
    throw new UserError(what, { fix });
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new UserError(what, { fix });
  return key;
}
