/**
 * The weights of coco-ssd in `<state>/models/coco-ssd`: model.json, its shards, and digests.json.
 *
 * Their publisher names no digest, so the sha256 of every file is recorded at first use (`pullCocoSsd`) and shown; from then on only
 * exactly these bytes are loaded. Who can write this folder can exchange weights and record alike: it is as trusted as the rest of the
 * state folder. A pull keeps all files or none: they are gathered in memory, and a whole folder takes the name at the end.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { messageOf, WorldError } from '../../../base/errors.ts';

export const COCO_SSD_NAME = 'coco-ssd';

/** Where the package @tensorflow-models/coco-ssd itself takes `lite_mobilenet_v2` from. */
const COCO_SSD_URL = 'https://storage.googleapis.com/tfjs-models/savedmodel/ssdlite_mobilenet_v2/model.json';

const MODEL_FILE = 'model.json';
const DIGESTS_FILE = 'digests.json';
const PULL_MS_MAX = 10 * 60_000;
const MODEL_JSON_BYTES_MAX = 16 * 1024 * 1024;
const WEIGHTS_BYTES_MAX = 128 * 1024 * 1024;
const SHARDS_MAX = 64;

const BYTES_OF = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 } as const;
const dtype = z.enum(['float32', 'int32', 'bool', 'uint8', 'uint16', 'float16']);

/** Only what is needed to find and measure the shards; the rest is for tfjs to judge. */
const modelSchema = z.looseObject({
  modelTopology: z.looseObject({}),
  weightsManifest: z
    .array(
      z.looseObject({
        paths: z.array(z.string().regex(/^[\w-][\w.-]*$/, 'a plain file name')).min(1),
        weights: z.array(
          z.looseObject({
            shape: z.array(z.int().min(0)),
            dtype,
            quantization: z.looseObject({ dtype }).optional(),
          }),
        ),
      }),
    )
    .min(1),
});

const recordSchema = z.strictObject({
  source: z.string(),
  /** sha256 by file name. */
  files: z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/)),
});

type DigestRecord = z.output<typeof recordSchema>;

export interface CocoSsdWeights {
  /** Parsed model.json. */
  model: unknown;
  /** All shards in the manifest's order, end to end. */
  data: Uint8Array<ArrayBuffer>;
  /** sha256 of every file, model.json first. */
  digests: string[];
}

export function cocoSsdDir(stateDir: string): string {
  return path.join(stateDir, 'models', 'coco-ssd');
}

/**
 * Verified weights; undefined when they were never pulled. Rejects with WorldError `model-digest-mismatch` when a file is missing or
 * other than recorded.
 */
export async function readCocoSsd(stateDir: string): Promise<CocoSsdWeights | undefined> {
  const dir = cocoSsdDir(stateDir);
  const record = await readRecord(dir);
  if (record === undefined) return undefined;
  const files = await gather(async (name) => {
    const bytes = await readFrom(dir, name);
    const difference = differenceOf(record, name, bytes);
    if (difference === undefined) return bytes;
    throw mismatch(`${path.join(dir, name)} ${difference}; restore the file, or ${howToStartOver(dir)}`);
  });
  const { model, shards } = partsOf(files);
  const digests = [...files.values()].map(sha256Of);
  return { model, data: new Uint8Array(Buffer.concat(shards)), digests };
}

/**
 * Fetches the weights and records their digests, or checks them against the record where there is one. Files that were copied into the
 * folder by hand (a box without network) are recorded as they are. Rejects with WorldError `source-unreachable`, `model-unusable` or
 * `model-digest-mismatch`; then the folder is as before.
 */
export async function pullCocoSsd(
  stateDir: string,
  url: string = COCO_SSD_URL,
): Promise<{ dir: string; files: { name: string; sha256: string }[]; isFirstUse: boolean }> {
  const dir = cocoSsdDir(stateDir);
  const record = await readRecord(dir);
  const isCopied = record === undefined && (await readFile(path.join(dir, MODEL_FILE)).catch(() => undefined));
  const files = await gather(async (name, bytesMax) => {
    if (isCopied) return readFrom(dir, name);
    const bytes = await download(url, name, bytesMax);
    const difference = record && differenceOf(record, name, bytes);
    if (difference === undefined) return bytes;
    const help = `nothing was kept. To trust it, ${howToStartOver(dir)}`;
    throw mismatch(`${addressOf(url, name)} ${difference}; ${help}`);
  });
  const digests = [...files].map(([name, bytes]) => ({ name, sha256: sha256Of(bytes) }));
  const source = isCopied ? 'copied by hand' : url;
  const kept: DigestRecord = record ?? {
    source,
    files: Object.fromEntries(digests.map(({ name, sha256 }) => [name, sha256])),
  };
  await replaceFolder(dir, new Map([...files, [DIGESTS_FILE, Buffer.from(`${JSON.stringify(kept, null, 2)}\n`)]]));
  return { dir, files: digests, isFirstUse: record === undefined };
}

