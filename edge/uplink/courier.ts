/**
 * Takes releases from one outbox to one hub: oldest first, one at a time, again until the hub has it. At least once, and in order.
 *
 * A hub that is away costs nothing but disk; a release that the hub will never take is dropped and counted, so that it can't hold up what
 * comes after it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Backoff } from '../base/backoff.ts';
import { messageOf, WorldError } from '../base/errors.ts';
import { HUB_ANSWER_MS_MAX } from '../base/limits.ts';
import { type Log, RepeatLog } from '../base/log.ts';
import { scrub } from '../base/secrets.ts';
import type { Release } from '../sensor/messages.ts';
import type { Outbox, UplinkDropReason } from './outbox.ts';
import type { Sink } from './sink.ts';

export interface CourierOptions {
  outbox: Outbox;
  sink: Sink;
  log: Log;
  onDelivered(): void;
  onDrop(reason: UplinkDropReason): void;
  backoff?: Backoff;
}

export class Courier {
  readonly #options: CourierOptions;
  readonly #faults: RepeatLog;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #lastError = '';

  constructor(options: CourierOptions) {
    this.#options = options;
    this.#faults = new RepeatLog(options.log, `fault while sending to ${options.sink.target}`, 60_000);
    this.#running = this.#run();
  }

  /** Why the last try failed; empty while all is well. */
  get lastError(): string {
    return this.#lastError;
  }

  /** What was not delivered stays in the outbox. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#options.sink.close();
  }

  async #run(): Promise<void> {
    const { outbox, backoff = new Backoff(), onDelivered, onDrop } = this.#options;
    const stop = this.#stop.signal;
    while (!stop.aborted) {
      try {
        const next = await outbox.oldest(stop);
        if (next === undefined) return;
        try {
          await this.#deliver(next.release);
          onDelivered();
        } catch (error) {
          if (!(error instanceof WorldError) || error.code !== 'hub-refused') throw error;
          this.#faults.add(error);
          onDrop('hub-refused');
        }
        await next.done();
        this.#lastError = '';
        backoff.reset();
      } catch (error) {
        if (stop.aborted) return;
        this.#lastError = scrub(messageOf(error));
        this.#faults.add(error);
        await sleep(backoff.nextMs(), undefined, { signal: stop }).catch(() => {});
      }
    }
  }

  /** `AbortSignal.any()` on a signal that lives as long as the agent would keep every signal that was ever joined to it. */
  async #deliver(release: Release): Promise<void> {
    const attempt = new AbortController();
    const abort = (): void => attempt.abort();
    const timer = setTimeout(abort, HUB_ANSWER_MS_MAX);
    this.#stop.signal.addEventListener('abort', abort, { once: true });
    try {
      await this.#options.sink.deliver(release, attempt.signal);
    } finally {
      clearTimeout(timer);
      this.#stop.signal.removeEventListener('abort', abort);
    }
  }
}
