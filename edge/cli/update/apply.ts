/**
 * Installs a release and returns to the one before when the box is worse afterwards. Decides here; what touches the machine is injected.
 *
 * Two sets of packages lie in the store: the one in force and the next. Order: next set durable in the store -> script that returns, durable ->
 * install -> health gate -> number of the new release durable -> script removed. A power cut in between leaves the script, which
 * `garim-return.service` runs at the next start: half an update ends as none.
 *
 * The number only rises: an older release that is signed all the same, with a hole that is known by now, is refused. A release that was
 * returned from leaves the number as it was.
 */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder, writeDurably } from '../../base/durable-file.ts';
import { UserError, WorldError } from '../../base/errors.ts';
import type { Release } from './release.ts';

export interface Machine {
  /** Installs package files together, going back to older ones included. Rejects when the package manager does. */
  install(files: readonly string[]): Promise<void>;
  /** How well the agent does: 0 it does not answer, 1 it answers, 2 all its cameras are live. */
  health(): Promise<number>;
  sleep(ms: number): Promise<void>;
  nowMs(): number;
}

export interface ApplyOptions {
  release: Release;
  packages: readonly { file: string; bytes: Buffer }[];
  /** Folder of the store, for root only. */
  store: string;
  machine: Machine;
  say(line: string): void;
}

export const RETURN_SCRIPT = 'return.sh';
/** To start, load models and connect cameras, on a slow box. */
const HEALTHY_WITHIN_MS = 120_000;
/** A version that falls over after half a minute has not passed. */
const HEALTHY_FOR_MS = 30_000;
const LOOK_EVERY_MS = 1_000;

export async function applyRelease({ release, packages, store, machine, say }: ApplyOptions): Promise<void> {
  const { sequence } = release;
  const inForce = await sequenceOf(store);
  if (inForce !== undefined && sequence < inForce) {
    throw new UserError(`release ${sequence} is older than release ${inForce}, which is in force.`, {
      fix: 'A box goes back only to the release before, and only by itself. Have the older one signed under a new number.',
    });
  }
  if (sequence === inForce) {
    say(`release ${sequence} is in force already`);
    return;
  }
  const next = await putInStore(store, sequence, packages);
  if (inForce === undefined) {
    await machine.install(next);
    await commit(store, sequence);
    say(`release ${sequence} is in force; it is the one that later updates return to`);
    return;
  }

  const before = await filesOf(store, inForce);
  const healthBefore = await machine.health();
  await writeDurably(path.join(store, RETURN_SCRIPT), returnScript(store, before));
  let fault: string | undefined;
  try {
    await machine.install(next);
    fault = await gate(machine, healthBefore);
  } catch (error) {
    fault = error instanceof Error ? error.message : String(error);
  }
  if (fault === undefined) {
    await commit(store, sequence);
    await rm(folderOf(store, inForce), { recursive: true, force: true });
    say(`release ${sequence} is in force`);
    return;
  }
  say(`release ${sequence}: ${fault}; returning to release ${inForce}`);
  await machine.install(before);
  await rm(path.join(store, RETURN_SCRIPT));
  await syncFolder(store);
  await rm(folderOf(store, sequence), { recursive: true, force: true });
  throw new WorldError('process-lost', `release ${sequence} was not kept: ${fault}. Release ${inForce} is in force.`);
}

/** Undefined when the box is for HEALTHY_FOR_MS as well as before. */
async function gate(machine: Machine, healthBefore: number): Promise<string | undefined> {
  const startMs = machine.nowMs();
  const wanted = Math.max(1, healthBefore);
  let sinceMs: number | undefined;
  for (;;) {
    const now = machine.nowMs();
    if ((await machine.health()) >= wanted) {
      sinceMs ??= now;
      if (now - sinceMs >= HEALTHY_FOR_MS) return undefined;
    } else sinceMs = undefined;
    if (sinceMs === undefined && now - startMs > HEALTHY_WITHIN_MS)
      return wanted === 2 ? 'not all cameras are live again' : 'the agent does not answer';
    if (now - startMs > 2 * HEALTHY_WITHIN_MS) return 'it comes and goes';
    await machine.sleep(LOOK_EVERY_MS);
  }
}

async function commit(store: string, sequence: number): Promise<void> {
  await writeDurably(path.join(store, 'sequence'), `${sequence}\n`);
  await rm(path.join(store, RETURN_SCRIPT), { force: true });
  await syncFolder(store);
}

async function sequenceOf(store: string): Promise<number | undefined> {
  try {
    const sequence = Number(await readFile(path.join(store, 'sequence'), 'utf8'));
    if (Number.isSafeInteger(sequence) && sequence > 0) return sequence;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  throw new UserError(`${store}/sequence is damaged: which release is in force is not known.`, {
    fix: 'Write the number of the release that is installed into it.',
  });
}

async function putInStore(
  store: string,
  sequence: number,
  packages: readonly { file: string; bytes: Buffer }[],
): Promise<string[]> {
  const dir = folderOf(store, sequence);
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true, mode: 0o700 });
  for (const { file, bytes } of packages) await writeDurably(path.join(dir, file), bytes);
  await syncFolder(store);
  return packages.map(({ file }) => path.join(dir, file));
}

async function filesOf(store: string, sequence: number): Promise<string[]> {
  const dir = folderOf(store, sequence);
  const names = (await readdir(dir).catch(() => [])).filter((name) => name.endsWith('.deb'));
  if (names.length > 0) return names.sort().map((name) => path.join(dir, name));
  throw new UserError(`the packages of release ${sequence}, to which the box would return, are not in ${dir}.`, {
    fix: 'Copy them there.',
  });
}

const folderOf = (store: string, sequence: number): string => path.join(store, `release-${sequence}`);

/** For /bin/sh, which does not need what may be half installed. File names hold no quotes: the schema of a release sees to that. */
function returnScript(store: string, files: readonly string[]): string {
  const quoted = files.map((file) => `'${file}'`).join(' ');
  return `set -e\nexport GARIM_RETURNING=1 DEBIAN_FRONTEND=noninteractive\ndpkg --install --force-downgrade --force-confold ${quoted}\nrm '${path.join(store, RETURN_SCRIPT)}'\nsync\n`;
}
