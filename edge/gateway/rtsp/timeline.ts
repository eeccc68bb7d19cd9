/**
 * Maps a feed's presentation times to RTP timestamps of one viewer: 90 kHz, random start, wrapping at 2^32 (RFC 3550).
 *
 * After each (re)start of delivery the first unit gets exactly the timestamp that was announced in RTP-Info, wherever the feed's own
 * timeline stands; so a pause, a restarted feed and the first PLAY are one case, and timestamps never run backwards.
 */
const RTP_CLOCK_HZ = 90_000;
const WRAP = 2 ** 32;

export class RtpTimeline {
  readonly #startTicks: number;
  readonly #startMs: number;
  /** Ticks minus the feed's ticks; undefined until the first unit after a restart. */
  #offsetTicks: number | undefined;
  #announcedTicks: number;
  #lastTicks: number;

  /** `startTicks` is random; `nowMs` is monotonic. */
  constructor(startTicks: number, nowMs: number) {
    this.#startTicks = startTicks;
    this.#startMs = nowMs;
    this.#announcedTicks = startTicks;
    this.#lastTicks = startTicks;
  }

  /** Timestamp that the next unit will get. */
  restart(nowMs: number): number {
    const byClock = this.#startTicks + Math.round(((nowMs - this.#startMs) * RTP_CLOCK_HZ) / 1000);
    this.#announcedTicks = Math.max(byClock, this.#lastTicks + 1);
    this.#offsetTicks = undefined;
    return this.#announcedTicks % WRAP;
  }

  timestampOf(ptsUs: number): number {
    const feedTicks = Math.round((ptsUs * RTP_CLOCK_HZ) / 1_000_000);
    this.#offsetTicks ??= this.#announcedTicks - feedTicks;
    this.#lastTicks = Math.max(this.#lastTicks, feedTicks + this.#offsetTicks);
    return (((feedTicks + this.#offsetTicks) % WRAP) + WRAP) % WRAP;
  }
}

/** The timestamp `laterMs` after (or before) one, for a sender report about now. */
export function shiftTimestamp(rtpTimestamp: number, laterMs: number): number {
  const ticks = rtpTimestamp + Math.round((laterMs * RTP_CLOCK_HZ) / 1000);
  return ((ticks % WRAP) + WRAP) % WRAP;
}
