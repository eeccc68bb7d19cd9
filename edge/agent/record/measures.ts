/**
 * What the box finds out about itself while it runs, as `measurement` leaves: how long choices take to be in force, how connections of other machines
 * are protected, and how far its clock is from signed times. Adds up for an hour a leaf; nothing is written of what did not happen.
 *
 * What was added up is kept for the next start (kept.ts), at once where it makes a figure worse. After a kill what there was goes on record with the
 * next start, and the leaf says that it was interrupted: what came in the last second may be missing.
 *
 * Methods begin with `live-`, so that these are told apart from what tools found: of them, all of a period count, not only the newest.
 */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Transport } from '../../gateway/transport.ts';
import type { LeafBody } from '../../ledger/ledger.ts';
import { instantOf } from '../../ledger/window.ts';

/** Fewer choices than this could tell of somebody's: they wait for others. */
const CHOICES_MIN = 8;
/** Choices of an hour; those beyond are not timed. */
const CHOICES_MAX = 4_096;

type Measurement = Extract<LeafBody, { kind: 'measurement' }>;
type Figures = Pick<Measurement, 'about' | 'unit' | 'method' | 'num' | 'den' | 'value' | 'high'>;

const LIVE = 'live-';

/** Whether it is a method of this file. */
export function isLive(method: string): boolean {
  return method.startsWith(LIVE);
}

const ABOUTS = ['optout-latency', 'transport', 'clock-offset'] as const;
type About = (typeof ABOUTS)[number];

/** What is added up and not on record yet. */
export interface KeptMeasures {
  /** Milliseconds, of each choice. */
  tookMs: number[];
  transports: Record<Transport, number>;
  clock: { probes: number; offsetMsMax: number };
  /** Of these the process was lost meanwhile. */
  interrupted: About[];
}

export class LiveMeasures {
  readonly #software: string;
  #sums = nothing();
  #mustKeep = false;

  /** `software`: its version. */
  constructor(software: string) {
    this.#software = software;
  }

  /** From somebody's wish to be left out until it was in force. */
  optOutTook(ms: number): void {
    if (this.#sums.tookMs.length === CHOICES_MAX) return;
    this.#sums.tookMs.push(ms);
    this.#mustKeep = true;
  }

  connected(transport: Transport): void {
    const { transports } = this.#sums;
    transports[transport]++;
    // Without any mutual one the share is 0 already.
    if (transport !== 'mutual') this.#mustKeep ||= transports.mutual > 0 || transports[transport] === 1;
  }

  /** At most so far from a time that somebody else signed. */
  clockOff(ms: number): void {
    const { clock } = this.#sums;
    clock.probes++;
    if (ms <= clock.offsetMsMax) return;
    clock.offsetMsMax = ms;
    this.#mustKeep = true;
  }

  /** For `restore` after the next start. */
  get unrecorded(): KeptMeasures {
    return structuredClone(this.#sums);
  }

  /** Something that makes a figure worse was added since `kept`. */
  get mustKeep(): boolean {
    return this.#mustKeep;
  }

  kept(): void {
    this.#mustKeep = false;
  }

  /** What an earlier process had added up. `isClean`: it ended by itself. */
  restore(found: KeptMeasures, isClean: boolean): void {
    this.#sums = { ...structuredClone(found), interrupted: isClean ? found.interrupted : [...ABOUTS] };
  }

  /** What there is to say since the last call. */
  take(wallMs: number): Measurement[] {
    const at = instantOf(wallMs);
    const taken = [...this.#takeChoices(), ...this.#takeTransports(), ...this.#takeClock()];
    return taken.map((figures) => ({
      kind: 'measurement',
      at,
      software: this.#software,
      evidence: digestOf({ at, ...figures }),
      ...figures,
      ...this.#takeInterrupted(figures.about),
    }));
  }

  #takeChoices(): Figures[] {
    const { tookMs } = this.#sums;
    if (tookMs.length < CHOICES_MIN) return [];
    const sorted = tookMs.sort((a, b) => a - b);
    this.#sums.tookMs = [];
    const value = Math.ceil(sorted[Math.ceil(0.95 * sorted.length) - 1]!);
    // How many exactly is nobody's business: rounded down to a power of two.
    const den = 2 ** Math.floor(Math.log2(sorted.length));
    return [{ about: 'optout-latency', unit: 'signal', method: `${LIVE}p95`, den, value }];
  }

  #takeTransports(): Figures[] {
    const { mutual: num, tls, plain } = this.#sums.transports;
    this.#sums.transports = nothing().transports;
    const den = num + tls + plain;
    return den === 0 ? [] : [{ about: 'transport', unit: 'connection', method: `${LIVE}connections`, num, den }];
  }

  #takeClock(): Figures[] {
    const { probes: den, offsetMsMax: value } = this.#sums.clock;
    this.#sums.clock = nothing().clock;
    return den === 0 ? [] : [{ about: 'clock-offset', unit: 'probe', method: `${LIVE}cosignature`, den, value }];
  }

  #takeInterrupted(about: string): { interrupted?: true } {
    if (!this.#sums.interrupted.some((each) => each === about)) return {};
    this.#sums.interrupted = this.#sums.interrupted.filter((each) => each !== about);
    return { interrupted: true };
  }
}

function nothing(): KeptMeasures {
  return {
    tookMs: [],
    transports: { mutual: 0, tls: 0, plain: 0 },
    clock: { probes: 0, offsetMsMax: 0 },
    interrupted: [],
  };
}

/** Of what was kept, what has no leaf yet. `recorded`: what leaves behind it are about. */
export function withoutRecorded(kept: KeptMeasures, recorded: ReadonlySet<string>): KeptMeasures {
  const left = nothing();
  if (!recorded.has('optout-latency')) left.tookMs = kept.tookMs;
  if (!recorded.has('transport')) left.transports = kept.transports;
  if (!recorded.has('clock-offset')) left.clock = kept.clock;
  left.interrupted = kept.interrupted.filter((about) => !recorded.has(about));
  return left;
}

/** There is no output of a tool behind these: the figures are all there is. */
function digestOf(figures: object): string {
  return `sha256:${createHash('sha256')
    .update(canonicalize(JSON.parse(JSON.stringify(figures))) ?? '')
    .digest('hex')}`;
}
