/**
 * Numbers 4, 5, 7, 8, 11, 13, 17, 18 and 20: what can only be found out by trying, with tools or on other machines. Each stands on a
 * `measurement` leaf, which names the tool's output by its digest; without one there is no figure.
 */
import { lowerBound, upperBound } from '../binomial.ts';
import type { Entry } from '../evidence.ts';
import { type Figures, type Indicator, known, unknown } from '../result.ts';

type Measurement = Entry<'measurement'>['leaf'];

/** What each measurement is called in its leaf. */
export const MEASUREMENTS = [
  're-identification',
  'fault-injection',
  'raw-egress',
  'identifier-stripping',
  'linkage-attack',
  'optout-latency',
  'patch-age',
  'transport',
  'clock-offset',
] as const;
type About = (typeof MEASUREMENTS)[number];

/** `undefined` when the leaf lacks what the indicator needs: then it counts as not measured. */
function measured(about: About, judge: (leaf: Measurement) => Figures | undefined): Indicator {
  return (evidence) => {
    const entries = evidence.measured(about);
    const leaf = together(entries.map((entry) => entry.leaf));
    const figures = leaf && judge(leaf);
    if (leaf === undefined || figures === undefined) return unknown('not-measured');
    return known({ method: leaf.method, ...figures }, entries);
  };
}

/** Counts added up, and of values the worst. */
function together(leaves: readonly Measurement[]): Measurement | undefined {
  const [first, ...others] = leaves;
  if (first === undefined || others.length === 0) return first;
  const given = (key: 'num' | 'den' | 'low' | 'value' | 'high'): number[] =>
    leaves.flatMap((leaf) => (leaf[key] === undefined ? [] : [leaf[key]]));
  const sum = (values: number[]): number | undefined =>
    values.length < leaves.length ? undefined : values.reduce((total, value) => total + value, 0);
  const worst = (values: number[]): number | undefined => (values.length === 0 ? undefined : Math.max(...values));
  const method = [...new Set(leaves.map((leaf) => leaf.method))].join('+');
  return {
    ...first,
    method,
    num: sum(given('num')),
    den: sum(given('den')),
    low: worst(given('low')),
    value: worst(given('value')),
    high: worst(given('high')),
  };
}

/** A count that must be 0 (`none`), or all there is (`all`), with the bound that so many trials allow. */
function counted(leaf: Measurement, must: 'none' | 'all'): Figures | undefined {
  const { num, den } = leaf;
  if (num === undefined || den === undefined || den < 1 || num > den) return undefined;
  const value = num / den;
  const line = must === 'none' ? 0 : 1;
  const base = { status: value === line ? ('pass' as const) : ('fail' as const), num, den, value, line };
  if (!Number.isSafeInteger(num) || !Number.isSafeInteger(den)) return base;
  return must === 'none'
    ? { ...base, low: value, high: upperBound(num, den) }
    : { ...base, low: lowerBound(num, den), high: value };
}

/** A value with its line, at most. */
function atMost(leaf: Measurement, value: number | undefined, line: number | undefined): Figures | undefined {
  const { num, den, low, high } = leaf;
  if (value === undefined || den === undefined || den < 1) return undefined;
  const status = line === undefined ? 'reported' : value <= line ? 'pass' : 'fail';
  return {
    status,
    num: num ?? value,
    den,
    value,
    ...(low === undefined ? {} : { low }),
    ...(high === undefined ? {} : { high }),
    ...(line === undefined ? {} : { line }),
  };
}

/** Rank-1 of a recogniser on the output, less what guessing gives: the interval must hold 0. */
export const reIdentification = measured('re-identification', (leaf) => {
  const figures = atMost(leaf, leaf.value, undefined);
  if (figures === undefined || leaf.low === undefined) return undefined;
  return { ...figures, status: leaf.low <= 0 ? 'pass' : 'fail', line: 0 };
});

export const failClosed = measured('fault-injection', (leaf) => counted(leaf, 'all'));

/** Bytes, of all that were watched. */
export const rawEgress = measured('raw-egress', (leaf) => {
  const { num, den } = leaf;
  if (num === undefined || den === undefined || den < 1) return undefined;
  return { status: num === 0 ? 'pass' : 'fail', num, den, value: num, line: 0 };
});

export const identifierStripping = measured('identifier-stripping', (leaf) => counted(leaf, 'none'));

/** Upper end of AUC - 0.5 over all attacks. */
const ADVANTAGE_MAX = 0.05;
export const linkageAttack = measured('linkage-attack', (leaf) => atMost(leaf, leaf.high, ADVANTAGE_MAX));

/** 95th percentile from the signal to its effect, milliseconds. */
const MARKER_LATENCY_MS_MAX = 1_000;
export const optOutLatency = measured('optout-latency', (leaf) => atMost(leaf, leaf.value, MARKER_LATENCY_MS_MAX));

/** Days since the oldest fix of high severity that is not installed; the design sets no line. */
export const patchAge = measured('patch-age', (leaf) => atMost(leaf, leaf.value, undefined));

export const encryptionInTransit = measured('transport', (leaf) => counted(leaf, 'all'));

/** Milliseconds; the design sets no line. */
export const clockTrust = measured('clock-offset', (leaf) => atMost(leaf, leaf.value, undefined));
