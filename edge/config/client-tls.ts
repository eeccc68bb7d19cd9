/** How the box shows itself, and whom it trusts, where it connects by TLS: the settings, and the certificates that they name. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createSecureContext } from 'node:tls';
import { z } from 'zod';
import { registerSecret } from '../base/secrets.ts';
import type { Fault } from './fault.ts';

export const clientTlsSchema = z
  .strictObject({
    ca: z
      .string()
      .min(1)
      .optional()
      .describe('File with the authorities that are trusted, PEM, instead of those that Node trusts.'),
    cert: z.string().min(1).optional().describe('File with the certificate that the box shows, PEM. It needs `key`.'),
    key: z.string().min(1).optional().describe('File with its private key, PEM.'),
  })
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), 'give cert and key, or none of them')
  .describe('Certificates; the name in the URL is checked in any case.');

export type ClientTlsSettings = z.output<typeof clientTlsSchema>;

/** PEM texts. Never log it. */
export interface ClientTls {
  ca?: string;
  cert?: string;
  key?: string;
}

/** Never rejects: a fault names the setting, never what a file holds. */
export async function readClientTls(
  settings: ClientTlsSettings,
  url: string,
  baseDir: string,
): Promise<ClientTls | Fault> {
  if (!/^(mqtts|https):/.test(url)) {
    return {
      what: 'tls is set, and the URL does not use it',
      fix: 'Write mqtts:// or https://, or take tls out.',
      isLocal: false,
    };
  }
  const read: ClientTls = {};
  for (const [name, file] of Object.entries(settings) as [keyof ClientTls, string][]) {
    try {
      read[name] = await readFile(path.resolve(baseDir, file), 'utf8');
    } catch (error) {
      return unreadable(name, error);
    }
  }
  if (read.key !== undefined) registerSecret(read.key);
  try {
    createSecureContext(read);
  } catch {
    return {
      what: 'tls: no certificates in PEM, or a key that is not that of the certificate',
      fix: 'Check each file with openssl x509 -in FILE -noout and openssl pkey -in FILE -noout.',
      isLocal: true,
    };
  }
  return (read.ca !== undefined && emptyFault(read.ca)) || read;
}

/** What is wrong with a file of authorities, PEM, that another process will read. Never rejects. */
export async function authorityFault(file: string): Promise<Fault | undefined> {
  try {
    return emptyFault(await readFile(file, 'utf8'));
  } catch (error) {
    return unreadable('ca', error);
  }
}

/** Of a file without any certificate OpenSSL says nothing, and would then trust nobody: the other side could never be reached. */
function emptyFault(pem: string): Fault | undefined {
  if (pem.includes('-----BEGIN CERTIFICATE-----')) return undefined;
  return { what: 'the file of tls.ca holds no certificate in PEM', fix: 'Name another file.', isLocal: true };
}

function unreadable(name: keyof ClientTls, error: unknown): Fault {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
  const fix = 'Check the path, and that the user that runs Garim can read it.';
  return { what: `the file of tls.${name} can't be read (${code})`, fix, isLocal: true };
}
