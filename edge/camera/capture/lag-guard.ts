/**
 * Tells when decoding can't keep up with a live source. Pure: time comes in as arguments.
 *
 * Packets that wait in socket buffers come out later and later against their own timestamps. When that lag stays beyond LAG_US_MAX for
 * LAG_PATIENCE_US, packets are to be left out until the newest is reached, and decoding begins again at a key frame: latency is bounded,
 * and the source is never held up. A burst after a hiccup of the network is decoded within the patience and costs nothing.
 */
export const LAG_US_MAX = 700_000;
export const LAG_PATIENCE_US = 1_500_000;
/** Share by which the least lag may creep up, since the clock of a camera may be slower than ours. */
const CREEP = 0.001;
/** Timestamps this far apart belong to different clocks. */
const JUMP_US_MIN = 10_000_000;

export class LagGuard {
  #leastUs: number | undefined;
  #lastArrivalUs = 0;
  #behindSinceUs: number | undefined;
  #isSkipping = false;
  #lastSourceUs = 0;

  /** Whether to leave this packet out. `sourceUs`: its timestamp, undefined when it has none; `arrivalUs`: when it was read, not falling. */
  shouldSkip(sourceUs: number | undefined, arrivalUs: number, isKey: boolean): boolean {
    const lagUs = sourceUs === undefined ? undefined : this.#lag(sourceUs, arrivalUs);
    if (lagUs === undefined) return this.#isSkipping && !this.#resume(isKey);
    if (this.#isSkipping) return lagUs > LAG_US_MAX / 3 || !this.#resume(isKey);
    if (lagUs <= LAG_US_MAX) {
      this.#behindSinceUs = undefined;
      return false;
    }
    this.#behindSinceUs ??= arrivalUs;
    this.#isSkipping = arrivalUs - this.#behindSinceUs > LAG_PATIENCE_US;
    return this.#isSkipping;
  }

  #resume(isKey: boolean): boolean {
    if (!isKey) return false;
    this.#isSkipping = false;
    this.#behindSinceUs = undefined;
    return true;
  }

  /** How much later than the promptest packet this one came; undefined when timestamps jump and the measure begins anew. */
  #lag(sourceUs: number, arrivalUs: number): number | undefined {
    const nowUs = arrivalUs - sourceUs;
    const isJump = Math.abs(sourceUs - this.#lastSourceUs) > JUMP_US_MIN;
    const leastUs = this.#leastUs;
    this.#lastSourceUs = sourceUs;
    if (leastUs === undefined || isJump) {
      this.#leastUs = nowUs;
      this.#lastArrivalUs = arrivalUs;
      return undefined;
    }
    this.#leastUs = Math.min(nowUs, leastUs + (arrivalUs - this.#lastArrivalUs) * CREEP);
    this.#lastArrivalUs = arrivalUs;
    return nowUs - this.#leastUs;
  }
}
