/** Windows of time, as leaves name them: a start in UTC to the minute, and an ISO 8601 duration in minutes or hours. */
export type Window = [start: string, duration: string];

export const WINDOW_START = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}Z$/;

/** To the minute. */
export function minuteOf(wallMs: number): string {
  return `${new Date(wallMs).toISOString().slice(0, 16)}Z`;
}

/** To the second. */
export function instantOf(wallMs: number): string {
  return `${new Date(wallMs).toISOString().slice(0, 19)}Z`;
}

export function msOf(minute: string): number {
  return Date.parse(minute.replace(/Z$/, ':00Z'));
}

/** Start and end in milliseconds since 1970; the end does not belong to it. */
export function spanOf([start, duration]: Window): [startMs: number, endMs: number] {
  const startMs = msOf(start);
  const [, count = '0', unit] = /^PT(\d+)([MH])$/.exec(duration) ?? [];
  return [startMs, startMs + Number(count) * (unit === 'H' ? 3_600_000 : 60_000)];
}

/** A name for files: `20261123T0500Z_PT15M`. */
export function windowName([start, duration]: Window): string {
  return `${start.replaceAll(/[-:]/g, '')}_${duration}`;
}

/** The window of a file's name, or undefined. */
export function parseWindowName(name: string): Window | undefined {
  const [, date = '', hour = '', minute = '', duration = ''] =
    /^(\d{8})T(\d{2})(\d{2})Z_(PT[1-9]\d{0,4}[MH])$/.exec(name) ?? [];
  if (date === '') return undefined;
  return [`${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}T${hour}:${minute}Z`, duration];
}
