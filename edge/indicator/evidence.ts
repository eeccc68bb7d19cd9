/**
 * What indicators are computed from: leaves of a log that was verified before, and little else. What stands here is what they read of a leaf;
 * whoever hands leaves over (the command line) has the ledger's own types, which fit.
 */
import { DAY_MS, type Period, windowSpan } from './period.ts';

type Window = readonly [start: string, duration: string];
type Maybe<T> = T | undefined;

interface Frames {
  in: string;
  out: string;
  dropped: string;
}

interface Leaves {
  policy: { at: string; policy: string };
  collect: {
    sensor: string;
    window: Window;
    model?: Maybe<string>;
    frames?: Maybe<Frames>;
    detail?: Maybe<string>;
    expires: string;
  };
  release: {
    sensor: string;
    feed: string;
    window: Window;
    purpose: string;
    k?: Maybe<number>;
    cells?: Maybe<string>;
    suppressed?: Maybe<string>;
    epsilon?: Maybe<number>;
  };
  pull: { at: string; purpose: string; feed: string; window?: Maybe<Window>; decision: string };
  failclosed: { sensor: string; window: Window; reasons: readonly string[]; frames: string };
  shred: { at: string; window: Window; due: string };
  canary: {
    window: Window;
    sensor: string;
    stratum: string;
    label: string;
    planted: number;
    missed: number;
    canarySet: string;
    model: string;
  };
  epoch: { at: string; reason: 'rollback' | 'fork'; lost?: Maybe<readonly [number, number]> };
  sign: { at: string; sign: string; policy: string };
  measurement: {
    at: string;
    about: string;
    num?: Maybe<number>;
    den?: Maybe<number>;
    low?: Maybe<number>;
    value?: Maybe<number>;
    high?: Maybe<number>;
    unit: string;
    method: string;
    software: string;
    evidence: string;
  };
}

export type EvidenceKind = keyof Leaves;
export const EVIDENCE_KINDS: readonly EvidenceKind[] = [
  'policy',
  'collect',
  'release',
  'pull',
  'failclosed',
  'shred',
  'canary',
  'epoch',
  'sign',
  'measurement',
];

export type EvidenceLeaf = { [K in EvidenceKind]: Leaves[K] & { kind: K } }[EvidenceKind];

/** Where a leaf stands. */
export interface Located {
  index: number;
  /** RFC 6962 hash of the entry. */
  hash: Uint8Array;
}

export interface Entry<K extends EvidenceKind = EvidenceKind> extends Located {
  leaf: Extract<EvidenceLeaf, { kind: K }>;
}

/** What verifying the log has found. */
export interface Integrity {
  /** Signed leaves that were verified. */
  size: number;
  faults: readonly string[];
  /** Leaves under the newest checkpoint that a witness cosigned; undefined when none did. */
  witnessedSize: number | undefined;
}

/** What is in force on the box at the time of the report; each is absent where it is not known. */
export interface Live {
  /** Digest of the sign as it should hang by the present configuration and policy; undefined in it: no sign can say what they hold. */
  sign?: { digest: string | undefined };
  /** By sensor: what its policy lets it spend a day. */
  epsilonPerDay?: Readonly<Record<string, number>>;
}

export interface EvidenceOptions {
  period: Period;
  /** Time of the report: what is due later in a period that is not over is not due yet. */
  nowMs: number;
  /** Undefined when there is no log. */
  integrity: Integrity | undefined;
  live: Live;
  /** The counts that a bucket stands for, both included. */
  rangeOf: (bucket: string) => readonly [from: number, to: number];
}

/** How old a measurement may be at the end of the period: those of a release hold until the next. */
const MEASUREMENT_AGE_DAYS_MAX = 90;

export class Evidence {
  readonly period: Period;
  /** End of the period, or of what is over of it. */
  readonly untilMs: number;
  readonly integrity: Integrity | undefined;
  readonly live: Live;
  readonly rangeOf: EvidenceOptions['rangeOf'];
  readonly #entries = new Map<EvidenceKind, Entry[]>();

  constructor({ period, nowMs, integrity, live, rangeOf }: EvidenceOptions) {
    this.period = period;
    this.untilMs = Math.min(period.toMs, nowMs);
    this.integrity = integrity;
    this.live = live;
    this.rangeOf = rangeOf;
  }

  /** Whether a leaf is needed for this period: policies, signs and measurements hold on after they were written. */
  takes(leaf: EvidenceLeaf): boolean {
    const ms = timeOf(leaf);
    const { fromMs, toMs } = this.period;
    if (ms >= toMs) return false;
    if (leaf.kind === 'policy' || leaf.kind === 'sign') return true;
    if (leaf.kind === 'measurement') return ms >= toMs - MEASUREMENT_AGE_DAYS_MAX * DAY_MS;
    // What is due in the period may have been collected long before.
    if (leaf.kind === 'collect' && Date.parse(leaf.expires.replace(/Z$/, ':00Z')) >= fromMs) return true;
    return ms >= fromMs;
  }

  /** In the order of the log. */
  add(entry: Entry): void {
    const list = this.#entries.get(entry.leaf.kind) ?? [];
    list.push(entry);
    this.#entries.set(entry.leaf.kind, list);
  }

  of<K extends EvidenceKind>(kind: K): Entry<K>[] {
    return (this.#entries.get(kind) ?? []) as unknown as Entry<K>[]; // filed under their own kind
  }

  /** Those whose own time is in the period. */
  during<K extends EvidenceKind>(kind: K): Entry<K>[] {
    return this.of(kind).filter(({ leaf }) => timeOf(leaf) >= this.period.fromMs);
  }

  /** What was measured of something: the newest that a tool found, and all that the box found out about itself in the period. */
  measured(about: string): Entry<'measurement'>[] {
    const all = this.of('measurement').filter(({ leaf }) => leaf.about === about);
    const newest = all.findLast(({ leaf }) => !isLive(leaf));
    return all.filter((entry) => entry === newest || (isLive(entry.leaf) && timeOf(entry.leaf) >= this.period.fromMs));
  }
}

/** As the agent names methods of its own (agent/record/measures.ts): each holds for its hour, where a tool's holds until the next. */
function isLive({ method }: { method: string }): boolean {
  return method.startsWith('live-');
}

/** When a leaf was written, or when its window began. */
function timeOf(leaf: EvidenceLeaf): number {
  return 'window' in leaf && leaf.kind !== 'pull' && leaf.kind !== 'shred'
    ? windowSpan(leaf.window).fromMs
    : Date.parse((leaf as { at: string }).at);
}
