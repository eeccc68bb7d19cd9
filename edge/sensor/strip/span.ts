/** Texts, where an identifier stands in them, and how overlapping finds become one. */
import { TEXT_CATEGORIES, type TextCategory } from './categories.ts';

/** A longer text is refused: it bounds time and memory for one text. In UTF-16 code units. */
export const TEXT_UNITS_MAX = 65_536;

export interface Span {
  /** Offsets in UTF-16 code units; `end` is exclusive. */
  start: number;
  end: number;
  category: TextCategory;
}

const PRECEDENCE = new Map(TEXT_CATEGORIES.map((category, index) => [category, index]));

/** Unites what overlaps: the union is covered, under the category that tells most. Sorted, disjoint. */
export function mergeSpans(spans: readonly Span[]): Span[] {
  const merged: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = merged.at(-1);
    if (last === undefined || span.start >= last.end) {
      merged.push({ ...span });
      continue;
    }
    const isInside = span.end <= last.end;
    last.end = Math.max(last.end, span.end);
    // The host of an e-mail address is one of the web too.
    if (isInside && last.category === 'email' && span.category === 'url') continue;
    if (rank(span) < rank(last)) last.category = span.category;
  }
  return merged;
}

function rank({ category }: Span): number {
  return PRECEDENCE.get(category) ?? TEXT_CATEGORIES.length;
}
