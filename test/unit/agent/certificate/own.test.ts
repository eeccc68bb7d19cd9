/** Goal: a box makes itself one certificate that browsers can take, keeps it, and renews it with the same key. Method: a driven clock. */
import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { generate } from 'selfsigned';
import { boxCertificate, replaceByOwn, replaceOwn } from '../../../../edge/agent/certificate/own.ts';
import { readTls } from '../../../../edge/config/tls.ts';
import { TempDir } from '../../../support/temp.ts';

const DAY_MS = 86_400_000;
const at = (wallMs: number) => ({ wallMs: () => wallMs, monotonicMs: () => 0 });
const NOW = Date.UTC(2026, 10, 23);

test('it is made for the names of the box, kept while it lasts, and renewed with its key', async () => {
  using dir = new TempDir();
  const made = await boxCertificate(dir.path, ['box.example', '192.0.2.9'], at(NOW));
  assert.equal(made.state, 'made');
  const certificate = new X509Certificate(readFileSync(made.cert));
  for (const name of ['localhost', 'box.example']) assert.equal(certificate.checkHost(name), name);
  for (const ip of ['127.0.0.1', '192.0.2.9']) assert.equal(certificate.checkIP(ip), ip);
  assert.ok(certificate.checkPrivateKey(createPrivateKey(readFileSync(made.key))));
  assert.equal(certificate.ca, false);
  const days = (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / DAY_MS;
  assert.ok(days > 365 && days <= 825, `${days} days`);
  assert.equal(statSync(made.key).mode & 0o777, 0o600);
  assert.match(made.fingerprint, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);

  const kept = await boxCertificate(dir.path, [], at(NOW + 700 * DAY_MS));
  assert.deepEqual([kept.state, kept.fingerprint], ['kept', made.fingerprint]);
  const keyBefore = readFileSync(made.key, 'utf8');
  const renewed = await boxCertificate(dir.path, [], at(NOW + 800 * DAY_MS));
  assert.equal(renewed.state, 'renewed');
  assert.notEqual(renewed.fingerprint, made.fingerprint);
  assert.equal(readFileSync(made.key, 'utf8'), keyBefore);
  assert.ok(renewed.validTo.getTime() > NOW + 1500 * DAY_MS);
  await readTls({ cert: made.cert, key: made.key }, 'http.tls');
});

test('half a pair is not made whole, and what is no pair is refused by name', async () => {
  using dir = new TempDir();
  const { cert, key } = await boxCertificate(dir.path, [], at(NOW));
  using other = new TempDir();
  const foreign = await boxCertificate(other.path, [], at(NOW));
  await assert.rejects(readTls({ cert, key: foreign.key }, 'http.tls'), {
    message: /^http\.tls\.key: .* does not hold the private key of/,
  });
  await assert.rejects(readTls({ cert: key, key }, 'rtsp.tls'), {
    message: /^rtsp\.tls\.cert: .* holds no certificate/,
  });
  await assert.rejects(readTls({ cert: `${cert}x`, key }, 'http.tls'), {
    message: /^http\.tls\.cert: .* can't be read \(ENOENT\)/,
  });
  rmSync(key);
  await assert.rejects(boxCertificate(dir.path, [], at(NOW)), { message: /only one is there/ });
  writeFileSync(key, 'x');
  writeFileSync(cert, 'x');
  await assert.rejects(boxCertificate(dir.path, [], at(NOW)), { message: /holds no certificate/ });
});

test('another pair takes its place as a whole, also when the power fails half way, and gives way to a self-made one when asked', async () => {
  using dir = new TempDir();
  using authority = new TempDir();
  const { cert, key } = await boxCertificate(dir.path, [], at(NOW));
  const first = await boxCertificate(authority.path, ['city.example'], at(NOW));
  const given = { cert: readFileSync(first.cert, 'utf8'), key: readFileSync(first.key, 'utf8') };
  await replaceOwn(dir.path, given);
  assert.deepEqual([readFileSync(cert, 'utf8'), readFileSync(key, 'utf8')], [given.cert, given.key]);
  assert.deepEqual(readdirSync(path.dirname(cert)).sort(), ['box.crt', 'box.key']);

  rmSync(first.cert);
  rmSync(first.key);
  const second = await boxCertificate(authority.path, ['city.example'], at(NOW));
  const next = { cert: readFileSync(second.cert, 'utf8'), key: readFileSync(second.key, 'utf8') };
  assert.notEqual(next.key, given.key);
  // As it lies there when the power fails after the first of the two.
  writeFileSync(path.join(path.dirname(cert), 'next.json'), JSON.stringify(next));
  writeFileSync(key, next.key);
  const kept = await boxCertificate(dir.path, [], at(NOW));
  assert.deepEqual([kept.state, kept.fingerprint], ['kept', second.fingerprint]);
  await readTls({ cert, key }, 'http.tls');
  assert.deepEqual(readdirSync(path.dirname(cert)).sort(), ['box.crt', 'box.key']);

  await replaceByOwn(dir.path, at(NOW));
  assert.equal(readFileSync(cert, 'utf8'), next.cert, 'a self-made one stays');

  const ca = await generate([{ name: 'commonName', value: 'City' }], { keyType: 'ec', notBeforeDate: new Date(NOW) });
  const signed = await generate([{ name: 'commonName', value: 'box' }], {
    keyType: 'ec',
    notBeforeDate: new Date(NOW),
    ca: { key: ca.private, cert: ca.cert },
  });
  await replaceOwn(dir.path, { cert: signed.cert, key: signed.private });
  await replaceByOwn(dir.path, at(NOW));
  const own = new X509Certificate(readFileSync(cert));
  assert.ok(own.verify(own.publicKey) && own.checkHost('localhost'));
  assert.notEqual(readFileSync(key, 'utf8'), signed.private, 'with a key of its own');
  await readTls({ cert, key }, 'http.tls');
});
