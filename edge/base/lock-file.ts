/**
 * One process at a time: of what reads, decides and writes back, since two would each undo what the other did; and of what signs, since two
 * would sign two histories. The lock file names its process by its number and, where /proc tells, the boot and the tick of its start, so that
 * a lock left by a power cut or a kill does not hold whoever got the same number later. Processes in containers that share a folder but not
 * /proc don't see each other.
 */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, UserError, WorldError } from './errors.ts';

export type Lock =
  | { isHeld: true; letGo(): Promise<void> }
  /** `by`: the number of the process that has it, where that could be read. */
  | { isHeld: false; by: number | undefined };

/**
 * Takes the lock, or says who has it. Makes its folder when there is none; what a process that is gone left is taken over. Throws WorldError
 * `disk-failed` when it can't be written.
 */
export async function takeLock(file: string): Promise<Lock> {
  const own = (await identityOf(process.pid)) ?? `${process.pid}\n`;
  try {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    for (let attempt = 0; attempt < 2; attempt++) {
      if (await appears(file, own)) return { isHeld: true, letGo: () => rm(file, { force: true }) };
      const holder = await readFile(file, 'utf8').catch(() => '');
      const pid = Number(/^\d+/.exec(holder)?.[0]);
      if (holder === own || (pid > 0 && holder === (await identityOf(pid)))) return { isHeld: false, by: pid };
      await removeLeft(file, holder);
    }
  } catch (error) {
    throw new WorldError('disk-failed', `cannot write ${file}: ${messageOf(error)}`, { cause: error });
  }
  return { isHeld: false, by: undefined };
}

/** Runs with `file` as its lock. Throws UserError while another process has it. */
export async function withLock<T>(file: string, run: () => Promise<T>): Promise<T> {
  const lock = await takeLock(file);
  if (!lock.isHeld) {
    throw new UserError(`${file}: another run${lock.by === undefined ? '' : ` (process ${lock.by})`} is at work.`, {
      fix: 'Wait for its end. If there is none, delete the file.',
    });
  }
  try {
    return await run();
  } finally {
    await lock.letGo();
  }
}

/** The name appears with its content: a lock that says nothing yet would look like one that was left. False when there is one. */
async function appears(file: string, content: string): Promise<boolean> {
  const draft = `${file}.${randomUUID()}`;
  try {
    await writeFile(draft, content, { flag: 'wx', mode: 0o600 });
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Of two that find the same lock left, the slower one may meet the lock of the faster one here, and puts it back. */
async function removeLeft(file: string, holder: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
    if ((await readFile(aside, 'utf8')) !== holder) await link(aside, file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EEXIST') throw error; // somebody else was faster
  } finally {
    await rm(aside, { force: true });
  }
}

/** Undefined when there is no such process. */
async function identityOf(pid: number): Promise<string | undefined> {
  try {
    const [boot, stat] = await Promise.all([
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
      readFile(`/proc/${pid}/stat`, 'utf8'),
    ]);
    // After the name in brackets, which may hold anything: the 20th field is the start, in ticks since boot.
    return `${pid} ${boot.trim()} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}\n`;
  } catch {
    return process.platform !== 'linux' && isAlive(pid) ? `${pid}\n` : undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
