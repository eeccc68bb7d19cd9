/** Brings the opt-out list of a box up to date with batches that were carried to it: by the hub, by file copy, on a stick. */
import type { KeyObject } from 'node:crypto';
import { open, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, UserError } from '../../base/errors.ts';
import { withLock } from '../../base/lock-file.ts';
import { applyBatch, BATCH_BYTES_MAX, unsealBatch } from './opt-out-batch.ts';
import { keyFileOf, lockFileOf, readOptOutKey, readOptOutList, rhoOf, writeOptOutList } from './opt-out-list.ts';

export interface SyncOptions {
  stateDir: string;
  from: string;
  trust: KeyObject;
  nowMs: number;
}

export interface SyncResult {
  applied: number;
  sequence: number;
  tags: number;
  rho: number;
  /** Between the making of the newest batch and now; undefined when nothing was applied. */
  tookMs?: number;
}

/** `from` is a batch or a folder of batches. Batches that are known are passed over; nothing is changed when any of the others is refused. */
export function syncOptOutList(options: SyncOptions): Promise<SyncResult> {
  return withLock(lockFileOf(options.stateDir), () => syncLocked(options));
}

async function syncLocked({ stateDir, from, trust, nowMs }: SyncOptions): Promise<SyncResult> {
  const key = await readOptOutKey(stateDir);
  if (key === undefined) {
    throw new UserError(`${keyFileOf(stateDir)} is missing: without the city's key nobody on the list is known.`, {
      fix: 'Copy choices/opt-out/key from the desk, with mode 600.',
    });
  }
  let list = await readOptOutList(stateDir, key);
  const before = list.header.sequence;
  for (const file of await batchFiles(from, before)) {
    list = applyBatch(list, unsealBatch(await readBounded(file), trust, file), file);
  }
  const { sequence, madeMs } = list.header;
  const result = { applied: sequence - before, sequence, tags: list.tags.size, rho: rhoOf(list) };
  if (sequence === before) return result;
  await writeOptOutList(stateDir, list);
  return { ...result, tookMs: Math.max(0, nowMs - madeMs) };
}

async function batchFiles(from: string, known: number): Promise<string[]> {
  try {
    if (!(await stat(from)).isDirectory()) return [from];
    const names = (await readdir(from)).filter(
      (name) => /^\d{6}\.json$/.test(name) && Number.parseInt(name, 10) > known,
    );
    return names.sort().map((name) => path.join(from, name));
  } catch (error) {
    throw new UserError(`${from} can't be read: ${(error as NodeJS.ErrnoException).code ?? messageOf(error)}.`, {
      fix: 'Name a batch, or the folder that batches are brought to.',
      cause: error,
    });
  }
}

async function readBounded(file: string): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    if (size > BATCH_BYTES_MAX)
      throw new UserError(`${file}: larger than ${BATCH_BYTES_MAX} bytes.`, { fix: 'Name a batch.' });
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}
