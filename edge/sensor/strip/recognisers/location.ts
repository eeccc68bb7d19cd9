/** Places given by coordinates. Two decimals are about a kilometre; what is finer counts. */
import { type Recogniser, type Rule, recogniser } from '../rule.ts';

const KEY =
  '(?:lat(?:itude?|itud)?|lon(?:g(?:itude?|itud)?)?|lng|위도|경도|geo|gps|coord(?:inate)?s?|position|pos|loc(?:ation)?|좌표|위치|(?:geogr(?:aphische|\\.) )?(?:breite|länge)|latitudine|longitudine|breedtegraad|lengtegraad|szer(?:okość|\\.)|dług(?:ość|\\.)|standort|koordinaten?|coordenadas?|coordonnées?|coordinate|współrzędne|coördinaten)';
const NUMBER = String.raw`[+\-]?\d{1,3}[.,]\d{2,15}`;
// A ring above or an ordinal sign reads as "o" once letters in disguise are off.
const DMS = String.raw`\d{1,3} ?(?:°|º|˚|o(?= ?\d{1,2} ?')|deg|d|도) ?\d{1,2}(?:[.,]\d{1,8})? ?(?:'|min|m|분)? ?(?:\d{1,2}(?:[.,]\d{1,6})? ?(?:"|''|sec|s|초)?)?`;

const RULES: readonly Rule[] = [
  {
    category: 'location',
    pattern: new RegExp(`(?<key>\\b${KEY}["']?\\s{0,2}[:=]?\\s{0,2}[\\[({"']{0,2})${NUMBER}`, 'gi'),
  },
  { category: 'location', pattern: new RegExp(`(?<key>(?:위도|경도|좌표|위치)\\s{0,2}[:=]?\\s{0,2})${NUMBER}`, 'g') },
  {
    category: 'location',
    digitsMin: 7,
    pattern:
      /(?<![\d.])[+-]?(?:90|[0-8]?\d)\.\d{3,15}\s{0,2}°?\s{0,2}[NSns]?\s{0,2}[,;/| ]\s{0,2}[+-]?(?:180|1[0-7]\d|\d{1,2})\.\d{3,15}(?:\s{0,2}°?\s{0,2}[EWew]\b)?(?![\d])/g,
  },
  {
    category: 'location',
    digitsMin: 7,
    pattern:
      /(?<![\d.])[+-]?(?:180|1[0-7]\d|\d{1,2})\.\d{3,15}\s{0,2}[,;/| ]\s{0,2}[+-]?(?:90|[0-8]?\d)\.\d{3,15}(?!\d)/g,
  },
  // A comma for the decimal point, as most of Europe writes.
  {
    category: 'location',
    digitsMin: 7,
    pattern:
      /(?<![\d.,])[+-]?(?:90|[0-8]?\d),\d{3,15}\s{0,2}°?\s{0,2}[NSns]?(?:\s{0,2}[;/|]\s{0,2}|,? {1,3})[+-]?(?:180|1[0-7]\d|\d{1,2}),\d{3,15}(?:\s{0,2}°?\s{0,2}[EWOewo]\b)?(?![\d,])/g,
    isValid: (value) => !/^\d{1,2},\d{3}\D{1,6}\d{1,3},\d{3}$/.test(value),
  },
  {
    category: 'location',
    digitsMin: 6,
    pattern: /(?<![\d.,])\d{1,3},\d{2,15}\s?°\s?[NS]\b[,;/ ]{1,3}\d{1,3},\d{2,15}\s?°\s?[EWO]\b/gi,
  },
  // Degrees, minutes and seconds with nothing but spaces between.
  {
    category: 'location',
    digitsMin: 6,
    pattern:
      /(?<![\d.])\d{1,2} [0-5]?\d [0-5]?\d(?:[.,]\d{1,6})? ?[NS][,;/ ]{1,3}\d{1,3} [0-5]?\d [0-5]?\d(?:[.,]\d{1,6})? ?[EWO](?![A-Za-z])/g,
  },
  // Coarser pairs with a hemisphere or in brackets.
  {
    category: 'location',
    pattern: /(?<![\d.])\d{1,3}(?:\.\d{1,15})?\s?°?\s?[NS][,;/ ]{1,3}\d{1,3}(?:\.\d{1,15})?\s?°?\s?[EW]\b/gi,
  },
  { category: 'location', pattern: /\b[NS]\s?\d{1,3}(?:\.\d{1,15})?\s?°?[,;/ ]{1,3}[EW]\s?\d{1,3}(?:\.\d{1,15})?°?/g },
  { category: 'location', pattern: /[([]\s?[+-]?\d{1,3}\.\d{2,15}\s?[,;]\s?[+-]?\d{1,3}\.\d{2,15}\s?[)\]]/g },
  {
    category: 'location',
    pattern: new RegExp(
      `(?:[NSEWnsew북남동서][위경]?\\s?)?${DMS}\\s?(?:[NSEW]\\b)?(?:[,;/ ]{0,3}(?:[NSEW동서][경]?\\s?)?${DMS}\\s?(?:[NSEW]\\b)?)?`,
      'g',
    ),
    isValid: (v) => /[°º˚도do]/.test(v) && /['"분m]|\d [NSEW]/.test(v),
  },
  { category: 'location', pattern: /\bgeo:[+-]?\d[\d.,+\-;=a-z]{3,80}/gi },
  { category: 'location', pattern: /\b(?:POINT|LINESTRING|POLYGON) ?Z?M? ?\({1,3}[\d.,+\- ]{3,2000}\){1,3}/gi },
  {
    category: 'location',
    pattern: /(?<![A-Za-z0-9])[23456789CFGHJMPQRVWX]{4,8}\+[23456789CFGHJMPQRVWX]{2,3}(?![A-Za-z0-9])/gi,
  },
  {
    category: 'location',
    pattern: /(?<![A-Za-z0-9])\d{1,2}[C-HJ-NP-X] ?[A-HJ-NP-Z]{2} ?\d{2,5} ?\d{2,5}(?![A-Za-z0-9])/g,
  },
  // One half of a pair: a decimal so fine is hardly a measurement.
  { category: 'location', pattern: /(?<![\d.])[+-]?(?:180|1[0-7]\d|[1-9]?\d)\.\d{5,15}(?!\d|\.\d)/g },
];

/** With few digits or none: three words, and cells by their keys. */
const WORDY: readonly Rule[] = [
  {
    category: 'location',
    pattern: /\/{3}[\p{Ll}]{3,20}\.[\p{Ll}]{3,20}\.[\p{Ll}]{3,20}/gu,
    needs: '///',
  },
  {
    category: 'location',
    pattern:
      /(?<key>\b(?:geohash|h3(?:[_ ]?(?:cell|index))?|plus ?code|mgrs|utm|quadkey|s2[_ ]?cell)["']?\s{0,2}[:=]?\s{0,2}["']?)[0-9A-Za-z][0-9A-Za-z ]{3,24}/gi,
  },
];

const findNumbered = recogniser(RULES, { digitsMin: 2 });
const findWordy = recogniser(WORDY);

export const findLocations: Recogniser = (subject) => [...findNumbered(subject), ...findWordy(subject)];
