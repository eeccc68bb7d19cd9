/** What the parts of `garim evaluate` share: each measures one kind of input, prints a table and gives the same as data. */
import { SingleBar } from 'cli-progress';
import type { Log } from '../../base/log.ts';
import type { ModelStore } from '../../camera/detect/store.ts';

export interface EvaluateOptions {
  data?: string;
  live: boolean;
  every: number;
  curve: boolean;
  baseline?: string;
  simulated?: number;
  seed: number[];
  night: boolean;
  rain: boolean;
  clip?: string[];
  text?: string;
  misses?: string;
  json?: string;
  state: string;
}

interface PartContext {
  options: EvaluateOptions;
  store: ModelStore;
  log: Log;
  print(line: string): void;
}

/** What was measured, for `--json`; `fault` says why the command is to fail. */
interface PartResult {
  data: unknown;
  fault?: string;
}

/** Added to the table in cli/evaluate.ts. */
export interface Part {
  /** The option that asks for it. */
  option: keyof EvaluateOptions;
  run(context: PartContext): Promise<PartResult>;
}

export const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)} %`;

export const shareOf = ({ covered, total }: { covered: number; total: number }): number =>
  total === 0 ? Number.NaN : covered / total;

/** `-` where there is nothing to judge. */
export const percentOf = (tally: { covered: number; total: number }, digits = 1): string =>
  tally.total === 0 ? '-' : percent(shareOf(tally), digits);

/** Rows in columns: the first to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
}

/** A bar on a terminal, else nothing. */
export function progress(what: string): { show(done: number, all: number): void; end(): void } {
  const format = `{bar} {value}/{total} ${what}`;
  const bar = process.stderr.isTTY
    ? new SingleBar({ format, stream: process.stderr, hideCursor: true, clearOnComplete: true, etaBuffer: 1 })
    : undefined;
  let isStarted = false;
  return {
    show(done, all) {
      if (!isStarted) bar?.start(all, done);
      else bar?.update(done);
      isStarted = true;
    },
    end: () => bar?.stop(),
  };
}
