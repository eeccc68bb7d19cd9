/**
 * Goal: a certificate that browsers or this box would refuse is refused before it is served, with the reason, and nothing of the key is quoted. Method:
 * real certificates, made for each case.
 */
import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { test } from 'node:test';
import { type CertificateExtension, generate, type SelfsignedOptions } from 'selfsigned';
import { checkedPair } from '../../../../edge/agent/setup/certificate.ts';
import { UserError } from '../../../../edge/base/errors.ts';

const NOW = Date.UTC(2026, 10, 23);
const DAY_MS = 86_400_000;
const NAMES: CertificateExtension = { name: 'subjectAltName', altNames: [{ type: 2, value: 'box.example' }] };

async function made(over: Partial<SelfsignedOptions> = {}): Promise<{ cert: string; key: string }> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'box.example' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(NOW - DAY_MS),
    notAfterDate: new Date(NOW + 90 * DAY_MS),
    extensions: [NAMES],
    ...over,
  });
  return { cert, key };
}

test('what can be served is taken, with what stands above it and nothing else', async () => {
  const { cert, key } = await made();
  const above = await made();
  const taken = checkedPair({ cert: `Subject: box\r\n${cert}\r\nIssuer\r\n${above.cert}`, key }, NOW);
  assert.equal(taken.cert.match(/BEGIN CERTIFICATE/g)?.length, 2);
  assert.ok(!/Subject|Issuer/.test(taken.cert));
  assert.deepEqual(checkedPair(taken, NOW), taken);
});

test('what can not be served is refused, and the one at fault is named', async () => {
  const good = await made();
  const other = await made();
  const locked = createPrivateKey(good.key)
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' })
    .toString();
  const late = await made({ notBeforeDate: new Date(NOW + DAY_MS) });
  const old = await made({ notAfterDate: new Date(NOW) });
  const weak = await made({ keyType: 'rsa', keySize: 512 } as Partial<SelfsignedOptions>);
  const damaged = good.cert.replace(/\n[A-Za-z0-9+/=]{20}/, '\nAAAAAAAAAAAAAAAAAAAA');
  const cases: [{ cert: string; key: string }, RegExp][] = [
    [{ ...good, cert: '' }, /^cert: the file holds no certificate in PEM$/],
    [{ ...good, cert: good.key }, /^cert: the file holds no certificate in PEM$/],
    [{ ...good, cert: damaged }, /^cert: one of its certificates is damaged$/],
    [{ ...good, key: 'ABC' }, /^key: the file holds no private key in PEM$/],
    [{ ...good, key: locked }, /^key: it has a passphrase$/],
    [{ ...good, key: other.key }, /^key: it is not the key of this certificate$/],
    [{ ...good, cert: other.cert + good.cert }, /^cert: the box's own certificate is not the first of the file$/],
    [old, /^cert: it ran out on 2026-11-23$/],
    [late, /^cert: it begins on 2026-11-24 only$/],
    [
      await made({ extensions: [{ name: 'basicConstraints', cA: false }] }),
      /^cert: it is for no host name or address$/,
    ],
    [weak, /^cert: it can't be served \(ERR_SSL_EE_KEY_TOO_SMALL\)$/],
  ];
  for (const [pair, message] of cases) {
    assert.throws(
      () => checkedPair(pair, NOW),
      (error: unknown) => {
        assert.ok(error instanceof UserError, String(error));
        assert.match(error.message, message);
        assert.ok((error.fix ?? '').length > 10 && error.cause === undefined);
        return true;
      },
      String(message),
    );
  }
});
