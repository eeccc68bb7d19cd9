/**
 * The one schema: types, defaults, validation, the JSON Schema for editors and the configuration page of the docs come from it.
 * There is deliberately no setting that turns the filter off, and none that leaves a category out.
 */
import { z } from 'zod';
import { hubSchema } from './hub.ts';
import { intakeSchema, secretSchema, TOKEN, TOKEN_FORM } from './intake.ts';
import { ledgerSchema } from './ledger.ts';
import { parseListen } from './listen.ts';
import { controllerSchema, siteSchema } from './site.ts';
import { tlsSchema } from './tls.ts';
import { useSchema } from './use.ts';

/** In the order in which `auto` tries them. */
export const HARDWARE_ENCODERS = ['h264_nvenc', 'h264_v4l2m2m'] as const;
export const ENCODERS = ['libx264', ...HARDWARE_ENCODERS] as const;

/** Of onnxruntime, as far as its build for Node has them. */
export const PROVIDERS = ['cpu', 'cuda', 'tensorrt', 'webgpu'] as const;

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

export const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

export const SOURCE = /^(rtsps?:\/\/|https?:\/\/|v4l2:\/|file:)\S|^simulated([:?]|$)/;
export const SOURCE_FORMS =
  'rtsp://..., rtsps://..., http://..., https://..., v4l2:/dev/video0, file:PATH or simulated';

/** A camera URL, or where to read it from, so that its credentials need not stand in the file. */
const sourceSchema = z
  .union([
    z.string().regex(SOURCE, `write ${SOURCE_FORMS}`),
    z.strictObject({
      file: z
        .string()
        .regex(/^(?!.*:\/\/)./, 'write the path of a file that holds the URL')
        .describe('File whose first line is the URL.'),
    }),
    z.strictObject({
      env: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'write the name of an environment variable, e.g. GATE_URL')
        .describe('Environment variable that holds the URL.'),
    }),
  ])
  .describe(
    'A source is rtsp://, rtsps://, http(s):// (MJPEG), v4l2:/dev/video0, file:PATH (looped with ?loop=1), or simulated[:SEED][?night=1&rain=1].',
  );

const point = z.tuple([z.number().min(0).max(1), z.number().min(0).max(1)]).describe('[x, y]');

const maskSchema = z.strictObject({
  name: z.string().min(1).describe('Shown in the console.'),
  polygon: z.array(point).min(3).max(64).describe('Corners as shares of width and height, 0 to 1.'),
});

const countLineSchema = z
  .strictObject({
    name: z.string().regex(NAME, 'use lower-case letters, digits and hyphens'),
    from: point,
    to: point,
  })
  .refine(({ from, to }) => from[0] !== to[0] || from[1] !== to[1], {
    path: ['to'],
    error: 'draw the line between two different points',
  });

const listenSchema = z
  .string()
  .regex(/^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):\d{1,5}$/, {
    error: 'write HOST:PORT, e.g. 127.0.0.1:8080',
    abort: true,
  })
  .refine((text) => Number(text.slice(text.lastIndexOf(':') + 1)) <= 65535, 'write a port of at most 65535')
  .describe('HOST:PORT to listen on. Anything but loopback needs a user with a password.');

