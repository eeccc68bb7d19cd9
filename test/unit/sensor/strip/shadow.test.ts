/** Goal: disguises come off, and every unit of a shadow leads back to what it came from. Method: known disguises, and their places. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shadowsOf } from '../../../../edge/sensor/strip/shadow.ts';

const plain = (text: string): string => shadowsOf(text).at(-1)!.text;

test('takes off what only looks different', () => {
  const disguised: Record<string, string> = {
    '０１０－１２３４': '010-1234',
    '٠١٠': '010',
    '0\u200b1\u200d0\ufeff': '010',
    '1\ufe0f\u20e32\ufe0f\u20e3': '12',
    '➊➋➌': '123',
    '𝟘𝟙𝟚': '012',
    '0\u03361\u03360': '010',
    '010\u2011123\u22124': '010-123-4',
    '010\u00a01234\u3000': '010 1234 ',
    'jоhn@exаmple.com': 'john@example.com',
    А123ВС77: 'A123BC77',
    '\u1112\u1169\u11bc길동': '홍길동',
    'ｊｏｈｎ＠ｘ．ｃｏ': 'john@x.co',
    '1\u03362\u0336가\u03363\u0336': '12가3',
    '12ㄱㅏ3456': '12가3456',
    'j o h n @ x . c o': 'john@x.co',
    'seen 1 2 가 3 4 5 6  today': 'seen 12가3456  today',
  };
  for (const [text, expected] of Object.entries(disguised)) assert.equal(plain(text), expected);
});

test('leaves words of other alphabets alone', () => {
  assert.equal(plain('Πλατεία Μαβίλη, Москва'), 'Πλατεία Μαβίλη, Москва');
});

test('takes escapes off, also twofold, and keeps the text as it stands beside', () => {
  const escaped: Record<string, string> = {
    'a%40b.c': 'a@b.c',
    'a%2540b': 'a@b',
    '%ED%99%8D': '홍',
    '&#48;&#x31;&commat;': '01@',
    '\\u0030\\x31\\u{32}': '012',
    'a=40b=\n.c': 'a@b.c',
    '=ED=99=8D=EA=B8=B8=EB=8F=99': '홍길동',
    'caf=C3=A9': 'café',
    '\\x31\\xea\\xb0\\x80': '1가',
    '\\060\\061\\352\\260\\200': '01가',
    '0<b>1</b>0<!-- -->-<i class="x">1</i>': '010-1',
  };
  for (const [text, expected] of Object.entries(escaped)) {
    assert.equal(plain(text), expected);
    assert.equal(shadowsOf(text)[0]!.text, text.replaceAll('\n', '\n'));
  }
  for (const text of [
    '100%',
    '%zz',
    '&unknown;',
    '&#99999999;',
    '\\q',
    'a=31',
    'x=10=21',
    '1 < 2 > 0',
    '1 2 3 4 5 6 7 8',
    'a b c',
  ])
    assert.equal(shadowsOf(text).length, 1, text);
});

test('leads back to whole characters of the input', () => {
  const text = 'x😀\u200b%30１\u0301y';
  const shadow = shadowsOf(text).at(-1)!;
  assert.equal(shadow.text, 'x😀01y');
  const at = (start: number, end: number): string => {
    const span = shadow.toInput({ start, end, category: 'number' });
    return text.slice(span.start, span.end);
  };
  assert.equal(at(3, 4), '%30');
  assert.equal(at(4, 5), '１\u0301');
  assert.equal(at(3, 5), '%30１\u0301');
  assert.equal(at(0, 6), text);
});
