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
  /** Texts with fewer digits cannot match: the cheapest question. */
  digitsMin?: number;
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

/** Without it, rules about Korean text find nothing. */
export const HANGUL = /[가-힣]/;

/** A recogniser that tries each rule; texts with fewer digits than `digitsMin`, or without what all rules need, are not looked at. */
export function recogniser(
  rules: readonly Rule[],
  { digitsMin = 0, needs }: { digitsMin?: number; needs?: RegExp } = {},
): Recogniser {
  const contexts = new Set(rules.flatMap(({ context }) => context ?? []));
  const everywhere = new Map([...contexts].map((context) => [context, new RegExp(context, `${context.flags}g`)]));
  return ({ text, digits }) => {
    if (digits < digitsMin || needs?.test(text) === false) return [];
    const spans: Span[] = [];
    const places = new Map<RegExp, number[]>();
    // Rules share contexts: each is looked for once a text, and only when a rule asks.
    const placesOf = (context: RegExp): readonly number[] => {
      const known = places.get(context);
      if (known !== undefined) return known;
      const found = middlesOf(everywhere.get(context)!, text);
      places.set(context, found);
      return found;
    };
    for (const rule of rules) if (digits >= (rule.digitsMin ?? 0)) collect(rule, text, spans, placesOf);
    return spans;
  };
}

function collect(
  { category, pattern, isValid, context, needs }: Rule,
  text: string,
  spans: Span[],
  placesOf: (context: RegExp) => readonly number[],
): void {
  if (needs !== undefined && !(typeof needs === 'string' ? text.includes(needs) : needs.test(text))) return;
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const end = match.index + match[0].length;
    const start = match.index + (match.groups?.['key']?.length ?? 0);
    let isFound = start < end && (isValid === undefined || isValid(text.slice(start, end)));
    if (isFound && context !== undefined) {
      const places = placesOf(context);
      if (places.length === 0) return;
      isFound = isNear(places, match.index, end);
    }
    if (isFound) spans.push({ start, end, category });
    // What was refused may begin one unit later.
    else pattern.lastIndex = match.index + 1;
  }
}

/** Middles of all matches of a global pattern, in order. */
function middlesOf(pattern: RegExp, text: string): number[] {
  const middles: number[] = [];
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text))
    middles.push(match.index + match[0].length / 2);
  return middles;
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
