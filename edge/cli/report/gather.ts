/** From a log on the disk to evidence: verified first, then read leaf by leaf. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../../base/errors.ts';
import { EVIDENCE_KINDS, Evidence, type EvidenceLeaf, type Integrity, type Live } from '../../indicator/evidence.ts';
import type { Period } from '../../indicator/period.ts';
import type { ReportLeaf } from '../../indicator/report/page.ts';
import { type Audit, auditLog } from '../../ledger/audit.ts';
import { rangeOf } from '../../ledger/bucket.ts';
import { nodeDisk } from '../../ledger/disk.ts';
import { DurableFolder } from '../../ledger/durable.ts';
import { decodeLeaf } from '../../ledger/leaf.ts';
import { LEDGER_FOLDER } from '../../ledger/ledger.ts';
import { hashLeaf, verifyConsistency } from '../../ledger/merkle.ts';
import { parseVerifier, type Verifier, verifyNote } from '../../ledger/note.ts';
import { formatProof } from '../../ledger/proof.ts';
import { LogReader, type SignedCheckpoint } from '../../ledger/reader.ts';
import { TILE_WIDTH } from '../../ledger/tile.ts';

/** Leaves of one report, about 500 MB of them in memory: a year of a box with many cameras and pulls. */
const LEAVES_MAX = 1_000_000;

export interface GatherOptions {
  stateDir: string;
  period: Period;
  key: Verifier | undefined;
  /** These must have cosigned. */
  witnesses: readonly Verifier[];
  /** These may have, beside those that the log itself names: where one did, that is evidence. */
  known: readonly Verifier[];
  live: Live;
}

export interface Gathered {
  evidence: Evidence;
  /** Undefined when there is no log. */
  log: { box: string; audit: Audit; checkpoint: SignedCheckpoint | undefined } | undefined;
  reader: LogReader;
}

export async function gather(options: GatherOptions): Promise<Gathered> {
  const { stateDir, period, key, live } = options;
  const nowMs = Date.now();
  const folder = new DurableFolder(nodeDisk, path.join(stateDir, LEDGER_FOLDER));
  const reader = new LogReader(folder.disk, folder.root);
  if (!isLog(folder))
    return { evidence: new Evidence({ period, nowMs, integrity: undefined, live, rangeOf }), log: undefined, reader };
  const audit = await auditLog({ folder, witnesses: options.witnesses, ...(key === undefined ? {} : { key }) });
  const { checkpoint } = audit;
  const isSound = checkpoint !== undefined && audit.faults.length === 0;
  const first = isSound ? decodeLeaf((await reader.bundle(0, checkpoint.size))[0]!) : undefined;
  const genesis = first && 'leaf' in first && first.leaf.kind === 'genesis' ? first.leaf : undefined;
  const known = [...options.witnesses, ...options.known, ...(genesis?.witnesses ?? []).map(parseVerifier)];
  const integrity: Integrity = {
    size: checkpoint?.size ?? 0,
    faults: audit.faults,
    witnessedSize: isSound ? await witnessedSize(reader, checkpoint, known) : undefined,
  };
  const evidence = new Evidence({ period, nowMs, integrity, live, rangeOf });
  if (isSound) await readLeaves(reader, checkpoint.size, evidence);
  return { evidence, log: { box: genesis?.box ?? '', audit, checkpoint }, reader };
}

function isLog(folder: DurableFolder): boolean {
  return ['checkpoint', 'journal', 'tile', 'intent'].some((name) => existsSync(folder.at(name)));
}

async function readLeaves(reader: LogReader, size: number, evidence: Evidence): Promise<void> {
  const kinds: ReadonlySet<string> = new Set(EVIDENCE_KINDS);
  let count = 0;
  for (let at = 0; at < size; at += TILE_WIDTH) {
    for (const [i, entry] of (await reader.bundle(at, size)).entries()) {
      const decoded = decodeLeaf(entry);
      if (!('leaf' in decoded) || !kinds.has(decoded.leaf.kind)) continue;
      const leaf = decoded.leaf as EvidenceLeaf;
      if (!evidence.takes(leaf)) continue;
      if (++count > LEAVES_MAX)
        throw new UserError(`the period holds more than ${LEAVES_MAX} leaves`, { fix: 'choose a shorter one' });
      evidence.add({ index: at + i, hash: hashLeaf(entry), leaf });
    }
  }
}

/** Size of the newest checkpoint that a known witness signed and that this log still leads on from. */
async function witnessedSize(
  reader: LogReader,
  { size, root }: SignedCheckpoint,
  witnesses: readonly Verifier[],
): Promise<number | undefined> {
  const seen = await reader.checkpoint('witnessed');
  const valid = seen && verifyNote(seen.note, witnesses);
  if (seen === undefined || seen.size > size || valid === undefined || valid.length === 0) return undefined;
  const proof = await reader.consistency(seen.size, size);
  return verifyConsistency({ oldSize: seen.size, oldRoot: seen.root, size, root }, proof) ? seen.size : undefined;
}

/** The leaves with their proofs, by index. */
export async function leavesWithProofs(
  { reader, log }: Gathered,
  indices: Iterable<number>,
): Promise<Map<number, ReportLeaf>> {
  const leaves = new Map<number, ReportLeaf>();
  const checkpoint = log?.checkpoint;
  if (checkpoint === undefined) return leaves;
  const { size, bytes } = checkpoint;
  for (const index of [...new Set(indices)].sort((a, b) => a - b)) {
    const entry = (await reader.bundle(index, size))[index % TILE_WIDTH]!;
    const path = await reader.inclusion(index, size);
    const proof = formatProof({ entry, index, path, note: bytes.toString('utf8') });
    leaves.set(index, { text: entry.toString('utf8'), proof });
  }
  return leaves;
}
