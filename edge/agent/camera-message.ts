/**
 * Strict reading of what a camera process says. It decodes hostile input, so the agent trusts none of its words: each message is
 * checked against the closed union with bounded sizes, and whatever does not fit is `undefined`, never an exception.
 */
import { z } from 'zod';
import { ACCESS_UNIT_BYTES_MAX, FRAME_PIXELS_MAX, SNAPSHOT_BYTES_MAX } from '../base/limits.ts';
import {
  CANARY_OUTCOMES,
  CANARY_TALLIES_MAX,
  COUNTED_CLASSES,
  CROSSINGS_PER_MESSAGE_MAX,
  type FromCamera,
} from '../camera/messages.ts';
import { NAME } from '../config/schema.ts';

const TEXT_CHARS_MAX = 1000;
const PARAMETER_SET_BYTES_MAX = 1024;
const INFERENCE_VALUES_MAX = 64;
const MODELS_MAX = 16;

const bytes = (min: number, max: number) =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length >= min && value.length <= max);
const text = z.string().max(TEXT_CHARS_MAX);
const count = z.int().min(0);
const millis = z.number().min(0);
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const countsBy = <Label extends string>(labels: readonly Label[]) => z.partialRecord(z.enum(labels), count);

const coverLabels = ['face', 'plate', 'person', 'vehicle', 'mask'] as const;
const wholeFrameReasons = [
  'model-missing',
  'detector-unavailable',
  'verdict-late',
  'unsupported-format',
  'no-evidence',
  'internal-error',
] as const;
const slateReasons = [
  'source-connecting',
  'source-lost',
  'source-unauthorised',
  'source-undecodable',
  'camera-process-lost',
] as const;
const dropReasons = ['overload', 'channel-full', 'decode-error', 'stopped', 'clock-jump'] as const;

const format = z
  .strictObject({
    codec: z.literal('h264'),
    widthPx: z.int().min(16).max(8192),
    heightPx: z.int().min(16).max(8192),
    frameRate: z.number().positive().max(1000),
    sps: bytes(4, PARAMETER_SET_BYTES_MAX),
    pps: bytes(2, PARAMETER_SET_BYTES_MAX),
  })
  .refine((value) => value.widthPx * value.heightPx <= FRAME_PIXELS_MAX);

const unit = z.strictObject({
  ptsUs: z.int().min(0),
  capturedMs: millis,
  isKey: z.boolean(),
  cover: z.enum(['regions', 'whole-frame', 'slate']),
  data: bytes(5, ACCESS_UNIT_BYTES_MAX),
});

const health = z.strictObject({
  state: z.enum(['live', 'covered', 'slate']),
  reason: z.enum([...wholeFrameReasons, ...slateReasons]).optional(),
  advice: text,
  source: z.strictObject({
    state: z.enum(['connecting', 'connected', 'lost']),
    description: text,
    lastError: text,
    reconnects: count,
  }),
  detector: z.strictObject({
    state: z.enum(['starting', 'ready', 'unavailable']),
    models: z.array(text).max(MODELS_MAX),
    digests: z.array(digest).max(MODELS_MAX),
    inferenceMsP50: millis,
    cadenceFrames: z.number().min(0),
  }),
  encoder: text,
  coveredNow: countsBy(coverLabels),
  delayLineFrames: count,
  uncounted: z.array(z.enum(COUNTED_CLASSES)).max(COUNTED_CLASSES.length),
});

const counts = z.strictObject({
  framesIn: count,
  framesOut: count,
  framesCoveredWhole: countsBy(wholeFrameReasons),
  framesSlate: count,
  framesDropped: countsBy(dropReasons),
  verdicts: count,
  verdictsUnavailable: count,
  regionsCovered: countsBy(coverLabels),
  reconnects: count,
  inferenceMs: z.array(millis).max(INFERENCE_VALUES_MAX),
});

const crossing = z.strictObject({
  line: z.string().regex(NAME),
  class: z.enum(COUNTED_CLASSES),
  direction: z.enum(['forward', 'backward']),
  atMs: z.int().min(0),
  track: z.int().min(0),
});

/** A round lasts minutes, and few canaries fit on a picture. */
const TRIALS_MAX = 100_000;
const tally = z
  .strictObject({
    label: z.enum(['face', 'plate']),
    // By what it says, not only by its letters: it stands in the public log.
    stratum: z.string().regex(/^px\d{1,4}-(\d{1,4}|up)(\.(front|side))?\.(day|night)$/),
    planted: z.int().min(0).max(TRIALS_MAX),
    missed: count,
  })
  .refine(({ planted, missed }) => missed <= planted);

const fromCamera = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('format'), format }),
  z.strictObject({ type: z.literal('access-unit'), unit }),
  z.strictObject({ type: z.literal('health'), health, counts }),
  z.strictObject({
    type: z.literal('counts'),
    crossings: z.array(crossing).max(CROSSINGS_PER_MESSAGE_MAX),
    dropped: count,
  }),
  z.strictObject({
    type: z.literal('canaries'),
    set: digest,
    digests: z.array(digest).max(MODELS_MAX),
    outcome: z.enum(CANARY_OUTCOMES),
    tallies: z.array(tally).max(CANARY_TALLIES_MAX),
  }),
  z.strictObject({ type: z.literal('snapshot'), requestId: count, jpeg: bytes(4, SNAPSHOT_BYTES_MAX) }),
  z.strictObject({ type: z.literal('stopped') }),
]);

/** The message, or undefined when it is none of the union's or breaks a bound. Never throws. */
export function parseFromCamera(value: unknown): FromCamera | undefined {
  const parsed = fromCamera.safeParse(value);
  // zod writes `reason?: X | undefined`; an advanced-serialised message has no key with undefined unless its sender made one.
  return parsed.success ? (parsed.data as FromCamera) : undefined;
}
