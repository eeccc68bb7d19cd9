/**
 * Bounded hand-over between the decoder loop and the puller of a capture.
 *
 * Owner of the frames that wait in it: what is dropped or left at `close()` is disposed. Always holds: at most `framesMax` frames and
 * three other events wait. When the puller falls behind: live drops the oldest frame and says so; unpaced makes the pusher wait.
 */
import type { CaptureEvent } from './port.ts';

type FrameEvent = Extract<CaptureEvent, { kind: 'frame' }>;

export class EventQueue {
  readonly #pacing: 'live' | 'unpaced';
  readonly #framesMax: number;
  readonly #onDrop: () => void;
  readonly #events: CaptureEvent[] = [];
  #frames = 0;
  #closed = false;
  #ended = false;
  #puller: ((event: CaptureEvent) => void) | undefined;
  #roomWaiter: (() => void) | undefined;

  constructor(pacing: 'live' | 'unpaced', framesMax: number, onDrop: () => void) {
    this.#pacing = pacing;
    this.#framesMax = framesMax;
    this.#onDrop = onDrop;
  }

  /** Takes over the frame. Resolves when the next one may be pushed. */
  async pushFrame(event: FrameEvent): Promise<void> {
    if (this.#closed) {
      event.frame[Symbol.dispose]();
      return;
    }
    if (this.#handOver(event)) return;
    if (this.#frames >= this.#framesMax) this.#dropOldest();
    this.#events.push(event);
    this.#frames++;
    if (this.#pacing === 'unpaced' && this.#frames >= this.#framesMax) {
      await new Promise<void>((resolve) => {
        this.#roomWaiter = resolve;
      });
    }
  }

  /** A newer event replaces a waiting one of its kind, so that a puller who sleeps through many losses finds the last. */
  push(event: Exclude<CaptureEvent, FrameEvent>): void {
    if (this.#closed || this.#handOver(event)) return;
    const older = this.#events.findIndex((waiting) => waiting.kind === event.kind);
    if (older !== -1) this.#events.splice(older, 1);
    this.#events.push(event);
  }

  next(): Promise<CaptureEvent> {
    if (this.#puller !== undefined) throw new Error('next() was called while another call is pending');
    const event = this.#events.shift();
    if (event === undefined) {
      if (this.#ended || this.#closed) return Promise.resolve({ kind: 'ended' });
      return new Promise((resolve) => {
        this.#puller = resolve;
      });
    }
    if (event.kind === 'frame') {
      this.#frames--;
      this.#wakePusher();
    }
    if (event.kind === 'ended') this.#ended = true;
    return Promise.resolve(event);
  }

  /** Disposes what waits; a pending and every later `next()` answers `ended`. */
  close(): void {
    this.#closed = true;
    for (const event of this.#events) if (event.kind === 'frame') event.frame[Symbol.dispose]();
    this.#events.length = 0;
    this.#frames = 0;
    this.#handOver({ kind: 'ended' });
    this.#wakePusher();
  }

  #handOver(event: CaptureEvent): boolean {
    if (this.#puller === undefined) return false;
    if (event.kind === 'ended') this.#ended = true;
    const puller = this.#puller;
    this.#puller = undefined;
    puller(event);
    return true;
  }

  #dropOldest(): void {
    const at = this.#events.findIndex((event) => event.kind === 'frame');
    const [dropped] = this.#events.splice(at, 1);
    if (dropped?.kind === 'frame') dropped.frame[Symbol.dispose]();
    this.#frames--;
    this.#onDrop();
  }

  #wakePusher(): void {
    const waiter = this.#roomWaiter;
    this.#roomWaiter = undefined;
    waiter?.();
  }
}
