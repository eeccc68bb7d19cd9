/** Goal: a certificate that runs out, or is none, is told before viewers see it. Method: a pair that is made here, and a driven clock. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boxCertificate } from '../../../../edge/agent/certificate/own.ts';
import { checkCertificates } from '../../../../edge/cli/doctor/certificates.ts';
import { TempDir } from '../../../support/temp.ts';
import { contextWith } from './fake-system.ts';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 23);

test('certificates are judged by the time that is left, and by their key', async () => {
  using dir = new TempDir();
  const { cert, key } = await boxCertificate(dir.path, [], { wallMs: () => NOW, monotonicMs: () => 0 });
  const told = async (days: number, tls: { cert: string; key: string } | undefined): Promise<string[]> => {
    const context = contextWith({ wallMs: () => NOW + days * DAY_MS });
    if (tls !== undefined) context.loaded.config.http.tls = tls;
    const results = await checkCertificates(context);
    return [results]
      .flat()
      .map(({ name, status, detail }) => `${status} ${name} ${detail.replaceAll(dir.path, 'DIR')}`);
  };
  assert.deepEqual(await told(0, undefined), []);
  assert.deepEqual(await told(1, { cert, key }), ['ok certificate http DIR/tls/box.crt, 819 days left']);
  assert.deepEqual(await told(800, { cert, key }), ['warn certificate http DIR/tls/box.crt runs out in 20 days']);
  assert.deepEqual(await told(900, { cert, key }), ['fail certificate http DIR/tls/box.crt has run out']);
  const [mixed] = await told(0, { cert, key: cert });
  assert.match(mixed ?? '', /^fail certificate http http\.tls\.key: DIR\/tls\/box\.crt does not hold the private key/);
});
