/** An authority of the tests' own, and certificates by it, made with OpenSSL. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { TempDir } from './temp.ts';

export const opensslMissing: string | false =
  spawnSync('openssl', ['version']).status === 0 ? false : 'needs openssl, not found on this machine';

export interface Identity {
  /** Files, PEM. */
  cert: string;
  key: string;
}

export class Authority implements Disposable {
  readonly #dir = new TempDir();
  readonly #key: string;
  /** File, PEM. */
  readonly ca: string;
  #made = 0;

  constructor() {
    this.ca = path.join(this.#dir.path, 'ca.crt');
    this.#key = path.join(this.#dir.path, 'ca.key');
    openssl(
      'req',
      '-x509',
      ...NEW_KEY,
      '-keyout',
      this.#key,
      '-out',
      this.ca,
      '-days',
      '2',
      '-subj',
      '/CN=test authority',
    );
  }

  /** For a server at 127.0.0.1, or a client of this name. */
  issue(name: string): Identity {
    const stem = path.join(this.#dir.path, `${++this.#made}`);
    const [key, request, cert] = [`${stem}.key`, `${stem}.csr`, `${stem}.crt`];
    const names = ['-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
    openssl('req', ...NEW_KEY, '-keyout', key, '-out', request, '-subj', `/CN=${name}`, ...names);
    openssl(
      ...['x509', '-req', '-in', request, '-CA', this.ca, '-CAkey', this.#key, '-CAcreateserial'],
      ...['-copy_extensions', 'copy', '-days', '2', '-out', cert],
    );
    return { cert, key };
  }

  [Symbol.dispose](): void {
    this.#dir[Symbol.dispose]();
  }
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'] as const;

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'ignore'] });
}

/** Texts of what a client is configured with. */
export function clientTls({ ca }: Authority, identity?: Identity): { ca: string; cert?: string; key?: string } {
  const text = (file: string): string => readFileSync(file, 'utf8');
  return {
    ca: text(ca),
    ...(identity === undefined ? {} : { cert: text(identity.cert), key: text(identity.key) }),
  };
}
