/** Numbers 1 to 3: what the filter misses, bounded by known tracks that were put in front of it. A track is one trial; a frame is not. */
import { upperBound } from '../binomial.ts';
import type { Entry, Evidence } from '../evidence.ts';
import { type Indicator, known, type Part, unknown } from '../result.ts';

/** Largest share of missed tracks; 0 of 299 keeps it. */
const MISS_BOUND_MAX = 0.01;

type Canary = Entry<'canary'>;

/** Those of the model that was tried last: what another one missed says nothing about it. */
function canariesOf(evidence: Evidence, label?: string): Canary[] {
  const all = evidence.during('canary');
  const model = all.at(-1)?.leaf.model;
  return all.filter(({ leaf }) => leaf.model === model && (label === undefined || leaf.label === label));
}

function tally(entries: readonly Canary[]): { num: number; den: number } {
  return entries.reduce(({ num, den }, { leaf }) => ({ num: num + leaf.missed, den: den + leaf.planted }), {
    num: 0,
    den: 0,
  });
}

/** One part for each label and stratum, the worst first. */
function partsOf(entries: readonly Canary[]): Part[] {
  const groups = new Map<string, Canary[]>();
  for (const entry of entries) {
    const name = `${entry.leaf.label} ${entry.leaf.stratum}`;
    groups.set(name, [...(groups.get(name) ?? []), entry]);
  }
  return [...groups]
    .map(([name, group]) => ({ name, ...tally(group) }))
    .filter(({ den }) => den > 0)
    .map(({ name, num, den }) => ({ name, num, den, value: num / den, low: num / den, high: upperBound(num, den) }))
    .sort((a, b) => b.high - a.high);
}

function originOf(entries: readonly Canary[]): { model: string; canarySet?: string } {
  const sets = new Set(entries.map(({ leaf }) => leaf.canarySet));
  const [only] = sets;
  return { model: entries[0]!.leaf.model, ...(sets.size === 1 && only !== undefined ? { canarySet: only } : {}) };
}

function missBound(label: 'face' | 'plate'): Indicator {
  return (evidence) => {
    const entries = canariesOf(evidence, label);
    const { num, den } = tally(entries);
    if (den === 0) return unknown('not-measured');
    const value = upperBound(num, den);
    const status = value <= MISS_BOUND_MAX ? 'pass' : 'fail';
    const figures = { num, den, value, low: num / den, high: value, line: MISS_BOUND_MAX, parts: partsOf(entries) };
    return known({ status, ...figures, ...originOf(entries) }, entries);
  };
}

export const faceMisses = missBound('face');
export const plateMisses = missBound('plate');

/** The largest bound of a stratum. Each has its own 95 %, so of twenty strata one may be above its bound by chance. */
export const worstStratum: Indicator = (evidence) => {
  const entries = canariesOf(evidence);
  const parts = partsOf(entries);
  const [worst] = parts;
  if (worst === undefined) return unknown('not-measured');
  const { num = 0, den = 0, high: value = 1 } = worst;
  const status = value <= MISS_BOUND_MAX ? 'pass' : 'fail';
  const figures = { num, den, value, low: num / den, high: value, line: MISS_BOUND_MAX, parts };
  return known({ status, ...figures, ...originOf(entries) }, entries);
};
