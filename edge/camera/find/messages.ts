/**
 * What crosses between a command and a find process: two closed unions. The find process reads what any device on the network sends, so
 * the other side takes it as hostile: every message is checked here, with bounds, and what does not fit is left out.
 */
import { z } from 'zod';

/** Devices that one search tells of: more than a box could carry many times over. */
export const DEVICES_MAX = 64;
/** Streams of one device: a recorder of 16 channels with a main and a sub stream each. */
export const STREAMS_MAX = 32;
const TEXT_CHARS_MAX = 200;
const URL_CHARS_MAX = 1000;

/** Where a device answers ONVIF. */
export interface DeviceAddress {
  host: string;
  port: number;
  path: string;
  isTls: boolean;
}

interface Login {
  address: DeviceAddress;
  /** Empty where the device asks for none. */
  user: string;
  password: string;
}

export type ToFinder =
  /** `interfaces`: names, e.g. eth0. */
  | { type: 'discover'; interfaces: readonly string[]; waitMs: number }
  | ({ type: 'ask' } & Login)
  /** Sets the device's clock from this box's, or, with `ntp`, has it follow that server. */
  | ({ type: 'set-clock'; ntp: string | undefined } & Login);

const text = z.string().max(TEXT_CHARS_MAX);
const host = z.string().regex(/^[0-9A-Za-z.:_-]{1,253}$/);
const port = z.int().min(1).max(65535);
const address = z.strictObject({
  host,
  port,
  path: z.string().startsWith('/').max(TEXT_CHARS_MAX),
  isTls: z.boolean(),
});

const stream = z.strictObject({
  token: z.string().min(1).max(TEXT_CHARS_MAX),
  name: text,
  /** As the device says, e.g. H264; empty where it does not. */
  encoding: text,
  /** 0 where the device does not say. */
  widthPx: z.int().min(0).max(32_768),
  heightPx: z.int().min(0).max(32_768),
  frameRate: z.number().min(0).max(1000),
  /** As the device gave it: it may point anywhere. Unset where it gave none. */
  uri: z.string().max(URL_CHARS_MAX).optional(),
});

const found = z.discriminatedUnion('via', [
  z.strictObject({ via: z.literal('onvif'), id: text, name: text, address }),
  z.strictObject({ via: z.literal('mdns'), id: text, name: text, host, port, path: z.string().max(TEXT_CHARS_MAX) }),
]);

const facts = z.strictObject({
  manufacturer: text,
  model: text,
  /** The device's clock less this box's, milliseconds; unset where the device does not tell the time. */
  clockOffsetMs: z.number().optional(),
  streams: z.array(stream).max(STREAMS_MAX),
});

const FAILURES = ['unreachable', 'unauthorised', 'not-onvif', 'too-large', 'refused'] as const;

const fromFinder = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('found'), device: found }),
  /** An answer to the search that is left out. */
  z.strictObject({ type: z.literal('left-out'), why: text }),
  z.strictObject({ type: z.literal('facts'), facts }),
  z.strictObject({ type: z.literal('failed'), reason: z.enum(FAILURES), why: text }),
  z.strictObject({ type: z.literal('done') }),
]);

export type FoundDevice = z.output<typeof found>;
export type DeviceFacts = z.output<typeof facts>;
export type DeviceStream = z.output<typeof stream>;
export type FailureReason = (typeof FAILURES)[number];
export type FromFinder = z.input<typeof fromFinder>;

/** Undefined when it is none of the union's or breaks a bound. */
export function parseFromFinder(value: unknown): z.output<typeof fromFinder> | undefined {
  const parsed = fromFinder.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

/** What a device says of itself, fit for a terminal: one line, nothing invisible, no direction marks. */
export function cleaned(value: unknown): string {
  const plain = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  return plain
    .slice(0, 4 * TEXT_CHARS_MAX)
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{P}\p{S}]+/gu, ' ')
    .trim()
    .slice(0, TEXT_CHARS_MAX);
}
