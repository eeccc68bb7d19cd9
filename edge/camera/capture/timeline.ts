/**
 * Maps the timestamps of a source to the feed's own timeline. Pure: time comes in as arguments.
 *
 * Always holds: results are strictly rising whole microseconds. The source's own spacing is kept while it makes sense; what makes
 * no sense (missing, repeated, backwards, a gap beyond the limit, a clock that runs away) is bridged by the time at which frames
 * arrived, or for a file, which has no arrival times, by its last sound step.
 */

/** A step beyond this is a discontinuity of a live source, not a slow camera. */
export const GAP_LIVE_US_MAX = 1_000_000;
/** Files may hold time lapses; beyond this a step is taken for damage. */
const GAP_FILE_US_MAX = 10_000_000;
/** A live source whose clock has run this far away from ours is brought back. */
export const DRIFT_US_MAX = 5_000_000;

export class Timeline {
  readonly #kind: 'live' | 'file';
  #stepUs: number;
  #lastUs: number | undefined;
  #lastArrivalUs = 0;
  #lastSourceUs: number | undefined;
  /** Feed time = source time + offset. */
  #offsetUs = 0;
  #afterLoss = false;

  /** `stepUs`: time between frames until two sound timestamps tell. */
  constructor(kind: 'live' | 'file', stepUs = 40_000) {
    this.#kind = kind;
    this.#stepUs = stepUs;
  }

  /**
   * Feed time of the next frame. `sourceUs`: its timestamp, undefined when it has none. `arrivalUs`: when it came, since the start of
   * the feed and not falling; 0 for a file that is read as fast as pulled.
   */
  next(sourceUs: number | undefined, arrivalUs: number): number {
    const ptsUs = this.#map(sourceUs, arrivalUs);
    this.#lastUs = ptsUs;
    this.#lastArrivalUs = arrivalUs;
    if (sourceUs !== undefined) this.#lastSourceUs = sourceUs;
    this.#afterLoss = false;
    return ptsUs;
  }

  /** The source was lost: the next frame comes after all real time that has passed meanwhile, so that slates have room. */
  lost(): void {
    this.#lastSourceUs = undefined;
    this.#afterLoss = true;
  }

  /** The file begins anew, one step after its last frame. */
  looped(): void {
    this.#lastSourceUs = undefined;
  }

  /** Nominal time between frames, known once the source is open. */
  setStep(stepUs: number): void {
    this.#stepUs = stepUs;
  }

  #map(sourceUs: number | undefined, arrivalUs: number): number {
    if (this.#lastUs === undefined) return this.#rebase(sourceUs, Math.max(0, Math.round(arrivalUs)));
    if (sourceUs === undefined || this.#lastSourceUs === undefined) {
      return this.#rebase(sourceUs, this.#bridge(this.#lastUs, arrivalUs));
    }
    const stepUs = sourceUs - this.#lastSourceUs;
    const gapUsMax = this.#kind === 'live' ? GAP_LIVE_US_MAX : GAP_FILE_US_MAX;
    if (!(stepUs > 0 && stepUs <= gapUsMax)) return this.#rebase(sourceUs, this.#bridge(this.#lastUs, arrivalUs));
    const mappedUs = Math.round(sourceUs + this.#offsetUs);
    if (this.#kind === 'live' && Math.abs(mappedUs - arrivalUs) > DRIFT_US_MAX) {
      return this.#rebase(sourceUs, this.#bridge(this.#lastUs, arrivalUs));
    }
    this.#stepUs = stepUs;
    return Math.max(mappedUs, this.#lastUs + 1);
  }

  /** Feed time without a usable timestamp. */
  #bridge(lastUs: number, arrivalUs: number): number {
    const stepUs = this.#kind === 'live' ? arrivalUs - this.#lastArrivalUs : this.#stepUs;
    const nextUs = Math.round(lastUs + Math.max(1, stepUs));
    return this.#kind === 'live' || this.#afterLoss ? Math.max(nextUs, Math.round(arrivalUs)) : nextUs;
  }

  #rebase(sourceUs: number | undefined, ptsUs: number): number {
    if (sourceUs !== undefined) this.#offsetUs = ptsUs - sourceUs;
    return ptsUs;
  }
}
