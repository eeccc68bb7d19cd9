/** What an indicator says. There is no way to `pass` but with a numerator, a denominator and the entries that they come from. */
import { createHash } from 'node:crypto';
import type { Evidence, Located } from './evidence.ts';

/** `reported`: there is a figure and no line that it must keep. `unknown`: there is no evidence. */
export type Status = 'pass' | 'fail' | 'reported' | 'unknown';

/** Why there is no figure. */
export type Lack = 'no-log' | 'log-fails' | 'no-leaves' | 'not-measured' | 'no-witness' | 'not-due';

/** A part of a figure, for plots: a stratum, a sensor, a day. */
export interface Part {
  name: string;
  num?: number;
  den?: number;
  value: number;
  low?: number;
  high?: number;
}

export interface Figures {
  status: Exclude<Status, 'unknown'>;
  num: number;
  den: number;
  /** What is held against the line. */
  value: number;
  /** Ends of what the value may be, where they are known: confidence, or the width of public buckets. */
  low?: number;
  high?: number;
  /** The line, in the value's unit; undefined where there is none. */
  line?: number;
  parts?: readonly Part[];
  /** How it was computed where that differs from case to case; else the catalogue says it. */
  method?: string;
  model?: string;
  canarySet?: string;
}

export type Result = { proofs: readonly number[]; evidence: string | undefined } & (
  | { status: 'unknown'; lack: Lack }
  | Figures
);

export type Indicator = (evidence: Evidence) => Result;

export function unknown(lack: Lack): Result {
  return { status: 'unknown', lack, proofs: [], evidence: undefined };
}

/** `entries`: the leaves behind it, in the order of the log; none only where the log as a whole is what is judged. */
export function known(figures: Figures, entries: readonly Located[]): Result {
  const evidence = entries.length === 0 ? undefined : digestOf(entries);
  return { ...figures, proofs: entries.map(({ index }) => index), evidence };
}

/** sha256 over the leaf hashes in order: anybody can compute it again from the log. */
function digestOf(entries: readonly Located[]): string {
  const hash = createHash('sha256');
  for (const { hash: leafHash } of entries) hash.update(leafHash);
  return `sha256:${hash.digest('hex')}`;
}
