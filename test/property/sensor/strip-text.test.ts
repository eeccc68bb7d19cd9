/**
 * Goal: whatever surrounds or disguises an identifier, nothing of it is left; spans are exact; time grows with the length of a text.
 * Method: generated identifiers in generated disguises and surroundings; generated texts of any characters; long texts made to provoke
 * backtracking, and a look at every pattern that a long text meets.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { makeSubject } from '../../../edge/sensor/strip/rule.ts';
import { stripText } from '../../../edge/sensor/strip/strip.ts';

const digits = (count: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^[1-9][0-9]{${count - 1}}$`));
const hex = (count: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^[0-9a-f]{${count}}$`));

/** What must not be left, and how it is written. */
const identifier = fc.oneof(
  fc.tuple(digits(4), digits(4)).map(([a, b]) => ({ kept: [a, b], text: `010-${a}-${b}` })),
  fc.tuple(digits(3), digits(3), digits(4)).map(([a, b, c]) => ({ kept: [b, c], text: `+1 (${a}) ${b} ${c}` })),
  digits(6).map((a) => ({ kept: [a], text: `960121-1${a}` })),
  fc
    .tuple(fc.constantFrom(...'가나다라마거너더러머허하호'), digits(4))
    .map(([a, b]) => ({ kept: [b], text: `12${a}${b}` })),
  fc.tuple(hex(4), hex(4)).map(([a, b]) => ({
    kept: [`${b.slice(0, 2)}:${b.slice(2)}`],
    text: `02:1a:${a.slice(0, 2)}:${a.slice(2)}:${b.slice(0, 2)}:${b.slice(2)}`,
  })),
  fc.stringMatching(/^[a-z]{5,12}$/).map((a) => ({ kept: [`${a}@`], text: `${a}@mail.example.com` })),
  fc.tuple(digits(5), digits(5)).map(([a, b]) => ({ kept: [a, b], text: `37.${a}, 126.${b}` })),
  digits(12).map((a) => ({ kept: [a], text: a })),
);

