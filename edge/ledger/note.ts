/**
 * Signed notes (c2sp.org/signed-note) with Ed25519 signatures (type 0x01), and the timestamped cosignatures of witnesses (type 0x04,
 * c2sp.org/tlog-cosignature). A note is text; nothing of it may be trusted before `verifyNote` named a key that signed it.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { UserError } from '../base/errors.ts';
import { decodeBase64 } from './base64.ts';
import { sha256 } from './merkle.ts';

/** What the specification asks every verifier to take. */
const SIGNATURES_MAX = 16;
/** A checkpoint with all its signatures has about 2 kB. */
export const NOTE_BYTES_MAX = 16 * 1024;

const ED25519 = 0x01;
const COSIGNATURE_V1 = 0x04;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** DER around a raw Ed25519 public key (RFC 8410). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** A public key under its name, as `name+id+key`. */
export interface Verifier {
  name: string;
  /** First four bytes of the digest of name, type and key. */
  id: number;
  /** The text form. */
  vkey: string;
  isCosigner: boolean;
  key: KeyObject;
}

export interface Signer {
  verifier: Verifier;
  privateKey: KeyObject;
}

interface Signature {
  name: string;
  id: number;
  bytes: Buffer;
  /** With its newline. */
  line: string;
}

export interface Note {
  /** With its last newline. */
  text: string;
  signatures: readonly Signature[];
}

/** A name that may stand in a signature line. */
export const KEY_NAME = /^[^\s+\p{Cc}]{1,255}$/u;

/** Takes a private Ed25519 key in PKCS #8 PEM. Throws UserError for a name that can't stand in a note, Error for another kind of key. */
export function signerOf(pem: string, name: string, kind: 'log' | 'cosigner'): Signer {
  const privateKey = createPrivateKey(pem);
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error('not an Ed25519 key');
  return { privateKey, verifier: verifierOf(createPublicKey(privateKey), name, kind) };
}

/** The same key under another name: the origin of a new epoch. */
export function renamed({ privateKey, verifier }: Signer, name: string): Signer {
  return { privateKey, verifier: renamedVerifier(verifier, name) };
}

export function renamedVerifier({ key, isCosigner }: Verifier, name: string): Verifier {
  return verifierOf(key, name, isCosigner ? 'cosigner' : 'log');
}

function verifierOf(key: KeyObject, name: string, kind: 'log' | 'cosigner'): Verifier {
  if (!KEY_NAME.test(name)) {
    throw new UserError(`${JSON.stringify(name)} can't be the name of a key`, {
      fix: 'use a name like example.com/box-1, without spaces and plus signs',
    });
  }
  const type = kind === 'log' ? ED25519 : COSIGNATURE_V1;
  const raw = key.export({ type: 'spki', format: 'der' }).subarray(SPKI_PREFIX.length);
  const typed = Buffer.concat([Buffer.from([type]), raw]);
  const id = sha256(Buffer.concat([Buffer.from(`${name}\n`), typed])).readUInt32BE();
  const vkey = `${name}+${id.toString(16).padStart(8, '0')}+${typed.toString('base64')}`;
  return { name, id, vkey, isCosigner: kind === 'cosigner', key };
}

/** Throws UserError that says what is wrong with the text. */
export function parseVerifier(vkey: string): Verifier {
  const fail = (why: string): never => {
    throw new UserError(`${JSON.stringify(vkey)} is not a verifier key: ${why}`, {
      fix: 'copy the whole of NAME+ID+KEY as the log or the witness prints it',
    });
  };
  const [name = '', id = '', ...rest] = vkey.split('+');
  const typed = decodeBase64(rest.join('+'));
  if (!KEY_NAME.test(name) || !/^[0-9a-f]{8}$/.test(id) || typed === undefined) return fail('it has another form');
  if (typed.length !== 1 + KEY_BYTES || (typed[0] !== ED25519 && typed[0] !== COSIGNATURE_V1))
    return fail('only Ed25519 keys are known');
  const key = createPublicKey({
    key: Buffer.concat([SPKI_PREFIX, typed.subarray(1)]),
    format: 'der',
    type: 'spki',
  });
  const verifier = verifierOf(key, name, typed[0] === ED25519 ? 'log' : 'cosigner');
  return verifier.vkey === vkey ? verifier : fail('its id does not belong to its name and key');
}

