/** Which agreement a request falls under, and what speaks against it whatever the policies say. Pure. */
import type { Purpose } from '../../config/purposes.ts';
import { purposeOf } from '../../config/purposes.ts';
import type { Agreement } from '../../config/use.ts';
import type { RefusalReason } from './port.ts';

/** What somebody says when pulling, as it was sent. */
export interface Asked {
  purpose?: string | undefined;
  agreement?: string | undefined;
}

/** What a request comes down to: complete when nothing speaks against it. */
export interface Matched {
  purpose?: Purpose;
  agreement?: Agreement;
  fault?: RefusalReason;
}

/**
 * The agreement that fits best. A purpose that is not said is filled in where all that is agreed about the feed comes down to one. Of several
 * agreements that fit, the one that lasts longest is taken.
 */
export function match(
  agreements: readonly Agreement[],
  request: { puller: string; feed: string; asked: Asked },
  nowMs: number,
): Matched {
  const { puller, feed, asked } = request;
  const said = asked.purpose === undefined ? undefined : purposeOf(asked.purpose);
  if (asked.purpose !== undefined && said === undefined) return { fault: 'unknown-purpose' };
  const spoken = said === undefined ? {} : { purpose: said };

  const own = agreements
    .filter((one) => one.puller === undefined || one.puller === puller)
    .filter(({ name }) => asked.agreement === undefined || name === asked.agreement);
  if (own.length === 0) return { ...spoken, fault: 'no-agreement' };
  const covering = own.filter(({ feeds }) => feeds === 'all' || feeds.includes(feed));
  if (covering.length === 0) return { ...spoken, fault: 'feed-not-agreed' };

  const agreed = new Set(covering.flatMap(({ purposes }) => purposes));
  const purpose = said ?? (agreed.size === 1 ? [...agreed][0] : undefined);
  if (purpose === undefined) return { fault: 'no-purpose' };
  const [agreement] = covering
    .filter(({ purposes }) => purposes.includes(purpose))
    .sort((a, b) => (a.untilMs === b.untilMs ? 0 : b.untilMs - a.untilMs));
  if (agreement === undefined) return { purpose, fault: 'purpose-not-agreed' };
  return { purpose, agreement, ...(agreement.untilMs <= nowMs ? { fault: 'agreement-expired' } : {}) };
}
