/**
 * Slows down whoever guesses passwords, over RTSP and HTTP together: after a few wrong ones, attempts from that address take turns,
 * and the pause between two turns doubles with each further wrong one. Only fresh passwords are held back: sessions, connections
 * that are in, and Basic credentials that were found right go on.
 *
 * Bounded: beyond ADDRESSES_MAX the address that failed longest ago is forgotten. All addresses of one IPv6 /64 count as one, since
 * a single host may use any of them.
 */
import { isIPv6 } from 'node:net';
import type { Clock } from '../../base/clock.ts';

/** Wrong passwords that cost nothing: people mistype. */
export const FAILURES_FREE = 3;
export const PAUSE_MS_MIN = 1_000;
export const PAUSE_MS_MAX = 60_000;
export const FAILURES_FORGOTTEN_MS = 15 * 60_000;
/** A turn further away than this can't be waited for, only come back to. */
export const TURN_WAIT_MS_MAX = 8_000;
export const ADDRESSES_MAX = 1_024;

interface Failures {
  count: number;
  lastMs: number;
  /** When the next attempt may be checked. */
  freeAtMs: number;
}

export class FailureDamper {
  readonly #clock: Clock;
  /** In order of the last failure, oldest first. */
  readonly #byAddress = new Map<string, Failures>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** For a protocol that can tell its client to come back: takes a turn that is free now (0), or tells how long until one is. */
  tryTurn(address: string): number {
    const waitMs = this.#untilTurn(address);
    if (waitMs === 0) this.#take(address);
    return waitMs;
  }

  /**
   * For a protocol that keeps its client waiting: takes the next turn, and tells how many milliseconds to wait before the password
   * may be checked; undefined, with no turn taken, when that is further away than TURN_WAIT_MS_MAX.
   */
  reserveTurn(address: string): number | undefined {
    const waitMs = this.#untilTurn(address);
    if (waitMs > TURN_WAIT_MS_MAX) return undefined;
    this.#take(address);
    return waitMs;
  }

  /** A turn ended with a wrong password. */
  failed(address: string): void {
    const nowMs = this.#clock.monotonicMs();
    const failures = this.#recent(address) ?? { count: 0, lastMs: nowMs, freeAtMs: nowMs };
    failures.count++;
    failures.lastMs = nowMs;
    failures.freeAtMs = Math.max(failures.freeAtMs, nowMs + pauseAfter(failures.count));
    const key = networkOf(address);
    this.#byAddress.delete(key);
    this.#byAddress.set(key, failures);
    if (this.#byAddress.size <= ADDRESSES_MAX) return;
    const oldest = this.#byAddress.keys().next();
    if (oldest.done !== true) this.#byAddress.delete(oldest.value);
  }

  /** A turn ended with the right password: earlier mistakes are forgiven, or a recorder's many feeds would wait one for another. */
  succeeded(address: string): void {
    this.#byAddress.delete(networkOf(address));
  }

  #untilTurn(address: string): number {
    const failures = this.#recent(address);
    return failures === undefined ? 0 : Math.max(0, failures.freeAtMs - this.#clock.monotonicMs());
  }

  #take(address: string): void {
    const failures = this.#recent(address);
    if (failures === undefined) return;
    failures.freeAtMs = Math.max(failures.freeAtMs, this.#clock.monotonicMs()) + pauseAfter(failures.count);
  }

  #recent(address: string): Failures | undefined {
    const key = networkOf(address);
    const failures = this.#byAddress.get(key);
    if (failures === undefined || this.#clock.monotonicMs() - failures.lastMs < FAILURES_FORGOTTEN_MS) return failures;
    this.#byAddress.delete(key);
    return undefined;
  }
}

function pauseAfter(failures: number): number {
  return failures < FAILURES_FREE ? 0 : Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** (failures - FAILURES_FREE));
}

/** One IPv4 address, also where it came over an IPv6 socket, or the first half of an IPv6 address. */
function networkOf(address: string): string {
  const bare = address.split('%')[0] ?? '';
  const v4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1];
  if (v4 !== undefined || !isIPv6(bare)) return v4 ?? bare;
  const [head = '', tail] = bare.split('::');
  const groups = (part: string): string[] => part.split(':').filter((group) => group !== '');
  const left = groups(head);
  if (tail !== undefined) {
    const right = groups(tail);
    left.push(...Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right);
  }
  return left.slice(0, 4).join(':');
}
