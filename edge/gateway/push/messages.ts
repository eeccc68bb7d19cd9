/** What crosses between the agent and a push process: two closed unions over a wire (base/wire.ts). */
import { z } from 'zod';
import type { AccessUnit, StreamFormat } from '../feed.ts';

export type ToPush =
  /** First message. The target may hold credentials, so it stands in no argument list and no environment. */
  | { type: 'start'; url: string; ca: string | undefined; format: StreamFormat }
  | { type: 'unit'; unit: AccessUnit }
  /** End the stream properly, then exit. */
  | { type: 'stop' };

const fromPush = z.discriminatedUnion('type', [
  /** The target has accepted the stream. */
  z.strictObject({ type: z.literal('connected') }),
  /** The unit of this time was handed to the network; it no longer counts as waiting. */
  z.strictObject({ type: z.literal('sent'), ptsUs: z.int().min(0) }),
  /** The connection is over; the process exits. Credentials are removed from the text. */
  z.strictObject({ type: z.literal('failed'), message: z.string().max(1000) }),
]);

export type FromPush = z.output<typeof fromPush>;

export function parseFromPush(value: unknown): FromPush | undefined {
  return fromPush.safeParse(value).data;
}
