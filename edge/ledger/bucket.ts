/**
 * Counts in public leaves: `bN` says "from 2^(N-1) to 2^N - 1" and no more, so `b4` is 8 to 15. The lowest is `b3`, which says "0 to 7": that
 * somebody was there at all, or nobody, is what a public count at three in the morning would give away.
 */
const LOWEST = 3;
const HIGHEST = 53;

export const BUCKET = /^b([3-9]|[1-4][0-9]|5[0-3])$/;

/** Throws RangeError for what is not a count. */
export function bucketOf(count: number): string {
  if (!Number.isSafeInteger(count) || count < 0) throw new RangeError(`${count} is not a count`);
  return `b${Math.min(HIGHEST, Math.max(LOWEST, count.toString(2).length))}`;
}

/** The counts that a bucket stands for, both included. Throws RangeError for another text. */
export function rangeOf(bucket: string): [from: number, to: number] {
  if (!BUCKET.test(bucket)) throw new RangeError(`${bucket} is not a bucket`);
  const n = Number(bucket.slice(1));
  return [n === LOWEST ? 0 : 2 ** (n - 1), 2 ** n - 1];
}
