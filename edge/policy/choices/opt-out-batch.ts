/**
 * Updates of the opt-out list, signed by the city's desk. A batch holds tags in rising order, members' and decoys' alike, and follows the
 * one before by number and digest, so that none can be left out, repeated or exchanged on the way to a box.
 */
import { createHash, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { UserError } from '../../base/errors.ts';
import { seal, unseal } from '../envelope.ts';
import { type OptOutList, TAG_BITS, TAGS } from './opt-out-list.ts';

const PAYLOAD_TYPE = 'application/vnd.garim.opt-out+json';
const TAG_BYTES = TAG_BITS / 8;

/** A batch larger than this is refused: it bounds memory, and is room for every tag of a list that is half full. */
export const BATCH_BYTES_MAX = 64 * 1024 * 1024;

const payloadSchema = z.strictObject({
  v: z.literal(1),
  keyId: z.string().regex(/^[0-9a-f]{16}$/),
  sequence: z.int().min(1),
  previous: z.string().regex(/^[0-9a-f]{64}$/),
  madeMs: z.int().min(0),
  tags: z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/),
});

export interface Batch {
  keyId: string;
  sequence: number;
  /** Digest of the batch before. */
  previous: string;
  madeMs: number;
  tags: readonly number[];
  /** sha256 of the payload, hex. */
  digest: string;
}

/** The batch that follows a list. */
export function sealBatch(
  list: OptOutList,
  newTags: readonly number[],
  madeMs: number,
  key: KeyObject,
): { text: string; batch: Batch } {
  const tags = [...newTags].sort((a, b) => a - b);
  const bytes = Buffer.alloc(tags.length * TAG_BYTES);
  for (const [index, tag] of tags.entries()) bytes.writeUIntBE(tag, index * TAG_BYTES, TAG_BYTES);
  const { keyId, sequence, last } = list.header;
  const head = { keyId, sequence: sequence + 1, previous: last, madeMs };
  const payload = Buffer.from(JSON.stringify({ v: 1, ...head, tags: bytes.toString('base64') }));
  return { text: seal(PAYLOAD_TYPE, payload, key), batch: { ...head, tags, digest: sha256(payload) } };
}

/** Throws UserError unless the trusted key signed it. */
export function unsealBatch(text: string, trust: KeyObject, name: string): Batch {
  const payload = unseal(text, PAYLOAD_TYPE, trust, name);
  const { tags: encoded, v: _, ...head } = payloadSchema.parse(JSON.parse(payload.toString('utf8')));
  const bytes = Buffer.from(encoded, 'base64');
  const tags: number[] = [];
  for (let at = 0; at + TAG_BYTES <= bytes.length; at += TAG_BYTES) tags.push(bytes.readUIntBE(at, TAG_BYTES));
  return { ...head, tags, digest: sha256(payload) };
}

/**
 * The list with the batch in it; the list itself when it has it already. Throws UserError for a batch of another key, one that does not
 * follow, and one that contradicts what was applied.
 */
export function applyBatch(list: OptOutList, batch: Batch, name: string): OptOutList {
  const { header, tags } = list;
  if (batch.keyId !== header.keyId) {
    throw new UserError(`${name}: made with another key than this box has.`, {
      fix: 'Copy the key from the desk, or get the batches of this city.',
    });
  }
  if (batch.sequence < header.sequence || (batch.sequence === header.sequence && batch.digest === header.last))
    return list;
  if (batch.sequence === header.sequence) {
    throw new UserError(`${name}: another batch ${batch.sequence} was applied before.`, {
      fix: 'The desk must not make two: get its batches again, and start the list anew if they differ.',
    });
  }
  if (batch.sequence !== header.sequence + 1) {
    throw new UserError(`${name}: batch ${batch.sequence} does not follow batch ${header.sequence}.`, {
      fix: `Get batch ${header.sequence + 1} first.`,
    });
  }
  if (batch.previous !== header.last) {
    throw new UserError(`${name}: does not follow the batch ${header.sequence} that was applied here.`, {
      fix: 'Get the batches again, and start the list anew if they differ.',
    });
  }
  for (const tag of batch.tags) if (tag < TAGS) tags.add(tag);
  return {
    header: { ...header, sequence: batch.sequence, last: batch.digest, madeMs: batch.madeMs, tags: tags.size },
    tags,
  };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
