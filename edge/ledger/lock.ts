/**
 * One writer per folder: two would sign two histories. The lock file names the process by its number and, where /proc tells, the boot and
 * the tick of its start, so that a lock left by a power cut or a kill does not hold whoever got the same number later. Processes in
 * containers that share the folder but not /proc don't see each other; a witness finds out what comes of it.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, WorldError } from '../base/errors.ts';

const FILE = 'lock';

/**
 * Makes the folder when there is none. Throws WorldError `ledger-busy` when a living process holds it, `disk-failed` when it can't be
 * written. Call what it gives to let go.
 */
export async function lockFolder(dir: string): Promise<() => Promise<void>> {
  const file = path.join(dir, FILE);
  const own = (await identityOf(process.pid)) ?? `${process.pid}\n`;
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      await writeFile(file, own, { flag: 'wx', mode: 0o600 });
      return () => rm(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
        throw new WorldError('disk-failed', `cannot write ${file}: ${messageOf(error)}`, { cause: error });
    }
    const holder = await readFile(file, 'utf8').catch(() => '');
    const pid = Number(/^\d+/.exec(holder)?.[0]);
    if (holder === own || (pid > 0 && holder === (await identityOf(pid))))
      throw new WorldError('ledger-busy', `${dir} is in use by process ${pid}`);
    await rm(file, { force: true });
  }
  throw new WorldError('ledger-busy', `${dir} is being opened by another process`);
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
  } catch {
    return false;
  }
}
