/** The kept corpus of sensors' messages: one file an adapter, one message a line, written for these tests; identifiers in it are made up. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../edge/base/paths.ts';

const folder = path.join(packageRoot, 'test', 'fixtures', 'sensors');

export function corpusOf(name: string): string[] {
  return readFileSync(path.join(folder, `${name}.ndjson`), 'utf8')
    .split('\n')
    .filter(Boolean);
}

export function bytesOf(value: unknown): Uint8Array {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
}
