/**
 * Building blocks of adapters' schemas. All keep the shape of their input (a key stays under its name), since `countUnknown` compares what
 * came in with what the schema kept.
 */
import { z } from 'zod';
import type { Position } from '../reading.ts';

const NUMBER = /^\s*[+-]?(\d{1,18}(\.\d{0,18})?|\.\d{1,18})([eE][+-]?\d{1,2})?\s*$/;

/** Identifiers of devices, vehicles and meters: long enough for a URN with a UUID or a hash in hex. */
const ID_CHARS_MAX = 160;

/** A number, or one written as text (CSV, and cameras that quote everything). */
export function requiredNumeric(min: number, max: number) {
  return z.preprocess(
    (value) => (typeof value === 'string' && NUMBER.test(value) ? Number(value) : value),
    z.number().min(min).max(max),
  );
}

export function numeric(min: number, max: number) {
  return requiredNumeric(min, max).nullish();
}

/** Counts of things: whole numbers that fit a street. */
export function count() {
  return numeric(0, 1_000_000);
}

/** A yes or no in the usual spellings, as 1 or 0. */
export function flag() {
  return z
    .preprocess((value) => FLAGS.get(typeof value === 'string' ? value.toLowerCase() : value), z.number())
    .nullish();
}

const FLAGS = new Map<unknown, number>([
  [true, 1],
  [false, 0],
  [1, 1],
  [0, 0],
  ...['true', 'on', 'yes', '1', 'occupied'].map((word): [string, number] => [word, 1]),
  ...['false', 'off', 'no', '0', 'free', 'vacant'].map((word): [string, number] => [word, 0]),
]);

/** A short word that may be grouped by; see `groupWord`. */
export function word() {
  return z.string().max(64).nullish();
}

export function identifier() {
  return z.union([z.string().max(ID_CHARS_MAX), z.number()]).nullish();
}

/** A point in time in one of the forms of event-time.ts. */
export function time() {
  return z.union([z.string().max(40), z.number()]).nullish();
}

/** A MAC or Bluetooth device address: 12 hex digits, whole or in pairs. */
export function deviceAddress() {
  return z
    .string()
    .regex(/^([0-9a-f]{12}|[0-9a-f]{2}([:-][0-9a-f]{2}){5})$/i)
    .nullish();
}

/** The one spelling of an address that is used inside: lower case, pairs with colons. */
export function canonicalAddress(address: string): string {
  return (
    address
      .replaceAll(/[^0-9a-f]/gi, '')
      .toLowerCase()
      .match(/../g) ?? []
  ).join(':');
}

export function latitude() {
  return numeric(-90, 90);
}

export function longitude() {
  return numeric(-180, 180);
}

export function positionOf(lat: number | null | undefined, lon: number | null | undefined): Position | undefined {
  return typeof lat === 'number' && typeof lon === 'number' ? { lat, lon } : undefined;
}

/** Text of an identifier; undefined where there is none. */
export function idOf(value: string | number | null | undefined): string | undefined {
  const text = value === null || value === undefined ? '' : String(value).trim();
  return text === '' ? undefined : text;
}

/** One spelling for words that groups are made of: trimmed, lower case. */
export function groupWord(value: string | null | undefined): string | undefined {
  const text = (value ?? '').trim().toLowerCase();
  return text === '' ? undefined : text;
}
