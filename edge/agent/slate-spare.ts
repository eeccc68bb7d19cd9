/**
 * One slate process kept warm for all cameras: starting Node and libav takes longer than a viewer should look at a frozen picture, and
 * longest on the busy box where processes get lost. Taking it makes the next one, a little later, so that the two starts don't compete.
 */
import { type Child, type ChildOptions, forkChild, waitUntil } from '../base/child.ts';
import type { Log } from '../base/log.ts';

const REFILL_MS = 3_000;

type Handlers = Pick<ChildOptions, 'onMessage' | 'onExit'>;

interface Spare {
  child: Child;
  handlers: Handlers | undefined;
}

export class SlateSpare {
  readonly #entry: URL;
  readonly #log: Log;
  #spare: Spare | undefined;
  #refill: NodeJS.Timeout | undefined;
  #isClosing = false;

  constructor(entry: URL, log: Log) {
    this.#entry = entry;
    this.#log = log;
    this.#refillLater();
  }

  /** Process id of the warm one. */
  get pid(): number | undefined {
    return this.#spare?.child.pid;
  }

  /** The warm process, or a cold one when there is none; given its first message at once. */
  take(start: object, handlers: Handlers): Child {
    const spare = this.#spare ?? this.#fork();
    this.#spare = undefined;
    spare.handlers = handlers;
    spare.child.send(start);
    this.#refillLater();
    return spare.child;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#refill);
    this.#spare?.child.kill();
    await waitUntil(() => this.#spare === undefined);
  }

  #refillLater(): void {
    clearTimeout(this.#refill);
    if (this.#isClosing) return;
    this.#refill = setTimeout(() => {
      this.#spare ??= this.#fork();
    }, REFILL_MS);
  }

  #fork(): Spare {
    const spare: Spare = {
      handlers: undefined,
      child: forkChild({
        entry: this.#entry,
        log: this.#log,
        onMessage: (message) => spare.handlers?.onMessage(message),
        onExit: (why) => {
          spare.handlers?.onExit(why);
          if (this.#spare !== spare) return;
          this.#spare = undefined;
          this.#refillLater();
        },
      }),
    };
    return spare;
  }
}
