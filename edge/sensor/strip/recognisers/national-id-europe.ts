/** Identity, tax, health, passport and licence numbers of Europe, with their check digits where the issuer publishes them. */
import { digitsOf, isLuhn, isMod11Radix10, startsWithDate, weighted } from '../checksums.ts';
import type { Rule } from '../rule.ts';
import { END, FEW_DIGITS, NO_LETTER, rule } from './national-id-rule.ts';

const upper = (value: string): string => value.replaceAll(/[^A-Za-z0-9]/g, '').toUpperCase();

const isNhs = (value: string): boolean => {
  const digits = digitsOf(value);
  return (11 - (weighted(digits, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 11 === Number(digits[9]);
};

const SPANISH_LETTERS = 'TRWAGMYFPDXBNJZSQVHLCKE';
const isSpanish = (value: string): boolean => {
  const id = upper(value).replace(/^[XYZ]/, (letter) => String('XYZ'.indexOf(letter)));
  return SPANISH_LETTERS[Number(id.slice(0, -1)) % 23] === id.at(-1);
};

const isItalianVat = (value: string): boolean => {
  const digits = digitsOf(value);
  return isLuhn(digits);
};

const isPesel = (value: string): boolean => {
  const digits = digitsOf(value);
  return (10 - (weighted(digits, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10 === Number(digits[10]);
};

const FINNISH_LETTERS = '0123456789ABCDEFHJKLMNPRSTUVWXY';
const isFinnish = (value: string): boolean => {
  const id = upper(value);
  const digits = digitsOf(id.slice(0, -1));
  return FINNISH_LETTERS[Number(digits.slice(0, 9)) % 31] === id.at(-1);
};

/** With or without century; the organisation number has the same check and no date. */
const isSwedish = (value: string): boolean => isLuhn(digitsOf(value).slice(-10));

const isGermanTax = (value: string): boolean => /^[1-9]/.test(value) && isMod11Radix10(digitsOf(value));

/** Identity card and passport: weights 7, 3, 1 over digits and letters (ICAO 9303). */
const isIcao = (value: string): boolean => {
  const id = upper(value);
  const sum = [...id.slice(0, -1)].reduce((total, c, i) => total + Number.parseInt(c, 36) * [7, 3, 1][i % 3]!, 0);
  return sum % 10 === Number(id.at(-1));
};

/** A short word before a number. */
const isNoWord = (value: string): boolean => !/^(?:is|no|nr|id|to|at|in|of|on|by|or|as|an|am|be|it|so) /i.test(value);

const isNorwegian = (value: string): boolean => {
  const digits = digitsOf(value);
  return (
    weighted(digits, [3, 7, 6, 1, 8, 9, 4, 5, 2, 1]) % 11 === 0 &&
    weighted(digits, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0
  );
};

const isDutch = (value: string): boolean => weighted(digitsOf(value), [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0;

const isFrench = (value: string): boolean => {
  const digits = digitsOf(value);
  return 97 - (Number(digits.slice(0, 13)) % 97) === Number(digits.slice(13));
};

export const EUROPE: readonly Rule[] = [
  // United Kingdom: health service, national insurance, passport, driving licence.
  rule('(?<!\\d)\\d{3}[ \\-]?\\d{3}[ \\-]?\\d{4}(?!\\d)', isNhs),
  rule(`${NO_LETTER}[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?: ?\\d{2}){3} ?[A-D]${END}`),
  rule(`${NO_LETTER}[A-Z]{2}\\d{7}${END}`),
  rule(
    `${NO_LETTER}[A-Z9]{3,5}\\d{6,7}[A-Z9]{1,2}\\d?[A-Z0-9]{3,5}${END}`,
    (value) => value.length >= 15 && value.length <= 18,
  ),
  // Spain: NIF, NIE, passport.
  rule(`${NO_LETTER}[XYZ]?\\d{7,8}[ \\-]?[A-Z]${END}`, isSpanish),
  rule(`${NO_LETTER}[A-Z]{3}\\d{6}${END}`),
  rule(`${NO_LETTER}[ABCDEFGHJNPQRSUVW][ \\-]?\\d{7}[ \\-]?[0-9A-J]${END}`),
  // Italy: fiscal code, VAT, identity card, passport, driving licence.
  rule(
    `${NO_LETTER}[A-Z]{6}[ \\-]?[0-9LMNPQRSTUV]{2}[ABCDEHLMPRST][0-9LMNPQRSTUV]{2}[ \\-]?[A-Z][0-9LMNPQRSTUV]{3}[A-Z]${END}`,
    undefined,
    undefined,
    FEW_DIGITS,
  ),
  rule('(?<!\\d)\\d(?:[ _.\\-]?\\d){10}(?!\\d)', isItalianVat),
  rule(`${NO_LETTER}(?:[A-Z]{2}\\d{5}[A-Z]{2}|[A-Z]{2} \\d{7}|\\d{7}[A-Z]{2})${END}`, isNoWord, undefined, FEW_DIGITS),
  rule(`${NO_LETTER}(?:[A-Z]{2}\\d{7}[A-Z]|U1[A-Z0-9]{7}[A-Z])${END}`, undefined, undefined, FEW_DIGITS),
  // Germany: tax, identity card and passport, social security, health insurance, residence permit.
  rule('(?<!\\d)\\d{2} ?\\d{3} ?\\d{3} ?\\d{3}(?!\\d)', isGermanTax),
  rule('(?<!\\d)\\d{10,13}(?!\\d)', undefined, /steuer|idnr|id-nr|tin\b/i),
  rule(
    `${NO_LETTER}[CFGHJKLMNPRTVWXYZ][0-9CFGHJKLMNPRTVWXYZ]{7,8}\\d${END}`,
    (value) => /\d/.test(value.slice(1, -1)) && isIcao(value),
    undefined,
    FEW_DIGITS,
  ),
  rule(`${NO_LETTER}[CFGHJKLMNPRTVWXYZ]\\d{8}${END}`),
  rule(`${NO_LETTER}\\d{2} ?\\d{6} ?[A-Z] ?\\d{3}${END}`),
  rule(`${NO_LETTER}[A-Z]\\d{9}${END}`),
  rule('(?<!\\d)\\d{9}(?!\\d)', undefined, /\b(?:bsnr|lanr|arzt|praxis|betriebsst)/i),
  rule(
    `${NO_LETTER}(?:HR[AB]|GnR|PR|VR) ?\\d{1,6}(?: ?[A-Z])?${END}`,
    undefined,
    /handelsregister|amtsgericht|registergericht|\bhr[ab]\b/i,
    FEW_DIGITS,
  ),
  // Poland, Finland, Sweden, Norway, Denmark.
  rule('(?<!\\d)\\d{11}(?!\\d)', isPesel),
  rule(`${NO_LETTER}[A-Z]{3} \\d{6}${END}`, undefined, /dow[oó]d/i),
  rule('(?<!\\d)\\d{6}[-+A-FYXWVU]\\d{3}[0-9A-FHJ-NPR-Y](?![A-Za-z0-9])', isFinnish),
  rule('(?<!\\d)\\d{6}[-+A-FYXWVU]\\d{3}[0-9A-FHJ-NPR-Y](?![A-Za-z0-9])', startsWithDay),
  rule('(?<!\\d)(?:1[89]|20)?\\d{6}[-+]?\\d{4}(?!\\d)', isSwedish),
  rule('(?<!\\d)\\d{6}[ \\-]\\d{4,5}(?!\\d)', startsWithDay),
  rule('(?<!\\d)\\d{6} ?\\d{5}(?!\\d)', isNorwegian),
  // France, Netherlands, Belgium, Switzerland, Czechia, Ireland, Portugal, Austria.
  rule('(?<!\\d)[1278] ?\\d{2} ?(?:0\\d|1[0-2]|[2-9]\\d) ?(?:\\d{2}|2[AB]) ?\\d{3} ?\\d{3} ?\\d{2}(?!\\d)', isFrench),
  rule('(?<!\\d)[1278] \\d{2} \\d{2} (?:\\d{2}|2[AB]) \\d{3} \\d{3}(?: \\d{2})?(?!\\d)'),
  rule('(?<!\\d)\\d{4}[ .]?\\d{2}[ .]?\\d{3}(?!\\d)', isDutch, /\b(?:bsn|burgerservice|sofi)/i),
  rule('(?<!\\d)\\d{2}[.\\-]\\d{2}[.\\-]\\d{2}[.\\-]\\d{3}[.\\-]\\d{2}(?!\\d)'),
  rule('(?<!\\d)756[. ]?\\d{4}[. ]?\\d{4}[. ]?\\d{2}(?!\\d)'),
  rule('(?<!\\d)\\d{6}/\\d{3,4}(?!\\d)'),
  rule(`${NO_LETTER}\\d{7}[A-W][A-IW]?${END}`),
  rule('(?<!\\d)\\d{9}(?!\\d)', undefined, /\b(?:nif|contribuinte|nipc)\b/i),
  rule('(?<!\\d)\\d{4} ?\\d{6}(?!\\d)', undefined, /\b(?:svnr|sozialversicherung|versicherungsnummer)/i),
  // Romania, Bulgaria, Estonia and Lithuania, Croatia: bare digits near their names.
  rule(
    '(?<!\\d)\\d{10,13}(?!\\d)',
    undefined,
    /\b(?:cnp|egn|isikukood|asmens|oib|emšo|jmbg|amka|rodné|személyi|adóazonosító)/i,
  ),
  // VAT numbers of the Union.
  rule(
    `${NO_LETTER}(?:ATU|BE|BG|CY|CZ|DE|DK|EE|EL|ES|FI|FR|GB|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK|XI)[ \\-]?[0-9A-Z]\\d{6,11}[0-9A-Z]?(?:B\\d{2})?${END}`,
    undefined,
    /\b(?:vat|ust|tva|iva|btw|moms)/i,
  ),
];

/** `DDMMYY` at the head. */
function startsWithDay(value: string): boolean {
  const digits = digitsOf(value);
  return startsWithDate(digits.slice(4, 6) + digits.slice(2, 4) + digits.slice(0, 2));
}
