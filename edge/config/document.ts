/**
 * One configuration text as YAML: its value, and where in the text each setting stands.
 *
 * The parser's own messages are not used, since some quote the text, which may hold a password.
 */
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml';

/** From 1. */
interface Place {
  line: number;
  column: number;
}

interface SyntaxProblem {
  place: Place;
  text: string;
}

export interface ConfigDocument {
  /** Plain value; undefined when the text is too broken to have one. */
  value: unknown;
  problems: SyntaxProblem[];
  /** Of a setting's key or value; for one that is not in the text, of the nearest one above it. */
  place(path: readonly PropertyKey[], at: 'key' | 'value'): Place;
}

/** A problem, and where it stands. */
export interface Located {
  text: string;
  /** Unset for what does not stand in a file. */
  place?: Place | undefined;
}

/** `FILE:LINE:COLUMN text`, in the order of the file. */
export function linesOf(problems: readonly Located[], file = ''): string[] {
  const order = ({ place }: Located): number => (place === undefined ? 0 : place.line * 1e6 + place.column);
  return [...problems]
    .sort((a, b) => order(a) - order(b))
    .map(({ text, place }) => (place === undefined ? text : `${file}:${place.line}:${place.column} ${text}`));
}

export function parseConfigText(text: string): ConfigDocument {
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, logLevel: 'error' });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const faults: { code: string; pos: readonly number[] }[] = [...doc.errors, ...doc.warnings];
  visit(doc, {
    Pair(_, { key }) {
      if (isCollection(key) || isAlias(key)) faults.push({ code: 'NON_STRING_KEY', pos: key.range ?? [0] });
    },
    Alias(_, alias) {
      if (alias.resolve(doc) === undefined) faults.push({ code: 'BAD_ALIAS', pos: alias.range ?? [0] });
    },
  });
  const problems = faults.map(({ code, pos }) => ({ place: placeAt(pos[0] ?? 0), text: SYNTAX[code] ?? SYNTAX_OTHER }));
  const place = (path: readonly PropertyKey[], at: 'key' | 'value'): Place => placeAt(offsetOf(doc, path, at));
  // Duplicate keys leave a usable tree, so that the other problems can be listed in the same run.
  if (faults.some(({ code }) => code !== 'DUPLICATE_KEY')) return { value: undefined, problems, place };
  try {
    return { value: doc.contents === null ? {} : doc.toJS(), problems, place };
  } catch {
    // Aliases that multiply ("billion laughs") are refused by the parser here.
    return {
      value: undefined,
      problems: [...problems, { place: placeAt(0), text: 'too many aliases. Write the settings out.' }],
      place,
    };
  }
}

const SYNTAX: Record<string, string> = {
  DUPLICATE_KEY: 'this name is written twice at the same level. Keep one of the two.',
  TAB_AS_INDENT: 'a tab is used for indentation. Use spaces.',
  BAD_INDENT: 'the indentation does not fit the lines above. Indent settings of the same level alike, with spaces.',
  BAD_ALIAS: 'an alias (*) names nothing above it. Put text that begins with * in quotes.',
  BAD_SCALAR_START: 'text begins with a character that has a meaning in YAML. Put it in quotes.',
  BAD_DQ_ESCAPE: 'an escape in a double-quoted text is unknown. Use single quotes, or write \\\\ for \\.',
  BLOCK_AS_IMPLICIT_KEY:
    'a mapping stands on the same line as another one. Start a new line, or quote text that holds ": ".',
  MISSING_CHAR: 'a quote, bracket or colon is missing. Close what was opened, and write NAME: VALUE.',
  NON_STRING_KEY: 'a name must be plain text. Write NAME: VALUE, and quote text that holds brackets.',
  MULTIPLE_DOCS: 'a second document (---) begins here. Write one document.',
  TAG_RESOLVE_FAILED: 'a tag (!) is not known. Put text that begins with ! in quotes.',
  MULTILINE_IMPLICIT_KEY: 'a name runs over several lines. Write NAME: VALUE, with a space after the colon.',
};
const SYNTAX_OTHER = 'this is not valid YAML. Write NAME: VALUE, one per line, indented with spaces.';

function offsetOf(doc: Document.Parsed, path: readonly PropertyKey[], at: 'key' | 'value'): number {
  let node: unknown = doc.contents;
  let offset = startOf(node) ?? 0;
  for (const [index, step] of path.entries()) {
    const isLast = index === path.length - 1;
    if (isAlias(node)) node = node.resolve(doc);
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(step));
      if (pair === undefined) return offset;
      const keyOffset = startOf(pair.key) ?? offset;
      node = pair.value;
      // A missing setting is reported at the name of what misses it.
      offset = isLast && at === 'value' ? (startOf(node) ?? keyOffset) : keyOffset;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      offset = startOf(node) ?? offset;
    } else return offset;
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? (node as Node).range?.[0] : undefined;
}
