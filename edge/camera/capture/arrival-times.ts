/**
 * When packets arrived, by their timestamp: a frame comes out of the decoder some packets after its own went in. Holds the newest
 * ARRIVALS_MAX only, more than any decoder keeps back.
 */
const ARRIVALS_MAX = 64;

export class ArrivalTimes {
  readonly #byPts = new Map<bigint, number>();

  add(pts: bigint, arrivedMs: number): void {
    this.#byPts.set(pts, arrivedMs);
    if (this.#byPts.size > ARRIVALS_MAX) {
      for (const oldest of this.#byPts.keys()) {
        this.#byPts.delete(oldest);
        break;
      }
    }
  }

  /** Arrival of the packet with this timestamp, once; undefined when it is not known. */
  take(pts: bigint): number | undefined {
    const arrivedMs = this.#byPts.get(pts);
    this.#byPts.delete(pts);
    return arrivedMs;
  }
}
