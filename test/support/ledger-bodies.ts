/** Leaves and batches as the tests of the ledger hand them over. */
import path from 'node:path';
import { auditLog } from '../../edge/ledger/audit.ts';
import type { DetailBatch } from '../../edge/ledger/detail.ts';
import { nodeDisk } from '../../edge/ledger/disk.ts';
import { DurableFolder } from '../../edge/ledger/durable.ts';
import type { LeafBody } from '../../edge/ledger/ledger.ts';
import { collectLeaf, leaves } from './leaves.ts';

/** Without what the ledger knows itself. */
function body<T extends { v: 1; box: string }>({ v: _, box: __, ...rest }: T): Omit<T, 'v' | 'box'> {
  return rest;
}

export const pull = body(leaves.pull);
export const refusal = body(leaves.refusal);

export function collect(quarter: number, more: object = {}): LeafBody {
  const { detail: _, ...rest } = body(collectLeaf('cam-1', quarter));
  return { ...rest, ...more };
}

/** The first quarter of 23 November 2026, for 30 days. */
export const BATCH: DetailBatch = { window: ['2026-11-23T00:00Z', 'PT15M'], expires: '2026-12-23T00:15Z' };

export const audit = (stateDir: string) =>
  auditLog({ folder: new DurableFolder(nodeDisk, path.join(stateDir, 'ledger')), witnesses: [] });
