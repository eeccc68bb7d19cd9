/**
 * What phones send, each with its bounds: whoever receives it parses it with these and passes on what came out. And the texts that tokens and
 * signatures cover, so that phone and box agree on them.
 */
import canonicalize from 'canonicalize';
import { z } from 'zod';
import { CATEGORY_IDS } from '../taxonomy.ts';
import { TOKEN_KINDS } from './token-keys.ts';
import { blindedSchema, tokenSchema } from './tokens.ts';

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/);
const ed25519 = z.string().regex(/^[A-Za-z0-9+/]{43}=$/);

/** What the city's desk sends for a holder: it can't recognise the tokens when they are spent. */
export const tokensRequestSchema = z.strictObject({ kind: z.enum(TOKEN_KINDS), blinded: blindedSchema });
export type TokensRequest = z.output<typeof tokensRequestSchema>;

export const optInRequestSchema = z.strictObject({
  token: tokenSchema,
  sensor: name,
  /** The identifier by which the sensor knows the person: the card, the phone, the bicycle. */
  category: z.enum(CATEGORY_IDS),
  value: z.string().regex(/^[\p{L}\p{N}\p{P}\p{S} ]{1,128}$/u),
  /** Ed25519 public key, 32 bytes in base64, made for this record. */
  holderKey: ed25519,
});
export type OptInRequest = z.output<typeof optInRequestSchema>;

export const withdrawalRequestSchema = z.strictObject({
  record: z.uuid(),
  /** Ed25519 over `withdrawalMessage(record)`, base64. */
  signature: z.string().regex(/^[A-Za-z0-9+/]{86}==$/),
});
export type WithdrawalRequest = z.output<typeof withdrawalRequestSchema>;

export const pauseRequestSchema = z.strictObject({ token: tokenSchema, zone: name });
export type PauseRequest = z.output<typeof pauseRequestSchema>;

/** What the MAC of an opt-in's token covers. */
export function optInMessage({ sensor, category, value, holderKey }: Omit<OptInRequest, 'token'>): string {
  return canonicalize({ v: 1, for: 'opt-in', sensor, category, value, holderKey }) as string;
}

/** What the MAC of a pause's token covers. */
export function pauseMessage(zone: string): string {
  return canonicalize({ v: 1, for: 'pause', zone }) as string;
}

export function withdrawalMessage(record: string): Buffer {
  return Buffer.from(`garim withdraw v1\0${record}`);
}
