/**
 * The box's own certificate: made once, for its names and addresses, and made anew with the same key when it ends soon. Browsers warn about
 * it once; its fingerprint, which setup prints, is what the installer compares. In its place one can be put that an authority made.
 */
import { X509Certificate } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { isIP } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { generate } from 'selfsigned';
import type { Clock } from '../../base/clock.ts';
import { syncFolder, writeDurably } from '../../base/durable-file.ts';
import { UserError } from '../../base/errors.ts';
import type { TlsPair } from '../../config/tls.ts';

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
  await finishReplacing(stateDir);
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
  const before = old === undefined || oldKey === undefined ? undefined : { old, key: oldKey };
  const made = await generatePair(now, [...extraNames, ...namesIn(old)], before);
  if (oldKey === undefined) await writeDurably(files.key, made.key);
  await writeDurably(files.cert, made.cert);
  return told(files, new X509Certificate(made.cert), oldKey === undefined ? 'made' : 'renewed');
}

/** Puts a pair in the place of whatever lies there: after a power cut it is the pair of before or this one, never half of each. */
export async function replaceOwn(stateDir: string, pair: TlsPair): Promise<void> {
  await writeDurably(nextIn(stateDir), JSON.stringify({ cert: pair.cert, key: pair.key }));
  await finishReplacing(stateDir);
}

/** The box has its own pair afterwards: the one that lies there, or a new one with a new key in the place of one that an authority made. */
export async function replaceByOwn(stateDir: string, clock: Clock): Promise<void> {
  const { cert } = ownFilesIn(stateDir);
  const text = await readIfThere(cert);
  const lying = text === undefined ? undefined : certificateOf(text, cert);
  if (lying === undefined || lying.verify(lying.publicKey)) await boxCertificate(stateDir, [], clock);
  else await replaceOwn(stateDir, await generatePair(clock.wallMs(), [], undefined));
}

const nextIn = (stateDir: string): string => path.join(ownFilesIn(stateDir).dir, 'next.json');

/** What is to come lies there whole before either file is touched, until both are. */
async function finishReplacing(stateDir: string): Promise<void> {
  const { dir, ...files } = ownFilesIn(stateDir);
  const next = await readIfThere(nextIn(stateDir));
  if (next === undefined) return;
  const { cert, key } = JSON.parse(next) as TlsPair;
  await writeDurably(files.key, key);
  await writeDurably(files.cert, cert);
  await rm(nextIn(stateDir));
  await syncFolder(dir);
}

async function generatePair(
  nowMs: number,
  moreNames: readonly string[],
  before: { old: X509Certificate; key: string } | undefined,
): Promise<TlsPair> {
  const names = [...new Set([os.hostname(), 'localhost', ...ownAddresses(), ...moreNames])];
  const made = await generate([{ name: 'commonName', value: os.hostname().slice(0, 64) }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(nowMs - BACKDATED_DAYS * DAY_MS),
    notAfterDate: new Date(nowMs + VALID_DAYS * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: names.map((name) => (isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name })),
      },
    ],
    ...(before !== undefined && {
      keyPair: {
        privateKey: before.key,
        publicKey: before.old.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      },
    }),
  });
  return { cert: made.cert, key: made.private };
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