export const cameraSchema = z.strictObject({
  source: sourceSchema,
  transport: z.enum(['tcp', 'udp']).default('tcp').describe('How RTP is carried from an RTSP camera.'),
  tls: z
    .strictObject({
      ca: z
        .string()
        .min(1)
        .describe('File with certificates, PEM. The one that is shown must be one of these, or be signed by one.'),
    })
    .optional()
    .describe(
      'What a source over rtsps:// or https:// and push targets over rtsps:// must show; a name in the URL is checked too. Without it any certificate is taken, as cameras have their own; those of rtmps:// and whips:// targets always are.',
    ),
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
      tiles: z
        .enum(['auto', 'off'])
        .default('auto')
        .describe(
          '`auto`: of large pictures, parts are looked at closer in turn, where the box can afford it. It finds smaller faces and plates.',
        ),
      provider: z
        .enum(['auto', ...PROVIDERS])
        .default('auto')
        .describe(
          'What runs the networks. `auto` tries the accelerators whose libraries are here, and takes one that is at least as fast as the processor. What fails gives way to the processor.',
        ),
    })
    .prefault({}),
  secondOpinion: z
    .strictObject({
      people: z
        .enum(['off', 'head'])
        .default('head')
        .describe(
          '`head`: where a second network sees a person and no face was found, the head is covered. It needs `garim models pull coco-ssd`.',
        ),
      vehicles: z
        .enum(['off', 'plate-band'])
        .default('plate-band')
        .describe('`plate-band`: where a small vehicle shows no plate, the place of its plate is covered.'),
    })
    .prefault({})
    .describe('Covers beside those of the faces and plates that were found.'),
  count: z
    .strictObject({
      lines: z
        .array(countLineSchema)
        .min(1)
        .max(16)
        .refine((lines) => new Set(lines.map(({ name }) => name)).size === lines.length, 'give each line its own name')
        .describe(
          'Lines on the ground, as shares of width and height. `forward` is to the right of who goes from `from` to `to`.',
        ),
    })
    .optional()
    .describe(
      'Persons and vehicles that cross lines are counted. Counts leave the box only through a sensor of adapter `camera-counts`.',
    ),
  canaries: z
    .enum(['auto', 'off'])
    .default('auto')
    .describe(
      '`auto`: for a minute in each hour the detector is also shown drawn people and vehicles, beside the feed and never in it, and how many it misses goes on record. A box without time for it leaves it out.',
    ),
  delayMs: z
    .int()
    .min(100)
    .max(2000)
    .default(300)
    .describe(
      'Deadline of the delay line: a frame that has waited this long without its second verdict is covered whole.',
    ),
  decoder: z
    .enum(['software', 'auto'])
    .default('software')
    .describe(
      '`auto` takes a hardware decoder that opens, keeps up and goes on giving pictures, else software. Hardware gives no motion vectors, by which covers begin earlier.',
    ),
  encode: z
    .strictObject({
      bitrateKbps: z.int().min(100).max(50_000).default(4000).describe('Upper bound of the bit rate.'),
      keyFrameIntervalMs: z
        .int()
        .min(200)
        .max(10_000)
        .default(2000)
        .describe('Longest time until a late joiner gets a picture.'),
      encoder: z
        .enum(['auto', ...ENCODERS])
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
      secondsEach: z.int().min(2).max(3600).default(60).describe('Length of one segment; it ends at a key frame.'),
      totalMbMax: z.int().min(10).default(2048).describe('Oldest segments are deleted beyond this size.'),
    })
    .optional(),
  site: siteSchema.optional(),
});

/** Sensors of one box: they share one process. */
const SENSORS_MAX = 256;

/** Each has an outbox of up to OUTBOX_BYTES_MAX. */
const HUBS_MAX = 4;

const sensorSchema = z.strictObject({
  adapter: z.string().regex(NAME).describe('What reads its messages; `garim sensor adapters` lists them.'),
  intake: intakeSchema,
});

