/**
 * Rows of CSV with a header, one message each: `{"column": "text"}`. Cells stay text, empty ones are left out; adapters read numbers from text.
 * A row is a line: a line break inside a quoted cell makes two rows that do not fit the header. So a stray quote costs one row, not the file.
 */
import { isUtf8 } from 'node:buffer';
import { type CsvError, parse } from 'csv-parse/sync';
import { damagedAt, droppedAt, type FileItem, messageOf } from './item.ts';
import { type Line, linesOf } from './lines.ts';

const DELIMITERS = [',', ';', '\t'] as const;

/** Columns of one file; wide exports have a few dozen. */
const COLUMNS_MAX = 256;

/** Lines parsed in one call: a parser costs more to make than a row to read. */
const BATCH_LINES_MAX = 256;

/** The commonest of the delimiters in a header; undefined when it has none. */
export function delimiterOf(header: string): string | undefined {
  const counts = DELIMITERS.map((delimiter) => header.split(delimiter).length - 1);
  const most = Math.max(...counts);
  return most === 0 ? undefined : DELIMITERS[counts.indexOf(most)];
}

export async function* csvItems(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<FileItem> {
  let table: { delimiter: string; columns: readonly string[] } | undefined;
  let batch: TextLine[] = [];
  for await (const line of linesOf(chunks)) {
    const text = textOf(line);
    if (table === undefined) {
      const delimiter = (text === undefined ? undefined : delimiterOf(text)) ?? ',';
      const columns = text === undefined ? undefined : rowsOf(text, delimiter)?.[0];
      if (columns === undefined || columns.length > COLUMNS_MAX) {
        yield damagedAt('no header that could be read', 'line', line.number);
        return;
      }
      table = { delimiter, columns };
    } else if (text === undefined) {
      yield droppedAt(line.bytes === undefined ? 'too-large' : 'not-utf8', 'line', line.number);
    } else if (batch.push({ text, number: line.number }) >= BATCH_LINES_MAX) {
      yield* rowItems(batch, table.delimiter, table.columns);
      batch = [];
    }
  }
  if (table !== undefined) yield* rowItems(batch, table.delimiter, table.columns);
}

interface TextLine {
  text: string;
  number: number;
}

function textOf({ bytes }: Line): string | undefined {
  return bytes !== undefined && isUtf8(bytes)
    ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()
    : undefined;
}

function* rowItems(lines: readonly TextLine[], delimiter: string, columns: readonly string[]): Generator<FileItem> {
  const together = rowsOf(lines.map(({ text }) => text).join('\n'), delimiter);
  // Another number of rows than lines: a cell went over a line's end. Then each line stands for itself.
  const isAligned = together?.length === lines.length;
  for (const [index, { text, number }] of lines.entries()) {
    const row = isAligned ? together[index] : rowsOf(text, delimiter)?.[0];
    if (row?.length !== columns.length) yield droppedAt('malformed', 'line', number);
    else
      yield messageOf(Object.fromEntries(columns.map((name, at) => [name, row[at]]).filter(([, cell]) => cell !== '')));
  }
}

/** Undefined for what is no CSV. */
function rowsOf(text: string, delimiter: string): string[][] | undefined {
  try {
    return parse(text, { delimiter, record_delimiter: '\n', relax_column_count: true, trim: true });
  } catch (error) {
    if (isCsvError(error)) return undefined;
    throw error;
  }
}

function isCsvError(error: unknown): error is CsvError {
  return error instanceof Error && typeof (error as { code?: unknown }).code === 'string';
}
