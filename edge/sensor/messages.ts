/**
 * What crosses between the sensor process and the agent: closed unions, and nothing else. No member can hold a reading, an identifier or a
 * pseudonym. This is the one file of `sensor/` that the agent side may import.
 */
import { z } from 'zod';
import { sensorPolicySchema } from '../policy/schema.ts';

const WORD = /^[\x20-\x7e가-힣]{1,128}$/;
const word = z.string().regex(WORD);
const HEX_SHA256 = /^[0-9a-f]{64}$/;

/** One row of a released table. */
const cellSchema = z.strictObject({
  /** Generalised group: band, H3 cell or listed value by field. Empty for the whole sensor. */
  group: z.record(word, word),
  /** Figures by field name; `contributors` is the count of contributors where the policy has one, `readings` the count of readings. */
  figures: z.record(word, z.number()),
});

/** Everything that one sensor says about one window. */
export const releaseSchema = z.strictObject({
  v: z.literal(1),
  /** sha256, hex. The same for the same sensor and window, however often it is sent: the hub's key for at-least-once delivery. */
  id: z.string().regex(HEX_SHA256),
  sensor: word,
  kind: sensorPolicySchema.shape.release,
  purpose: word,
  place: sensorPolicySchema.shape.place,
  window: z.strictObject({ startMs: z.int(), endMs: z.int() }),
  cells: z.array(cellSchema).max(4096),
  suppressedCells: z.int().min(0),
  privacy: z.strictObject({
    k: z.int().min(1),
    contributionsMax: z.int().min(1),
    epsilon: z.number().positive().optional(),
    unit: word,
  }),
  /** sha256 of the policy in force, hex. */
  policyDigest: z.string().regex(HEX_SHA256),
});

export type ReleasedCell = z.output<typeof cellSchema>;
export type Release = z.output<typeof releaseSchema>;
