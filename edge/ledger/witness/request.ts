/** The body of `add-checkpoint` (c2sp.org/tlog-witness): old size, consistency proof, empty line, checkpoint. */
import { decodeBase64 } from '../base64.ts';
import { parseSize } from '../checkpoint.ts';
import { HASH_BYTES } from '../merkle.ts';
import { NOTE_BYTES_MAX } from '../note.ts';

const PROOF_LINES_MAX = 63;
/** Old size, 63 hashes in base64, and a note. */
export const REQUEST_BYTES_MAX: number = 64 + PROOF_LINES_MAX * 45 + NOTE_BYTES_MAX;

/** Content type of the answer 409, which holds the size that the witness has seen. */
export const SIZE_TYPE = 'text/x.tlog.size';

export interface AddCheckpoint {
  oldSize: number;
  proof: readonly Buffer[];
  /** The signed note, verbatim. */
  note: Buffer;
}

export function formatAddCheckpoint({ oldSize, proof, note }: AddCheckpoint): string {
  return `old ${oldSize}\n${proof.map((hash) => `${hash.toString('base64')}\n`).join('')}\n${note.toString('utf8')}`;
}

/** Undefined when the body is malformed. */
export function parseAddCheckpoint(body: Buffer): AddCheckpoint | undefined {
  const cut = body.indexOf('\n\n');
  if (cut < 0) return undefined;
  const [first = '', ...lines] = body.subarray(0, cut).toString('latin1').split('\n');
  const oldSize = first.startsWith('old ') ? parseSize(first.slice(4)) : undefined;
  const proof = lines.map(decodeBase64);
  if (oldSize === undefined || lines.length > PROOF_LINES_MAX) return undefined;
  if (!proof.every((hash) => hash?.length === HASH_BYTES)) return undefined;
  return { oldSize, proof: proof as Buffer[], note: body.subarray(cut + 2) };
}
