/**
 * How well identifiers are found: recall and precision on a labelled corpus, for `garim evaluate --text DIR`.
 *
 * Every `*.jsonl` of the folder holds lines `{"text", "spans": [{"start", "end", "type"?}], "entity"?}`, offsets in code points. What
 * counts is cover, whatever the category is called:
 *
 * - recall: labelled spans whose letters and digits are all covered; `touched`: covered in part at least.
 * - precision of a category: finds that overlap a label. The category `number` is what is covered for being long, and stands apart.
 * - over-cover: share of the characters outside all labels that are covered.
 * - texts that hold no identifier of their type (`negatives`), and how many of them are covered, `number` apart.
 */
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { UserError } from '../../base/errors.ts';
import { TEXT_CATEGORIES, type TextCategory } from './categories.ts';
import { stripText } from './strip.ts';

interface TypeScore {
  labelled: number;
  covered: number;
  touched: number;
  negatives: number;
  negativesCovered: number;
  negativesNumber: number;
}

interface CategoryScore {
  found: number;
  right: number;
}

export interface TextScores {
  texts: number;
  characters: number;
  outsideLabels: number;
  overCovered: number;
  seconds: number;
  types: Map<string, TypeScore>;
  categories: Map<TextCategory, CategoryScore>;
  /** Labelled texts that were missed, to look at: `type`, the text, what was not covered. */
  misses: { type: string; text: string; value: string }[];
}

interface Labelled {
  text: string;
  spans: { start: number; end: number; type: string }[];
  /** What a text without spans was written to not be. */
  entity: string | undefined;
}

/** Scores all corpora of a folder. Throws UserError for a folder without any, or a line that is none. */
export async function evaluateTexts(dir: string): Promise<Map<string, TextScores>> {
  const files = (await readdir(dir)).filter((file) => file.endsWith('.jsonl')).sort();
  if (files.length === 0)
    throw new UserError(`${dir} holds no .jsonl file`, { fix: 'name a folder with a labelled corpus' });
  const scores = new Map<string, TextScores>();
  for (const file of files) scores.set(file, await evaluateFile(path.join(dir, file)));
  return scores;
}

async function evaluateFile(file: string): Promise<TextScores> {
  const scores: TextScores = {
    texts: 0,
    characters: 0,
    outsideLabels: 0,
    overCovered: 0,
    seconds: 0,
    types: new Map(),
    categories: new Map(TEXT_CATEGORIES.map((category) => [category, { found: 0, right: 0 }])),
    misses: [],
  };
  let line = 0;
  for await (const content of createInterface({ input: createReadStream(file, 'utf8') })) {
    line++;
    if (content.trim() !== '') score(labelledOf(content, `${file}:${line}`), scores);
  }
  return scores;
}

function labelledOf(content: string, place: string): Labelled {
  try {
    const { text, spans, entity } = JSON.parse(content) as {
      text: string;
      spans: { start: number; end: number; type?: string }[];
      entity?: string | string[];
    };
    const type = Array.isArray(entity) ? entity[0] : (entity ?? undefined);
    const units = unitOffsets(text);
    return {
      text,
      entity: type,
      spans: spans.map((span) => ({
        start: units[span.start]!,
        end: units[span.end]!,
        type: span.type ?? type ?? 'OTHER',
      })),
    };
  } catch {
    throw new UserError(`${place} is no labelled text`, {
      fix: 'write {"text", "spans": [{"start", "end", "type"}]} on each line',
    });
  }
}

/** Of each code point, and of the end. */
function unitOffsets(text: string): number[] {
  const offsets: number[] = [];
  let at = 0;
  for (const character of text) {
    offsets.push(at);
    at += character.length;
  }
  return [...offsets, at];
}

