/** Identity, tax, health, passport and licence numbers outside Europe and Korea, and whatever follows a word for one. */
import { digitsOf, isDate, isLuhn, isVerhoeff, startsWithDate, weighted } from '../checksums.ts';
import type { Rule } from '../rule.ts';
import { END, FEW_DIGITS, NO_LETTER, rule } from './national-id-rule.ts';

const isSsn = (value: string): boolean => {
  const digits = digitsOf(value);
  return digits.length === 9 && !/^(?:000|666)|^\d{3}00|0000$/.test(digits);
};

/** National provider: Luhn after the prefix 80840 of US health cards. */
const isNpi = (value: string): boolean => /^[12]/.test(value) && isLuhn(`80840${digitsOf(value)}`);

const isCanadian = (value: string): boolean => /^[1-79]/.test(value) && isLuhn(digitsOf(value));

const isAbn = (value: string): boolean => {
  const digits = digitsOf(value);
  const first = `${Number(digits[0]) - 1}`;
  return first !== '-1' && weighted(first + digits.slice(1), [10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]) % 89 === 0;
};
const isAcn = (value: string): boolean => {
  const digits = digitsOf(value);
  return (10 - (weighted(digits, [8, 7, 6, 5, 4, 3, 2, 1]) % 10)) % 10 === Number(digits[8]);
};
const isTfn = (value: string): boolean => weighted(digitsOf(value), [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 === 0;
const isMedicare = (value: string): boolean => {
  const digits = digitsOf(value);
  return weighted(digits, [1, 3, 7, 9, 1, 3, 7, 9]) % 10 === Number(digits[8]);
};

const isAadhaar = (value: string): boolean => isVerhoeff(digitsOf(value));

const isThai = (value: string): boolean => {
  const digits = digitsOf(value);
  return (11 - (weighted(digits, [13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 10 === Number(digits[12]);
};

const isTurkish = (value: string): boolean => {
  const d = [...digitsOf(value)].map(Number);
  const odd = d[0]! + d[2]! + d[4]! + d[6]! + d[8]!;
  const even = d[1]! + d[3]! + d[5]! + d[7]!;
  return (((odd * 7 - even) % 10) + 10) % 10 === d[9] && d.slice(0, 10).reduce((a, b) => a + b, 0) % 10 === d[10];
};

const isSouthAfrican = (value: string): boolean => startsWithDate(value) && isLuhn(value);

const isChinese = (value: string): boolean => {
  const year = Number(value.slice(6, 10));
  return isDate(year, Number(value.slice(10, 12)), Number(value.slice(12, 14))) && year > 1850 && year < 2100;
};

const isBrazilian = (value: string): boolean => {
  const digits = digitsOf(value);
  const check = (weights: readonly number[]): number => ((weighted(digits, weights) * 10) % 11) % 10;
  return (
    check([10, 9, 8, 7, 6, 5, 4, 3, 2]) === Number(digits[9]) &&
    check([11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) === Number(digits[10])
  );
};

/** A word for an identity number may stand beside a telephone number. */
const KOREAN_MOBILE = /^(?:82[ .-]{0,2}0?|0)1[016789][ .-]?\d{3,4}[ .-]?\d{4}$/;

export const WORLD: readonly Rule[] = [
  // United States: social security and taxpayer numbers, passport, Medicare, provider and prescriber numbers, driving licences.
  rule('(?<![\\d\\-])\\d{3}([ \\-._])\\d{2}\\1\\d{4}(?![\\d\\-])', isSsn),
  rule('(?<![\\d.])\\d{9}(?![\\d.])', isSsn, /\b(?:ssn|social|tax|itin|ein|tin)\b/i),
  rule('(?<!\\d)9\\d{2}[ \\-]?[5-9]\\d[ \\-]?\\d{4}(?!\\d)', undefined, /\b(?:itin|tax)/i),
  rule('(?<!\\d)\\d{2}-\\d{7}(?!\\d)', undefined, /\b(?:ein|employer|tax|federal)\b/i),
  rule(`${NO_LETTER}[A-Z]\\d{8}${END}`),
  rule(
    `${NO_LETTER}[1-9][AC-HJ-KM-NP-RT-Y][0-9AC-HJ-KM-NP-RT-Y]\\d-?[AC-HJ-KM-NP-RT-Y][0-9AC-HJ-KM-NP-RT-Y]\\d-?[AC-HJ-KM-NP-RT-Y]{2}\\d{2}${END}`,
    undefined,
    undefined,
    FEW_DIGITS,
  ),
  rule('(?<!\\d)\\d{4}[ \\-]?\\d{3}[ \\-]?\\d{3}(?!\\d)', isNpi),
  rule(`${NO_LETTER}[A-Z][A-Z9]\\d{7}${END}`),
  rule(`${NO_LETTER}[A-Z]\\d{3}[ \\-]\\d{3,4}[ \\-]\\d{2,4}(?:[ \\-]\\d{1,4}){0,2}${END}`),
  // Canada and Latin America.
  rule('(?<!\\d)\\d{3}[ \\-]?\\d{3}[ \\-]?\\d{3}(?!\\d)', isCanadian),
  rule('(?<!\\d)\\d{3}\\.?\\d{3}\\.?\\d{3}-?\\d{2}(?!\\d)', isBrazilian),
  rule('(?<!\\d)\\d{3}\\.\\d{3}\\.\\d{3}-\\d{2}(?!\\d)'),
  rule('(?<!\\d)\\d{2}\\.\\d{3}\\.\\d{3}/\\d{4}-\\d{2}(?!\\d)'),
  rule(`${NO_LETTER}[A-Z]{4}\\d{6}(?:[HM][A-Z]{5}[A-Z0-9]\\d|[A-Z0-9]{3})${END}`),
  rule('(?<!\\d)\\d{1,2}\\.\\d{3}\\.\\d{3}-[\\dK](?![A-Za-z0-9])'),
  // Australia.
  rule('(?<!\\d)\\d{2} ?\\d{3} ?\\d{3} ?\\d{3}(?!\\d)', isAbn),
  rule('(?<!\\d)\\d{3} ?\\d{3} ?\\d{3}(?!\\d)', isAcn),
  rule('(?<!\\d)\\d{3} ?\\d{3} ?\\d{3}(?!\\d)', isTfn),
  rule('(?<!\\d)[2-6]\\d{3} ?\\d{5} ?\\d(?!\\d)', isMedicare),
  // India.
  rule('(?<!\\d)[2-9]\\d{3}[ \\-:]?\\d{4}[ \\-:]?\\d{4}(?!\\d)', isAadhaar),
  rule(`${NO_LETTER}[A-Z]{5}\\d{4}[A-Z]${END}`, undefined, undefined, FEW_DIGITS),
  rule(`${NO_LETTER}\\d{2}[A-Z]{5}\\d{4}[A-Z][1-9A-Z]Z[0-9A-Z]${END}`),
  rule(`${NO_LETTER}[A-Z]{3}\\d{7}${END}`),
  rule(`${NO_LETTER}[A-Z][ \\-]?[1-9]\\d{6}${END}`),
  // East and South-East Asia.
  rule('(?<!\\d)\\d{17}[\\dX](?![A-Za-z0-9])', isChinese),
  rule(`${NO_LETTER}[STFGM]\\d{7}[A-Z]${END}`),
  rule(`${NO_LETTER}(?:\\d{8,9}[A-Z]|[TSR]\\d{2}[A-Z]{2}\\d{4}[A-Z])${END}`),
  rule(`${NO_LETTER}[A-Z]{1,2}\\d{6} ?\\([0-9A]\\)`),
  rule(`${NO_LETTER}[A-Z][12]\\d{8}${END}`),
  rule('(?<!\\d)\\d ?-?\\d{4} ?-?\\d{5} ?-?\\d{2} ?-?\\d(?!\\d)', isThai),
  rule('(?<!\\d)\\d{6}-\\d{2}-\\d{4}(?!\\d)', startsWithDate),
  rule('(?<!\\d)\\d{4}[ \\-]\\d{4}[ \\-]\\d{4}(?!\\d)', undefined, /マイナンバー|個人番号|my number|aadha?ar|uid/i),
  rule(`${NO_LETTER}[A-Z]{2}\\d{7}${END}`),
  // Turkey, South Africa, Nigeria, Israel, Gulf.
  rule('(?<!\\d)[1-9]\\d{10}(?!\\d)', isTurkish),
  rule('(?<!\\d)\\d{13}(?!\\d)', isSouthAfrican),
  rule('(?<!\\d)784-?\\d{4}-?\\d{7}-?\\d(?!\\d)'),
  // Digits, or a mixture, after or before a word for such a number, in several languages.
  rule(
    '(?<![A-Za-z0-9.])[A-Za-z]{0,4}\\d{1,24}(?:(?:[ \\-./_][A-Za-z]{0,3}|[A-Za-z]{1,3})\\d{1,24}){0,14}[A-Za-z]{0,3}(?![A-Za-z0-9])',
    (value) =>
      digitsOf(value).length >= 6 &&
      digitsOf(value).length <= 20 &&
      !/^\d{4}-\d{2}-\d{2}/.test(value) &&
      !KOREAN_MOBILE.test(value),
    /\b(?:ssn|itin|ein|passports?|licen[cs]e|driver|driving|id(?: ?(?:card|no|number|code))?|identity|identification|identifier|national|nin|nino|nhs|medicare|medicaid|insurance|insured|tax|tfn|abn|acn|npi|dea|mbi|sin|nas|pan|aadha?ar|voter|visa|social|citizen|resident|permit|patient|mrn|record|policy|member|dni|nie|nif|pasaporte|pesel|dowód|henkilötunnus|hetu|personnummer|organisationsnummer|ausweis|personalausweis|reisepass|pass|führerschein|steuer|krankenkasse|kvnr|codice|fiscale|patente|passaporto|passeport|permis|kimlik|tckn|vergi|refugee|uen|nric|fin|curp|rfc|cpf|cnpj|rut|bvn|employee|student|matricul\w{0,4})\b|여권|면허|주민|외국인|บัตร|ประชาชน/i,
  ),
  rule(
    '(?<key>\\b(?:passport|licen[cs]e|ssn|nhs|nino|tin|vat|dni|nie|nif|id|permit|mrn|visa)(?: (?:no|nr|num|number|code|card|is|#)){0,3}[.:=# ]{1,3}(?:is )?)(?=[A-Z0-9 \\-/]{0,12}\\d)[A-Z0-9](?:[\\-/ ]?[A-Z0-9]){3,17}(?![A-Za-z0-9])',
    (value) => digitsOf(value).length >= 4,
    undefined,
    FEW_DIGITS,
  ),
];
