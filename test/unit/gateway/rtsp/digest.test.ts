import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  challenges,
  digestHash,
  digestsEqual,
  expectedResponse,
  parseAuthorization,
} from '../../../../edge/gateway/rtsp/digest.ts';

function answers(header: string, password: string, method: string): boolean {
  const authorization = parseAuthorization(header);
  assert.ok(authorization);
  const { algorithm, realm, username } = authorization;
  const ha1 = digestHash(algorithm, `${username}:${realm}:${password}`);
  return digestsEqual(expectedResponse(ha1, method, authorization), authorization.response);
}

test('agrees with the example of RFC 2617', () => {
  const header =
    'Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", uri="/dir/index.html", ' +
    'qop=auth, nc=00000001, cnonce="0a4f113b", response="6629fae49393a05397450978507c4ef1", opaque="5ccc069c403ebaf9f0171e9517f40e41"';
  assert.equal(answers(header, 'Circle Of Life', 'GET'), true);
  assert.equal(answers(header, 'Circle of Life', 'GET'), false);
  assert.equal(answers(header, 'Circle Of Life', 'POST'), false);
});

test('agrees with the examples of RFC 7616', () => {
  const header = (algorithm: string, response: string): string =>
    `Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm=${algorithm}, ` +
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", ' +
    `qop=auth, response="${response}", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`;
  const md5 = header('MD5', '8ca523f5e9506fed4657c9700eebdbec');
  const sha256 = header('SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1');
  assert.equal(answers(md5, 'Circle of Life', 'GET'), true);
  assert.equal(answers(sha256, 'Circle of Life', 'GET'), true);
  assert.equal(answers(sha256.replace('nc=00000001', 'nc=00000002'), 'Circle of Life', 'GET'), false);
});

test('reads the form without qop, and quoted characters', () => {
  const authorization = parseAuthorization('digest username="a\\"b", realm="r", nonce="n", uri="u", response="AB12"');
  assert.deepEqual(authorization, {
    username: 'a"b',
    realm: 'r',
    nonce: 'n',
    uri: 'u',
    response: 'ab12',
    algorithm: 'MD5',
    qop: undefined,
  });
});

test('refuses what was not offered or is not whole', () => {
  const good = 'Digest username="a", realm="r", nonce="n", uri="u", response="12"';
  assert.ok(parseAuthorization(good));
  for (const bad of [
    'Basic YTpi',
    'Digest',
    good.replace(' uri="u",', ''),
    `${good}, algorithm=MD5-sess`,
    `${good}, algorithm=SHA-512-256`,
    `${good}, qop=auth-int, nc=00000001, cnonce="c"`,
    `${good}, qop=auth, nc=1, cnonce="c"`,
    `${good}, qop=auth, nc=00000001`,
    `${good}, username="b"`,
    `${good}, unclosed="`,
    good.replace('"12"', '"xy"'),
  ]) {
    assert.equal(parseAuthorization(bad), undefined, bad);
  }
});

test('challenges with MD5 last, since players that know only MD5 take the last one', () => {
  const texts = challenges('garim', 'abc', true);
  assert.deepEqual(
    texts.map((text) => /algorithm=([^,]+)/.exec(text)?.[1]),
    ['SHA-256', 'MD5'],
  );
  for (const text of texts) assert.match(text, /^Digest realm="garim", nonce="abc".*stale=true$/);
});