function score({ text, spans: labels, entity }: Labelled, scores: TextScores): void {
  const startMs = performance.now();
  const { spans: finds } = stripText(text);
  scores.seconds += (performance.now() - startMs) / 1000;
  scores.texts++;
  scores.characters += text.length;
  const covered = marked(text.length, finds);
  const labelled = marked(text.length, labels);
  for (let i = 0; i < text.length; i++) {
    if (labelled[i]) continue;
    scores.outsideLabels++;
    if (covered[i]) scores.overCovered++;
  }
  for (const { start, end, category } of finds) {
    const ofCategory = scores.categories.get(category)!;
    ofCategory.found++;
    if (labelled.subarray(start, end).includes(1)) ofCategory.right++;
  }
  for (const label of labels) scoreLabel(text, label, covered, scores);
  if (labels.length === 0 && entity !== undefined) {
    const ofType = typeScore(scores, entity);
    ofType.negatives++;
    if (finds.some(({ category }) => category !== 'number')) ofType.negativesCovered++;
    else if (finds.length > 0) ofType.negativesNumber++;
  }
}

function scoreLabel(text: string, label: Labelled['spans'][number], covered: Uint8Array, scores: TextScores): void {
  const ofType = typeScore(scores, label.type);
  const isWord = /[\p{L}\p{N}]/u.test(text.slice(label.start, label.end));
  let open = 0;
  let closed = 0;
  for (let i = label.start; i < label.end; i++) {
    if (isWord && !/[\p{L}\p{N}]/u.test(text[i]!)) continue;
    if (covered[i]) closed++;
    else open++;
  }
  ofType.labelled++;
  if (closed > 0) ofType.touched++;
  if (open === 0) ofType.covered++;
  else scores.misses.push({ type: label.type, text, value: text.slice(label.start, label.end) });
}

function typeScore(scores: TextScores, type: string): TypeScore {
  let ofType = scores.types.get(type);
  if (ofType === undefined) {
    ofType = { labelled: 0, covered: 0, touched: 0, negatives: 0, negativesCovered: 0, negativesNumber: 0 };
    scores.types.set(type, ofType);
  }
  return ofType;
}

function marked(length: number, spans: readonly { start: number; end: number }[]): Uint8Array {
  const marks = new Uint8Array(length);
  for (const { start, end } of spans) marks.fill(1, start, end);
  return marks;
}

/** The scores as a table, one line a type and one a category. */
export function scoresTable(file: string, scores: TextScores): string {
  const percent = (part: number, whole: number): string =>
    whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)} %`;
  const row = (cells: readonly (string | number)[]): string =>
    cells.map((cell, i) => (i === 0 ? String(cell).padEnd(28) : String(cell).padStart(11))).join('');
  const { texts, characters, outsideLabels, overCovered, seconds } = scores;
  const lines = [`${file}: ${texts} texts, ${characters} characters`, ''];
  lines.push(row(['type', 'labelled', 'recall', 'touched', 'negatives', 'covered', 'as number']));
  const types = [...scores.types].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [type, t] of [...types, ['all', sum(types.map(([, value]) => value))] as const])
    lines.push(
      row([
        type,
        t.labelled,
        percent(t.covered, t.labelled),
        percent(t.touched, t.labelled),
        t.negatives,
        t.negativesCovered,
        t.negativesNumber,
      ]),
    );
  lines.push('', row(['category', 'found', 'precision']));
  for (const [category, { found, right }] of scores.categories)
    if (found > 0) lines.push(row([category, found, percent(right, found)]));
  lines.push('', `over-cover: ${percent(overCovered, outsideLabels)} of the characters outside labels`);
  lines.push(
    `speed: ${Math.round(texts / seconds)} texts/s, ${(characters / seconds / 1e6).toFixed(2)} M characters/s`,
  );
  return `${lines.join('\n')}\n`;
}

function sum(scores: readonly TypeScore[]): TypeScore {
  const total: TypeScore = {
    labelled: 0,
    covered: 0,
    touched: 0,
    negatives: 0,
    negativesCovered: 0,
    negativesNumber: 0,
  };
  for (const one of scores) for (const key of Object.keys(total) as (keyof TypeScore)[]) total[key] += one[key];
  return total;
}
