/**
 * Files that appear under their name only when they are whole: written under a temporary name in the same folder, synced, renamed.
 * Whoever takes a temporary name publishes or discards it.
 */
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

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
