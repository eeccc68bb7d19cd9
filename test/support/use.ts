/** A real desk with the built-in policies, and a record that a test can read. */
import { type Clock, systemClock } from '../../edge/base/clock.ts';
import { rootLog } from '../../edge/base/log.ts';
import { type Agreement, BUILT_IN_AGREEMENT } from '../../edge/config/use.ts';
import { UseDesk } from '../../edge/gateway/use/desk.ts';
import type { PullEntry, RefusalEntry, RefusalReason, UseMetrics, UseRecord } from '../../edge/gateway/use/port.ts';

class MemoryRecord implements UseRecord {
  readonly pulls: PullEntry[] = [];
  readonly refusals: RefusalEntry[] = [];
  /** Set to make recording fail. */
  fault: Error | undefined;
  /** Awaited before an entry counts as durable. */
  slowness: Promise<void> = Promise.resolve();
  isWriting = false;

  async pull(entry: PullEntry): Promise<void> {
    this.isWriting = true;
    await this.slowness;
    this.isWriting = false;
    if (this.fault !== undefined) throw this.fault;
    this.pulls.push(entry);
  }

  async refusal(entry: RefusalEntry): Promise<void> {
    await this.slowness;
    if (this.fault !== undefined) throw this.fault;
    this.refusals.push(entry);
  }
}

class UseCounts implements UseMetrics {
  permitted = 0;
  readonly refused: (RefusalReason | 'not-recorded')[] = [];

  usePermitted(): void {
    this.permitted++;
  }

  useRefused(_feed: string, reason: RefusalReason | 'not-recorded'): void {
    this.refused.push(reason);
  }
}

export interface TestDesk {
  desk: UseDesk;
  record: MemoryRecord;
  counts: UseCounts;
}

export async function openTestDesk(
  options: {
    agreements?: readonly Agreement[];
    roles?: ReadonlyMap<string, string>;
    policies?: string;
    clock?: Clock;
    record?: UseRecord;
  } = {},
): Promise<TestDesk> {
  const record = new MemoryRecord();
  const counts = new UseCounts();
  const desk = await UseDesk.open({
    agreements: options.agreements ?? [BUILT_IN_AGREEMENT],
    roles: options.roles ?? new Map(),
    policies: options.policies === undefined ? undefined : { text: options.policies, file: 'test.cedar' },
    record: options.record ?? record,
    metrics: counts,
    clock: options.clock ?? systemClock,
    log: rootLog.child({}, { level: 'silent' }),
  });
  return { desk, record, counts };
}

/** An agreement that is in force for a long time, with what a test changes. */
export function agreementOf(more: Partial<Agreement> & { name: string }): Agreement {
  return {
    puller: 'user:operator',
    purposes: ['dpv:ImproveTransportMobility'],
    feeds: 'all',
    untilMs: Date.UTC(2099, 0, 1),
    ...more,
  };
}
