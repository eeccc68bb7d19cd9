/** The time that a report is about, in UTC: an ISO week `2026-W47`, a month `2026-11` or a day `2026-11-23`. */
import { UserError } from '../base/errors.ts';

export interface Period {
  /** As it was asked for. */
  name: string;
  fromMs: number;
  /** Not included. */
  toMs: number;
}

export const DAY_MS = 86_400_000;

/** Throws UserError for what is none. */
export function parsePeriod(name: string): Period {
  const [, year = '', week, month, day] = /^(\d{4})-(?:W(\d{2})|(\d{2})(?:-(\d{2}))?)$/.exec(name) ?? [];
  const period =
    week === undefined ? calendarPeriod(name, year, month, day) : weekPeriod(name, Number(year), Number(week));
  if (period !== undefined) return period;
  throw new UserError(`${name} is no period`, {
    fix: 'write a week, a month or a day: 2026-W47, 2026-11 or 2026-11-23',
  });
}

function calendarPeriod(name: string, year: string, month?: string, day?: string): Period | undefined {
  if (month === undefined) return undefined;
  const fromMs = Date.parse(`${year}-${month}-${day ?? '01'}T00:00:00Z`);
  // 2026-02-30 is read as a day of March by some engines.
  if (Number.isNaN(fromMs) || !new Date(fromMs).toISOString().startsWith(name)) return undefined;
  const toMs = day === undefined ? Date.UTC(Number(year), Number(month), 1) : fromMs + DAY_MS;
  return { name, fromMs, toMs };
}

/** Week 1 is the one with the year's first Thursday (ISO 8601). */
function weekPeriod(name: string, year: number, week: number): Period | undefined {
  const fourth = Date.UTC(year, 0, 4);
  const monday = fourth - ((new Date(fourth).getUTCDay() + 6) % 7) * DAY_MS;
  const fromMs = monday + (week - 1) * 7 * DAY_MS;
  const thursday = new Date(fromMs + 3 * DAY_MS);
  if (week < 1 || thursday.getUTCFullYear() !== year) return undefined;
  return { name, fromMs, toMs: fromMs + 7 * DAY_MS };
}

/** Start and end of a leaf's window, `["2026-11-23T05:00Z","PT15M"]`. */
export function windowSpan([start, duration]: readonly [string, string]): { fromMs: number; toMs: number } {
  const fromMs = Date.parse(start.replace(/Z$/, ':00Z'));
  const [, count = '0', unit] = /^PT(\d+)([MH])$/.exec(duration) ?? [];
  return { fromMs, toMs: fromMs + Number(count) * (unit === 'H' ? 3_600_000 : 60_000) };
}