/** The note, or undefined when the bytes are not one. */
export function parseNote(bytes: Uint8Array): Note | undefined {
  if (bytes.length > NOTE_BYTES_MAX) return undefined;
  const all = Buffer.from(bytes).toString('utf8');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the specification forbids them
  if (!Buffer.from(all).equals(bytes) || /[\u0000-\u0009\u000b-\u001f]/.test(all)) return undefined;
  const cut = all.lastIndexOf('\n\n');
  if (cut < 0 || !all.endsWith('\n')) return undefined;
  const lines = all.slice(cut + 2, -1).split('\n');
  if (lines.length > SIGNATURES_MAX) return undefined;
  const signatures = lines.map(parseSignature);
  return signatures.includes(undefined)
    ? undefined
    : { text: all.slice(0, cut + 1), signatures: signatures as Signature[] };
}

function parseSignature(line: string): Signature | undefined {
  const [, name = '', base64 = ''] = /^\u2014 (\S+) (\S+)$/u.exec(line) ?? [];
  const bytes = decodeBase64(base64);
  if (!KEY_NAME.test(name) || bytes === undefined || bytes.length < 5) return undefined;
  return { name, id: bytes.readUInt32BE(), bytes: bytes.subarray(4), line: `${line}\n` };
}

/**
 * The known keys that signed the note, each with the signature's line. `undefined` when a known key's signature is wrong: such a note is
 * malformed as a whole, and nothing of it counts.
 */
export function verifyNote(
  note: Note,
  known: readonly Verifier[],
): { verifier: Verifier; line: string; timestampS: number | undefined }[] | undefined {
  const valid: { verifier: Verifier; line: string; timestampS: number | undefined }[] = [];
  for (const { name, id, bytes, line } of note.signatures) {
    const verifier = known.find((candidate) => candidate.name === name && candidate.id === id);
    if (verifier === undefined) continue;
    const timestampS = verifier.isCosigner ? readTimestampS(bytes) : undefined;
    if (verifier.isCosigner && timestampS === undefined) return undefined;
    const message = timestampS === undefined ? note.text : cosignedText(note.text, timestampS);
    const signature = verifier.isCosigner ? bytes.subarray(8) : bytes;
    if (signature.length !== SIGNATURE_BYTES || !verify(null, Buffer.from(message), verifier.key, signature))
      return undefined;
    valid.push({ verifier, line, timestampS });
  }
  return valid;
}

/** The text with the signature line of a log. */
export function signNote(text: string, { verifier, privateKey }: Signer): string {
  if (!text.endsWith('\n')) throw new Error('a note ends in a newline');
  return `${text}\n${signatureLine(verifier, sign(null, Buffer.from(text), privateKey))}`;
}

/** The line that a witness adds to a checkpoint. */
export function cosign(text: string, timestampS: number, { verifier, privateKey }: Signer): string {
  const signature = Buffer.alloc(8 + SIGNATURE_BYTES);
  signature.writeBigUInt64BE(BigInt(timestampS));
  sign(null, Buffer.from(cosignedText(text, timestampS)), privateKey).copy(signature, 8);
  return signatureLine(verifier, signature);
}

function cosignedText(text: string, timestampS: number): string {
  return `cosignature/v1\ntime ${timestampS}\n${text}`;
}

function readTimestampS(bytes: Buffer): number | undefined {
  if (bytes.length !== 8 + SIGNATURE_BYTES) return undefined;
  const seconds = bytes.readBigUInt64BE();
  return seconds <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(seconds) : undefined;
}

function signatureLine({ name, id }: Verifier, signature: Uint8Array): string {
  const idBytes = Buffer.alloc(4);
  idBytes.writeUInt32BE(id);
  return `\u2014 ${name} ${Buffer.concat([idBytes, signature]).toString('base64')}\n`;
}
