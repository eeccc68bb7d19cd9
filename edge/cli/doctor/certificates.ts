/** Checks of the certificates that the servers of this box show. */
import { X509Certificate } from 'node:crypto';
import { messageOf, UserError } from '../../base/errors.ts';
import { readTls } from '../../config/tls.ts';
import { type Check, type CheckResult, fail, ok, warn } from './check.ts';

const DAY_MS = 86_400_000;
const SOON_DAYS = 30;

export const checkCertificates: Check = async ({ system, loaded: { config } }) => {
  const results: CheckResult[] = [];
  for (const key of ['http', 'rtsp'] as const) {
    const { tls } = config[key];
    if (tls === undefined) continue;
    const name = `certificate ${key}`;
    try {
      const { cert } = await readTls(tls, `${key}.tls`);
      const days = Math.floor((Date.parse(new X509Certificate(cert).validTo) - system.wallMs()) / DAY_MS);
      const fix =
        'Garim renews its own while it runs. In the place of any other put a new one; it is taken up by itself.';
      if (days < 0) results.push(fail(name, `${tls.cert} has run out`, fix));
      else if (days < SOON_DAYS) results.push(warn(name, `${tls.cert} runs out in ${days} days`, fix));
      else results.push(ok(name, `${tls.cert}, ${days} days left`));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      results.push(fail(name, messageOf(error), error.fix ?? ''));
    }
  }
  return results;
};
