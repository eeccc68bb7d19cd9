/** Temporary folders, model stores and pictures for the tests of detection. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pino } from 'pino';
import { packageRoot } from '../../edge/base/paths.ts';
import { loadManifest, type ModelEntry } from '../../edge/camera/detect/manifest.ts';
import type { DetectorPicture } from '../../edge/camera/detect/port.ts';
import type { TempDir } from './temp.ts';

export const silentLog = pino({ level: 'silent' });

export const embeddedFile = path.join(packageRoot, 'models', 'embedded', 'street_v2.onnx');

/** The entry of the real manifest. */
export function manifestEntry(name: string): ModelEntry {
  const entry = loadManifest(path.join(packageRoot, 'models', 'manifest.json')).find((e) => e.name === name);
  if (entry === undefined) throw new Error(`no model ${name} in the manifest`);
  return entry;
}

/** An entry of the given name for these bytes; for the rest it is like `base`. */
export function entryFor(base: string, name: string, bytes: Uint8Array, url?: string): ModelEntry {
  const source = url === undefined ? { description: 'made by a test' } : { description: 'made by a test', url };
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { ...manifestEntry(base), name, file: `${name}.onnx`, sha256, sizeBytes: bytes.length, source };
}

/** Writes a models folder with this manifest and these embedded files; returns its path. */
export function writeModelsDir(
  dir: TempDir,
  models: readonly unknown[],
  files: Record<string, Uint8Array> = {},
): string {
  dir.write('package/manifest.json', JSON.stringify({ version: 1, models }));
  for (const [name, bytes] of Object.entries(files)) dir.write(`package/embedded/${name}`, bytes);
  return path.join(dir.path, 'package');
}

/** The embedded network with one bit of its weights flipped. */
export function flippedBit(): Uint8Array {
  const bytes = new Uint8Array(readFileSync(embeddedFile));
  bytes[bytes.length >> 1]! ^= 1;
  return bytes;
}

/** A street-like picture that is the same on each call: sky, road, and a bright sign. */
export function syntheticPicture(widthPx = 320, heightPx = 192, contentHeightPx = 180): DetectorPicture {
  const rgb = new Uint8Array(widthPx * heightPx * 3);
  for (let y = 0; y < contentHeightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      const at = (y * widthPx + x) * 3;
      const isSign = x > 100 && x < 160 && y > 90 && y < 106;
      rgb[at] = isSign ? 240 : (x * 3 + y) & 127;
      rgb[at + 1] = isSign ? 240 : y;
      rgb[at + 2] = isSign ? 230 : 200 - y;
    }
  }
  return { rgb, widthPx, heightPx, contentWidthPx: widthPx, contentHeightPx };
}
