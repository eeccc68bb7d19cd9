/**
 * What is left: longer numbers and codes of unknown kind are covered, for an identifier of which nobody thought looks like that.
 *
 * The line: `DIGITS_MIN` digits in one number, whatever separates its groups; `CODE_DIGITS_MIN` in a code that mixes letters and digits. A
 * plain number stays when a unit follows it, when a word for a measurement stands before it, or when it is written in groups of a thousand.
 */
import { digitsOf } from '../checksums.ts';
import type { Recogniser } from '../rule.ts';
import type { Span } from '../span.ts';

const DIGITS_MIN = 7;
const CODE_DIGITS_MIN = 5;
const CODE_LENGTH_MIN = 8;
/** Covered at any length of the code. */
const CODE_DIGITS_SURE = 6;
/** A measurement has no more digits than this before it is covered after all. */
const MEASURED_DIGITS_MAX = 9;

const RUN = /\d(?:[ \-./()_,:*#|~+]{0,3}\d){6,255}/g;
const CODE = /(?<![A-Za-z0-9])(?=[A-Za-z0-9\-_/.]{0,63}\d)[A-Za-z0-9]{1,64}(?:[-_/.][A-Za-z0-9]{1,64}){0,7}/g;
const UNIT_AFTER =
  /^ ?(?:%|‰|°|µ|[kMGTmcnu]?(?:W|Wh|V|A|Hz|B|b|bit|Bps|bps|Pa|bar|m|g|s|l|L|J|N|lm|lx|Ω|ohm|eV|cd)(?:\/[a-z0-9³²]{1,4}|[²³23])?|dBm?|ppm|ppb|lux|kcal|psi|hPa|rpm|mph|km\/h|kWh|MWh|VA|var|counts?|bytes?|pixels?|px|steps?|ticks?|packets?|frames?|messages?|rows?|points?|years?|days?|hours?|minutes?|seconds?|ms|원|개|명|대|건|회|미터|도|와트)(?![A-Za-z0-9])/;
const MEASURE_BEFORE =
  /(?:\b(?:count|counter|total|sum|energy|power|pressure|temp(?:erature)?|humidity|co2|volume|flow|uptime|bytes|packets|frames|messages|size|length|duration|distance|speed|weight|level|voltage|current|frequency|freq|rssi|snr|reading|value|consumption|usage|price|cost|amount|population|steps|rpm|lux|noise)(?:[_ ](?:wh|kwh|w|v|a|pa|hpa|ms|s|mm|cm|m|km|l|m3|total|value))?["']?\s{0,2}(?:is|was|of|[:=])?\s{0,2}|(?:[$€£¥₩]|USD|EUR|KRW)\s?)$/i;
const PLAIN = /^\d{1,12}(?:\.\d{1,12})?$/;
const THOUSANDS = /^\d{1,3}(?:,\d{3}){1,6}(?:\.\d{1,4})?$/;
const LIST_GAP = /, |: | \/ | \| /;
const LEADING_TIME = /^(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)? /;
/** Of software. */
const VERSION = /^v?\d{1,3}(?:\.\d{1,3}){1,3}(?:[.-][a-z]{1,5}\.?\d{0,3})?$/i;
const TIMES = /^\d{1,2}(?::\d{2}){1,2}(?:[ ,~-]{1,3}\d{1,2}(?::\d{2}){1,2}){0,16}$/;
/** Readings beside each other: a load average, a vector. */
const DECIMALS = /^\d{1,4}\.\d{1,3}(?:[ ,]{1,2}\d{1,4}\.\d{1,3}){1,16}$/;
/** Of a picture, and of a standard. */
const SIZE = /^\d{2,5}[xX]\d{2,5}$/;
const STANDARD_BEFORE = /\b(?:ISO|IEC|EN|DIN|RFC|ANSI|IEEE|KS)(?:\/(?:IEC|IEEE|TS|TR))?[ -]?(?:[A-Z] ?)?$/;
/** Longest of the words in `MEASURE_BEFORE` with what may stand around them. */
const BEFORE_UNITS = 32;

export const findNumbers: Recogniser = ({ text, digits }) => {
  if (digits < CODE_DIGITS_MIN) return [];
  const spans: Span[] = [];
  if (digits >= DIGITS_MIN) for (const { 0: run, index } of text.matchAll(RUN)) addRun(text, run, index, spans);
  for (const { 0: code, index } of text.matchAll(CODE)) {
    const count = digitsOf(code).length;
    const isLongEnough = count >= CODE_DIGITS_SURE || (count >= CODE_DIGITS_MIN && code.length >= CODE_LENGTH_MIN);
    const isCode = isLongEnough && /[A-Za-z]/.test(code) && !VERSION.test(code) && !SIZE.test(code);
    if (isCode) spans.push({ start: index, end: index + code.length, category: 'number' });
  }
  return spans;
};

function addRun(text: string, run: string, index: number, spans: Span[]): void {
  const end = index + run.length;
  const before = text.slice(Math.max(0, index - BEFORE_UNITS), index);
  if (THOUSANDS.test(run) && !/[\d.,]$/.test(before)) return;
  const isPlain = PLAIN.test(run) && digitsOf(run).length <= MEASURED_DIGITS_MAX && !/[\d.,\-A-Za-z]$/.test(before);
  if (isPlain && (UNIT_AFTER.test(text.slice(end, end + 16)) || MEASURE_BEFORE.test(before))) return;
  // Short numbers in a list, or times, are no identifier.
  const parts = run.split(LIST_GAP);
  if (
    (parts.length > 1 && parts.every((part) => digitsOf(part).length < DIGITS_MIN)) ||
    TIMES.test(run) ||
    DECIMALS.test(run)
  )
    return;
  if (STANDARD_BEFORE.test(before) && /^\d{3,5}(?:-\d{1,2})?:\d{4}$/.test(run)) return;
  if (digitsOf(run.replace(LEADING_TIME, '')).length < DIGITS_MIN) return;
  spans.push({ start: index, end, category: 'number' });
}
