/**
 * Where every pull of a feed or of figures is decided and recorded before a byte of it is served. One desk for all protocols.
 *
 * Always holds: what is served has an entry that was durable first; an entry that can't be written refuses. One decision and one entry hold
 * for one connection, for a window of USE_WINDOW_MINUTES; a connection that lasts longer is decided and recorded anew (`held.ts`).
 * Requests without a connection of their own (snapshots, latest figures) share an entry for REQUEST_WINDOW_MINUTES by puller and purpose.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Purpose } from '../../config/purposes.ts';
import type { Agreement } from '../../config/use.ts';
import { match } from './agreements.ts';
import { type Decision, digestOf, type UseRequest } from './decision.ts';
import { DEFAULT_POLICIES, Policies } from './policies.ts';
import type { RefusalReason, UseMetrics, UseRecord, UseWindow } from './port.ts';

/** Long enough that viewers who stay cost little, short enough that the record tells at what time somebody watched. */
const USE_WINDOW_MINUTES = 60;
const REQUEST_WINDOW_MINUTES = 15;
/** A decision that was made for a connection is still good for its first byte. */
const DECISION_AGE_MS_MAX = 30_000;
/** Network time nudges a clock by less, which is no reason for another entry. */
const CLOCK_NUDGE_MS_MAX = 10_000;
/** A refusal that repeats is counted, and recorded again after this long: a player that tries each second would fill the log. */
const REFUSAL_REPEAT_MS = 60_000;
/** Remembered windows, and remembered refusals. Users, feeds and purposes are few; beyond it the oldest is forgotten, which costs entries. */
const REMEMBERED_MAX = 1024;

export interface UseDeskOptions {
  agreements: readonly Agreement[];
  /** By puller. */
  roles: ReadonlyMap<string, string>;
  /** Cedar, and the file it stands in; without it the built-in ones hold. */
  policies?: { text: string; file: string } | undefined;
  record: UseRecord;
  metrics: UseMetrics;
  clock: Clock;
  log: Log;
}

export type Admission =
  | {
      admitted: true;
      purpose: Purpose;
      agreement: string;
      /** Wall clock; until then it holds. */
      untilMs: number;
    }
  | { admitted: false; reason: RefusalReason | 'not-recorded' };

export class UseDesk {
  readonly #options: UseDeskOptions;
  readonly #policies: Policies;
  readonly #policiesDigest: string;
  readonly #windows = new Map<string, { fromMs: number; untilMs: number; admission: Promise<Admission> }>();
  readonly #refusals = new Map<string, number>();

  /** Throws UserError for policies that can't be used. */
  static async open(options: UseDeskOptions): Promise<UseDesk> {
    const { text, file } = options.policies ?? { text: DEFAULT_POLICIES, file: 'built-in policies' };
    return new UseDesk(options, await Policies.load(text, file), text);
  }

  private constructor(options: UseDeskOptions, policies: Policies, text: string) {
    this.#options = options;
    this.#policies = policies;
    this.#policiesDigest = createHash('sha256').update(text).digest('hex');
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  /** What a puller may say, as far as agreements go: for the console, so that a person can choose. Those that are over are left out. */
  choicesOf(puller: string): { agreement: string; purpose: Purpose; feeds: 'all' | readonly string[] }[] {
    const nowMs = this.#nowMs();
    return this.#options.agreements
      .filter((one) => (one.puller === undefined || one.puller === puller) && one.untilMs > nowMs)
      .flatMap(({ name, purposes, feeds }) => purposes.map((purpose) => ({ agreement: name, purpose, feeds })));
  }

  /** Decides and records; of what is admitted the first byte may be served. Never rejects. */
  pull(request: UseRequest): Promise<Admission> {
    return this.admit(this.decide(request));
  }

  /** As `pull`, for requests that have no connection of their own. */
  async pullInWindow(request: UseRequest): Promise<Admission> {
    const { puller, feed, way, asked } = request;
    const key = JSON.stringify([puller, feed, way, asked.purpose, asked.agreement]);
    const known = this.#windows.get(key);
    const nowMs = this.#nowMs();
    // Not before it began either: a clock that was set back by a year would make it hold for a year.
    if (known !== undefined && known.fromMs <= nowMs && nowMs < known.untilMs) return known.admission;
    const admission = this.admit(this.decide(request), { minutes: REQUEST_WINDOW_MINUTES });
    // Until it is known how long it holds, those who ask meanwhile wait for the same entry.
    remember(this.#windows, key, {
      fromMs: Number.NEGATIVE_INFINITY,
      untilMs: Number.POSITIVE_INFINITY,
      admission,
    });
    const { admitted, ...rest } = await admission;
    const fromMs = nowMs - CLOCK_NUDGE_MS_MAX;
    if (admitted && 'untilMs' in rest) remember(this.#windows, key, { fromMs, untilMs: rest.untilMs, admission });
    else this.#windows.delete(key);
    return admission;
  }

  /** Evaluates the policies once. `atMs`: the time for which it is decided, wall clock. */
  decide(request: UseRequest, atMs = this.#nowMs()): Decision {
    const { puller, feed, kind, way } = request;
    const { purpose, agreement, fault } = match(this.#options.agreements, request, atMs);
    const role = this.#options.roles.get(puller);
    const answer =
      purpose === undefined || agreement === undefined
        ? undefined
        : this.#policies.evaluate({
            puller,
            role,
            feed,
            kind,
            purpose,
            agreement: agreement.name,
            agreementValid: fault === undefined,
            way,
          });
    const failure = answer?.hasFailed ? 'policy-failed' : 'policy-refused';
    const reason = fault ?? (answer?.isAllowed ? undefined : failure);
    const digest = digestOf({
      policies: this.#policiesDigest,
      puller,
      role,
      feed,
      kind,
      way,
      purpose,
      agreement,
      outcome: reason ?? 'permit',
      decidedBy: answer?.decidedBy ?? [],
    });
    const base = { request, atMs, digest };
    if (reason === undefined && purpose !== undefined && agreement !== undefined)
      return { ...base, permitted: true, purpose, agreement };
    return {
      ...base,
      permitted: false,
      reason: reason ?? failure,
      ...(purpose === undefined ? {} : { purpose }),
      ...(agreement === undefined ? {} : { agreement }),
    };
  }

