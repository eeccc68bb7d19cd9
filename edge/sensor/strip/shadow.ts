/**
 * A text as a reader sees it, with an exact way back.
 *
 * Recognisers match on plain characters; disguises are taken off first, so that none of them lets an identifier through: other digits and
 * widths, composed and decomposed letters, invisible characters, odd dashes and spaces, letters of other alphabets that look Latin
 * (normalise), escapes of URLs, HTML, JSON and mail and tags (unescape), and spaces between all letters. Every unit of a shadow knows the
 * units of the input that it came from.
 *
 * Method: Unicode normalisation form KC by cluster, then the tables below.
 */
import { isUtf8 } from 'node:buffer';
import type { Span } from './span.ts';

export interface Shadow {
  text: string;
  /** From a place in the shadow to the place in the input. */
  toInput(span: Span): Span;
}

/** Units of a text with the range of the input that each stands for. */
interface Mapped {
  text: string;
  starts: number[];
  ends: number[];
}

/** Nothing in it is a disguise: ASCII, Hangul syllables, Latin letters with accents. */
const PLAIN = /^[\n\x20-\x7e\u00c0-\u0131\u0134-\u013e\u0141-\u0148\u014a-\u017e\uac00-\ud7a3]*$/;
/** Runs of bytes come first: together they are UTF-8. A run of three `=` and two digits is mail's quoted-printable, one alone an equation. */
const ESCAPE =
  /%[0-9A-Fa-f]{2}|(?:\\x[0-9A-Fa-f]{2}){2,1024}|(?:\\[0-3][0-7]{2}){3,1024}|(?:=[0-9A-F]{2}){3,1024}|=[CD][0-9A-F]=[89AB][0-9A-F]|<\/?[A-Za-z][A-Za-z0-9]{0,15}(?: [^<>\n]{0,128})?\/?>|<!--[^<>\n]{0,128}-->|\\(?:u\{[0-9A-Fa-f]{1,6}\}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|x[0-9A-Fa-f]{2}|[nrt"'/\\])|&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[a-z]{2,8});?|=(?:40|2E|3A|2D|2F|20|3D|\r?\n)/g;
const UNESCAPE_DEPTH_MAX = 3;

const NAMED_ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  commat: '@',
  period: '.',
  colon: ':',
  sol: '/',
  bsol: '\\',
  hyphen: '-',
  dash: '-',
  ndash: '-',
  mdash: '-',
  lowbar: '_',
  plus: '+',
  equals: '=',
  lpar: '(',
  rpar: ')',
  num: '#',
  percnt: '%',
  tab: ' ',
  shy: '',
  zwj: '',
  zwnj: '',
};

/** Letters and digits one by one, of which one at least is no digit: `h o n g @ ...`. */
const SPACED = /(?<!\S)\S(?: {1,3}\S){6,1024}(?!\S)/g;

/**
 * The text itself without disguises, and, where it holds escapes or letters set apart, that without them: either may also be meant as it
 * stands.
 */
export function shadowsOf(text: string): Shadow[] {
  const first = PLAIN.test(text) ? undefined : normalise(identity(text));
  const shadows = [first === undefined ? { text, toInput: (span: Span) => span } : shadowOf(first)];
  const together = joined(first ?? identity, first?.text ?? text);
  if (together !== undefined) shadows.push(shadowOf(together));
  const escaped = unescaped(text);
  if (escaped !== undefined) shadows.push(shadowOf(normalise(escaped)));
  return shadows;
}

function joined(source: Mapped | ((text: string) => Mapped), text: string): Mapped | undefined {
  const runs = [...text.matchAll(SPACED)].filter(([run]) => /[^\d ]/.test(run));
  if (runs.length === 0) return undefined;
  const mapped = typeof source === 'function' ? source(text) : source;
  const builder = new MappedBuilder();
  let at = 0;
  for (const { 0: run, index } of runs) {
    builder.copy(mapped, at, index);
    at = index + run.length;
    for (let i = index; i < at; i++) if (text[i] !== ' ') builder.copy(mapped, i, i + 1);
  }
  builder.copy(mapped, at, text.length);
  return builder.finish();
}

function unescaped(text: string): Mapped | undefined {
  ESCAPE.lastIndex = 0;
  if (!ESCAPE.test(text)) return undefined;
  let mapped = identity(text);
  let isEscaped = false;
  for (let depth = 0; depth < UNESCAPE_DEPTH_MAX; depth++) {
    const plainer = unescapeOnce(mapped);
    if (plainer === undefined) break;
    mapped = plainer;
    isEscaped = true;
  }
  return isEscaped ? mapped : undefined;
}

function identity(text: string): Mapped {
  const starts = Array.from({ length: text.length }, (_, i) => i);
  return { text, starts, ends: starts.map((start) => start + 1) };
}

function shadowOf({ text, starts, ends }: Mapped): Shadow {
  return {
    text,
    toInput: ({ start, end, category }) => ({ start: starts[start]!, end: ends[end - 1]!, category }),
  };
}

class MappedBuilder {
  readonly #parts: string[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  /** Adds text that stands for a range of units of `source`. */
  add(text: string, source: Mapped, from: number, to: number): void {
    if (text === '') return;
    this.#parts.push(text);
    for (let i = 0; i < text.length; i++) {
      this.#starts.push(source.starts[from]!);
      this.#ends.push(source.ends[to - 1]!);
    }
  }

  copy(source: Mapped, from: number, to: number): void {
    for (let i = from; i < to; i++) this.add(source.text[i]!, source, i, i + 1);
  }

  finish(): Mapped {
    return { text: this.#parts.join(''), starts: this.#starts, ends: this.#ends };
  }
}

function unescapeOnce(source: Mapped): Mapped | undefined {
  const { text } = source;
  ESCAPE.lastIndex = 0;
  let match = ESCAPE.exec(text);
  if (match === null) return undefined;
  const builder = new MappedBuilder();
  let at = 0;
  let isChanged = false;
  for (; match !== null; match = ESCAPE.exec(text)) {
    const [plain, length] = match[0].startsWith('%')
      ? percentDecoded(text, match.index)
      : [decoded(match[0]), match[0].length];
    if (plain === undefined) continue;
    builder.copy(source, at, match.index);
    at = match.index + length;
    builder.add(plain, source, match.index, at);
    ESCAPE.lastIndex = at;
    isChanged = true;
  }
  builder.copy(source, at, text.length);
  return isChanged ? builder.finish() : undefined;
}

/** One character of UTF-8 in percent escapes; a byte that is none counts as Latin-1. */
function percentDecoded(text: string, at: number): [string, number] {
  const first = Number.parseInt(text.slice(at + 1, at + 3), 16);
  const count = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
  if (count > 1) {
    const run = text.slice(at, at + count * 3);
    try {
      return [decodeURIComponent(run), run.length];
    } catch {
      // Not UTF-8.
    }
  }
  return [String.fromCharCode(first), 3];
}

/** Bytes of a run of escapes, two hexadecimal or three octal digits each; Latin-1 where they are no UTF-8. */
function bytesDecoded(run: string): string {
  const radix = /^\\\d/.test(run) ? 8 : 16;
  const bytes = Buffer.from(
    run
      .split(/\\x?|=/)
      .slice(1)
      .map((code) => Number.parseInt(code, radix)),
  );
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
}

function decoded(sequence: string): string | undefined {
  if (sequence.startsWith('<')) return '';
  if (/^(?:\\x..\\|\\\d|=..=)/.test(sequence)) return bytesDecoded(sequence);
  if (sequence.startsWith('=')) {
    const code = sequence.slice(1);
    return /[\r\n]/.test(code) ? '' : String.fromCharCode(Number.parseInt(code, 16));
  }
  if (sequence.startsWith('&')) {
    const name = sequence.slice(1).replace(';', '');
    if (name.startsWith('#')) return character(Number(name.slice(1).replace(/^[xX]/, '0x')));
    return Object.hasOwn(NAMED_ENTITIES, name) ? NAMED_ENTITIES[name] : undefined;
  }
  const code = sequence.slice(2).replaceAll(/[{}]/g, '');
  if (code !== '') return character(Number.parseInt(code, 16));
  return /[nrt]/.test(sequence) ? '\n' : sequence.slice(1);
}

function character(code: number): string | undefined {
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}

/** A code point with its marks, or a run of jamo, which make syllables together; a consonant and a vowel also in their forms of keyboards. */
const CLUSTER = /[\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb]{1,3}|[\u3131-\u314e][\u314f-\u3163]|[^\p{M}]\p{M}*|\p{M}+/gu;
const IGNORED = /^[\p{Default_Ignorable_Code_Point}\p{Cc}]+$/u;

const LOOKS: ReadonlyMap<string, string> = new Map([
  ...[...'‘’ʼʹ′´`‵'].map((c) => [c, "'"] as const),
  ...[...'“”″‶'].map((c) => [c, '"'] as const),
  ...[...'·‧•∙⋅。｡٫'].map((c) => [c, '.'] as const),
  ...[...'∶꞉ː'].map((c) => [c, ':'] as const),
  ...[...'⁄∕⧸'].map((c) => [c, '/'] as const),
  ...[...'−⁃˗➖﹘'].map((c) => [c, '-'] as const),
]);

function normalise(source: Mapped): Mapped {
  const builder = new MappedBuilder();
  for (const { 0: cluster, index } of source.text.matchAll(CLUSTER))
    builder.add(plainCluster(cluster), source, index, index + cluster.length);
  const mapped = builder.finish();
  return { ...mapped, text: latinised(mapped.text) };
}

function plainCluster(cluster: string): string {
  if (cluster === '\n' || (cluster.length === 1 && cluster >= ' ' && cluster <= '~')) return cluster;
  if (cluster === '\t' || cluster === '\r') return ' ';
  if (IGNORED.test(cluster)) return '';
  let plain = '';
  for (const character of cluster.normalize('NFKC')) plain += plainCharacter(character);
  // A digit stays one under a strike or in a key cap, and a syllable.
  return plain.length > 1 && /^[\x20-\x7e\uac00-\ud7a3]/.test(plain) ? plain.replaceAll(/\p{M}/gu, '') : plain;
}

function plainCharacter(character: string): string {
  if (character <= '~') return character;
  const look = LOOKS.get(character);
  if (look !== undefined) return look;
  if (/\p{Nd}/u.test(character)) return String(decimalValue(character.codePointAt(0)!));
  if (/\p{Pd}/u.test(character)) return '-';
  if (/\p{Z}/u.test(character)) return /[\u2028\u2029]/.test(character) ? '\n' : ' ';
  if (IGNORED.test(character)) return '';
  const code = character.codePointAt(0)!;
  // Enclosed forms that Unicode gives no plain one.
  if (code >= 0x2776 && code <= 0x2793) return String(((code - 0x2776) % 10) + 1);
  if (code >= 0x1f150 && code <= 0x1f169) return String.fromCharCode(65 + code - 0x1f150);
  if (code >= 0x1f170 && code <= 0x1f189) return String.fromCharCode(65 + code - 0x1f170);
  if (code >= 0x1f1e6 && code <= 0x1f1ff) return String.fromCharCode(65 + code - 0x1f1e6);
  return character;
}

/** Decimal digits stand in tens. */
function decimalValue(code: number): number {
  let value = 0;
  while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(code - value - 1))) value++;
  return value;
}

