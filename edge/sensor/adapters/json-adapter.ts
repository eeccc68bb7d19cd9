/**
 * What all adapters share: bytes to JSON, JSON to readings through an allow-list, and the count of what was left out. An adapter adds its
 * forms: how an object is recognised, its schema, and which fields a reading gets.
 *
 * A message is one object or an array of objects. One bad object of an array does not cost the others; each is counted with its reason.
 */
import type { z } from 'zod';
import { MESSAGE_BYTES_MAX } from '../../base/limits.ts';
import type { Adapter, FieldSpec, FieldValue, IntakeDropReason, ParseResult, Reading } from '../reading.ts';
import { isPlausible, timeMsOf } from './event-time.ts';
import { isNgsi, type NgsiEntity, unwrap } from './ngsi.ts';

export type JsonObject = Record<string, unknown>;

/** A reading before its time is judged and empty fields are left out. */
export interface Draft<Field extends string> {
  at?: string | number | null | undefined;
  fields: Partial<Record<Field, FieldValue | null | undefined>>;
  isRefusal?: boolean;
}

interface Form<Field extends string> {
  matches(object: JsonObject): boolean;
  schema: z.ZodType;
  read(value: never): readonly Draft<Field>[];
}

/** Objects of one message: a scanner's batch of a few seconds. */
const ITEMS_PER_MESSAGE_MAX = 256;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** One way of writing a message. `read` may give none: an object without anything that the adapter knows. */
export function form<Schema extends z.ZodType, Field extends string>(
  matches: (object: JsonObject) => boolean,
  schema: Schema,
  read: (value: z.output<Schema>) => readonly Draft<Field>[],
): Form<Field> {
  return { matches, schema, read };
}

export function jsonAdapter<Field extends string>(
  parts: Omit<Adapter, 'parse' | 'fields'> & {
    fields: Readonly<Record<Field, FieldSpec>>;
    forms: readonly Form<NoInfer<Field>>[];
  },
): Adapter {
  const { forms, ...description } = parts;
  return { ...description, parse: (message, receivedMs) => parseMessage(forms, message, receivedMs) };
}

function parseMessage(forms: readonly Form<string>[], message: Uint8Array, receivedMs: number): ParseResult {
  if (message.byteLength > MESSAGE_BYTES_MAX) return refused('too-large', `more than ${MESSAGE_BYTES_MAX} bytes`);
  let items: readonly unknown[] | undefined;
  try {
    items = itemsOf(JSON.parse(utf8.decode(message)));
  } catch (error) {
    return error instanceof SyntaxError ? refused('malformed', 'not JSON') : refused('not-utf8', 'not UTF-8');
  }
  if (items === undefined) return refused('malformed', 'neither an object nor an array of objects');
  if (items.length > ITEMS_PER_MESSAGE_MAX) return refused('too-large', `more than ${ITEMS_PER_MESSAGE_MAX} objects`);
  const readings: Reading[] = [];
  const dropped: Partial<Record<IntakeDropReason, number>> = {};
  let firstRefusal: Refusal | undefined;
  for (const item of items) {
    const result = parseItem(forms, item, receivedMs);
    if ('refused' in result) {
      firstRefusal ??= result;
      dropped[result.refused] = (dropped[result.refused] ?? 0) + 1;
      continue;
    }
    readings.push(...result.readings);
    if (result.unknownFields > 0) dropped['field-unknown'] = (dropped['field-unknown'] ?? 0) + result.unknownFields;
  }
  return readings.length === 0 && firstRefusal !== undefined ? firstRefusal : { readings, dropped };
}

type Refusal = Extract<ParseResult, { refused: unknown }>;

function refused(reason: IntakeDropReason, detail: string): Refusal {
  return { refused: reason, detail };
}

/** An NGSI-LD notification carries its entities under `data`. */
function itemsOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (!isObject(value)) return undefined;
  return value['type'] === 'Notification' && Array.isArray(value['data']) ? value['data'] : [value];
}

function parseItem(
  forms: readonly Form<string>[],
  item: unknown,
  receivedMs: number,
): Refusal | { readings: readonly Reading[]; unknownFields: number } {
  if (!isObject(item)) return refused('malformed', 'an array element is no object');
  const entity: NgsiEntity = isNgsi(item) ? unwrap(item) : { properties: item, unknownFields: 0 };
  const found = forms.find((candidate) => candidate.matches(entity.properties));
  if (found === undefined) return refused('malformed', 'no form that this adapter reads');
  const parsed = found.schema.safeParse(entity.properties);
  if (!parsed.success) return refused('schema', problemOf(parsed.error));
  const readings: Reading[] = [];
  for (const draft of found.read(parsed.data as never)) {
    const atMs = draft.at === null || draft.at === undefined ? receivedMs : timeMsOf(draft.at);
    if (!isPlausible(atMs, receivedMs)) return refused('clock', 'an event time that can not be');
    const fields = withoutEmpty(draft.fields);
    if (Object.keys(fields).length === 0) continue;
    readings.push(draft.isRefusal === true ? { atMs, fields, isRefusal: true } : { atMs, fields });
  }
  if (readings.length === 0) return refused('malformed', 'no field that this adapter knows');
  return { readings, unknownFields: entity.unknownFields + countUnknown(entity.properties, parsed.data) };
}

/** Path and kind of the first problem. The path holds names of the schema and indices only, never a value. */
function problemOf(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue === undefined ? 'invalid' : `${issue.path.map(String).join('.')}: ${issue.code}`;
}

function withoutEmpty(fields: Draft<string>['fields']): Record<string, FieldValue> {
  const kept: Record<string, FieldValue> = {};
  for (const name in fields) {
    const value = fields[name];
    if (value !== null && value !== undefined) kept[name] = value;
  }
  return kept;
}

/** Keys that the schema left out, at any depth that it reads. What lies under an unknown key counts as one: depth is not walked for it. */
function countUnknown(raw: unknown, kept: unknown): number {
  let unknown = 0;
  if (Array.isArray(raw) && Array.isArray(kept)) {
    for (const [index, element] of raw.entries()) unknown += countUnknown(element, kept[index]);
  } else if (isObject(raw) && isObject(kept)) {
    for (const key of Object.keys(raw)) {
      unknown += Object.hasOwn(kept, key) ? countUnknown(raw[key], kept[key]) : 1;
    }
  }
  return unknown;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