/** Each is one to one on what is left when it is not covered: what is kept is looked for in the same disguise. */
const disguise = fc.constantFrom<(text: string) => string>(
  (text) => text,
  (text) => text.replaceAll(/[!-~]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0)),
  (text) => [...text].join('\u200b'),
  (text) => text.replaceAll('-', '\u2011').replaceAll(' ', '\u00a0'),
  (text) => text.replaceAll(/\d/g, (d) => String.fromCharCode(0x660 + Number(d))),
  (text) => text.replaceAll(/\d/g, (d) => String.fromCodePoint(0x1d7d8 + Number(d))),
  (text) => [...text].map((c) => (c < '~' ? `&#${c.charCodeAt(0)};` : c)).join(''),
  (text) => [...text].map((c) => (c < '~' ? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}` : c)).join(''),
  (text) => [...text].map((c) => (c < '~' ? `%${c.charCodeAt(0).toString(16).padStart(2, '0')}` : c)).join(''),
  (text) => text.normalize('NFD'),
);
const around = fc.constantFrom(
  '',
  ' ',
  '\n',
  '번호는 ',
  'see ',
  '(',
  '"',
  ', then ',
  ' 입니다',
  '😀',
  ' and so on.',
  '\t',
  '={',
  'x: ',
);

test('nothing of an identifier is left in any disguise', () => {
  fc.assert(
    fc.property(identifier, disguise, around, around, ({ kept, text }, hide, before, after) => {
      const left = stripText(`${before}${hide(text)}${after}`).text;
      for (const part of kept) assert.ok(!left.includes(hide(part)), `left: ${left}`);
    }),
    { numRuns: 600 },
  );
});

const bytesOf = (text: string, write: (byte: number) => string): string => [...Buffer.from(text)].map(write).join('');
const hexOf = (byte: number): string => byte.toString(16).padStart(2, '0');
const base32 = (text: string): string => {
  const bits = bytesOf(text, (byte) => byte.toString(2).padStart(8, '0'));
  const digit = (five: string): string => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(five.padEnd(5, '0'), 2)]!;
  const token = (bits.match(/.{1,5}/g) ?? []).map(digit).join('');
  return token.padEnd(Math.ceil(token.length / 8) * 8, '=');
};
const encoding = fc.constantFrom<(text: string) => string>(
  (text) => Buffer.from(text).toString('base64'),
  (text) => Buffer.from(text).toString('base64url'),
  (text) => Buffer.from(JSON.stringify({ nested: JSON.stringify({ text }) })).toString('base64'),
  (text) => Buffer.from(Buffer.from(text).toString('base64')).toString('hex'),
  (text) =>
    Buffer.from(text.repeat(3))
      .toString('base64')
      .replaceAll(/.{20}(?=.)/g, '$&\r\n'),
  (text) => gzipSync(text).toString('base64'),
  (text) => deflateSync(text).toString('base64'),
  (text) => deflateSync(text.repeat(3)).toString('hex'),
  (text) => bytesOf(text, hexOf),
  (text) => bytesOf(text, (byte) => `${hexOf(byte)} `).trim(),
  (text) => bytesOf(text, (byte) => `${hexOf(byte)}:`).slice(0, -1),
  (text) => bytesOf(text, (byte) => `0x${hexOf(byte)}, `).slice(0, -2),
  (text) => bytesOf(text, (byte) => `\\x${hexOf(byte)}`),
  (text) => bytesOf(text, (byte) => `\\${byte.toString(8).padStart(3, '0')}`),
  (text) => bytesOf(text, (byte) => `=${hexOf(byte).toUpperCase()}`),
  base32,
);

test('identifiers inside what is encoded are covered', () => {
  fc.assert(
    fc.property(identifier, encoding, ({ text }, encode) => {
      const token = encode(`call ${text}`);
      const left = stripText(`data ${token} end`).text;
      // From its middle on there is the identifier.
      const half = token.slice(Math.floor(token.length / 2));
      assert.ok(!left.includes(half.slice(0, 12)) && !left.includes(half.slice(-12)), `left: ${left} of ${token}`);
    }),
    { numRuns: 400 },
  );
});

test('identifiers are covered that are written letter by letter', () => {
  fc.assert(
    fc.property(identifier, ({ text }) => {
      fc.pre(/[^\d ]/.test(text) && !text.includes(' '));
      const token = [...text].join(' ');
      assert.ok(!stripText(`data ${token} end`).text.includes(token.slice(-9)), text);
    }),
    { numRuns: 100 },
  );
});

test('spans are sorted, disjoint, whole and reproduce the output', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.string({ maxLength: 12 }),
    identifier.map(({ text }) => text),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const text = pieces.join(' ');
      const stripped = stripText(text);
      let at = 0;
      let expected = '';
      for (const { start, end, category } of stripped.spans) {
        assert.ok(start >= at && end > start && end <= text.length);
        assert.ok(!/^[\udc00-\udfff]/.test(text.slice(start, end)) || !/[\ud800-\udbff]$/.test(text.slice(0, start)));
        expected += `${text.slice(at, start)}[${category}]`;
        at = end;
      }
      assert.equal(stripped.text, expected + text.slice(at));
    }),
    { numRuns: 400 },
  );
});

const LONG_UNITS = 8_192;
const HOSTILE =
  "=41|\\x41|\\101|<b>|<a |<!--|a b |0x41, |41:|41 |QUJDREVGR0hJSktM\n|_at_a|_at_a_dot_|ㄱㅏ|a|A|1|1 |a1|1-|a.|a@|1:|aa:|Abc |Abc Def |A1 |name: |My name is |%41|&#65;|\\u0041|(|1°1'|lat 1.234,|가|가 12|서울 |강남구 |1\u200b|a\u0301|а1|QUJD|\n|address: 1 A\n|12 Abc Def |www.|http://a|password=|GB12 ABCD |1.1.|1 Jan |zero |0x01, |+1 (2) |\"|_-|a=|4111 1111 |::|1.1.1.|(1) |POINT(1 |xqzt |I said. |corner of A |plate AB |card 123456789012 |a at |a arroba |a punkt |a at b punkt |a małpa b kropka |Imię: Abc |Name: a |010 다시 1 |공일공 |서울 강남 가 |임시 |Kfz |Kfz AB-|48,123 |50 36 59 |targa ab12 |mi abuela Abc |Abc <a@|Passwort vom a wlan |///abc.|홍길동(78세|a's Galaxy A1 |[가나다] [오전 1|담당 |De Vries |Am Abcd 1 |geb. 1.".split(
    '|',
  );

// A pattern that backtracks without bound would not come back within the time limit of a test.
test('long texts made to provoke backtracking come back', { timeout: 400_000 }, () => {
  for (const part of HOSTILE) {
    const text = part.repeat(Math.ceil(LONG_UNITS / part.length)).slice(0, LONG_UNITS);
    for (const { start, end } of stripText(text).spans) assert.ok(start < end);
    stripText(`${text}!`);
  }
});

test('every pattern that a long text meets has bounded repetition, or repeats one class only', () => {
  const met = new Set<string>();
  const exec = RegExp.prototype.exec;
  RegExp.prototype.exec = function (text: string): RegExpExecArray | null {
    if (text.length > 500) met.add(this.source);
    return exec.call(this, text);
  };
  try {
    const long =
      'Ask John Smith, +82 10-1234-5678, a@b.example, 37.56651, 126.97801, 12가3456, %41 at 5 Main Street. ' +
      "Kfz B-AB 12, a arroba b punto es, mi hija Ana, Tom's Galaxy, Passwort wlan: a1, code 12, ///aa.bb.cc, geohash u1, 佐藤様, 오전 10:12 임 1234, name: x, 99,12345; ";
    stripText(long.repeat(8));
  } finally {
    RegExp.prototype.exec = exec;
  }
  assert.ok(met.size > 150, `only ${met.size} patterns seen`);
  const unbounded = [...met].filter((source) => {
    const bare = source.replaceAll(/\\p\{[^}]*\}|\\[^p]/g, 'x').replaceAll(/\[[^\]]*\]/g, 'x');
    return /[*+]|\{\d+,\}/.test(bare);
  });
  const linear = [
    '\\S+',
    '^[\\n\\x20-\\x7e\\u00c0-\\u0131\\u0134-\\u013e\\u0141-\\u0148\\u014a-\\u017e\\uac00-\\ud7a3]*$',
    '[\\u1100-\\u11ff\\ua960-\\ua97c\\ud7b0-\\ud7fb]{1,3}|[\\u3131-\\u314e][\\u314f-\\u3163]|[^\\p{M}]\\p{M}*|\\p{M}+',
  ];
  assert.deepEqual(
    unbounded.filter((source) => !linear.includes(source)),
    [],
  );
});

test('digits are counted as recognisers need them', () => {
  assert.deepEqual(makeSubject('a1b22'), { text: 'a1b22', digits: 3 });
});
