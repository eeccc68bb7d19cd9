/** Numbers 9 and 10: how many contributors stand behind what was released, and what was spent of the privacy budget. */
import type { Entry } from '../evidence.ts';
import { DAY_MS, windowSpan } from '../period.ts';
import { type Indicator, known, type Part, unknown } from '../result.ts';

/** Fewest contributors for use inside the city; 10 for partners and 20 for open data are the policy's to set. */
const K_MIN = 5;

/** The smallest k of a released cell. Releases under noise have no k and are judged by what they spent. */
export const releaseK: Indicator = (evidence) => {
  const entries = evidence.during('release').filter(({ leaf }) => leaf.k !== undefined);
  if (entries.length === 0) return unknown('no-leaves');
  const parts = bySensor(entries).map(([name, own]): Part => {
    const k = Math.min(...own.map(({ leaf }) => leaf.k!));
    return { name, num: k, den: own.length, value: k };
  });
  const value = Math.min(...parts.map((part) => part.value));
  const below = entries.filter(({ leaf }) => leaf.k! < K_MIN).length;
  const status = below === 0 ? 'pass' : 'fail';
  return known({ status, num: entries.length - below, den: entries.length, value, line: K_MIN, parts }, entries);
};

/**
 * The most that a sensor may have spent on one day, against its cap where that is known. A release names the cap of the day that its noise is
 * charged to, so of the releases of one day the largest counts, and not the sum.
 */
export const epsilonSpent: Indicator = (evidence) => {
  const entries = evidence.during('release').filter(({ leaf }) => leaf.epsilon !== undefined);
  if (entries.length === 0) return unknown('no-leaves');
  const caps = evidence.live.epsilonPerDay ?? {};
  const parts: (Part & { cap: number | undefined })[] = [];
  for (const [sensor, own] of bySensor(entries)) {
    const days = new Map<string, number>();
    for (const { leaf } of own) {
      const day = new Date(Math.floor(windowSpan(leaf.window).fromMs / DAY_MS) * DAY_MS).toISOString().slice(0, 10);
      days.set(day, Math.max(days.get(day) ?? 0, leaf.epsilon!));
    }
    for (const [day, spent] of days) parts.push({ name: `${sensor} ${day}`, value: spent, cap: caps[sensor] });
  }
  const within = parts.filter(({ value, cap }) => cap === undefined || value <= cap).length;
  const isCapKnown = parts.every(({ cap }) => cap !== undefined);
  const status = within < parts.length ? 'fail' : isCapKnown ? 'pass' : 'reported';
  const value = Math.max(...parts.map((part) => part.value));
  const cap = Math.max(...parts.map((part) => part.cap ?? 0));
  const line = isCapKnown && new Set(parts.map((part) => part.cap)).size === 1 ? { line: cap } : {};
  const shown = parts.map(({ cap: _, ...part }) => part);
  return known({ status, num: within, den: parts.length, value, ...line, parts: shown }, entries);
};

function bySensor(entries: readonly Entry<'release'>[]): [string, Entry<'release'>[]][] {
  const sensors = new Map<string, Entry<'release'>[]>();
  for (const entry of entries) sensors.set(entry.leaf.sensor, [...(sensors.get(entry.leaf.sensor) ?? []), entry]);
  return [...sensors];
}
