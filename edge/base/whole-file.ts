/**
 * Files that appear under their name only when they are whole: written under a temporary name in the same folder, synced, renamed.
 * Whoever takes a temporary name publishes or discards it.
 */
import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, WorldError } from './errors.ts';

let count = 0;

/** A name beside `file` that no other writer uses. */
export function partialNameFor(file: string): string {
  return path.join(path.dirname(file), `.garim-${process.pid}-${++count}.part`);
}

/** Makes the content durable and gives it its name, in place of what may be there. */
export async function publish(partial: string, file: string): Promise<void> {
  const handle = await open(partial, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(partial, file);
}

export async function discard(partial: string): Promise<void> {
  await rm(partial, { force: true });
}

/**
 * After this returns, a power cut can't bring back an older or half-written file: write aside, sync, rename, sync the folder, which is made
 * when it is not there. Only the box's user can read it. Throws a WorldError `disk-full` or `disk-failed`; then the old file is still there.
 */
export async function writeDurably(file: string, content: string | Uint8Array): Promise<void> {
  const dir = path.dirname(file);
  const partial = partialNameFor(file);
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await rm(partial, { force: true }); // a power cut may have left one, and in a container the process id repeats
    const handle = await open(partial, 'wx', 0o600);
    try {
      await handle.writeFile(content);
    } finally {
      await handle.close();
    }
    await publish(partial, file);
    await syncFolder(dir);
  } catch (error) {
    await discard(partial).catch(() => {});
    const code = (error as NodeJS.ErrnoException).code === 'ENOSPC' ? 'disk-full' : 'disk-failed';
    throw new WorldError(code, `cannot write ${file}: ${messageOf(error)}`, { cause: error });
  }
}

/** Makes the names in a folder durable. */
async function syncFolder(dir: string): Promise<void> {
  const folder = await open(dir, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
