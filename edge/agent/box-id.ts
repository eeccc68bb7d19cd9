/** The public name of this box: random, made at the first start, and the same ever after. It says nothing about place or owner. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { writeDurably } from '../base/durable-file.ts';

const BOX_ID = /^[0-9a-f]{16}$/;

export async function boxId(stateDir: string): Promise<string> {
  const file = path.join(stateDir, 'box-id');
  const known = await readFile(file, 'utf8').catch(() => '');
  if (BOX_ID.test(known.trim())) return known.trim();
  const made = randomBytes(8).toString('hex');
  await writeDurably(file, `${made}\n`);
  return made;
}