  /** Records what was decided; an old decision is made anew. `fromMs`: where the window begins, wall clock. Never rejects. */
  async admit(decided: Decision, window: { fromMs?: number; minutes?: number } = {}): Promise<Admission> {
    const nowMs = this.#nowMs();
    const { fromMs = nowMs, minutes = USE_WINDOW_MINUTES } = window;
    const isOld = Math.abs(nowMs - decided.atMs) > DECISION_AGE_MS_MAX;
    const decision = isOld ? this.decide(decided.request, fromMs) : decided;
    const { feed, puller } = decision.request;
    if (!decision.permitted) {
      await this.#refuse(decision);
      return { admitted: false, reason: decision.reason };
    }
    const { purpose, agreement, digest } = decision;
    const startMs = Math.floor(fromMs / 60_000) * 60_000;
    const name = `${new Date(startMs).toISOString().slice(0, 16)}Z`;
    const entry = { puller, purpose, feed, decision: digest, agreement: agreement.name };
    const on: UseWindow = [name, `PT${minutes}M`];
    try {
      await this.#options.record.pull({ ...entry, window: on });
    } catch (error) {
      this.#options.metrics.useRefused(feed, 'not-recorded');
      this.#options.log.error({ err: error, feed }, 'a pull can not be recorded, so nothing is served');
      return { admitted: false, reason: 'not-recorded' };
    }
    this.#options.metrics.usePermitted(feed);
    this.#options.log.info({ feed, purpose, agreement: agreement.name, decision: digest }, 'pull on record');
    const untilMs = Math.min(startMs + minutes * 60_000, agreement.untilMs);
    return { admitted: true, purpose, agreement: agreement.name, untilMs };
  }

  async #refuse(decision: Extract<Decision, { permitted: false }>): Promise<void> {
    const { request, reason, purpose, agreement, digest } = decision;
    const { feed, puller } = request;
    this.#options.metrics.useRefused(feed, reason);
    const key = JSON.stringify([puller, feed, reason, purpose, agreement?.name]);
    const recordedMs = this.#refusals.get(key);
    if (recordedMs !== undefined && this.#options.clock.monotonicMs() - recordedMs < REFUSAL_REPEAT_MS) return;
    remember(this.#refusals, key, this.#options.clock.monotonicMs());
    this.#options.log.warn({ feed, reason, purpose, agreement: agreement?.name }, 'pull refused');
    try {
      await this.#options.record.refusal({
        reason,
        puller,
        feed,
        decision: digest,
        ...(purpose === undefined ? {} : { purpose }),
        ...(agreement === undefined ? {} : { agreement: agreement.name }),
      });
    } catch (error) {
      this.#refusals.delete(key);
      this.#options.log.error({ err: error, feed }, 'a refusal can not be recorded');
    }
  }

  #nowMs(): number {
    return this.#options.clock.wallMs();
  }
}

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= REMEMBERED_MAX) break;
    map.delete(oldest);
  }
}
