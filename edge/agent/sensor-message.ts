/**
 * Strict reading of what the sensor process says. It parses hostile input, so the agent trusts none of its words: what does not fit the
 * closed union with bounded sizes is `undefined`, never an exception. A release can hold fixed groups and figures only: no text of a
 * message fits into it, for groups are labels of the policy, H3 cells or bands, and names are fields.
 */
import { z } from 'zod';
import { NAME } from '../config/schema.ts';
import { CHOICE_REFUSALS } from '../policy/choices/exchange.ts';
import { TOKENS_PER_BATCH_MAX } from '../policy/choices/tokens.ts';
import type { FromSensors } from '../sensor/messages.ts';

const CELLS_MAX = 65_536;
const FIGURES_MAX = 64;
const REASONS_MAX = 64;
const SENSORS_MAX = 256;

/** What a Date can hold. */
const MOMENT_MS_MAX = 8_640_000_000_000_000;

const count = z.int().min(0);
const name = z.string().regex(NAME);
const field = z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,127}$/);
const reason = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/);
const bounded = <Value extends z.ZodType>(key: z.ZodString, value: Value, max: number) =>
  z.record(key, value).refine((record) => Object.keys(record).length <= max);
const sums = bounded(reason, count, REASONS_MAX);

const release = z.strictObject({
  v: z.literal(1),
  id: z.string().regex(/^[0-9a-f]{64}$/),
  sensor: name,
  kind: z.enum(['crowd-flow', 'item-flow', 'traffic-flow', 'parking', 'environment', 'metering', 'table']),
  purpose: z.string().regex(/^(dpv|city):[A-Za-z][A-Za-z0-9-]{0,127}$/),
  place: z
    .strictObject({
      name: z.string().min(1).max(64),
      lat: z.number().min(-90).max(90),
      lon: z.number().min(-180).max(180),
    })
    .optional(),
  window: z.strictObject({ startMs: z.int(), endMs: z.int() }),
  cells: z
    .array(
      z.strictObject({
        group: bounded(field, z.string().min(1).max(64), FIGURES_MAX),
        figures: bounded(field, z.number(), FIGURES_MAX),
      }),
    )
    .max(CELLS_MAX),
  suppressedCells: count,
  privacy: z.strictObject({
    k: z.int().min(2),
    contributionsMax: z.int().min(1),
    epsilon: z.number().positive().optional(),
    unit: z.string().max(200),
    decoyShare: z.number().gt(0).lt(1).optional(),
  }),
  policyDigest: z.string().regex(/^[0-9a-f]{64}$/),
});

const report = z.strictObject({
  intake: z.strictObject({
    state: z.enum(['connecting', 'connected', 'lost', 'ended']),
    lastError: z.string().max(1000),
  }),
  counts: z.strictObject({
    messages: count,
    readings: count,
    dropped: sums,
    releases: count,
    withheld: sums,
    suppressedCells: count,
  }),
  openWindows: count,
  heldReleases: count,
});

const bytes = (length: number) => z.instanceof(Uint8Array).refine((value) => value.length === length);
const tokenKey = z.strictObject({ epoch: count, publicKey: bytes(32) });
const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

const choiceAnswer = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('keys'), keys: z.strictObject({ 'opt-in': tokenKey, pause: tokenKey }) }),
  z.strictObject({
    kind: z.literal('tokens'),
    issued: z.strictObject({
      epoch: count,
      publicKey: bytes(32),
      evaluated: z.array(bytes(32)).max(TOKENS_PER_BATCH_MAX),
      proof: bytes(64),
    }),
  }),
  z.strictObject({
    kind: z.literal('opt-in'),
    receipt: z.strictObject({
      record: z.string().regex(new RegExp(`^${uuid}$`)),
      subject: z.string().regex(new RegExp(`^urn:uuid:${uuid}$`)),
      createdMs: count.max(MOMENT_MS_MAX),
    }),
  }),
  z.strictObject({ kind: z.literal('withdrawal') }),
  z.strictObject({ kind: z.literal('pause'), untilMs: count.max(MOMENT_MS_MAX) }),
  z.strictObject({ kind: z.literal('refused'), refused: z.enum(CHOICE_REFUSALS) }),
]);

const fromSensors = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('status'), sensors: bounded(name, report, SENSORS_MAX) }),
  z.strictObject({ type: z.literal('release'), release }),
  z.strictObject({ type: z.literal('choice-answer'), id: count, answer: choiceAnswer }),
  z.strictObject({
    type: z.literal('choice-effect'),
    choice: z.enum(['opt-out-list', 'opt-in', 'withdrawal', 'pause']),
    tookMs: z.number().min(0),
  }),
  z.strictObject({
    type: z.literal('opt-out-list'),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    sequence: count,
    decoyShare: z.number().min(0).max(1),
  }),
  z.strictObject({ type: z.literal('stopped') }),
]);

/** The message, or undefined when it is none of the union's or breaks a bound. Never throws. */
export function parseFromSensors(value: unknown): FromSensors | undefined {
  const parsed = fromSensors.safeParse(value);
  return parsed.success ? (parsed.data as FromSensors) : undefined;
}
