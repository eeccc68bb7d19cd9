/**
 * Which encoder `auto` means on this box. A driver that opens may still fail at pictures, or be slower than the camera, so that opening is not
 * enough: the first pictures are timed, and what is too slow is compared with the next one. The faster of those that were timed stays.
 */
import { HARDWARE_ENCODERS } from '../../config/schema.ts';
import type { EncoderName } from './encoder.ts';

/** Pictures that are timed: two seconds, so that a moment's load does not decide. */
const TIMED_FRAMES = 50;
/** Of the time between two pictures: a slower encoder would fall behind at the next load. */
const GAP_SHARE_MAX = 0.7;

export class EncoderChoice {
  readonly #failed = new Set<EncoderName>();
  readonly #medianMs = new Map<EncoderName, number>();
  #times: number[] = [];
  #settled: EncoderName | undefined;

  /** In the order in which to try to open them. x264 is always there. */
  get candidates(): EncoderName[] {
    if (this.#settled !== undefined) return [...new Set([this.#settled, 'libx264' as const])];
    const hardware = HARDWARE_ENCODERS.filter((name) => !this.#failed.has(name) && !this.#medianMs.has(name));
    return [...hardware, 'libx264'];
  }

  /** It refused or lost a picture, or could not be read: no further chance while this process lives. */
  failed(name: EncoderName): void {
    this.#times = [];
    if (name === 'libx264') return;
    this.#failed.add(name);
    this.#medianMs.delete(name);
    if (this.#settled === name) this.#settled = undefined;
  }

  /** Tells how long one picture took, `gapMs` after the one before. True: open the first of the candidates now. */
  took(name: EncoderName, ms: number, gapMs: number): boolean {
    if (this.#settled !== undefined) return false;
    this.#times.push(ms);
    if (this.#times.length < TIMED_FRAMES) return false;
    const medianMs = this.#times.sort((a, b) => a - b)[TIMED_FRAMES >> 1]!;
    this.#times = [];
    this.#medianMs.set(name, medianMs);
    if (name !== 'libx264' && medianMs > gapMs * GAP_SHARE_MAX) return true;
    const [fastest = name] = [...this.#medianMs].sort(([, a], [, b]) => a - b)[0] ?? [];
    this.#settled = name === 'libx264' ? fastest : name;
    return this.#settled !== name;
  }
}
