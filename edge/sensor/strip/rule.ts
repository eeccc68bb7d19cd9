/**
 * What a recogniser is made of: rules, matched against the text as a reader sees it (shadow.ts).
 *
 * All repetition in a pattern is bounded, so that the time for a text grows with its length and no faster; a test holds that.
 */
import type { TextCategory } from './categories.ts';
import type { Span } from './span.ts';

export interface Rule {
  category: TextCategory;
  /**
   * Global. A group named `key` is a prefix that is not covered ("phone: "). Without the `i` flag, case tells something.
   */
  pattern: RegExp;
  /** Checksum or plausibility of what matched, without the key. */
  isValid?: (value: string) => boolean;
  /** Must stand within `CONTEXT_UNITS` around the match; for forms that are common otherwise. */
  context?: RegExp;
  /** Text without this is not looked at: a cheap first question. A pattern is not global. */
  needs?: string | RegExp;
}

/** A text as recognisers get it. */
export interface Subject {
  text: string;
  digits: number;
}

/** Finds identifiers in a text; pure. */
export type Recogniser = (subject: Subject) => Span[];

/** How far a word may be from the number that it explains, in UTF-16 code units. */
const CONTEXT_UNITS = 48;

export function makeSubject(text: string): Subject {
  let digits = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 48 && unit <= 57) digits++;
  }
  return { text, digits };
}

/** A recogniser that tries each rule; texts with fewer digits than `digitsMin` are not looked at. */
export function recogniser(rules: readonly Rule[], { digitsMin = 0 } = {}): Recogniser {
  return ({ text, digits }) => {
    if (digits < digitsMin) return [];
    const spans: Span[] = [];
    for (const rule of rules) collect(rule, text, spans);
    return spans;
  };
}

function collect({ category, pattern, isValid, context, needs }: Rule, text: string, spans: Span[]): void {
  if (needs !== undefined && !(typeof needs === 'string' ? text.includes(needs) : needs.test(text))) return;
  let places: number[] | undefined;
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const end = match.index + match[0].length;
    const start = match.index + (match.groups?.['key']?.length ?? 0);
    let isFound = start < end && (isValid === undefined || isValid(text.slice(start, end)));
    if (isFound && context !== undefined) {
      places ??= placesOf(context, text);
      if (places.length === 0) return;
      isFound = isNear(places, match.index, end);
    }
    if (isFound) spans.push({ start, end, category });
    // What was refused may begin one unit later.
    else pattern.lastIndex = match.index + 1;
  }
}

/** Middles of all matches, in order. */
function placesOf(context: RegExp, text: string): number[] {
  const everywhere = new RegExp(context.source, `${context.flags}g`);
  return Array.from(text.matchAll(everywhere), (match) => match.index + match[0].length / 2);
}

function isNear(places: readonly number[], start: number, end: number): boolean {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle]! < start - CONTEXT_UNITS) low = middle + 1;
    else high = middle;
  }
  return low < places.length && places[low]! <= end + CONTEXT_UNITS;
}

/** A pattern of plain words that matches them in any case, for patterns in which case tells something elsewhere. */
export function anyCase(words: string): string {
  return words.replaceAll(/(?<!\\)\p{Ll}/gu, (letter) => `[${letter}${letter.toUpperCase()}]`);
}
