/** What was decided about one pull, and the digest of it that stands in the record. */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Purpose } from '../../config/purposes.ts';
import type { Agreement } from '../../config/use.ts';
import type { Asked } from './agreements.ts';
import type { RefusalReason } from './port.ts';

/** How the bytes leave. */
type Way = 'rtsp' | 'live' | 'preview' | 'snapshot' | 'latest' | 'push' | 'segments';

export interface UseRequest {
  /** `user:NAME`, `push:CAMERA:N` or `segments:CAMERA`. */
  puller: string;
  feed: string;
  kind: 'camera' | 'sensor';
  way: Way;
  asked: Asked;
}

interface Decided {
  request: UseRequest;
  /** When it was made, wall clock. */
  atMs: number;
}

interface Permission extends Decided {
  permitted: true;
  purpose: Purpose;
  agreement: Agreement;
  digest: string;
}

interface Denial extends Decided {
  permitted: false;
  reason: RefusalReason;
  /** Only known ones: the asker's own text is kept nowhere. */
  purpose?: Purpose;
  agreement?: Agreement;
  digest: string;
}

export type Decision = Permission | Denial;

/** All that a decision rests on. Whoever has the configuration and the policies can make the digest again. */
export interface Grounds {
  /** sha256 of the policies' text, hex. */
  policies: string;
  puller: string;
  role?: string | undefined;
  feed: string;
  kind: string;
  way: Way;
  purpose?: Purpose | undefined;
  agreement?: Agreement | undefined;
  outcome: 'permit' | RefusalReason;
  /** Names of the policies that decided. */
  decidedBy: readonly string[];
}

/** `sha256:` and hex, over canonical JSON (RFC 8785). */
export function digestOf({ agreement, ...grounds }: Grounds): string {
  const agreed = agreement && {
    name: agreement.name,
    purposes: agreement.purposes,
    feeds: agreement.feeds,
    until: Number.isFinite(agreement.untilMs) ? new Date(agreement.untilMs).toISOString() : null,
  };
  const text = canonicalize(JSON.parse(JSON.stringify({ v: 1, ...grounds, agreement: agreed })));
  return `sha256:${createHash('sha256')
    .update(text ?? '')
    .digest('hex')}`;
}
