/**
 * Who may pull what, for which purpose, until when. Nothing here opens a feed by itself: the policies (Cedar) decide, and an agreement that is
 * over, or a purpose that it does not name, is refused whatever they say.
 */
import { z } from 'zod';
import { PURPOSE_IDS, type Purpose } from './purposes.ts';

/** Public, as it stands in the record: names of roles and organisations, not of people. */
const AGREEMENT_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
/** A user of the gateway, or a way out that nobody logs in for. */
const PULLER = /^([A-Za-z0-9._@-]{1,64}|push:[a-z0-9][a-z0-9-]{0,62}:[1-9]|segments:[a-z0-9][a-z0-9-]{0,62})$/;
const PULLER_FORM = 'write the name of a user, push:CAMERA:1 for its first push target, or segments:CAMERA';
const AGREEMENTS_MAX = 256;
const PULLERS_MAX = 256;

const puller = z.string().regex(PULLER, PULLER_FORM);

const agreementSchema = z.strictObject({
  puller: puller.describe(
    'Who may pull: a user, push:CAMERA:1 for the first push target of a camera, or segments:CAMERA.',
  ),
  purposes: z
    .array(z.enum(PURPOSE_IDS))
    .min(1)
    .describe('What for, as terms of DPV. Where an agreement has exactly one, a player need not say it.'),
  feeds: z
    .union([z.literal('all'), z.array(z.string()).min(1)])
    .default('all')
    .describe('Names of cameras and sensors, or all.'),
  until: z
    .union([z.iso.date(), z.iso.datetime({ offset: true })])
    .describe('Last day, e.g. 2027-12-31 (its end in UTC), or a time with its offset.'),
});

export const useSchema = z.strictObject({
  policies: z
    .string()
    .min(1)
    .optional()
    .describe(
      'File with Cedar policies. Without it: what an agreement allows, but for developing artificial intelligence.',
    ),
  pullers: z
    .record(
      puller,
      z.strictObject({ role: z.string().regex(AGREEMENT_NAME).describe('Role in the policies, e.g. traffic.') }),
    )
    .refine((pullers) => Object.keys(pullers).length <= PULLERS_MAX, `name at most ${PULLERS_MAX} pullers`)
    .default({})
    .describe('Roles of pullers, for the policies. Names are public: roles and organisations, not people.'),
  agreements: z
    .record(z.string().regex(AGREEMENT_NAME, 'use lower-case letters, digits and hyphens'), agreementSchema)
    .refine(
      (agreements) => Object.keys(agreements).length <= AGREEMENTS_MAX,
      `name at most ${AGREEMENTS_MAX} agreements`,
    )
    .default({})
    .describe(
      'Who may pull what for which purpose; the names are public. Without any, a built-in agreement holds: every user, every way out, for dpv:EnforceSecurity.',
    ),
});

export type UseSettings = z.output<typeof useSchema>;

/** What is agreed with one puller. */
export interface Agreement {
  name: string;
  /** As it stands in the record; undefined for every puller. */
  puller: string | undefined;
  purposes: readonly Purpose[];
  feeds: 'all' | readonly string[];
  /** Wall-clock milliseconds; from then on it is over. */
  untilMs: number;
}

/** Without agreements in the configuration. On record under its own name, so that nobody takes it for a city's decision. */
export const BUILT_IN_AGREEMENT: Agreement = {
  name: 'built-in',
  puller: undefined,
  purposes: ['dpv:EnforceSecurity'],
  feeds: 'all',
  untilMs: Number.POSITIVE_INFINITY,
};

export function agreementsOf({ agreements }: UseSettings): Agreement[] {
  const named = Object.entries(agreements).map(([name, { puller: who, purposes, feeds, until }]) => ({
    name,
    puller: pullerId(who),
    purposes,
    feeds,
    untilMs: endOf(until),
  }));
  return named.length === 0 ? [BUILT_IN_AGREEMENT] : named;
}

/** Name of a puller in the record: users get a prefix, so that none can pass for a way out. */
export function pullerId(name: string): string {
  return name.includes(':') ? name : `user:${name}`;
}

export function rolesOf({ pullers }: UseSettings): ReadonlyMap<string, string> {
  return new Map(Object.entries(pullers).map(([name, { role }]) => [pullerId(name), role]));
}

/** A day counts to its end, UTC. */
function endOf(until: string): number {
  return until.includes('T') ? Date.parse(until) : Date.parse(`${until}T00:00:00Z`) + 86_400_000;
}
