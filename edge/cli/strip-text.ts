/** `garim strip-text`: free texts from standard input, without their identifiers to standard output. */
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Command } from 'commander';
import { messageOf, UserError } from '../base/errors.ts';
import { discard, partialNameFor, publish } from '../base/whole-file.ts';
import { CATEGORY_SUMMARIES, TEXT_CATEGORIES } from '../sensor/strip/categories.ts';
import { LINE_BYTES_MAX, stripLines } from '../sensor/strip/lines.ts';
import { TEXT_UNITS_MAX } from '../sensor/strip/span.ts';

/** Refused lines that are told one by one; all of them are counted, and stand in the output. */
const REFUSALS_TOLD_MAX = 20;

/** Exit codes of a process that a signal ended. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

export function stripTextCommand(): Command {
  const command = new Command('strip-text')
    .description('replace what identifies people in free texts, one JSON line a text')
    .option('--report <file>', 'one JSON line per identifier: where it stood and what it is')
    .addHelpText('after', help());
  return command.action(async () => stripStandardInput(command.opts<{ report?: string }>().report));
}

function help(): string {
  const width = Math.max(...TEXT_CATEGORIES.map((category) => category.length)) + 2;
  const categories = TEXT_CATEGORIES.map((category) => `  ${category.padEnd(width)}${CATEGORY_SUMMARIES[category]}`);
  return `
Reads lines {"text":"..."} from standard input and writes as many lines {"text":"..."} in the same order, with each identifier replaced
by its category, as in "call [phone]". Other keys are dropped. Unknown numbers of seven digits or more are covered too.

A line that is no such object in UTF-8 (an empty one too), longer than ${LINE_BYTES_MAX} bytes or with a text of more than ${TEXT_UNITS_MAX}
characters (UTF-16 code units) is refused: {"text":null,"error":"..."} keeps its place, nothing of it goes on, and the others do. The first
${REFUSALS_TOLD_MAX} are named on standard error, and how many there were.

Lines of the report: {"line","start","end","category"}; lines count from 1, start and end are offsets in the input text in UTF-16 code
units (what JavaScript and Java count), end is exclusive.

Categories:
${categories.join('\n')}

Exit code: 0 all texts are done; 1 a line was refused.

Examples:
  garim strip-text < notes.ndjson > safe.ndjson
  garim strip-text --report spans.ndjson < notes.ndjson | jq -r .text`;
}

async function stripStandardInput(report: string | undefined): Promise<void> {
  const partial = report === undefined ? undefined : partialNameFor(report);
  const file = partial === undefined ? undefined : await openReport(partial, report!);
  // However the process ends, by a signal or a reader that left, no half report stays.
  const onExit = (): void => {
    if (partial !== undefined) rmSync(partial, { force: true });
  };
  const onSignal = (signal: NodeJS.Signals): void => process.exit(EXIT_CODES[signal as keyof typeof EXIT_CODES]);
  process.once('exit', onExit).once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    await stripAll(file);
    await file?.close();
    if (partial !== undefined) await publish(partial, report!);
  } catch (error) {
    await file?.close().catch(() => undefined);
    if (partial !== undefined) await discard(partial);
    throw error;
  } finally {
    process.off('exit', onExit).off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

async function openReport(partial: string, report: string): Promise<FileHandle> {
  try {
    return await open(partial, 'w', 0o600);
  } catch (error) {
    throw new UserError(`${report} can't be written: ${messageOf(error)}`, {
      fix: 'name another --report',
      cause: error,
    });
  }
}

async function stripAll(report: FileHandle | undefined): Promise<void> {
  let [lines, refused] = [0, 0];
  for await (const stripped of stripLines(process.stdin)) {
    const { line } = stripped;
    lines = line;
    if (stripped.text === null) {
      refused++;
      if (refused <= REFUSALS_TOLD_MAX) process.stderr.write(`line ${line}: ${stripped.error}\n`);
      await write({ text: null, error: stripped.error });
      continue;
    }
    await write({ text: stripped.text });
    const spans = stripped.spans.map(
      ({ start, end, category }) => `${JSON.stringify({ line, start, end, category })}\n`,
    );
    if (spans.length > 0) await report?.write(spans.join(''));
  }
  if (refused === 0) return;
  process.stderr.write(`${refused} of ${lines} lines refused; each is {"text":null,...} in the output\n`);
  process.exitCode = 1;
}

async function write(value: unknown): Promise<void> {
  if (!process.stdout.write(`${JSON.stringify(value)}\n`)) await once(process.stdout, 'drain');
}
