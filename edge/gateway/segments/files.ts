/**
 * Segment files of one camera in one folder: their names, what a power cut left behind, and their total size. A file that is being
 * written ends in `.mp4.part`; a complete one ends in `.mp4` and is never touched again but to delete it.
 *
 * A name says what the clock said; the time of modification says in which order they were made, and is never before that of an older
 * file. So the oldest goes first also where the clock was years behind or ahead for a while.
 */
import { open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { readBoxHeader } from '../fmp4/boxes.ts';

export const PART_SUFFIX = '.part';
const COMPLETE = /^\d{8}T\d{6}Z(?:-\d+)?\.mp4$/;
/** Every file system that boxes have keeps times to the second at least, FAT to two. */
const ORDER_STEP_MS = 2_000;
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
export async function finishPart(partPath: string, wallMs: number): Promise<'finished' | 'removed'> {
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
  await finishName(partPath, wallMs);
  return 'finished';
}

/** Gives a file that is whole its name. */
export async function finishName(partPath: string, wallMs: number): Promise<void> {
  await putLast(partPath, wallMs);
  await rename(partPath, partPath.slice(0, -PART_SUFFIX.length));
}

/** Finishes what an earlier run could not; returns how many files it found. */
export async function finishParts(dir: string, wallMs: number): Promise<number> {
  const parts = (await readdir(dir)).filter((name) => PARTIAL.test(name));
  for (const name of parts) await finishPart(path.join(dir, name), wallMs);
  return parts.length;
}

/** Puts a finished file behind all others in the order in which they are deleted. */
async function putLast(file: string, wallMs: number): Promise<void> {
  const dir = path.dirname(file);
  const others = await completeIn(dir);
  const newestMs = others.at(-1)?.madeMs ?? 0;
  const madeS = Math.max(wallMs, newestMs + ORDER_STEP_MS) / 1000;
  await utimes(file, madeS, madeS);
}

/** Deletes the oldest segments until the rest fits; returns how many went. */
export async function deleteOldest(dir: string, totalBytesMax: number): Promise<number> {
  const files = await completeIn(dir);
  let totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let deleted = 0;
  for (const { name, sizeBytes } of files) {
    if (totalBytes <= totalBytesMax) break;
    await rm(path.join(dir, name), { force: true });
    totalBytes -= sizeBytes;
    deleted++;
  }
  return deleted;
}

/** In the order in which they were made. */
async function completeIn(dir: string): Promise<{ name: string; sizeBytes: number; madeMs: number }[]> {
  const names = (await readdir(dir)).filter((name) => COMPLETE.test(name));
  const files = await Promise.all(
    names.map(async (name) => {
      const { size, mtimeMs } = await stat(path.join(dir, name));
      return { name, sizeBytes: size, madeMs: mtimeMs };
    }),
  );
  return files.sort((a, b) => a.madeMs - b.madeMs || (a.name < b.name ? -1 : 1));
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