const settingsSchema = z.strictObject({
  cameras: z
    .record(z.string().regex(NAME, 'use lower-case letters, digits and hyphens'), cameraSchema)
    .default({})
    .describe('One entry per camera; the key is the name of the feed.'),
  sensors: z
    .record(z.string().regex(NAME, 'use lower-case letters, digits and hyphens'), sensorSchema)
    .refine((sensors) => Object.keys(sensors).length <= SENSORS_MAX, `name at most ${SENSORS_MAX} sensors`)
    .refine(
      (sensors) => Object.values(sensors).filter(({ intake }) => 'stdin' in intake).length < 2,
      'let one sensor only read standard input',
    )
    .default({})
    .describe('One entry per sensor.'),
  policy: z
    .union([
      z.string().min(1),
      z.strictObject({ trust: z.string().min(1).describe('File with the public key of the city.') }),
    ])
    .optional()
    .describe(
      "File that says what may leave of each sensor, or {trust: FILE}: only what `garim policy install` took, signed with this key. Without it each adapter's own policy holds.",
    ),
  choices: z
    .strictObject({
      deskToken: secretSchema(z.string().regex(TOKEN, TOKEN_FORM), 'token')
        .optional()
        .describe('Bearer token with which the city’s desk has tokens made for people. Without it none are made here.'),
    })
    .prefault({})
    .describe('What people chose about sensors; they ask at /choices.'),
  hubs: z
    .record(z.string().regex(NAME, 'use lower-case letters, digits and hyphens'), hubSchema)
    .refine((hubs) => Object.keys(hubs).length <= HUBS_MAX, `name at most ${HUBS_MAX} hubs`)
    .default({})
    .describe('Where the figures of sensors are sent; the key names the outbox of each.'),
  ledger: ledgerSchema,
  use: useSchema.prefault({}).describe('Who may pull feeds and figures, and what for. Each pull is on record.'),
  controller: controllerSchema.optional(),
  http: z
    .strictObject({
      listen: listenSchema.default('127.0.0.1:8080'),
      tls: tlsSchema.optional().describe('Serves https:// instead of http://.'),
    })
    .prefault({})
    .describe('Web page, snapshots, health and metrics.'),
  rtsp: z
    .strictObject({
      listen: listenSchema.default('127.0.0.1:8554'),
      tls: tlsSchema.optional().describe('Serves rtsps:// instead of rtsp://, over TCP only.'),
    })
    .prefault({})
    .describe('The filtered feeds, rtsp://HOST:PORT/NAME.'),
  state: z.string().min(1).default('state').describe('Folder for users, keys and models of this box.'),
  log: z
    .strictObject({
      level: z.enum(LOG_LEVELS).default('info').describe('`info` is for the operator, `debug` for finding faults.'),
    })
    .prefault({}),
});

/** Whether one socket would be in the way of the other. Port 0 takes a free one. */
function isSameAddress(a: string, b: string): boolean {
  const [one, other] = [parseListen(a), parseListen(b)];
  if (one.port !== other.port || one.port === 0) return false;
  const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::';
  return one.host.toLowerCase() === other.host.toLowerCase() || isWildcard(one.host) || isWildcard(other.host);
}

/** The one adapter that reads what cameras count. */
const COUNTS_ADAPTER = 'camera-counts';

/** What is wrong with a sensor that a camera of this box feeds; the path is below the sensor. */
function counterProblem(
  { adapter, intake }: z.output<typeof sensorSchema>,
  cameras: Readonly<Record<string, z.output<typeof cameraSchema>>>,
): { path: string[]; what: string; fix: string } | undefined {
  if (!('camera' in intake)) return undefined;
  const path = ['intake', 'camera'];
  if (!Object.hasOwn(cameras, intake.camera))
    return { path, what: 'no camera has this name', fix: 'name one of `cameras`' };
  if (cameras[intake.camera]?.count === undefined)
    return { path, what: 'this camera counts nothing', fix: 'give it `count` with at least one line' };
  if (adapter === COUNTS_ADAPTER) return undefined;
  return { path: ['adapter'], what: 'not the adapter of counts', fix: `write ${COUNTS_ADAPTER} for a camera` };
}

export const configSchema = settingsSchema
  .superRefine(({ cameras, sensors }, { addIssue }) => {
    for (const [name, sensor] of Object.entries(sensors)) {
      const problem = counterProblem(sensor, cameras);
      if (problem === undefined) continue;
      const { path, what, fix } = problem;
      addIssue({ code: 'custom', path: ['sensors', name, ...path], message: fix, params: { what } });
    }
  })
  .refine(({ http, rtsp }) => !isSameAddress(http.listen, rtsp.listen), {
    path: ['rtsp', 'listen'],
    error: 'choose another port for one of the two',
    params: { what: 'the same address as http.listen' },
  })
  .superRefine(({ cameras, sensors, use }, context) => {
    for (const [name, { feeds }] of Object.entries(use.agreements)) {
      const strangers =
        feeds === 'all' ? [] : feeds.filter((feed) => !Object.hasOwn(cameras, feed) && !Object.hasOwn(sensors, feed));
      if (strangers.length === 0) continue;
      const path = ['use', 'agreements', name, 'feeds'];
      const params = { what: 'no camera and no sensor has that name' };
      context.addIssue({ code: 'custom', path, message: 'write names of cameras and sensors, or all', params });
    }
  });

export type CameraSettings = z.output<typeof cameraSchema>;
export type Config = z.output<typeof configSchema>;
export type Mask = z.output<typeof maskSchema>;
export type CountLine = z.output<typeof countLineSchema>;
export type Look = CameraSettings['look'];
