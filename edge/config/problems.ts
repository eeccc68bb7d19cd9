/**
 * Turns what zod says about a configuration into problems that a person can act on: the path, what is wrong, what to write.
 *
 * A value is repeated only where it can't be a secret (numbers, and words where a closed list is expected); keys only where
 * they look like a setting. A URL in the wrong place is therefore never echoed.
 */
import type { z } from 'zod';
import { nearest, orList, type SchemaGuide } from './guide.ts';

export interface Problem {
  path: PropertyKey[];
  /** Which part of the setting at `path` is at fault: for an unknown setting its key, else the value. */
  at: 'key' | 'value';
  what: string;
  fix: string;
}

const UNFIT = 'not in the form that is expected here';

export function problemsOf(issues: readonly z.core.$ZodIssue[], guide: SchemaGuide): Problem[] {
  return issues.flatMap((issue) => problemOf(issue, guide));
}

function problemOf(issue: z.core.$ZodIssue, guide: SchemaGuide): Problem[] {
  const { path } = issue;
  const problem = (what: string, fix = guide.whatToWrite(path)): Problem[] => [{ path, at: 'value', what, fix }];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey([...path, key], guide.knownKeys(path, issue.input)));
    case 'invalid_key':
      return [{ path, at: 'key', what: 'not a valid name', fix: sentence(issue.issues[0]?.message ?? '') }];
    case 'invalid_type':
      if (issue.input === undefined) return problem('missing');
      return problem(`expected ${KINDS[issue.expected] ?? issue.expected}, got ${kindOf(issue.input)}`);
    case 'too_small':
      return problem(`expected at least ${amount(issue.minimum, issue.origin)}, got ${sizeOf(issue.input)}`);
    case 'too_big':
      return problem(`expected at most ${amount(issue.maximum, issue.origin)}, got ${sizeOf(issue.input)}`);
    case 'not_multiple_of':
      return problem(`expected a multiple of ${issue.divisor}, got ${sizeOf(issue.input)}`);
    case 'invalid_value':
      return problem(
        `expected ${orList(issue.values.map(String))}, got ${wordOf(issue.input, path, guide)}`,
        meant(issue, guide),
      );
    case 'invalid_union':
      return unionProblems(issue, guide);
    case 'custom':
      return problem(String(issue.params?.['what'] ?? UNFIT), sentence(issue.message));
    default:
      return problem(UNFIT, sentence(issue.message));
  }
}

function unknownKey(path: PropertyKey[], known: string[]): Problem {
  const guess = nearest(String(path.at(-1)), known);
  const fix = guess === undefined ? `Known here: ${known.join(', ')}.` : `Did you mean ${guess}?`;
  return { path, at: 'key', what: 'unknown setting', fix };
}

/** Reports the form that was meant: the one whose type fits the value, nearest in its keys. */
function unionProblems(issue: z.core.$ZodIssueInvalidUnion, guide: SchemaGuide): Problem[] {
  const { path, input } = issue;
  const discriminator = issue.errors.length === 0 ? path.at(-1) : undefined;
  if (discriminator !== undefined) {
    const given = (input as Record<PropertyKey, unknown> | undefined)?.[discriminator];
    const what = given === undefined ? 'missing' : `not a known word, got ${wordOf(given, path, guide)}`;
    return [{ path, at: 'value', what, fix: guide.whatToWrite(path) }];
  }
  const fitting = issue.errors.filter(
    (errors) => !errors.some((e) => e.code === 'invalid_type' && e.path.length === 0),
  );
  if (fitting.length === 1) {
    return problemsOf(
      fitting[0]!.map((inner) => ({ ...inner, path: [...path, ...inner.path] }) as z.core.$ZodIssue),
      guide,
    );
  }
  if (fitting.length > 1 && typeof input === 'object' && input !== null) {
    const known = guide.knownKeys(path);
    const strangers = Object.keys(input).filter((key) => !known.includes(key));
    if (strangers.length > 0) return strangers.map((key) => unknownKey([...path, key], known));
    const valid = issue.errors.find((errors) => errors.every((e) => e.path.length > 0 && e.path[0]! in input));
    if (valid !== undefined) {
      return problemsOf(
        valid.map((inner) => ({ ...inner, path: [...path, ...inner.path] }) as z.core.$ZodIssue),
        guide,
      );
    }
    return [{ path, at: 'value', what: `expected either ${orList(known)}`, fix: guide.whatToWrite(path) }];
  }
  const what = input === undefined ? 'missing' : `expected text or a mapping, got ${kindOf(input)}`;
  return [{ path, at: 'value', what, fix: guide.whatToWrite(path) }];
}

function meant(issue: z.core.$ZodIssueInvalidValue, guide: SchemaGuide): string {
  const guess = typeof issue.input === 'string' ? nearest(issue.input, issue.values.map(String)) : undefined;
  return guess === undefined ? guide.whatToWrite(issue.path) : `Did you mean ${guess}?`;
}

/** A path fit to be shown: `cameras.gate.masks[0].name`. */
export function showPath(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the whole file';
  let text = '';
  for (const key of path) {
    if (typeof key === 'number') text += `[${key}]`;
    else text += `${text === '' ? '' : '.'}${showKey(String(key))}`;
  }
  return text;
}

function showKey(key: string): string {
  if (/^[\w-]{1,63}$/.test(key)) return key;
  return /^[\p{L}\p{N} _.-]{1,63}$/u.test(key) ? JSON.stringify(key) : '(a key that is not shown)';
}

const KINDS: Record<string, string> = {
  string: 'text',
  int: 'a whole number',
  number: 'a number',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
  tuple: 'a list',
  boolean: 'true or false',
};

function kindOf(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' ? 'text' : 'a mapping';
}

function wordOf(value: unknown, path: readonly PropertyKey[], guide: SchemaGuide): string {
  const isWord = typeof value === 'string' && guide.isWordList(path) && /^[\w-]{1,24}$/.test(value);
  return isWord ? `"${value}"` : kindOf(value);
}

function sizeOf(value: unknown): string {
  if (Array.isArray(value)) return `${value.length}`;
  return typeof value === 'string' ? `${value.length}` : String(value);
}

function amount(limit: number | bigint, origin: string): string {
  if (origin === 'string') return `${limit} character${limit === 1 ? '' : 's'}`;
  return origin === 'array' || origin === 'tuple' ? `${limit} entr${limit === 1 ? 'y' : 'ies'}` : `${limit}`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?!]$/.test(text) ? '' : '.'}`;
}
