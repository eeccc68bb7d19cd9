/** Numbers 12, 14, 15 and 19: what the record says about itself: deletion, integrity, use, and the sign. */
import type { Entry, Located } from '../evidence.ts';
import { DAY_MS, windowSpan } from '../period.ts';
import { type Indicator, known, unknown } from '../result.ts';

/** A key that is destroyed this long after its time counts as on time: the box looks once a minute, and may be restarting. */
const SHRED_GRACE_MS = 3_600_000;

/** Windows whose details were shredded on time, of those whose time was over in the period. */
export const retention: Indicator = (evidence) => {
  const { fromMs } = evidence.period;
  const due = new Map<string, { dueMs: number; entries: Located[] }>();
  const isDue = (ms: number): boolean => ms >= fromMs && ms + SHRED_GRACE_MS < evidence.untilMs;
  const keyOf = (window: readonly [string, string], expires: string): string => `${window.join()} ${expires}`;
  for (const entry of evidence.of('collect')) {
    const { detail, window, expires } = entry.leaf;
    const dueMs = minuteMs(expires);
    if (detail === undefined || !isDue(dueMs)) continue;
    const key = keyOf(window, expires);
    const known = due.get(key);
    if (known === undefined) due.set(key, { dueMs, entries: [entry] });
    else known.entries.push(entry);
  }
  const shredded = new Map<string, Entry<'shred'>>();
  for (const entry of evidence.during('shred')) {
    const key = keyOf(entry.leaf.window, entry.leaf.due);
    if (!shredded.has(key)) shredded.set(key, entry);
    const dueMs = minuteMs(entry.leaf.due);
    if (!due.has(key) && isDue(dueMs)) due.set(key, { dueMs, entries: [] });
  }
  if (due.size === 0) return unknown('not-due');
  const used: Located[] = [];
  let onTime = 0;
  for (const [key, { dueMs, entries }] of due) {
    const shred = shredded.get(key);
    used.push(...entries, ...(shred === undefined ? [] : [shred]));
    if (shred !== undefined && Date.parse(shred.leaf.at) <= dueMs + SHRED_GRACE_MS) onTime++;
  }
  used.sort((a, b) => a.index - b.index);
  const status = onTime === due.size ? 'pass' : 'fail';
  return known({ status, num: onTime, den: due.size, value: onTime / due.size, line: 1 }, used);
};

function minuteMs(minute: string): number {
  return Date.parse(minute.replace(/Z$/, ':00Z'));
}

/**
 * Faults that verifying found and forks that are on record, of all leaves that were verified. Without a witness a log that was put back to
 * an earlier state can't be told from one that was not, so there is no figure then.
 */
export const ledgerIntegrity: Indicator = (evidence) => {
  const { integrity } = evidence;
  if (integrity === undefined) return unknown('no-log');
  const epochs = evidence.during('epoch');
  const faults = integrity.faults.length + epochs.length;
  const { size: den, witnessedSize } = integrity;
  if (faults === 0 && witnessedSize === undefined) return unknown('no-witness');
  const parts = [{ name: 'uncosigned-leaves', value: den - (witnessedSize ?? 0) }];
  return known({ status: faults === 0 ? 'pass' : 'fail', num: faults, den, value: faults, line: 0, parts }, epochs);
};

/**
 * Pulls behind which there is what they were let through for: data of the same feed and purpose that the box released, or, for a picture
 * feed, a window that the box collected at that time. Pulls so new that their window is not closed yet are left out.
 */
export const purposeCoverage: Indicator = (evidence) => {
  const windows = new Map<string, { fromMs: number; toMs: number }[]>();
  const lastEnd = new Map<string, number>();
  for (const { leaf } of evidence.of('collect')) {
    const span = windowSpan(leaf.window);
    append(windows, leaf.sensor, span);
    lastEnd.set(leaf.sensor, Math.max(lastEnd.get(leaf.sensor) ?? 0, span.toMs));
  }
  const releases = new Map<string, { fromMs: number; window: string }[]>();
  for (const { leaf } of evidence.of('release')) {
    const { fromMs } = windowSpan(leaf.window);
    append(releases, `${leaf.feed} ${leaf.purpose}`, { fromMs, window: leaf.window.join() });
  }
  const isMatched = ({ at, feed, purpose, window }: Entry<'pull'>['leaf']): boolean => {
    const ms = Date.parse(at);
    return (
      windows.get(feed)?.some(({ fromMs, toMs }) => ms >= fromMs && ms < toMs) === true ||
      releases
        .get(`${feed} ${purpose}`)
        ?.some((release) => (window === undefined ? release.fromMs <= ms : release.window === window.join())) === true
    );
  };
  const pulls = evidence
    .during('pull')
    .filter(
      ({ leaf }) => isMatched(leaf) || Date.parse(leaf.at) < (lastEnd.get(leaf.feed) ?? Number.POSITIVE_INFINITY),
    );
  if (pulls.length === 0) return unknown('no-leaves');
  const num = pulls.filter(({ leaf }) => isMatched(leaf)).length;
  const den = pulls.length;
  return known({ status: num === den ? 'pass' : 'fail', num, den, value: num / den, line: 1 }, pulls);
};

function append<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/**
 * Whether the newest sign that was hung says what the present configuration has it say; where that is not at hand, whether no other policy came
 * into force since.
 */
export const signage: Indicator = (evidence) => {
  const sign = evidence.of('sign').at(-1);
  if (sign === undefined) return unknown('no-leaves');
  const { sign: live } = evidence.live;
  const policies = evidence.of('policy');
  if (live === undefined && policies.length === 0) return unknown('no-leaves');
  const later = policies.filter(({ index, leaf }) => index > sign.index && leaf.policy !== sign.leaf.policy);
  const isCurrent = live === undefined ? later.length === 0 : live.digest === sign.leaf.sign;
  const days = (evidence.untilMs - Date.parse(sign.leaf.at)) / DAY_MS;
  const parts = [{ name: 'sign-age-days', value: Math.floor(days) }];
  const figures = { num: isCurrent ? 1 : 0, den: 1, value: isCurrent ? 1 : 0, line: 1, parts };
  return known({ status: isCurrent ? 'pass' : 'fail', ...figures }, live === undefined ? [sign, ...later] : [sign]);
};
