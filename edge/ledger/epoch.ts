/**
 * Origins of one log. A log that lost entries it had signed can't go on under its origin: whoever saw those entries would hold two
 * inconsistent checkpoints. It goes on under a new one, with the same key and tree, and an `epoch` leaf that says what is lost.
 *
 * The new origin ends in a random number, so that a disk that is restored twice does not take the same origin twice.
 */
import { randomBytes } from 'node:crypto';
import { decodeLeaf } from './leaf.ts';

const EPOCH = /^(.+)\/epoch-([1-9][0-9]{0,5})-[0-9a-f]{8}$/;
const MARK = Buffer.from('"kind":"epoch"');

/** The origin without its epoch: the name by which a log is trusted. */
export function baseOrigin(origin: string): string {
  return EPOCH.exec(origin)?.[1] ?? origin;
}

/** The first epoch is the plain origin; the next is number 2. */
export function nextOrigin(origin: string): string {
  const [, base = origin, number = '1'] = EPOCH.exec(origin) ?? [];
  return `${base}/epoch-${Number(number) + 1}-${randomBytes(4).toString('hex')}`;
}

/** The origin that an entry switches to. */
export function originSetBy(entry: Buffer): string | undefined {
  if (!entry.includes(MARK)) return undefined;
  const decoded = decodeLeaf(entry);
  return 'leaf' in decoded && decoded.leaf.kind === 'epoch' ? decoded.leaf.origin : undefined;
}
