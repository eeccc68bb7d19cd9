/**
 * The deniable opt-out list: `isCovered` is true for every member, and for a share `rho` of everybody else. Owns `choices/opt-out/` in the
 * state folder: `key` (the city's, the same on all its boxes and never changed) and `list`.
 *
 * A plate becomes a tag, the first 24 bits of HMAC-SHA-256 under the key, and the list is the set of covered tags: those of members and
 * those of decoys, and nothing tells the two apart. A rule of its own for decoys (`PRF < rho`) beside a list of members would cover the same
 * share, but whoever takes a box has key and list, tries all plates, and is left with the members. Here they are left with every plate that
 * shares a covered tag, `rho` of the fleet among them, and with the likelihood that `opt-out-bound.ts` gives. The key alone keeps those
 * out who have only the list. It is never changed: two lists of the same members under different keys would have only the members in common.
 */
import { createHash, createHmac } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { writeDurably } from '../../base/durable-file.ts';
import { messageOf, UserError, WorldError } from '../../base/errors.ts';

/** 16.8 million tags in 2 MiB: enough that the members' own tags hardly add to rho, and that a city of millions fits. */
export const TAG_BITS = 24;
export const TAGS = 2 ** TAG_BITS;
const KEY_BYTES = 32;

const headerSchema = z.strictObject({
  v: z.literal(1),
  keyId: z.string().regex(/^[0-9a-f]{16}$/),
  /** Of the last batch that was applied; 0 before the first. */
  sequence: z.int().min(0),
  /** sha256 of that batch's payload, hex. */
  last: z.string().regex(/^[0-9a-f]{64}$/),
  /** When that batch was made, wall-clock milliseconds. */
  madeMs: z.int().min(0),
  tags: z.int().min(0).max(TAGS),
  /** At the desk only: how many were ever added. Boxes are not told. */
  members: z.int().min(0).optional(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
type ListHeader = z.output<typeof headerSchema>;

const FIRST_BATCH_FOLLOWS = '0'.repeat(64);

/** Letters that cameras take for digits, and spaces, hyphens, dots and accents that they invent. Merging more plates only covers more. */
export function normalisePlate(plate: string): string {
  return plate
    .normalize('NFKD')
    .toUpperCase()
    .normalize('NFKD')
    .replaceAll(/[\s\p{P}\p{S}\p{M}]/gu, '')
    .normalize('NFKC')
    .replaceAll(/[OQDILBSZG]/g, (letter) => LOOK_ALIKES[letter] ?? letter);
}

const LOOK_ALIKES: Record<string, string> = { O: '0', Q: '0', D: '0', I: '1', L: '1', B: '8', S: '5', Z: '2', G: '6' };

export class OptOutKey {
  readonly #key: Buffer;
  /** Tells keys apart without saying anything of them. */
  readonly id: string;

  constructor(key: Uint8Array) {
    if (key.length !== KEY_BYTES)
      throw new UserError(`The key of the opt-out list has ${key.length} bytes, not ${KEY_BYTES}.`);
    this.#key = Buffer.from(key);
    this.id = createHmac('sha256', this.#key).update('garim opt-out key id').digest('hex').slice(0, 16);
  }

  tagOf(plate: string): number {
    return createHmac('sha256', this.#key)
      .update(`garim opt-out v1 plate\0${normalisePlate(plate)}`)
      .digest()
      .readUIntBE(0, TAG_BITS / 8);
  }
}

/** One bit a tag. */
export class TagSet {
  readonly bits: Buffer;
  #size = 0;

  constructor(bits: Buffer = Buffer.alloc(TAGS / 8)) {
    this.bits = bits;
    for (const byte of bits) this.#size += ONES[byte]!;
  }

  get size(): number {
    return this.#size;
  }

  has(tag: number): boolean {
    return (this.bits[tag >> 3]! & (1 << (tag & 7))) !== 0;
  }

  add(tag: number): void {
    if (this.has(tag)) return;
    this.bits[tag >> 3]! |= 1 << (tag & 7);
    this.#size++;
  }
}

const ONES = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length);

export interface OptOutList {
  header: ListHeader;
  tags: TagSet;
}

export function emptyList(key: OptOutKey): OptOutList {
  const tags = new TagSet();
  return {
    header: { v: 1, keyId: key.id, sequence: 0, last: FIRST_BATCH_FOLLOWS, madeMs: 0, tags: 0, sha256: digestOf(tags) },
    tags,
  };
}

/** Share of all tags that are covered: the likelihood that somebody who is not a member is left out too. */
export function rhoOf({ tags }: OptOutList): number {
  return tags.size / TAGS;
}

export function optOutDir(stateDir: string): string {
  return path.join(stateDir, 'choices', 'opt-out');
}

export function keyFileOf(stateDir: string): string {
  return path.join(optOutDir(stateDir), 'key');
}

/** Held by whoever changes the list. */
export function lockFileOf(stateDir: string): string {
  return path.join(optOutDir(stateDir), 'lock');
}

function listFileOf(stateDir: string): string {
  return path.join(optOutDir(stateDir), 'list');
}

/** Undefined when this box has no key. Throws UserError when others could read it. */
export async function readOptOutKey(stateDir: string): Promise<OptOutKey | undefined> {
  const file = keyFileOf(stateDir);
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
    if (((await stat(file)).mode & 0o077) !== 0) {
      throw new UserError(`${file}: others can read the key.`, { fix: `chmod 600 ${file}` });
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new WorldError('disk-failed', `cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
  return new OptOutKey(bytes);
}

/**
 * The list of this box; an empty one before the first batch. Throws UserError for a damaged list or one of another key: what would then be
 * let out is not known.
 */
export async function readOptOutList(stateDir: string, key: OptOutKey): Promise<OptOutList> {
  const file = listFileOf(stateDir);
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return emptyList(key);
    throw new WorldError('disk-failed', `cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
  const fix = 'Delete it and run garim optout sync with all batches from the first.';
  const end = bytes.indexOf('\n');
  let header: ListHeader;
  try {
    header = headerSchema.parse(JSON.parse(bytes.subarray(0, end).toString('utf8')));
  } catch {
    throw new UserError(`${file} is damaged.`, { fix });
  }
  const bits = bytes.subarray(end + 1);
  if (bits.length !== TAGS / 8) throw new UserError(`${file} is damaged.`, { fix });
  const tags = new TagSet(Buffer.from(bits));
  if (header.sha256 !== digestOf(tags) || header.tags !== tags.size)
    throw new UserError(`${file} is damaged.`, { fix });
  if (header.keyId !== key.id) throw new UserError(`${file} was made with another key.`, { fix });
  return { header, tags };
}

export async function writeOptOutList(stateDir: string, { header, tags }: OptOutList): Promise<void> {
  const whole: ListHeader = { ...header, tags: tags.size, sha256: digestOf(tags) };
  await writeDurably(listFileOf(stateDir), Buffer.concat([Buffer.from(`${JSON.stringify(whole)}\n`), tags.bits]));
}

function digestOf(tags: TagSet): string {
  return createHash('sha256').update(tags.bits).digest('hex');
}
