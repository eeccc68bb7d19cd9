/**
 * Segment files of one camera in one folder: their names, what a power cut left behind, and their total size. A file that is being
 * written ends in `.mp4.part`; a complete one ends in `.mp4` and is never touched again but to delete it.
 */
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { readBoxHeader } from '../fmp4/boxes.ts';

export const PART_SUFFIX = '.part';
const COMPLETE = /^\d{8}T\d{6}Z(?:-\d+)?\.mp4$/;
const PARTIAL = /^\d{8}T\d{6}Z(?:-\d+)?\.mp4\.part$/;

/** `20260131T235959Z`, in UTC. */
export function segmentName(wallMs: number): string {
  return `${new Date(wallMs).toISOString().replaceAll(/[-:]/g, '').slice(0, 15)}Z`;
}

/** A path for a new segment that neither exists nor existed as a partial file: the wall clock may have been set back. */
export async function freePath(dir: string, wallMs: number): Promise<string> {
  const taken = new Set(await readdir(dir));
  const base = segmentName(wallMs);
  for (let i = 1; ; i++) {
    const name = `${base}${i === 1 ? '' : `-${i}`}.mp4`;
    if (!taken.has(name) && !taken.has(name + PART_SUFFIX)) return path.join(dir, name);
  }
}

/** Makes a finished segment of a partial file: cuts it after its last whole fragment. One without any fragment is removed. */
export async function finishPart(partPath: string): Promise<'finished' | 'removed'> {
  const wholeBytes = await wholeFragmentsBytes(partPath);
  if (wholeBytes === 0) {
    await rm(partPath, { force: true });
    return 'removed';
  }
  const handle = await open(partPath, 'r+');
  try {
    await handle.truncate(wholeBytes);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(partPath, partPath.slice(0, -PART_SUFFIX.length));
  return 'finished';
}

/** Finishes what an earlier run could not; returns how many files it found. */
export async function finishParts(dir: string): Promise<number> {
  const parts = (await readdir(dir)).filter((name) => PARTIAL.test(name));
  for (const name of parts) await finishPart(path.join(dir, name));
  return parts.length;
}

/** Deletes the oldest segments until the rest fits; returns how many went. Names sort by time. */
export async function deleteOldest(dir: string, totalBytesMax: number): Promise<number> {
  const names = (await readdir(dir)).filter((name) => COMPLETE.test(name)).sort();
  const sizes = await Promise.all(names.map(async (name) => (await stat(path.join(dir, name))).size));
  let totalBytes = sizes.reduce((sum, size) => sum + size, 0);
  let deleted = 0;
  for (const [i, name] of names.entries()) {
    if (totalBytes <= totalBytesMax) break;
    await rm(path.join(dir, name), { force: true });
    totalBytes -= sizes[i] ?? 0;
    deleted++;
  }
  return deleted;
}

/** Length up to the end of the last `moof` + `mdat` pair that is all there; 0 when there is none after a `moov`. */
async function wholeFragmentsBytes(file: string): Promise<number> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const head = Buffer.alloc(8);
    let atBytes = 0;
    let wholeBytes = 0;
    let hasMoov = false;
    for (;;) {
      const { bytesRead } = await handle.read(head, 0, head.length, atBytes);
      const header = readBoxHeader(head.subarray(0, bytesRead));
      if (header === undefined || atBytes + header.sizeBytes > size) return wholeBytes;
      atBytes += header.sizeBytes;
      if (header.type === 'moov') hasMoov = true;
      if (header.type === 'mdat' && hasMoov) wholeBytes = atBytes;
    }
  } finally {
    await handle.close();
  }
}
