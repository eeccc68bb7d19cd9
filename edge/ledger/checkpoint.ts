/** Checkpoints (c2sp.org/tlog-checkpoint): origin, size and root as the text of a signed note. Extension lines are neither made nor taken. */
import { decodeBase64 } from './base64.ts';
import { EMPTY_ROOT, HASH_BYTES } from './merkle.ts';
import { KEY_NAME } from './note.ts';

export interface Checkpoint {
  /** Name of the log; it is also the name of the key that signs. */
  origin: string;
  /** Entries. */
  size: number;
  root: Buffer;
}

export function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${root.toString('base64')}\n`;
}

/** The text of a note as a checkpoint, or undefined when it is none. */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  const lines = text.split('\n');
  const [origin = '', sizeText = '', rootText = ''] = lines;
  const size = parseSize(sizeText);
  const root = decodeBase64(rootText);
  if (lines.length !== 4 || lines[3] !== '' || !KEY_NAME.test(origin)) return undefined;
  return size === undefined || root?.length !== HASH_BYTES ? undefined : { origin, size, root };
}

/** A decimal without leading zeroes that a number holds exactly. */
export function parseSize(text: string): number | undefined {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text)) return undefined;
  const size = Number(text);
  return Number.isSafeInteger(size) ? size : undefined;
}

/** The checkpoint of nothing: consistent with every other, so it can be signed at any time. */
export function emptyCheckpoint(origin: string): Checkpoint {
  return { origin, size: 0, root: EMPTY_ROOT };
}
