/**
 * Slows down whoever guesses passwords: after a few wrong ones, attempts from that address take turns and wait longer each time.
 *
 * Pure state, driven by the caller's clock. Bounded: beyond AUTH_ADDRESSES_MAX the address that failed longest ago is forgotten.
 * All addresses of one IPv6 /64 count as one, since a single host may use any of them.
 */
import { isIPv6 } from 'node:net';
import {
  AUTH_ADDRESSES_MAX,
  AUTH_DELAY_MS_MAX,
  AUTH_DELAY_MS_MIN,
  AUTH_FAILURES_FORGOTTEN_MS,
  AUTH_FAILURES_FREE,
  AUTH_WAITING_MAX,
} from './limits.ts';

interface Failures {
  count: number;
  lastMs: number;
  /** When the next attempt may be checked. */
  freeAtMs: number;
}

export class FailureDamper {
  /** In order of the last failure, oldest first. */
  readonly #byAddress = new Map<string, Failures>();

  /**
   * Reserves a turn: milliseconds to wait before the password may be checked, 0 for an address without many failures, or
   * undefined when so many attempts are waiting already that this one must be refused.
   */
  reserve(address: string, nowMs: number): number | undefined {
    const failures = this.#recent(address, nowMs);
    if (failures === undefined || failures.count < AUTH_FAILURES_FREE) return 0;
    const delayMs = delayOf(failures.count);
    const startMs = Math.max(nowMs, failures.freeAtMs);
    if (startMs - nowMs > delayMs * AUTH_WAITING_MAX) return undefined;
    failures.freeAtMs = startMs + delayMs;
    return failures.freeAtMs - nowMs;
  }

  failed(address: string, nowMs: number): void {
    const failures = this.#recent(address, nowMs) ?? { count: 0, lastMs: nowMs, freeAtMs: nowMs };
    failures.count++;
    failures.lastMs = nowMs;
    const key = keyOf(address);
    this.#byAddress.delete(key);
    this.#byAddress.set(key, failures);
    if (this.#byAddress.size <= AUTH_ADDRESSES_MAX) return;
    const oldest = this.#byAddress.keys().next();
    if (oldest.done !== true) this.#byAddress.delete(oldest.value);
  }

  #recent(address: string, nowMs: number): Failures | undefined {
    const key = keyOf(address);
    const failures = this.#byAddress.get(key);
    if (failures === undefined || nowMs - failures.lastMs < AUTH_FAILURES_FORGOTTEN_MS) return failures;
    this.#byAddress.delete(key);
    return undefined;
  }
}

function delayOf(failures: number): number {
  return Math.min(AUTH_DELAY_MS_MAX, AUTH_DELAY_MS_MIN * 2 ** (failures - AUTH_FAILURES_FREE));
}

function keyOf(address: string): string {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address;
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const left = head.split(':').filter((group) => group !== '');
  if (tail !== undefined) {
    const right = tail.split(':').filter((group) => group !== '');
    left.push(...Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right);
  }
  return left.slice(0, 4).join(':');
}
