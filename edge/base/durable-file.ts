/** Small files of the state folder that must survive a power cut: the old content or the new one, never a mix and never none. */
import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, WorldError } from './errors.ts';

/**
 * After this returns, a power cut can't bring back an older or half-written file: write aside, sync, rename, sync the folder. Makes the
 * folder (0700) where it is missing; the file can be read by its owner only. Throws WorldError `disk-full` or `disk-failed`.
 */
export async function writeDurably(file: string, content: string | Uint8Array): Promise<void> {
  const dir = path.dirname(file);
  const aside = `${file}.${process.pid}.tmp`;
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await rm(aside, { force: true }); // a power cut may have left one, and in a container the process id repeats
    const handle = await open(aside, 'wx', 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(aside, file);
    await syncFolder(dir);
  } catch (error) {
    await rm(aside, { force: true }).catch(() => {}); // the first fault is the one to tell
    const code = (error as NodeJS.ErrnoException).code === 'ENOSPC' ? 'disk-full' : 'disk-failed';
    throw new WorldError(code, `cannot write ${file}: ${messageOf(error)}`, { cause: error });
  }
}

/** Makes names that were added to, or removed from, a folder durable. */
export async function syncFolder(dir: string): Promise<void> {
  const folder = await open(dir, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
