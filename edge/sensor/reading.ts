/** What an adapter makes of the bytes that a sensor sent. Raw: it never crosses a process boundary and is never logged. */
import type { SensorPolicy } from '../policy/schema.ts';
import type { CategoryId } from '../policy/taxonomy.ts';

export type Position = { lat: number; lon: number };
export type FieldValue = string | number | boolean | Position;

/** One observation: only fields that the adapter's table names. */
export interface Reading {
  /** Event time, milliseconds since 1970. */
  atMs: number;
  fields: Readonly<Record<string, FieldValue>>;
  /** The common opt-out signal was seen in this observation (`_optout` in a network's name, the public service UUID). */
  isRefusal?: boolean;
}

export type FieldType = 'string' | 'number' | 'boolean' | 'position' | 'text';

export interface FieldSpec {
  type: FieldType;
  /** What the field is by default. A policy may name a stricter category, never a looser one. */
  category: CategoryId;
  about: string;
}

/** Why a message, or a part of it, was dropped. Each value is a label of `garim_sensor_dropped_total`. */
export type IntakeDropReason =
  | 'too-large'
  | 'not-utf8'
  | 'malformed' // not the format that the adapter reads
  | 'schema' // the format, but a value out of its bounds
  | 'field-unknown' // the field only; the rest goes on
  | 'clock' // an event time that can't be
  | 'rate';

export type ParseResult =
  | { readings: readonly Reading[]; dropped: Partial<Record<IntakeDropReason, number>> }
  | { refused: IntakeDropReason; detail: string };

/** Strict allow-list for one kind of sensor. Pure: bytes in, readings out; never throws, holds no state between messages. */
export interface Adapter {
  name: string;
  about: string;
  fields: Readonly<Record<string, FieldSpec>>;
  /** The policy that fits most cities; `garim sensor replay` uses it when no other is given. */
  defaultPolicy: Omit<SensorPolicy, 'adapter'>;
  /** `receivedMs` dates messages that carry no time. `detail` of a refusal never holds a value of the message. */
  parse(message: Uint8Array, receivedMs: number): ParseResult;
}
