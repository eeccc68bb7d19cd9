/** Proofs that can be checked offline (c2sp.org/tlog-proof). The entry itself travels in `extra`: it is proved, not believed. */
import { decodeBase64 } from './base64.ts';
import { type Checkpoint, parseCheckpoint, parseSize } from './checkpoint.ts';
import { hashLeaf, verifyInclusion } from './merkle.ts';
import { type Note, parseNote } from './note.ts';

const HEADER = 'c2sp.org/tlog-proof@v1';
/** An entry in base64, 63 hashes, and a checkpoint with its signatures. */
export const PROOF_BYTES_MAX = 128 * 1024;

export interface Proof {
  entry: Buffer;
  index: number;
  path: readonly Buffer[];
  /** The signed checkpoint, verbatim. */
  note: string;
}

export function formatProof({ entry, index, path, note }: Proof): string {
  const hashes = path.map((hash) => `${hash.toString('base64')}\n`).join('');
  return `${HEADER}\nextra ${entry.toString('base64')}\nindex ${index}\n${hashes}\n${note}`;
}

/** The proof when its path leads from the entry to the checkpoint's root, or what is wrong. Signatures are the caller's to verify. */
export function checkProof(
  bytes: Buffer,
): { entry: Buffer; index: number; checkpoint: Checkpoint; note: Note } | { fault: string } {
  const text = bytes.toString('utf8');
  const cut = text.indexOf('\n\n');
  const [header, extra = '', indexLine = '', ...hashes] = text.slice(0, Math.max(0, cut)).split('\n');
  if (bytes.length > PROOF_BYTES_MAX || header !== HEADER) return { fault: 'it is not a tlog-proof' };
  const entry = extra.startsWith('extra ') ? decodeBase64(extra.slice(6)) : undefined;
  if (entry === undefined) return { fault: 'it does not hold its entry' };
  const index = indexLine.startsWith('index ') ? parseSize(indexLine.slice(6)) : undefined;
  const path = hashes.map(decodeBase64);
  const note = parseNote(bytes.subarray(Buffer.byteLength(text.slice(0, cut + 2))));
  const checkpoint = note && parseCheckpoint(note.text);
  if (index === undefined || path.includes(undefined)) return { fault: 'its index or a hash is damaged' };
  if (checkpoint === undefined) return { fault: 'its checkpoint is damaged' };
  const { size, root } = checkpoint;
  if (!verifyInclusion({ index, size, leafHash: hashLeaf(entry), root }, path as Buffer[]))
    return { fault: 'the entry is not in the tree of the checkpoint' };
  return { entry, index, checkpoint, note: note! };
}
