/** One run at a time of what reads, decides and writes back: two would each undo what the other did. */
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, UserError, WorldError } from './errors.ts';

/** Runs with `file` as its lock. Throws UserError while another process has it; what a process that is gone left is taken over. */
export async function withLock<T>(file: string, run: () => Promise<T>): Promise<T> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  if (!(await tryLock(file))) {
    const pid = Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10);
    if (isAlive(pid)) {
      throw new UserError(`${file}: another run (process ${pid}) is at work.`, {
        fix: 'Wait for its end. If there is none, delete the file.',
      });
    }
    await rm(file, { force: true });
    if (!(await tryLock(file))) throw new UserError(`${file}: another run is at work.`, { fix: 'Wait for its end.' });
  }
  try {
    return await run();
  } finally {
    await rm(file, { force: true });
  }
}

/** The name appears with its content: a lock without a number would look like one that was left. */
async function tryLock(file: string): Promise<boolean> {
  const own = `${file}.${process.pid}`;
  try {
    await writeFile(own, `${process.pid}\n`, { mode: 0o600 });
    await link(own, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new WorldError('disk-failed', `cannot write ${file}: ${messageOf(error)}`, { cause: error });
  } finally {
    await rm(own, { force: true });
  }
}

function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
