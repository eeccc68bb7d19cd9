/** The words of a text, sorted by what they may be part of: names and addresses are runs of certain kinds of words. */
import { isCommonElsewhere, isEnglishWord, isNameWord } from './lexicon.ts';

/**
 * - `proper`: capitalised and no English word, or a name inside a sentence; in a text without capitals, any word that is not English.
 * - `capital`: capitalised, an English word or a common one of another language.
 * - `initial`: one or two letters that begin with a capital and are no English word.
 * - `foreign`: in lower case, no English word.
 * - `common`: of those, a common word of another language.
 * - `word`: an English word in lower case.
 * - `number`: digits, or digits with a letter.
 */
type WordKind = 'proper' | 'capital' | 'initial' | 'foreign' | 'common' | 'word' | 'number';

export interface Word {
  start: number;
  end: number;
  lower: string;
  kind: WordKind;
  isSentenceStart: boolean;
  /** An English word that is also a name. */
  isName: boolean;
}

export interface Words {
  all: readonly Word[];
  /** Enough of what stands in lower case is English: only then does a single capital tell a name. */
  isEnglish: boolean;
  /** Everything is in capitals, which then tell nothing. */
  isShouting: boolean;
}

const TOKEN =
  /\d{1,8}[A-Za-z]?(?![\p{L}\p{N}])|(?:[DLOdlo]'(?=\p{Lu}))?[\p{L}][\p{L}\p{M}]{0,62}(?:(?:-|'(?=\p{Lu}))[\p{L}\p{M}]{1,62}){0,3}|\d{1,64}/gu;
/** Scripts without capitals. */
const NO_CASE =
  /[\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Arabic}\p{Script=Hebrew}]/u;
/** In longer runs of capitals than acronyms have, a word that is not English is a name. */
const UPPER_NAME_UNITS_MIN = 4;
/** A text is taken for English with this many other words, or this share of more. */
const FOREIGN_MIN = 1;
const FOREIGN_SHARE_MAX = 0.35;
/** In lower case throughout, these begin what is hardly anything but names and addresses. */
const CONTACT_WORDS = /\b(?:apt|suite|street|p\.? ?o\.? ?box|address|phone|e-?mail|personal info)\b/;
/** Shorter words of other languages join names: de, van, nad. */
const PARTICLE_UNITS_MAX = 3;

export function wordsOf(text: string): Words {
  const all: Word[] = [];
  let known = 0;
  let foreign = 0;
  let isShouting = true;
  let hasCapitals = false;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const lower = token.toLowerCase();
    const isSentenceStart = startsSentence(text, index);
    const kind = kindOf(token, lower, isSentenceStart);
    if (kind === 'word') known++;
    if ((kind === 'foreign' || kind === 'common') && token.length > PARTICLE_UNITS_MAX) foreign++;
    if (kind !== 'number' && lower !== token) {
      hasCapitals = true;
      if (token !== token.toUpperCase()) isShouting = false;
    }
    all.push({ start: index, end: index + token.length, lower, kind, isSentenceStart, isName: isNameWord(lower) });
  }
  const isEnglish =
    !(isShouting && hasCapitals) && foreign <= Math.max(FOREIGN_MIN, FOREIGN_SHARE_MAX * (known + foreign));
  const isCard = !hasCapitals && CONTACT_WORDS.test(text);
  if (!hasCapitals && known > 0 && (isEnglish || isCard))
    for (const word of all) if (isLowerName(word)) word.kind = 'proper';
  return { all, isEnglish: isEnglish || isCard, isShouting };
}

function kindOf(token: string, lower: string, isSentenceStart: boolean): WordKind {
  const first = token[0]!;
  if (first >= '0' && first <= '9') return 'number';
  if (NO_CASE.test(token)) return 'word';
  if (token.length === 1) return first === lower ? 'word' : first === 'I' || first === 'A' ? 'capital' : 'initial';
  const isKnown = isEnglishWord(lower) || (lower.includes('-') && lower.split('-').every(isEnglishWord));
  const isCommon = !isKnown && isCommonWord(lower);
  if (first === lower[0]) return isKnown ? 'word' : isCommon ? 'common' : 'foreign';
  if (isCommon) return 'capital';
  if (isKnown) return isNameWord(lower) && !isSentenceStart ? 'proper' : 'capital';
  if (/^\p{Lu}{2,}s$/u.test(token)) return 'capital';
  // A unit, or a short name that joins a longer one.
  if (token.length === 2) return 'initial';
  if (isCamelOfWords(token)) return 'capital';
  const isUpper = token === token.toUpperCase();
  return isUpper && token.length < UPPER_NAME_UNITS_MIN ? 'capital' : 'proper';
}

/** Of another language, alone or joined to others: "MAC-Adresse". */
function isCommonWord(lower: string): boolean {
  if (!lower.includes('-')) return isCommonElsewhere(lower);
  return lower.split('-').every((part) => isCommonElsewhere(part) || isEnglishWord(part));
}

/** "ParkingSpot", but not "MacArthur": types and fields in messages. */
function isCamelOfWords(token: string): boolean {
  if (!/^(?:\p{Lu}\p{Ll}{1,30}){2,6}$/u.test(token)) return false;
  const parts = token.split(/(?=\p{Lu})/u).map((part) => part.toLowerCase());
  return parts.every((part) => isEnglishWord(part) && !isNameWord(part));
}

/** Whoever writes without capitals writes names so too. */
function isLowerName({ kind, lower }: Word): boolean {
  return kind === 'foreign' && lower.length > PARTICLE_UNITS_MAX && /[aeiouyáéíóúàèäöüøåæœ]/.test(lower);
}

function startsSentence(text: string, at: number): boolean {
  for (let i = at - 1; i >= 0; i--) {
    const unit = text[i]!;
    if (unit === '\n' || unit === '.' || unit === '!' || unit === '?' || unit === ':' || unit === ';') return true;
    if (unit !== ' ' && unit !== '"' && unit !== "'" && unit !== '(' && unit !== '*' && unit !== '-') return false;
  }
  return true;
}
