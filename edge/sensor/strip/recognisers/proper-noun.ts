/**
 * Proper nouns in English sentences: names of people, places and organisations, without a list of them.
 *
 * Method: a capitalised word that is no English word begins or continues a name; initials, particles and capitalised English words beside
 * it belong to it. In other languages one capital says little (German nouns, the beginnings of short notes): there two in a row are a name.
 * Off for texts in capitals only.
 */
import type { Span } from '../span.ts';
import type { Word, Words } from '../words.ts';

const PARTICLES = new Set(
  'de del della der den di da dos du van von la le el al bin ibn nad pod an zu zum ten ter y e og och of the'.split(
    ' ',
  ),
);
const PLACE_BEFORE = new Set('in from to at near of via towards toward into around between through across'.split(' '));
const DIRECTIONS = new Set(
  'south north east west new central upper lower great united saint san santa los las el la le czech'.split(' '),
);
const POSTAL_DIGITS_MIN = 4;
/** Countries whose names are English words. */
const WORDY_COUNTRIES =
  /\b(?:United (?:States(?: of America)?|Kingdom|Arab Emirates)|Ivory Coast|(?:Marshall|Solomon|Cook|Falkland|Virgin|Faroe|Cayman|Channel) Islands?|Central African Republic|Dominican Republic|Czech Republic|Cape Verde|Holy See|Vatican City|Western Sahara|Hong Kong|Isle of Man|Great Britain|New Zealand|(?:South|North) Korea)\b/gi;
/** Capitalised English words taken along on each side of a name. */
const CAPITALS_MAX = 2;

export function findProperNouns(text: string, { all, isEnglish, isShouting }: Words): Span[] {
  if (!isEnglish) return isShouting ? [] : runsOfCapitals(text, all);
  const spans: Span[] = [];
  for (const { 0: country, index } of text.matchAll(WORDY_COUNTRIES))
    spans.push({ start: index, end: index + country.length, category: 'location' });
  for (let i = 0; i < all.length; i++) {
    if (all[i]!.kind !== 'proper') continue;
    const from = firstOf(text, all, i);
    const before = all[from - 1];
    const isPlace = before !== undefined && PLACE_BEFORE.has(before.lower);
    const to = lastOf(text, all, i, isPlace);
    spans.push({ start: all[from]!.start, end: all[to]!.end, category: isPlace ? 'location' : 'name' });
    i = Math.max(i, to);
  }
  return spans;
}

/** "Katarzyna Błaszczyk", "Luc d'Aubigny", "Thorsten von der Heide": at least one is in lower case but for its first letter. */
function runsOfCapitals(text: string, all: readonly Word[]): Span[] {
  const spans: Span[] = [];
  for (let i = 0; i < all.length; i++) {
    if (all[i]!.kind !== 'proper' && all[i]!.kind !== 'initial') continue;
    let last = i;
    let count = 0;
    for (let j = i; j < all.length && (j === i || isBeside(text, all[j - 1]!, all[j]!)); j++) {
      const { kind, lower, isName } = all[j]!;
      if (kind === 'proper' || kind === 'initial' || (kind === 'capital' && isName)) {
        last = j;
        count++;
      } else if (!PARTICLES.has(lower)) break;
    }
    const { start } = all[i]!;
    const { end } = all[last]!;
    if (count > 1 && /\p{Lu}[\p{Ll}'][\p{L}]/u.test(text.slice(start, end)))
      spans.push({ start, end, category: 'name' });
    i = last;
  }
  return spans;
}

function firstOf(text: string, all: readonly Word[], at: number): number {
  let first = at;
  for (let i = at - 1, capitals = 0; i >= 0; i--) {
    const word = all[i]!;
    if (!isBeside(text, word, all[i + 1]!)) break;
    const isCapital = word.kind === 'capital' && (!word.isSentenceStart || word.isName || DIRECTIONS.has(word.lower));
    if (isCapital && (++capitals > CAPITALS_MAX || word.lower === 'i')) break;
    if (word.kind !== 'initial' && !isCapital) break;
    first = i;
  }
  return first;
}

function lastOf(text: string, all: readonly Word[], at: number, isPlace: boolean): number {
  let last = at;
  for (let i = at + 1, capitals = 0; i < all.length; i++) {
    const word = all[i]!;
    if (!isBeside(text, all[i - 1]!, word)) break;
    if (word.kind === 'proper' || word.kind === 'initial') last = i;
    else if (word.kind === 'capital' && word.lower !== 'i' && ++capitals <= CAPITALS_MAX) last = i;
    else if (isHouseNumber(text, word, isPlace)) return i;
    // Half a name in lower case.
    else if (word.kind === 'foreign' && word.lower.length > 3 && last === i - 1) last = i;
    else if (!PARTICLES.has(word.lower) && !(word.kind === 'foreign' && word.lower.length <= 4)) break;
  }
  return last;
}

/** A district, a house or a postal code at the end of a clause. */
function isHouseNumber(text: string, { kind, start, end }: Word, isPlace: boolean): boolean {
  if (kind !== 'number') return false;
  const isPostal = isPlace && (end - start >= POSTAL_DIGITS_MIN || /^ \d\d\b/.test(text.slice(end, end + 4)));
  return isPostal || /^(?:$|[,;!?\n)]|\.(?!\d))/.test(text.slice(end, end + 2));
}

/** Nothing but a space, or the stop of an initial, stands between. */
function isBeside(text: string, left: Word, right: Word): boolean {
  const gap = text.slice(left.end, right.start);
  return gap === ' ' || gap === '-' || (gap === '. ' && left.kind === 'initial') || gap === ' & ';
}
