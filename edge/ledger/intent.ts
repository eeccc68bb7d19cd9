/** The one checkpoint that may be signed next, durable before it is. Signing it once more, after a crash, gives the same bytes. */
import { z } from 'zod';
import { WorldError } from '../base/errors.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { DurableFolder } from './durable.ts';
import { HASH_BYTES } from './merkle.ts';
import { KEY_NAME } from './note.ts';

export type Intent = Checkpoint;

const FILE = 'intent';

const schema = z.strictObject({
  v: z.literal(1),
  origin: z.string().regex(KEY_NAME),
  size: z.int().positive(),
  root: z.string().regex(new RegExp(`^[0-9a-f]{${2 * HASH_BYTES}}$`)),
});

/** Undefined when nothing was ever to be signed. Throws WorldError `ledger-damaged`: the file is replaced whole, so it is never torn. */
export async function readIntent(folder: DurableFolder): Promise<Intent | undefined> {
  const bytes = await folder.read(FILE);
  if (bytes === undefined) return undefined;
  const parsed = schema.safeParse(parseJson(bytes));
  if (!parsed.success) throw new WorldError('ledger-damaged', `${folder.at(FILE)} is damaged`);
  const { origin, size, root } = parsed.data;
  return { origin, size, root: Buffer.from(root, 'hex') };
}

export async function writeIntent(folder: DurableFolder, { origin, size, root }: Intent): Promise<void> {
  await folder.write(FILE, `${JSON.stringify({ v: 1, origin, size, root: root.toString('hex') })}\n`);
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
