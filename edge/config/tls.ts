/** Certificate and key of a server of the box: the settings, and reading them. The key reaches the server and nothing else. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { UserError } from '../base/errors.ts';

export const tlsSchema = z.strictObject({
  cert: z.string().min(1).describe('File with the certificate chain, PEM.'),
  key: z.string().min(1).describe('File with its private key, PEM.'),
});

export type TlsSettings = z.output<typeof tlsSchema>;

/** PEM texts. Never log them. */
export interface TlsPair {
  cert: string;
  key: string;
}

/** Throws a UserError that names the setting (e.g. `http.tls.key`) and the file, never what it holds. */
export async function readTls(settings: TlsSettings, setting: string): Promise<TlsPair> {
  const [cert, key] = await Promise.all([
    readPem(settings.cert, `${setting}.cert`),
    readPem(settings.key, `${setting}.key`),
  ]);
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(cert);
  } catch {
    throw new UserError(`${setting}.cert: ${settings.cert} holds no certificate.`, {
      fix: 'Write the path of a PEM file that begins with -----BEGIN CERTIFICATE-----, or make one with garim setup.',
    });
  }
  let isPair = false;
  try {
    isPair = certificate.checkPrivateKey(createPrivateKey(key));
  } catch {
    // The parser's message may quote the file.
  }
  if (isPair) return { cert, key };
  throw new UserError(`${setting}.key: ${settings.key} does not hold the private key of ${settings.cert}.`, {
    fix: 'Write the path of its PEM file, without a passphrase.',
  });
}

async function readPem(file: string, setting: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UserError(`${setting}: ${file} can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`, {
      fix: 'Check the path, and that the user that runs Garim can read it.',
      cause: error,
    });
  }
}
