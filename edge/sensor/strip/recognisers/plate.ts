/**
 * Vehicle registrations outside Korea (those are in korea.ts).
 *
 * Forms that only a plate has count anywhere, in capitals. Forms that words, products and standards have too count beside a word for a
 * vehicle, or when they are the whole text, as in a field of a plate reader.
 */
import { type Recogniser, type Rule, recogniser } from '../rule.ts';
import type { Span } from '../span.ts';

const VEHICLE =
  /\b(?:plates?|licen[cs]e plate|number ?plate|registration|reg|vrm|vrn|vehicles?|cars?|van|truck|lorry|taxi|bus|driv(?:er|ing|es?)|parked|tow(?:ed)?|kennzeichen|auto|matr[ií]cula|targa|immatriculation|plaka|kenteken|tablica|rekisteri|registreringsnummer|nummerplade|lpr|anpr|alpr)\b|번호판|차량|차번|주차|车牌|ナンバー/i;
/** Words that stand before a number and are no plate. */
const isNoWord = (value: string): boolean =>
  !/^(?:ISO|IEC|RFC|DIN|UTC|GMT|CET|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC|MON|TUE|WED|THU|FRI|SAT|SUN|PM|AM|NO|NR|COM|USB|GPS|CPU|ROW|ERR|TTY|VLAN|PORT|CH|SF|DR|FW|HW|SW|V|EU|UN)(?=[ \-\d])/i.test(
    value,
  );