const LATIN_LOOKS: ReadonlyMap<string, string> = new Map(
  [
    ['АВСЕНІЈКМОРЅТУХҮԌԚԜΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹ', 'ABCEHIJKMOPSTYXYGQWABEZHIKMNOPTYXC'],
    ['авсеһіјкморѕтухԁԛԝᴦοανικρτυχγϲʟɡıɑ', 'abcehijkmopstyxdqwroavikptuxycLgia'],
  ].flatMap(([from = '', to = '']) => [...from].map((c, i) => [c, to[i] ?? c] as const)),
);
const LOOK_ALIKE = new RegExp(`[${[...LATIN_LOOKS.keys()].join('')}]`, 'g');
const TOKEN = /\S+/g;

/** Letters that look Latin become so where they stand among Latin letters, digits or in an address, or alone as in a plate. */
function latinised(text: string): string {
  LOOK_ALIKE.lastIndex = 0;
  if (!LOOK_ALIKE.test(text)) return text;
  return text.replaceAll(TOKEN, (token) => {
    const latin = token.replaceAll(LOOK_ALIKE, (c) => LATIN_LOOKS.get(c) ?? c);
    return /[A-Za-z0-9@]/.test(token) || (token.length <= 3 && /^[A-Z]+$/.test(latin)) ? latin : token;
  });
}
