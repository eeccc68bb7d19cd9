/** `garim confine`: writes the systemd units that fence camera processes in. For `garim-confine.service`, as root, before the agent starts. */

import { execFile } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { messageOf, UserError, WorldError } from '../base/errors.ts';
import { packageRoot } from '../base/paths.ts';
import { loadConfig } from '../config/load.ts';
import { type Reach, unitFiles } from './confine/units.ts';

const SOCKETS = '/run/garim-cameras';
const OWN_FILE = /^garim-camera-.*(\.socket|@\.service|\.hosts)$/;
const DEVICE = /^\/dev\/[\w./:-]+$/;
const run = promisify(execFile);

interface ConfineOptions {
  config?: string;
  units: string;
  start?: boolean;
}

export function confineCommand(): Command {
  return new Command('confine')
    .option('--config <file>', 'configuration file; without it garim.yaml in the working directory, if there is one')
    .requiredOption('--units <dir>', 'folder to write the units to, e.g. /run/systemd/system')
    .option('--start', 'make systemd read them and listen')
    .addHelpText(
      'after',
      `
Each camera process gets a unit of its own, which may reach one address or one device. A camera that is written with a name is resolved
now; one that can't be resolved is left without a unit and stays dark, and the command exits with 1.

Example:
  garim confine --config /etc/garim/garim.yaml --units /tmp/units`,
    )
    .action(confine);
}

async function confine({ config: file, units: dir, start }: ConfineOptions): Promise<void> {
  const { sources, intakes } = await loadConfig({
    ...(file !== undefined && { file }),
    cameras: [],
    env: process.env,
  });
  const cameras: Record<string, Reach> = {};
  const unresolved: string[] = [];
  for (const [name, url] of Object.entries(sources)) {
    const reach = await reachOf(url);
    if (typeof reach === 'string') unresolved.push(`cameras.${name}.source: ${reach}`);
    else cameras[name] = reach;
  }
  const files = unitFiles({
    cameras,
    intakes,
    sockets: SOCKETS,
    node: process.execPath,
    cameraProcess: path.join(packageRoot, 'dist/edge/camera/process.js'),
    dir: path.resolve(dir),
    groups: await groupsOfBox(),
  });
  await write(dir, files);
  if (start === true) await startSockets(Object.keys(cameras));
  process.stdout.write(`${dir}: ${files.size} files for ${Object.keys(cameras).length} cameras\n`);
  if (unresolved.length > 0) {
    throw new UserError(unresolved.join('\n'), {
      fix: 'Write the IP address of the camera, or mend DNS; until then these cameras are dark.',
    });
  }
}

/** Of a source's URL; a text says why it is not known. */
async function reachOf(url: string): Promise<Reach | string> {
  if (url.startsWith('v4l2:')) {
    const device = url.slice('v4l2:'.length);
    // It goes into a unit, where spaces, line ends and % mean something.
    return DEVICE.test(device) ? { kind: 'device', path: device } : `${device} is no path of a device`;
  }
  if (!/^(rtsps?|https?):/.test(url)) return { kind: 'nothing' };
  const host = new URL(url).hostname.replace(/^\[(.*)\]$/, '$1');
  try {
    const found = await lookup(host, { all: true });
    return { kind: 'host', host, addresses: found.map(({ address }) => address) };
  } catch (error) {
    return `the name of the camera can't be resolved (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`;
  }
}

async function groupsOfBox(): Promise<Set<string>> {
  const text = await readFile('/etc/group', 'utf8').catch(() => '');
  return new Set(text.split('\n').map((line) => line.slice(0, line.indexOf(':'))));
}

/** What a camera that is gone from the configuration left is removed: its fence must not outlive it. */
async function write(dir: string, files: ReadonlyMap<string, string>): Promise<void> {
  try {
    await mkdir(dir, { recursive: true });
    for (const name of await readdir(dir))
      if (OWN_FILE.test(name) && !files.has(name)) await rm(path.join(dir, name), { force: true });
    await rm(path.join(dir, 'garim.service.d/10-serial.conf'), { force: true });
    for (const [name, text] of files) {
      await mkdir(path.dirname(path.join(dir, name)), { recursive: true });
      await writeFile(path.join(dir, name), text, { mode: 0o644 });
    }
  } catch (error) {
    throw new WorldError('disk-failed', `cannot write units to ${dir}: ${messageOf(error)}`, { cause: error });
  }
}

async function startSockets(names: readonly string[]): Promise<void> {
  try {
    await run('systemctl', ['daemon-reload']);
    if (names.length > 0)
      await run('systemctl', ['--no-block', 'restart', ...names.map((name) => `garim-camera-${name}.socket`)]);
  } catch (error) {
    throw new WorldError('process-lost', `systemd does not take the units: ${messageOf(error)}`, { cause: error });
  }
}