const RULES: readonly Rule[] = [
  // United Kingdom: current, prefix and suffix style.
  {
    category: 'plate',
    pattern: /(?<![A-Za-z0-9])[A-HJ-PR-Y][A-HJ-PR-Y][ -]?(?:0[1-9]|[1-9]\d)[ -]?[A-HJ-PR-Z]{3}(?![A-Za-z0-9])/g,
  },
  {
    category: 'plate',
    pattern: /(?<![A-Za-z0-9])[A-HJ-NPR-TV-Y]\d{1,3}[ -]?[A-HJ-PR-Z]{3}(?![A-Za-z0-9])/g,
    isValid: isNoWord,
  },
  {
    category: 'plate',
    pattern: /(?<![A-Za-z0-9])[A-HJ-PR-Z]{3}[ -]?\d{1,3}[A-HJ-NPR-TV-Y](?![A-Za-z0-9])/g,
    isValid: isNoWord,
  },
  // Germany and Austria; France and Italy; Spain; Poland, Sweden and others of three letters; Netherlands.
  { category: 'plate', pattern: /(?<![A-Za-z0-9ÄÖÜ-])[A-ZÄÖÜ]{1,3}[-:·][A-ZÄÖÜ]{1,2} ?\d{1,4}[EH]?(?![A-Za-z0-9-])/g },
  {
    category: 'plate',
    pattern: /(?<![A-Za-z0-9ÄÖÜ-])[A-ZÄÖÜ]{1,3} [A-ZÄÖÜ]{1,2} ?\d{2,4}[EH]?(?![A-Za-z0-9-])/g,
    isValid: isNoWord,
    context: VEHICLE,
  },
  {
    category: 'plate',
    pattern: /(?<![A-Za-z0-9])[A-HJ-NP-TV-Z]{2}[- ]?\d{3}[- ]?[A-HJ-NP-TV-Z]{2}(?![A-Za-z0-9])/g,
    isValid: isNoWord,
  },
  {
    category: 'plate',
    pattern: /(?<![A-Za-z0-9])\d{4}[ -]?[BCDFGHJKLMNPRSTVWXYZ]{3}(?![A-Za-z0-9])/g,
    isValid: (v) => !/(?:PPM|PPB|RPM|KWH|MHZ|KHZ|GHZ|BPM|GMT|KST|MST|PST|LBS|DB)$/.test(v),
  },
  {
    category: 'plate',
    pattern:
      /(?<![A-Za-z0-9])(?:\d{2}-[A-Z]{2}-[A-Z]{2}|[A-Z]{2}-\d{2}-[A-Z]{2}|[A-Z]{2}-[A-Z]{2}-\d{2}|\d{2}-[A-Z]{2}-\d{2}|\d{2}-[A-Z]{3}-\d|\d-[A-Z]{3}-\d{2}|[A-Z]{2}-\d{3}-[A-Z]|[A-Z]-\d{3}-[A-Z]{2}|\d{2}-\d{2}-[A-Z]{2})(?![A-Za-z0-9-])/g,
    isValid: (v) => !/^\d\d-(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)-/.test(v),
  },
  // Three letters and three or four digits: half of Europe and of the United States.
  {
    category: 'plate',
    pattern: /(?<![A-Za-z0-9])[A-Z]{3}[- ]?\d{3,4}(?![A-Za-z0-9-])/g,
    isValid: (v) => isNoWord(v) && /^[A-Z]{3}-?\d{4}$/.test(v),
  },
  {
    category: 'plate',
    pattern: /(?<![A-Za-z0-9])[A-Z]{3}[- ]\d{3}(?![A-Za-z0-9-])/g,
    isValid: isNoWord,
    context: VEHICLE,
  },
  { category: 'plate', pattern: /(?<![A-Za-z0-9])[1-9][A-Z]{3}\d{3}(?![A-Za-z0-9])/g },
  // India, Turkey, Nigeria, Brazil, Russia, Ukraine, China, Japan.
  { category: 'plate', pattern: /(?<![A-Za-z0-9])[A-Z]{2}[ -]?\d{1,2}[ -]?[A-Z]{1,3}[ -]?\d{4}(?![A-Za-z0-9])/g },
  {
    category: 'plate',
    pattern: /(?<![A-Za-z0-9])(?:0[1-9]|[1-7]\d|8[01]) ?[A-Z]{1,3} ?\d{2,5}(?![A-Za-z0-9])/g,
    isValid: (v) =>
      /\d{2}$/.test(v) &&
      !/^\d{2} ?(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC|AM|PM|X|KM|M|C|F|V|A|W) ?\d/.test(v),
  },
  { category: 'plate', pattern: /(?<![A-Za-z0-9])[A-Z]{3}[- ]?\d{3}[A-Z]{2}(?![A-Za-z0-9])/g },
  { category: 'plate', pattern: /(?<![A-Za-z0-9])[A-Z]{3}\d[A-Z]\d{2}(?![A-Za-z0-9])/g },
  { category: 'plate', pattern: /(?<![A-Za-z0-9])[ABCEHKMOPTXY] ?\d{3} ?[ABCEHKMOPTXY]{2} ?\d{2,3}(?![A-Za-z0-9])/g },
  { category: 'plate', pattern: /(?<![A-Za-z0-9])[ABCEHIKMOPTX]{2} ?\d{4} ?[ABCEHIKMOPTX]{2}(?![A-Za-z0-9])/g },
  {
    category: 'plate',
    pattern: /[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][· .-]?[A-Z0-9]{5,6}/g,
  },
  { category: 'plate', pattern: /[\u4e00-\u9fff]{1,4} ?\d{2,3} ?[\u3041-\u3096] ?[\d.・]{1,2}-?\d{1,2}/g },
  // After a word that announces it, whatever it looks like.
  {
    category: 'plate',
    pattern:
      /(?<key>\b(?:licen[cs]e plates?|number ?plates?|plates?|licen[cs]e|registration|reg|vrm|vrn|tag|kennzeichen|matr[ií]cula|targa|immatriculation|plaka|kenteken)(?: ?(?:no|number|nr|num|text|read|is|was|with)\.?){0,3}["']?[ :=#]{1,4}["']?)[A-Za-z0-9](?:[ \-.·]?[A-Za-z0-9]){3,8}(?![A-Za-z0-9])/gi,
    isValid: (v) => /\d{3}/.test(v) || (/\d/.test(v) && /^(?:[^a-z]+|[^A-Z ]+)$/.test(v)),
  },
  // A state before it.
  {
    category: 'plate',
    pattern:
      /\b(?:A[LKZR]|C[AOT]|DE|FL|GA|HI|I[DLNA]|K[SY]|LA|M[EDAINSOT]|N[EVHJMYCD]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[TA]|W[AVIY]|DC)[ :-](?=[A-Z0-9\- ]{0,6}\d)(?=[A-Z0-9\- ]{0,6}[A-Z])[A-Z0-9]{1,4}[ -]?[A-Z0-9]{2,5}(?![A-Za-z0-9])/g,
    context: VEHICLE,
  },
  // Any short mixture beside a word for a vehicle.
  {
    category: 'plate',
    pattern: /(?<![A-Za-z0-9-])(?=[A-Z0-9 -]{0,7}\d)[A-Z]{1,3}[ -]?\d{2,4}[ -]?[A-Z]{0,3}(?![A-Za-z0-9-])/g,
    isValid: (v) => isNoWord(v) && v.length >= 5,
    context: VEHICLE,
  },
];

const findByRule = recogniser(RULES, { digitsMin: 1 });
const WHOLE =
  /^\s{0,8}(?:[A-Z]{1,3}[ -]?\d{1,4}[ -]?[A-Z]{0,3}|\d{1,4}[ -]?[A-Z]{1,3}[ -]?\d{0,4}|[A-Z]{2}\d{2} ?[A-Z]{3})\s{0,8}$/i;

export const findPlates: Recogniser = (subject) => {
  if (subject.digits === 0) return [];
  const spans: Span[] = findByRule(subject);
  const { text } = subject;
  const value = text.length < 24 && WHOLE.test(text) ? text.trim() : '';
  if (value.length >= 5 && isNoWord(value)) {
    const start = text.indexOf(value);
    spans.push({ start, end: start + value.length, category: 'plate' });
  }
  return spans;
};
