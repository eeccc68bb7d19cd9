/**
 * Exact values of a ledger, sealed until their time is over, and their end: each destruction has its `shred` leaf. The ledger (ledger.ts) owns it.
 */
import type { Clock } from '../base/clock.ts';
import { WorldError } from '../base/errors.ts';
import type { Log as Logger } from '../base/log.ts';
import { bucketOf } from './bucket.ts';
import { type DetailBatch, Details } from './detail.ts';
import type { DurableFolder } from './durable.ts';
import type { Leaf } from './leaf.ts';
import type { Log } from './log.ts';
import { instantOf, msOf, type Window } from './window.ts';

const KEPT_FILE = 'kept';
/** All sealed details: 30 days of 15-minute windows of 8 sensors take about 25 MB. */
const DETAIL_BYTES_MAX = 256 * 1024 * 1024;
const SHRED_EVERY_MS = 60_000;
/** Details that outlived their time by more than this were shredded late: the box was off, or its disk failed. */
const SHRED_LATE_MS = 5 * 60_000;

type Body<K extends 'shred' | 'retention'> = { [P in K]: Omit<Leaf<P>, 'v' | 'box'> }[K];

interface SealingOptions {
  folder: DurableFolder;
  clock: Clock;
  logger: Logger;
  /** Of the leaves. A fault of the disk ends it. */
  log: Log;
  write(leaf: Body<'shred' | 'retention'>): Promise<number>;
}

export class Sealing {
  readonly #options: SealingOptions;
  readonly #details: Details;

  readonly #shredding: NodeJS.Timeout;

  private constructor(options: SealingOptions, details: Details) {
    this.#options = options;
    this.#details = details;
    this.#shredding = setInterval(() => {
      this.shredDue().catch((error: unknown) => options.logger.error({ err: error }, 'details could not be shredded'));
    }, SHRED_EVERY_MS);
    this.#shredding.unref();
  }

  static async open(options: SealingOptions): Promise<Sealing> {
    return new Sealing(options, await Details.open(options.folder, DETAIL_BYTES_MAX));
  }

  /** Of all that is sealed. */
  get bytes(): number {
    return this.#details.bytes;
  }

  /** Seals exact values; the digest belongs into the `detail` of the leaf that is appended next. Rejects as `append` does. */
  async seal(batch: DetailBatch, values: unknown): Promise<string> {
    if (this.#options.log.failure !== undefined) throw this.#options.log.failure;
    return this.onDisk(this.#details.seal(batch, values));
  }

  /**
   * Puts what is not on record yet into the ledger's folder, in the place of what was kept before; no part of the log. It is encrypted under the
   * key of the batch, and gone with it. Durable when it resolves; after a rejection by the disk the ledger is over.
   */
  async keep(batch: DetailBatch, values: unknown): Promise<void> {
    if (this.#options.log.failure !== undefined) throw this.#options.log.failure;
    await this.onDisk(this.#details.wrap(batch, values).then((bytes) => this.#options.folder.write(KEPT_FILE, bytes)));
  }

  /** What was kept last, if it is whole and its key is still there. */
  async kept(): Promise<unknown> {
    const bytes = await this.onDisk(this.#options.folder.read(KEPT_FILE));
    return bytes && this.onDisk(Details.unwrap(this.#options.folder, bytes));
  }

  /**
   * Destroys the keys of details whose time is over, each with its `shred` leaf, and says in a `retention` leaf how many there were. Done every
   * minute; gives how many.
   */
  async shredDue(): Promise<number> {
    const nowMs = this.#options.clock.wallMs();
    const at = instantOf(nowMs);
    let late = 0;
    const shredded = await this.onDisk(
      this.#details.shredDue(nowMs, ({ window, expires: due }, key) => {
        if (nowMs - msOf(due) > SHRED_LATE_MS) late++;
        return this.#options.write({ kind: 'shred', at, window, due, key });
      }),
    );
    const count = bucketOf(shredded);
    if (shredded > 0)
      await this.#options.write({ kind: 'retention', at, due: count, shredded: count, late: bucketOf(late) });
    return shredded;
  }

  /** Destroys the keys of all details of this window before their time, each with its `shred` leaf; gives how many. It must be over, and sealed. */
  shredWindow(window: Window): Promise<number> {
    const at = instantOf(this.#options.clock.wallMs());
    return this.onDisk(
      this.#details.shredWindow(window, (batch, key) =>
        this.#options.write({ kind: 'shred', at, window: batch.window, due: batch.expires, key }),
      ),
    );
  }

  /** After a fault of the disk anywhere in its folder nobody knows what is on it: the log must not go on either. */
  async onDisk<T>(done: Promise<T>): Promise<T> {
    try {
      return await done;
    } catch (error) {
      throw error instanceof WorldError ? error : this.#options.log.fail(error);
    }
  }

  /** Nothing is shredded by itself any more. */
  close(): void {
    clearInterval(this.#shredding);
  }
}
