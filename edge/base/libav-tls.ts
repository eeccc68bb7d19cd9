/**
 * TLS connections of libav to cameras and push targets. By itself libav takes any certificate, and says of one that it refused no more than
 * that reading or writing failed.
 */
import { accessSync, constants } from 'node:fs';
import { WorldError } from './errors.ts';

/**
 * Options by which libav refuses what `ca` (a file, PEM) does not vouch for. A name in the URL must be that of the certificate; an address is
 * not compared, as cameras seldom have it in theirs.
 *
 * @throws WorldError when this process can't read the file
 */
export function tlsOptions(ca: string | undefined): Record<string, string> {
  if (ca === undefined) return {};
  try {
    accessSync(ca, constants.R_OK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new WorldError(
      'source-unreachable',
      `the file of tls.ca, ${ca}, can't be read by this process (${code}); put it where all may read it, such as /usr/local/share/ca-certificates`,
    );
  }
  return { tls_verify: '1', ca_file: ca };
}

/** What else an input or output error on connecting may mean. */
export function tlsHint(ca: string | undefined): string {
  return ca === undefined ? '' : `, or its certificate is not vouched for by ${ca} (tls.ca)`;
}
