/**
 * The box's own certificate: made once, for its names and addresses, and made anew with the same key when it ends soon. Browsers warn about
 * it once; its fingerprint, which setup prints, is what the installer compares.
 */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { generate } from 'selfsigned';
import type { Clock } from '../../base/clock.ts';
import { writeDurably } from '../../base/durable-file.ts';
import { UserError } from '../../base/errors.ts';

/** Apple's systems take no longer ones. */
const VALID_DAYS = 820;
/** One that ends sooner is made anew: who has to compare its fingerprint has two months. */
const RENEW_DAYS = 60;
/** Clocks of phones and of boxes without a battery differ. */
const BACKDATED_DAYS = 1;
const DAY_MS = 86_400_000;

export interface BoxCertificate {
  cert: string;
  key: string;
  /** SHA-256, as browsers show it. */
  fingerprint: string;
  validTo: Date;
  state: 'made' | 'renewed' | 'kept';
}

/** Where the box keeps its own pair, in the state folder. */
export function ownFilesIn(stateDir: string): { dir: string; cert: string; key: string } {
  const dir = path.join(stateDir, 'tls');
  return { dir, cert: path.join(dir, 'box.crt'), key: path.join(dir, 'box.key') };
}

/**
 * Files in the folder: box.crt and box.key (0600). A certificate that an authority made and somebody put there is kept whatever its age. `isAhead`:
 * one that begins in the future was made under a wrong clock, and is made anew. Throws UserError when what lies there is no pair, WorldError
 * when it can't be written.
 */
export async function boxCertificate(
  stateDir: string,
  extraNames: readonly string[],
  clock: Clock,
  { isAhead = false } = {},
): Promise<BoxCertificate> {
  const { dir, ...files } = ownFilesIn(stateDir);
  const [oldCert, oldKey] = await Promise.all([readIfThere(files.cert), readIfThere(files.key)]);
  if ((oldCert === undefined) !== (oldKey === undefined)) {
    throw new UserError(`${dir}: of box.crt and box.key only one is there.`, {
      fix: 'Restore the other one, or delete both to have a new pair made.',
    });
  }
  const now = clock.wallMs();
  if (oldCert !== undefined && oldKey !== undefined) {
    const old = certificateOf(oldCert, files.cert);
    const isDue = Date.parse(old.validTo) - now <= RENEW_DAYS * DAY_MS;
    const isTooEarly = isAhead && Date.parse(old.validFrom) > now;
    if (!old.verify(old.publicKey) || !(isDue || isTooEarly)) return told(files, old, 'kept');
  }
  const old = oldCert === undefined ? undefined : certificateOf(oldCert, files.cert);
  const names = [...new Set([os.hostname(), 'localhost', ...ownAddresses(), ...extraNames, ...namesIn(old)])];
  const publicKey = old?.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const made = await generate([{ name: 'commonName', value: os.hostname().slice(0, 64) }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(now - BACKDATED_DAYS * DAY_MS),
    notAfterDate: new Date(now + VALID_DAYS * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: names.map((name) => (isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name })),
      },
    ],
    ...(oldKey !== undefined && publicKey !== undefined && { keyPair: { privateKey: oldKey, publicKey } }),
  });
  if (oldKey === undefined) await writeDurably(files.key, made.private);
  await writeDurably(files.cert, made.cert);
  return told(files, new X509Certificate(made.cert), oldKey === undefined ? 'made' : 'renewed');
}

function told(
  files: { cert: string; key: string },
  certificate: X509Certificate,
  state: BoxCertificate['state'],
): BoxCertificate {
  return { ...files, fingerprint: certificate.fingerprint256, validTo: new Date(certificate.validTo), state };
}

function certificateOf(text: string, file: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch {
    throw new UserError(`${file} holds no certificate.`, {
      fix: 'Restore it, or delete it and box.key to have a new pair made.',
    });
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new UserError(`${file} can't be read (${code ?? 'unknown'}).`, {
      fix: 'Run setup as the user that runs Garim, or as root.',
    });
  }
}

/** Names that setup was given stay: clients know the box by them. */
function namesIn(certificate: X509Certificate | undefined): string[] {
  const entries = certificate?.subjectAltName?.split(', ') ?? [];
  return entries.flatMap((entry) => /^(?:DNS|IP Address):([\w.:-]+)$/.exec(entry)?.[1] ?? []);
}

/** Addresses by which a browser may reach this box; link-local ones need a zone that a certificate can't name. */
function ownAddresses(): string[] {
  return Object.values(os.networkInterfaces())
    .flatMap((list) => list ?? [])
    .map(({ address }) => address)
    .filter((address) => !/^fe80:/i.test(address));
}
