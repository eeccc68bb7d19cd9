/** `garim time`: makes this box follow a time server. As root: for an installer, and for `garim-time.service`, which takes what the console asks for. */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { messageOf, UserError, WorldError } from '../base/errors.ts';
import { TIME_DROP_IN, TIME_SERVER, timeDropIn } from '../base/time-source.ts';
import { partialNameFor, publish } from '../base/whole-file.ts';

/** A name and a line end; who writes more into the file is not asked. */
const NAME_BYTES_MAX = 256;
const SERVICE = 'systemd-timesyncd.service';
const RESTART_MS_MAX = 30_000;

interface Options {
  from?: string;
  dropIn: string;
}

export function timeCommand(): Command {
  return new Command('time')
    .argument('[server]', 'host name or address of an NTP server')
    .option('--from <file>', 'the file that holds its name')
    .option('--drop-in <file>', 'file of systemd-timesyncd to write', TIME_DROP_IN)
    .addHelpText(
      'after',
      `
systemd-timesyncd follows this server, and no other, from now on; where it does not run, switch it on with timedatectl set-ntp true.
A box with another time service (chrony, a clock module) is told by that service's own settings.

Example, as root:
  garim time 192.0.2.1`,
    )
    .action(time);
}

async function time(server: string | undefined, { from, dropIn }: Options): Promise<void> {
  const name = server ?? (from === undefined ? '' : await nameIn(from));
  if (!TIME_SERVER.test(name)) {
    const what = from === undefined || server !== undefined ? 'the server' : from;
    throw new UserError(`${what}: write one host name or address.`, { fix: 'e.g. garim time 192.0.2.1' });
  }
  const state = await systemctl('show', '--property=LoadState', '--value', SERVICE).catch(() => 'not-found');
  if (state.trim() !== 'loaded') {
    const fix = 'Install systemd-timesyncd, or name the server in the settings of what keeps the time here.';
    throw new UserError(`this box has no ${SERVICE} to follow ${name}.`, { fix });
  }
  await writeDropIn(dropIn, name);
  try {
    await systemctl('try-restart', SERVICE);
  } catch (error) {
    throw new WorldError(
      'process-lost',
      `${dropIn} is written, and the time service was not started again: ${messageOf(error)}`,
    );
  }
  process.stdout.write(`${dropIn}: ${name}; see timedatectl timesync-status\n`);
}

async function systemctl(...args: string[]): Promise<string> {
  return (await promisify(execFile)('systemctl', args, { timeout: RESTART_MS_MAX })).stdout;
}

/** It may be somebody else's who wrote it: no link is followed, and no more is read than a name has. */
async function nameIn(file: string): Promise<string> {
  try {
    await using handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(NAME_BYTES_MAX), 0, NAME_BYTES_MAX, 0);
    return buffer.subarray(0, bytesRead).toString('latin1').replace(/\n$/, '');
  } catch (error) {
    throw new UserError(`--from: ${file} can't be read: ${messageOf(error)}.`, { fix: 'Write the path of a file.' });
  }
}

async function writeDropIn(file: string, server: string): Promise<void> {
  const partial = partialNameFor(file);
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(partial, timeDropIn(server), { mode: 0o644, flag: 'wx' });
    await publish(partial, file);
  } catch (error) {
    const fix = 'Run it as root.';
    throw new UserError(`${file} can't be written: ${messageOf(error)}.`, { fix });
  } finally {
    await rm(partial, { force: true });
  }
}
