/**
 * The city's desk: turns plates that people give there into a signed batch, and forgets them. It keeps tags, and how many members there are,
 * which the size of the decoys tells anyway; not which tags are members'.
 *
 * A batch is published last: written aside, then the list that has it (the moment from which it counts), then given its name. So there are
 * never two batches of one number.
 */
import { type KeyObject, randomBytes, randomInt } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder, writeDurably } from '../../base/durable-file.ts';
import { UserError } from '../../base/errors.ts';
import { withLock } from '../../base/lock-file.ts';
import { applyBatch, sealBatch } from './opt-out-batch.ts';
import { affordableRho, posterior, withMargin } from './opt-out-bound.ts';
import {
  emptyList,
  keyFileOf,
  lockFileOf,
  normalisePlate,
  OptOutKey,
  type OptOutList,
  optOutDir,
  readOptOutKey,
  readOptOutList,
  rhoOf,
  TAGS,
  writeOptOutList,
} from './opt-out-list.ts';

/** Batches are filled up to a multiple of this, so that their size says little of how many are in it, and one person never changes alone. */
export const BATCH_TAGS_STEP = 256;

/** Plates in one run of the desk: bounds memory, far above what a desk takes in a day. */
const BATCH_PLATES_MAX = 100_000;

export interface DeskOptions {
  stateDir: string;
  /** Vehicles that the city's cameras see: those among whom members hide. */
  fleet: number;
  posteriorMax: number;
  signingKey: KeyObject;
  nowMs: number;
  /** A whole number from 0 to below the bound; from the system unless a test says otherwise. */
  random?: (bound: number) => number;
}

export interface DeskResult {
  /** The batch, for the boxes. */
  file: string;
  tags: number;
  sequence: number;
  members: number;
  rho: number;
  /** Likelihood that a covered vehicle is a member. */
  posterior: number;
}

/** Adds plates, none of which is kept, shown or repeated in an error. None at all makes a batch of decoys only. */
export async function addToOptOutList(plates: readonly string[], options: DeskOptions): Promise<DeskResult> {
  if (plates.length > BATCH_PLATES_MAX) {
    throw new UserError(`More than ${BATCH_PLATES_MAX} plates at once.`, { fix: 'Add them in parts.' });
  }
  const bad = plates.findIndex((plate) => !/^[\p{L}\p{N}]{2,12}$/u.test(normalisePlate(plate)));
  if (bad >= 0)
    throw new UserError(`Line ${bad + 1} is no plate.`, { fix: 'Write one plate a line, letters and digits.' });
  return withLock(lockFileOf(options.stateDir), () => addLocked(plates, options));
}

async function addLocked(plates: readonly string[], options: DeskOptions): Promise<DeskResult> {
  const { stateDir, fleet, posteriorMax, random = (bound) => randomInt(bound) } = options;
  const key = (await readOptOutKey(stateDir)) ?? (await makeKey(stateDir));
  const list = await readOptOutList(stateDir, key);
  await tidy(stateDir, list);

  const added = new Set(plates.map((plate) => key.tagOf(plate)));
  const members = (list.header.members ?? 0) + added.size;
  affordableRho(fleet, members, posteriorMax);
  // Each batch keeps the bound by itself: whoever has the list of yesterday sees what today added.
  const others = withMargin((added.size * (1 - posteriorMax)) / posteriorMax);
  const decoys = Math.ceil((TAGS * others) / (fleet - members));
  const size = Math.ceil((added.size + Math.max(decoys, 1)) / BATCH_TAGS_STEP) * BATCH_TAGS_STEP;
  const tags = new Set([...added].filter((tag) => !list.tags.has(tag)));
  if (list.tags.size + size > TAGS / 2) throw new UserError('The list is full.', { fix: 'Give a larger --posterior.' });
  while (tags.size < size) {
    const tag = random(TAGS);
    if (!list.tags.has(tag)) tags.add(tag);
  }

  const { text, batch } = sealBatch(list, [...tags], options.nowMs, options.signingKey);
  const dir = path.join(optOutDir(stateDir), 'batches');
  const file = path.join(dir, `${String(batch.sequence).padStart(6, '0')}.json`);
  await writeDurably(`${file}.part`, text);
  const next = applyBatch(list, batch, file);
  next.header.members = members;
  await writeOptOutList(stateDir, next);
  await publishPart(file);
  const rho = rhoOf(next);
  const decoyShare = (next.tags.size - members) / TAGS;
  return { file, tags: size, sequence: batch.sequence, members, rho, posterior: posterior(fleet, members, decoyShare) };
}

async function makeKey(stateDir: string): Promise<OptOutKey> {
  const key = randomBytes(32);
  await writeDurably(keyFileOf(stateDir), key);
  const made = new OptOutKey(key);
  await writeOptOutList(stateDir, emptyList(made));
  return made;
}

/** What a power cut left of the run before: a batch that the list has is published, one that it has not never was. */
async function tidy(stateDir: string, list: OptOutList): Promise<void> {
  const dir = path.join(optOutDir(stateDir), 'batches');
  await mkdir(dir, { recursive: true, mode: 0o700 });
  for (const name of await readdir(dir)) {
    const sequence = /^(\d{6})\.json\.part$/.exec(name)?.[1];
    if (sequence === undefined) continue;
    const file = path.join(dir, name.slice(0, -'.part'.length));
    if (Number(sequence) <= list.header.sequence) await publishPart(file);
    else await rm(`${file}.part`);
  }
}

async function publishPart(file: string): Promise<void> {
  await rename(`${file}.part`, file);
  await syncFolder(path.dirname(file));
}
