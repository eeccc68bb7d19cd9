/**
 * What the box finds out about itself while it runs, as `measurement` leaves: how long choices take to be in force, how connections of other machines
 * are protected, and how far its clock is from signed times. Adds up in memory, for an hour a leaf; nothing is written of what did not happen.
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

export class LiveMeasures {
  readonly #software: string;
  #tookMs: number[] = [];
  #transports: Record<Transport, number> = { mutual: 0, tls: 0, plain: 0 };
  #clock = { probes: 0, offsetMsMax: 0 };

  /** `software`: its version. */
  constructor(software: string) {
    this.#software = software;
  }

  /** From somebody's wish to be left out until it was in force. */
  optOutTook(ms: number): void {
    if (this.#tookMs.length < CHOICES_MAX) this.#tookMs.push(ms);
  }

  connected(transport: Transport): void {
    this.#transports[transport]++;
  }

  /** At most so far from a time that somebody else signed. */
  clockOff(ms: number): void {
    this.#clock.probes++;
    this.#clock.offsetMsMax = Math.max(this.#clock.offsetMsMax, ms);
  }

  /** What there is to say since the last call. */
  take(wallMs: number): Measurement[] {
    const at = instantOf(wallMs);
    return [...this.#takeChoices(), ...this.#takeTransports(), ...this.#takeClock()].map((figures) => ({
      kind: 'measurement',
      at,
      software: this.#software,
      evidence: digestOf({ at, ...figures }),
      ...figures,
    }));
  }

  #takeChoices(): Figures[] {
    if (this.#tookMs.length < CHOICES_MIN) return [];
    const sorted = this.#tookMs.sort((a, b) => a - b);
    this.#tookMs = [];
    const value = Math.ceil(sorted[Math.ceil(0.95 * sorted.length) - 1]!);
    // How many exactly is nobody's business: rounded down to a power of two.
    const den = 2 ** Math.floor(Math.log2(sorted.length));
    return [{ about: 'optout-latency', unit: 'signal', method: 'live-p95', den, value }];
  }

  #takeTransports(): Figures[] {
    const { mutual: num, tls, plain } = this.#transports;
    this.#transports = { mutual: 0, tls: 0, plain: 0 };
    const den = num + tls + plain;
    return den === 0 ? [] : [{ about: 'transport', unit: 'connection', method: 'live-connections', num, den }];
  }

  #takeClock(): Figures[] {
    const { probes: den, offsetMsMax: value } = this.#clock;
    this.#clock = { probes: 0, offsetMsMax: 0 };
    return den === 0 ? [] : [{ about: 'clock-offset', unit: 'probe', method: 'live-cosignature', den, value }];
  }
}

/** There is no output of a tool behind these: the figures are all there is. */
function digestOf(figures: object): string {
  return `sha256:${createHash('sha256')
    .update(canonicalize(JSON.parse(JSON.stringify(figures))) ?? '')
    .digest('hex')}`;
}
