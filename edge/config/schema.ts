/**
 * The one schema: types, defaults, validation, the JSON Schema for editors and the configuration page of the docs come from it.
 * There is deliberately no setting that turns the filter off, and none that leaves a category out.
 */
import { z } from 'zod';

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** A camera URL, or where to read it from, so that its credentials need not stand in the file. */
const sourceSchema = z
  .union([
    z.string().min(1),
    z.strictObject({ file: z.string().min(1).describe('File whose first line is the URL.') }),
    z.strictObject({ env: z.string().min(1).describe('Environment variable that holds the URL.') }),
  ])
  .describe(
    'rtsp://, rtsps://, http(s):// (MJPEG), v4l2:/dev/video0, file:PATH (looped with ?loop=1), or simulated[:SEED][?night=1&rain=1].',
  );

const point = z.tuple([z.number().min(0).max(1), z.number().min(0).max(1)]);

const maskSchema = z.strictObject({
  name: z.string().min(1),
  polygon: z.array(point).min(3).max(64).describe('Corners as shares of width and height, 0 to 1.'),
});

const listenSchema = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[^:]+):\d{1,5}$/, 'write HOST:PORT, e.g. 127.0.0.1:8080')
  .refine((text) => Number(text.slice(text.lastIndexOf(':') + 1)) <= 65535, 'the port must be at most 65535');

export const cameraSchema = z.strictObject({
  source: sourceSchema,
  transport: z.enum(['tcp', 'udp']).default('tcp').describe('How RTP is carried from an RTSP camera.'),
  look: z
    .enum(['blur', 'solid', 'mosaic'])
    .default('blur')
    .describe('Look of a cover. Each holds at most 4 x 4 noised cells of what it hides; `solid` holds nothing of it.'),
  masks: z.array(maskSchema).max(32).default([]).describe('Static masks: always burned in.'),
  detect: z
    .strictObject({
      longSidePx: z
        .int()
        .min(320)
        .max(1920)
        .multipleOf(32)
        .default(640)
        .describe('Long side of the picture that the detector sees. Larger finds smaller faces and costs more.'),
      intervalMs: z
        .int()
        .min(0)
        .max(500)
        .default(120)
        .describe(
          'Longest time between two verdicts. A faster box looks more often; a slower one covers whole frames.',
        ),
    })
    .prefault({}),
  delayMs: z
    .int()
    .min(100)
    .max(2000)
    .default(300)
    .describe(
      'Deadline of the delay line: a frame that has waited this long without its second verdict is covered whole.',
    ),
  encode: z
    .strictObject({
      bitrateKbps: z.int().min(100).max(50_000).default(4000).describe('Upper bound of the bit rate.'),
      keyFrameIntervalMs: z.int().min(200).max(10_000).default(2000),
      encoder: z
        .enum(['auto', 'libx264', 'h264_nvenc', 'h264_v4l2m2m'])
        .default('auto')
        .describe('`auto` probes for a hardware encoder and falls back to x264.'),
    })
    .prefault({}),
  push: z
    .array(z.string().regex(/^(rtsps?|srt|rtmps?|whips?|https?):\/\//, 'use rtsp://, srt://, rtmp:// or whip://'))
    .max(4)
    .default([])
    .describe('Where the filtered feed is pushed to.'),
  segments: z
    .strictObject({
      dir: z.string().min(1).describe('Folder for MP4 segments of the filtered feed.'),
      secondsEach: z.int().min(2).max(3600).default(60),
      totalMbMax: z.int().min(10).default(2048).describe('Oldest segments are deleted beyond this size.'),
    })
    .optional(),
});

export const configSchema = z.strictObject({
  cameras: z
    .record(z.string().regex(NAME, 'use lower-case letters, digits and hyphens'), cameraSchema)
    .default({})
    .describe('One entry per camera; the key is the name of the feed.'),
  http: z.strictObject({ listen: listenSchema.default('127.0.0.1:8080') }).prefault({}),
  rtsp: z.strictObject({ listen: listenSchema.default('127.0.0.1:8554') }).prefault({}),
  state: z.string().min(1).default('state').describe('Folder for users, keys and models of this box.'),
  log: z.strictObject({ level: z.enum(['debug', 'info', 'warn', 'error']).default('info') }).prefault({}),
});

export type CameraSettings = z.output<typeof cameraSchema>;
export type Config = z.output<typeof configSchema>;
export type Mask = z.output<typeof maskSchema>;
export type Look = CameraSettings['look'];
