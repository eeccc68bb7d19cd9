/** models/manifest.json: what each model finds, which bytes it is made of, and how its numbers are read. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { messageOf, UserError } from '../../base/errors.ts';

const label = z.enum(['face', 'plate', 'person', 'vehicle']);
const share = z.number().gt(0).lt(1);

const inputSchema = z
  .strictObject({
    layout: z.enum(['nhwc', 'nchw']),
    type: z.enum(['uint8', 'float32']),
    colour: z.enum(['rgb', 'bgr']),
    /** Width and height of the tensor are padded to multiples of this. */
    multipleOf: z.int().min(1).max(128),
    /** A picture with a longer side is scaled down before this model sees it. */
    maxLongSidePx: z.int().min(32).max(4096),
    /** Set for networks that take one size only; the picture is scaled to fit. */
    fixedWidthPx: z.int().min(32).optional(),
    fixedHeightPx: z.int().min(32).optional(),
  })
  .refine((input) => (input.fixedWidthPx === undefined) === (input.fixedHeightPx === undefined), {
    message: 'fixedWidthPx and fixedHeightPx go together',
  });

const entrySchema = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
    /** What it finds; each label has a threshold. */
    labels: z.array(label).min(1),
    file: z.string().regex(/^[\w.-]+\.onnx$/, 'a plain file name that ends in .onnx'),
    sha256: z.string().regex(/^[0-9a-f]{64}$/, '64 lower-case hex digits'),
    sizeBytes: z
      .int()
      .min(1)
      .max(256 * 1024 * 1024),
    licence: z.string().min(1),
    /** `url` is set when `garim models pull` can fetch exactly these bytes. */
    source: z.strictObject({ description: z.string().min(1), url: z.url({ protocol: /^https?$/ }).optional() }),
    input: inputSchema,
    decoder: z.enum(['garim-street', 'yunet', 'lpd-yunet', 'picodet', 'yolox']),
    thresholds: z.partialRecord(label, share),
    nmsIou: share,
  })
  .refine((entry) => entry.labels.every((name) => entry.thresholds[name] !== undefined), {
    message: 'thresholds must name every label',
  });

const manifestSchema = z.strictObject({ version: z.literal(1), models: z.array(z.unknown()).min(1) });

export type ModelEntry = z.output<typeof entrySchema>;
export type ModelInput = ModelEntry['input'];

/** Entries in order of preference. Throws UserError that names the entry and the field at fault. */
export function parseManifest(json: unknown, where: string): ModelEntry[] {
  const manifest = manifestSchema.safeParse(json);
  if (!manifest.success) throw new UserError(`${where}: ${issuesOf(manifest.error)}`);
  const names = new Set<string>();
  return manifest.data.models.map((item, index) => {
    const name = (item as { name?: unknown } | null)?.name;
    const which = typeof name === 'string' ? `model ${name}` : `model number ${index + 1}`;
    const entry = entrySchema.safeParse(item);
    if (!entry.success) throw new UserError(`${where}: ${which}: ${issuesOf(entry.error)}`);
    if (names.has(entry.data.name)) throw new UserError(`${where}: ${which}: the name is used twice`);
    names.add(entry.data.name);
    return entry.data;
  });
}

/** Reads and checks the file. Throws UserError. */
export function loadManifest(file: string): ModelEntry[] {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UserError(`${file} can't be read: ${messageOf(error)}`, {
      fix: 'install Garim again, or restore the file',
      cause: error,
    });
  }
  return parseManifest(json, file);
}

function issuesOf(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.') || '(entry)'}: ${issue.message}`).join('; ');
}
