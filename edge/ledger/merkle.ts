/**
 * The Merkle tree of RFC 6962 section 2.1 and its proofs. Proofs are checked with the algorithms of RFC 9162 sections 2.1.3.2 and 2.1.4.2.
 *
 * Sizes and indices are numbers, so all of this holds below 2^53; halving is done by division, since bit operators cut at 32 bits.
 */
import { hash } from 'node:crypto';

export const HASH_BYTES = 32;

const LEAF_PREFIX = Buffer.from([0x00]);
const NODE_PREFIX = Buffer.from([0x01]);

/** The root of the empty tree: the hash of nothing. */
export const EMPTY_ROOT: Buffer = sha256(Buffer.alloc(0));

export function sha256(bytes: Uint8Array): Buffer {
  return hash('sha256', bytes, 'buffer');
}

export function hashLeaf(entry: Uint8Array): Buffer {
  return sha256(Buffer.concat([LEAF_PREFIX, entry]));
}

export function hashNode(left: Uint8Array, right: Uint8Array): Buffer {
  return sha256(Buffer.concat([NODE_PREFIX, left, right]));
}

/**
 * The root of a list of subtrees that follow each other. All but the last are perfect and of one size; the last may be smaller.
 */
export function rootOf(subtrees: readonly Buffer[]): Buffer {
  if (subtrees.length === 0) return EMPTY_ROOT;
  let row = subtrees;
  while (row.length > 1) {
    const above: Buffer[] = [];
    for (let i = 0; i + 1 < row.length; i += 2) above.push(hashNode(row[i]!, row[i + 1]!));
    if (row.length % 2 === 1) above.push(row.at(-1)!);
    row = above;
  }
  return row[0]!;
}

/** Gives the hash of the perfect subtree over the entries `[start, start + length)`: length is a power of two that divides start. */
export type SubtreeReader = (start: number, length: number) => Promise<Buffer>;

/** The root over the entries `[start, end)`, where start is a multiple of the largest perfect subtree in it. */
export async function rangeRoot(start: number, end: number, read: SubtreeReader): Promise<Buffer> {
  if (end === start) return EMPTY_ROOT;
  const peaks: Buffer[] = [];
  for (let at = start; at < end; ) {
    const length = powerAtMost(end - at);
    peaks.push(await read(at, length));
    at += length;
  }
  return peaks.reduceRight((right, left) => hashNode(left, right));
}

/** From the leaf's sibling up to the root's child (RFC 6962 section 2.1.1). Throws RangeError when the index is not in the tree. */
export async function proveInclusion(index: number, size: number, read: SubtreeReader): Promise<Buffer[]> {
  if (!(Number.isSafeInteger(index) && index >= 0 && index < size))
    throw new RangeError(`no entry ${index} in ${size}`);
  const path: Buffer[] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const split = start + powerBelow(end - start);
    if (index < split) {
      path.push(await rangeRoot(split, end, read));
      end = split;
    } else {
      path.push(await rangeRoot(start, split, read));
      start = split;
    }
  }
  return path.reverse();
}

/** RFC 6962 section 2.1.2. Empty when the sizes are equal. Throws RangeError unless 0 < oldSize <= size. */
export async function proveConsistency(oldSize: number, size: number, read: SubtreeReader): Promise<Buffer[]> {
  if (!(Number.isSafeInteger(oldSize) && oldSize > 0 && oldSize <= size))
    throw new RangeError(`no consistency proof from ${oldSize} to ${size}`);
  const proof: Buffer[] = [];
  let start = 0;
  let end = size;
  while (end !== oldSize) {
    const split = start + powerBelow(end - start);
    if (oldSize <= split) {
      proof.push(await rangeRoot(split, end, read));
      end = split;
    } else {
      proof.push(await rangeRoot(start, split, read));
      start = split;
    }
  }
  // The verifier has the old root itself when the old tree is a perfect left edge.
  if (start > 0) proof.push(await rangeRoot(start, end, read));
  return proof.reverse();
}

/** RFC 9162 section 2.1.3.2. */
export function verifyInclusion(
  { index, size, leafHash, root }: { index: number; size: number; leafHash: Buffer; root: Buffer },
  path: readonly Buffer[],
): boolean {
  if (!(Number.isSafeInteger(size) && Number.isSafeInteger(index) && index >= 0 && index < size)) return false;
  let at = index;
  let last = size - 1;
  let node = leafHash;
  for (const sibling of path) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      node = hashNode(sibling, node);
      while (at % 2 === 0 && at !== 0) {
        at /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      node = hashNode(node, sibling);
    }
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && node.equals(root);
}

/** RFC 9162 section 2.1.4.2. A proof from size 0 says nothing and is never valid. */
export function verifyConsistency(
  { oldSize, oldRoot, size, root }: { oldSize: number; oldRoot: Buffer; size: number; root: Buffer },
  proof: readonly Buffer[],
): boolean {
  if (!(Number.isSafeInteger(size) && Number.isSafeInteger(oldSize) && oldSize > 0 && oldSize <= size)) return false;
  if (oldSize === size) return proof.length === 0 && oldRoot.equals(root);
  if (proof.length === 0) return false;
  const path = powerAtMost(oldSize) === oldSize ? [oldRoot, ...proof] : proof;
  let at = oldSize - 1;
  let last = size - 1;
  while (at % 2 === 1) {
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  let oldNode = path[0]!;
  let node = path[0]!;
  for (const sibling of path.slice(1)) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      oldNode = hashNode(sibling, oldNode);
      node = hashNode(sibling, node);
      while (at % 2 === 0 && at !== 0) {
        at /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      node = hashNode(node, sibling);
    }
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && oldNode.equals(oldRoot) && node.equals(root);
}

/** The largest power of two that is at most n, for n >= 1. */
function powerAtMost(n: number): number {
  let power = 1;
  while (power * 2 <= n) power *= 2;
  return power;
}

/** The largest power of two that is smaller than n, for n >= 2: where RFC 6962 splits a tree. */
function powerBelow(n: number): number {
  const power = powerAtMost(n);
  return power === n ? power / 2 : power;
}
