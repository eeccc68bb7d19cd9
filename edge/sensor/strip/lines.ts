/**
 * Texts as lines of JSON, through the recognisers, one at a time: memory is bounded by one line, order is kept.
 *
 * A line that can't be read as a text is refused: a placeholder keeps its place, nothing of it goes on, and the reason never quotes it.
 */
import { messageOf, UserError } from '../../base/errors.ts';
import { type Span, TEXT_UNITS_MAX } from './span.ts';
import { stripText } from './strip.ts';

/** A longer line is refused unread: six bytes hold any unit of a text, as `\u0000`, and something is left for other keys. */
export const LINE_BYTES_MAX = TEXT_UNITS_MAX * 8;

export type StrippedLine = { line: number; text: string; spans: Span[] } | { line: number; text: null; error: string };

/** Strips `{"text":"..."}` lines of UTF-8; other keys are dropped. Lines count from 1. */
export async function* stripLines(input: AsyncIterable<Uint8Array>): AsyncGenerator<StrippedLine> {
  let line = 0;
  for await (const bytes of linesOf(input)) {
    line++;
    yield bytes === undefined ? refused(line, `longer than ${LINE_BYTES_MAX} bytes`) : stripLine(line, bytes);
  }
}

function stripLine(line: number, bytes: Uint8Array): StrippedLine {
  const read = textOf(bytes);
  if ('error' in read) return refused(line, read.error);
  try {
    return { line, ...stripText(read.text) };
  } catch (error) {
    // What a fault of ours says may quote the text.
    return refused(line, error instanceof UserError ? messageOf(error) : 'a fault of its own');
  }
}

const refused = (line: number, error: string): StrippedLine => ({ line, text: null, error });

/** A byte order mark, as some editors put before the first line, and a carriage return at the end are no part of a text. */
function textOf(bytes: Uint8Array): { text: string } | { error: string } {
  let line: string;
  try {
    line = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return { error: 'not UTF-8' };
  }
  if (line.trim() === '') return { error: 'an empty line' };
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { error: 'not JSON' }; // the parser's message would quote the line
  }
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'text'))
    return { error: 'not a JSON object with a "text"' };
  const { text } = value as { text: unknown };
  return typeof text === 'string' ? { text } : { error: 'its "text" is not a string' };
}

/** Lines without their ends; `undefined` for one that is too long. */
async function* linesOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array | undefined> {
  let parts: Uint8Array[] = [];
  let size = 0;
  const take = (): Uint8Array | undefined => {
    const line = size > LINE_BYTES_MAX ? undefined : Buffer.concat(parts);
    parts = [];
    size = 0;
    return line;
  };
  const add = (part: Uint8Array): void => {
    size += part.length;
    if (size <= LINE_BYTES_MAX) parts.push(part);
    else parts = [];
  };
  for await (const chunk of input) {
    let from = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      add(chunk.subarray(from, end));
      from = end + 1;
      yield take();
    }
    if (from < chunk.length) add(chunk.subarray(from));
  }
  if (size > 0) yield take();
}
