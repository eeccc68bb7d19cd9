/**
 * Damps password guessing: after a few wrong passwords an address must wait, twice as long after each further one. Only fresh
 * passwords are held back; sessions and Basic credentials that were found right go on, so a guesser can't lock a viewer out.
 * Bounded: the address seen longest ago is forgotten first.
 */
import type { Clock } from '../../base/clock.ts';

export const FREE_FAILURES = 5;
const WAIT_MS_MAX = 60_000;
const FORGET_MS = 15 * 60_000;
const ADDRESSES_MAX = 1024;

interface Failures {
  count: number;
  lastMs: number;
}

export class Throttle {
  readonly #clock: Clock;
  readonly #byAddress = new Map<string, Failures>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How long this address must still wait; 0 when it may try now. */
  waitMs(address: string): number {
    const failures = this.#byAddress.get(networkOf(address));
    if (failures === undefined || failures.count < FREE_FAILURES) return 0;
    const waitMs = Math.min(WAIT_MS_MAX, 1000 * 2 ** (failures.count - FREE_FAILURES));
    return Math.max(0, failures.lastMs + waitMs - this.#clock.monotonicMs());
  }

  failed(address: string): void {
    const key = networkOf(address);
    const now = this.#clock.monotonicMs();
    const known = this.#byAddress.get(key);
    const count = known !== undefined && now - known.lastMs < FORGET_MS ? known.count + 1 : 1;
    this.#byAddress.delete(key);
    for (const oldest of this.#byAddress.keys()) {
      if (this.#byAddress.size < ADDRESSES_MAX) break;
      this.#byAddress.delete(oldest);
    }
    this.#byAddress.set(key, { count, lastMs: now });
  }

  succeeded(address: string): void {
    this.#byAddress.delete(networkOf(address));
  }
}

/** One IPv4 address, or one IPv6 /64: whoever has one address of it has them all. */
function networkOf(address: string): string {
  const v4 = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (v4 !== undefined) return v4;
  const [head = '', tail = ''] = address.split('%')[0]?.split('::') ?? [];
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const zeros = address.includes('::')
    ? Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0')
    : [];
  return [...left, ...zeros, ...right].slice(0, 4).join(':');
}
