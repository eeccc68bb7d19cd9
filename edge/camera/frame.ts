/**
 * A decoded picture before filtering. It exists in camera processes only and never crosses a process boundary.
 *
 * Owner: whoever holds it must dispose it exactly once; disposing frees the native AVFrame at once instead of at the next
 * garbage collection, which matters at 3 MB a frame.
 */
import type { Frame } from 'node-av/lib';

export class RawFrame implements Disposable {
  /** Native frame. Its planes are the decoder's own memory: they are read only; redact/ paints on a copy. */
  readonly av: Frame;
  /** Number in capture order, from 0, never repeated within a process. */
  readonly seq: number;
  /** Microseconds on the feed's timeline: strictly rising, also across reconnects (see capture/timeline.ts). */
  readonly ptsUs: number;
  /** `Clock.monotonicMs()` at arrival; for a file, at decoding. */
  readonly capturedMs: number;
  #disposed = false;

  constructor(av: Frame, seq: number, ptsUs: number, capturedMs: number) {
    this.av = av;
    this.seq = seq;
    this.ptsUs = ptsUs;
    this.capturedMs = capturedMs;
  }

  get widthPx(): number {
    return this.av.width;
  }

  get heightPx(): number {
    return this.av.height;
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.av.free();
  }
}