/** model.json first, then the shards in order, complete: their sizes are those that the manifest implies. */
async function gather(read: (name: string, bytesMax: number) => Promise<Buffer>): Promise<Map<string, Buffer>> {
  const files = new Map([[MODEL_FILE, await read(MODEL_FILE, MODEL_JSON_BYTES_MAX)]]);
  const { paths, weightBytes } = manifestOf(files.get(MODEL_FILE)!);
  let gotBytes = 0;
  for (const name of paths) {
    const bytes = await read(name, weightBytes - gotBytes);
    gotBytes += bytes.length;
    files.set(name, bytes);
  }
  if (gotBytes !== weightBytes) {
    throw unusable(`its files hold ${gotBytes} bytes of weights instead of ${weightBytes}`);
  }
  return files;
}

function manifestOf(modelJson: Buffer): { model: unknown; paths: string[]; weightBytes: number } {
  let json: unknown;
  try {
    json = JSON.parse(modelJson.toString('utf8'));
  } catch (error) {
    throw unusable(`${MODEL_FILE} is not JSON: ${messageOf(error)}`);
  }
  const model = modelSchema.safeParse(json);
  if (!model.success) {
    const issue = model.error.issues[0]!;
    throw unusable(`${MODEL_FILE} is not a graph model: ${issue.path.join('.')}: ${issue.message}`);
  }
  const paths = model.data.weightsManifest.flatMap((group) => group.paths);
  let weightBytes = 0;
  for (const { shape, dtype: type, quantization } of model.data.weightsManifest.flatMap((group) => group.weights)) {
    weightBytes += shape.reduce((product, n) => product * n, 1) * BYTES_OF[quantization?.dtype ?? type];
  }
  const isUnique = new Set([...paths, MODEL_FILE, DIGESTS_FILE]).size === paths.length + 2;
  if (paths.length > SHARDS_MAX || !isUnique || weightBytes > WEIGHTS_BYTES_MAX) {
    throw unusable(`${MODEL_FILE} names ${paths.length} files of ${weightBytes} bytes`);
  }
  return { model: json, paths, weightBytes };
}

function partsOf(files: ReadonlyMap<string, Buffer>): { model: unknown; shards: Buffer[] } {
  const [modelJson, ...shards] = files.values();
  return { model: JSON.parse(modelJson!.toString('utf8')), shards };
}

async function readRecord(dir: string): Promise<DigestRecord | undefined> {
  const file = path.join(dir, DIGESTS_FILE);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new WorldError('model-digest-mismatch', `${file} is damaged; ${howToStartOver(dir)}`, { cause: error });
  }
}

async function readFrom(dir: string, name: string): Promise<Buffer> {
  try {
    return await readFile(path.join(dir, name));
  } catch (error) {
    throw mismatch(`${path.join(dir, name)} can't be read (${messageOf(error)}); ${howToStartOver(dir)}`);
  }
}

async function download(url: string, name: string, bytesMax: number): Promise<Buffer> {
  const address = addressOf(url, name);
  const unreachable = (why: string, cause?: unknown) =>
    new WorldError('source-unreachable', `coco-ssd can't be fetched from ${address}: ${why}`, { cause });
  const chunks: Uint8Array[] = [];
  let gotBytes = 0;
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(PULL_MS_MAX) });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw unreachable(`status ${response.status}`);
    }
    for await (const chunk of response.body) {
      gotBytes += chunk.length;
      if (gotBytes > bytesMax) break;
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof WorldError) throw error;
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw unreachable(`${messageOf(cause)} after ${gotBytes} bytes`, error);
  }
  if (gotBytes > bytesMax) throw unusable(`${address} has more than ${bytesMax} bytes`);
  return Buffer.concat(chunks);
}

function addressOf(url: string, name: string): string {
  const address = new URL(name === MODEL_FILE ? '' : name, url);
  address.search = new URL(url).search;
  return address.href;
}

/** Why these bytes are not the recorded ones; undefined when they are. */
function differenceOf(record: DigestRecord, name: string, bytes: Buffer): string | undefined {
  const expected = record.files[name] ?? 'none';
  const found = sha256Of(bytes);
  if (found === expected) return undefined;
  return `is not what was recorded at first use: expected sha256 ${expected}, found ${found}`;
}

/** Written through before the folder takes its name: a power cut leaves the old weights, the new ones or none, never some. */
async function replaceFolder(dir: string, files: ReadonlyMap<string, Buffer>): Promise<void> {
  const temporary = `${dir}.${process.pid}.part`;
  try {
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary, { recursive: true });
    for (const [name, bytes] of files) await writeFile(path.join(temporary, name), bytes, { flush: true });
    await rm(dir, { recursive: true, force: true });
    await rename(temporary, dir);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const howToStartOver = (dir: string): string => `remove the folder ${dir} and run: garim models pull coco-ssd`;
const mismatch = (message: string) => new WorldError('model-digest-mismatch', message);
const unusable = (message: string) =>
  new WorldError('model-unusable', `coco-ssd can't be used: ${message}; nothing was kept`);
