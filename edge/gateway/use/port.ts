/**
 * Where uses are recorded; implemented over the ledger. Both resolve when the entry is durable, and reject when it can't be recorded: what a
 * pull stands for must not happen then.
 */
import type { Purpose } from '../../config/purposes.ts';

/** Start to the minute, UTC, and an ISO 8601 duration. */
export type UseWindow = [start: string, duration: string];

export interface PullEntry {
  /** `user:NAME`, `push:CAMERA:N` or `segments:CAMERA`. */
  puller: string;
  purpose: Purpose;
  feed: string;
  /** The pull ends with it, or is recorded anew. */
  window: UseWindow;
  /** `sha256:...` of the decision (`decision.ts`). */
  decision: string;
  agreement: string;
}

/** Holds nothing of the asker's own text: a purpose that is not known is left out. */
export interface RefusalEntry {
  reason: RefusalReason;
  puller: string;
  purpose?: Purpose;
  feed: string;
  decision?: string;
  agreement?: string;
}

export interface UseRecord {
  pull(entry: PullEntry): Promise<void>;
  refusal(entry: RefusalEntry): Promise<void>;
}

/** Why nothing was served. Each value is a label of a counter, and stands in the record. */
export type RefusalReason =
  | 'no-purpose'
  | 'unknown-purpose'
  | 'no-agreement'
  | 'feed-not-agreed'
  | 'purpose-not-agreed'
  | 'agreement-expired'
  | 'policy-refused'
  | 'policy-failed';

/** Told to whoever renders metrics. */
export interface UseMetrics {
  usePermitted(feed: string): void;
  /** Also counts those that repeat one on record. */
  useRefused(feed: string, reason: RefusalReason | 'not-recorded'): void;
}
