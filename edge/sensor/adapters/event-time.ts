/** Event times as sensors write them. A time without a zone is taken as UTC: a box may stand anywhere, and a guess would be worse. */

/** Nothing that a city measures with this product is older. */
const EVENT_MS_MIN = Date.UTC(2000, 0, 1);

/** A time without a zone may be ahead by up to 14 h; beyond a day it is a broken clock. */
const EVENT_AHEAD_MS_MAX = 86_400_000;

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)? ?(?:Z|([+-])(\d{2}):?(\d{2}))?$/i;

/** Milliseconds since 1970, or NaN when the value is no time. Numbers are seconds, milli-, micro- or nanoseconds by their size. */
export function timeMsOf(value: string | number): number {
  if (typeof value === 'number') return epochMsOf(value);
  const iso = ISO.exec(value);
  if (iso === null) return /^\d{9,19}(\.\d{1,9})?$/.test(value) ? epochMsOf(Number(value)) : Number.NaN;
  const [, year, month, day, hour, minute, second = '0', fraction = '0', sign, zoneHour = '0', zoneMinute = '0'] = iso;
  const zoneMs = (Number(zoneHour) * 60 + Number(zoneMinute)) * 60_000;
  const ms = Math.floor(Number(`0.${fraction}`) * 1000);
  return calendarMs([year, month, day, hour, minute, second].map(Number)) + ms - (sign === '-' ? -zoneMs : zoneMs);
}

/** UTC milliseconds of year, month (1 to 12), day, hour, minute, second; NaN for a day or hour that does not exist. */
export function calendarMs([
  year = 0,
  month = 0,
  day = 0,
  hour = 0,
  minute = 0,
  second = 0,
]: readonly number[]): number {
  const daysInMonth = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const exists = month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth && hour < 24 && minute < 60 && second < 61;
  return exists ? Date.UTC(year, month - 1, day, hour, minute, second) : Number.NaN;
}

export function isPlausible(eventMs: number, receivedMs: number): boolean {
  return eventMs >= EVENT_MS_MIN && eventMs <= receivedMs + EVENT_AHEAD_MS_MAX;
}

function epochMsOf(value: number): number {
  const size = Math.abs(value);
  if (size < 1e11) return value * 1e3;
  if (size < 1e14) return value;
  return size < 1e17 ? value / 1e3 : value / 1e6;
}
