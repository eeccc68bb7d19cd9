/**
 * The schema of `policy.yaml`: per sensor and field, what the information is, what it is used for and what becomes of it. What a policy
 * does not name does not leave.
 */
import { z } from 'zod';
import { CATEGORY_IDS, STATISTICS } from './taxonomy.ts';

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** What becomes of a field. There is no transform that lets a value of one person out as it is. */
const transformSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('drop') }),
  z
    .strictObject({ kind: z.literal('contributor') })
    .describe('Tells contributors apart inside one window, under a key that is forgotten with it. Never leaves.'),
  z
    .strictObject({ kind: z.literal('group-band'), edges: z.array(z.number()).min(1).max(64) })
    .describe('Groups by numeric band.'),
  z
    .strictObject({ kind: z.literal('group-cell'), resolution: z.int().min(0).max(9) })
    .describe('Groups by H3 cell of a position; 9 is about 0.1 km2.'),
  z
    .strictObject({ kind: z.literal('group-value'), values: z.array(z.string().min(1).max(64)).min(1).max(64) })
    .describe('Groups by one of the values listed; any other counts as `other`.'),
  z
    .strictObject({
      kind: z.literal('measure'),
      statistic: z.enum(STATISTICS),
      clamp: z.tuple([z.number(), z.number()]).describe('Values outside are moved to the nearer end.'),
    })
    .describe('A figure per group and window.'),
]);

const fieldPolicySchema = z.strictObject({
  category: z.enum(CATEGORY_IDS).describe('What the field says about people. `unknown` never leaves.'),
  transform: transformSchema,
});

export const sensorPolicySchema = z.strictObject({
  adapter: z.string().regex(NAME),
  purpose: z
    .string()
    .regex(
      /^(dpv|city):[A-Za-z][A-Za-z0-9-]*$/,
      'write a purpose of DPV or of the city, e.g. dpv:ImproveTransportMobility',
    ),
  /** What is sent to the hub; it decides the entity type there. */
  release: z.enum(['crowd-flow', 'item-flow', 'traffic-flow', 'parking', 'environment', 'metering', 'table']),
  place: z
    .strictObject({
      name: z.string().min(1).max(64),
      lat: z.number().min(-90).max(90),
      lon: z.number().min(-180).max(180),
    })
    .optional()
    .describe('Where the sensor is fixed. Leave it out for sensors that move.'),
  zone: z
    .string()
    .regex(NAME)
    .optional()
    .describe('A pause that somebody asks for holds for all sensors of the zone; without it for this sensor alone.'),
  windowMs: z.int().min(60_000).max(86_400_000).default(300_000),
  k: z
    .int()
    .min(2)
    .max(10_000)
    .default(10)
    .describe('Fewest contributors of a released figure: 5 internal, 10 partner, 20 open data.'),
  contributionsMax: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe('Most groups of a window that one contributor counts in.'),
  epsilonPerDay: z
    .number()
    .positive()
    .max(10)
    .optional()
    .describe('With it figures about people get exact discrete noise, and nothing is released once the day is spent.'),
  retentionMs: z.int().min(0).max(2_592_000_000).default(0).describe('How long released figures are kept on the box.'),
  fields: z.record(z.string().min(1).max(128), fieldPolicySchema),
});

const text = (charsMax: number) => z.string().min(1).max(charsMax);
const webAddress = z.url({ protocol: /^https$/ }).max(200);

/** Who answers for the data. It stands in every consent record (ISO/IEC TS 27560 demands each of these). */
const controllerSchema = z.strictObject({
  id: webAddress.describe('Address that names the controller, e.g. https://city.example.kr.'),
  name: text(128),
  address: text(200),
  contact: text(128).describe('Office to ask, never a person.'),
  jurisdiction: z
    .string()
    .regex(/^[A-Z]{2}$/, 'write a country code, e.g. KR')
    .describe('Country whose law holds, and where records are kept.'),
  notice: webAddress.describe('Notice that people read before they agree.'),
  language: z
    .string()
    .regex(/^[a-z]{2,3}$/, 'write a language code, e.g. ko')
    .describe('Language of the notice.'),
  withdrawal: webAddress.describe('Where people learn how to withdraw.'),
});

const moment = z.iso.datetime({ offset: true, error: 'write a time with its zone, e.g. 2026-11-23T09:00:00+09:00' });

const legalOrderSchema = z.strictObject({
  reference: z
    .string()
    .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._/-]{0,63}$/u, 'write the number of the order, e.g. 2026-117; no names')
    .describe('Number of the order. It is logged with each use, so it must name nobody.'),
  sensors: z.array(z.string().regex(NAME)).min(1).max(64),
  categories: z.array(z.enum(CATEGORY_IDS)).min(1).max(16),
  from: moment,
  until: moment,
});

export const policySchema = z.strictObject({
  version: z.int().min(0).default(0).describe('Rises with each change; a signed policy with a lower one is refused.'),
  controller: controllerSchema.optional().describe('Needed where a field is used of people who agreed.'),
  legalOrders: z
    .array(legalOrderSchema)
    .max(16)
    .default([])
    .describe('While one holds, refusals and missing consent do not count for what it names. It lifts no `never`.'),
  sensors: z.record(z.string().regex(NAME), sensorPolicySchema).default({}),
});

export type Transform = z.output<typeof transformSchema>;
export type FieldPolicy = z.output<typeof fieldPolicySchema>;
export type LegalOrder = z.output<typeof legalOrderSchema>;
export type Controller = z.output<typeof controllerSchema>;
export type SensorPolicy = z.output<typeof sensorPolicySchema>;
export type Policy = z.output<typeof policySchema>;
