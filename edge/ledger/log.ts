/**
 * An append-only log with a tree over its entries. It knows nothing of what the entries mean.
 *
 * Why files and not a database: Node 20 has no `node:sqlite`, and a native module would need a build or a download per platform. What is
 * needed of a database here is one append and one atomic replacement; both are a few system calls, written out below and tested cut by cut.
 *
 * Write order. Each step is durable before the next one begins:
 *   1. journal: append records, fdatasync                       -> `append()` resolves: the entry is never lost ("durable")
 *   2. full and partial tiles and bundles: temporary file, fsync, rename, fsync of the folder
 *   3. `intent`: origin, size and root of the one checkpoint that may be signed next
 *   4. sign; Ed25519 is deterministic, so that signing an intent again after a crash gives the same bytes
 *   5. `checkpoint`                                             -> `signed(index)` resolves ("signed")
 *   6. cosignatures, when they come: `checkpoint` again, `witnessed`
 *   7. narrower partial tiles and journal segments below the checkpoint are removed
 *
 * Trusted on disk: the key, the journal's synced records and `intent`. Tiles above the journal's start are derived and written again.
 * Who can write to this folder can lose entries or stop the log, but can't change what was cosigned without being found out.
 *
 * Any error of the disk ends the log in this process for good (`failed`): after a failed fsync nobody knows what is on the disk. Opening
 * is the recovery: a torn tail of the journal is cut; a journal below the intent, or another root, is refused, since it means a lost
 * or replaced disk, and signing on would show two histories.
 */
import { messageOf, UserError, WorldError } from '../base/errors.ts';
import { type Checkpoint, checkpointText, emptyCheckpoint } from './checkpoint.ts';
import type { DurableFolder } from './durable.ts';
import { readIntent } from './intent.ts';
import { Journal, type Record, recordOf } from './journal.ts';
import { renamed, type Signer, signNote } from './note.ts';
import { type Published, Publisher } from './publisher.ts';
import { replay, restoreTree } from './recovery.ts';
import { ENTRY_BYTES_MAX } from './tile.ts';
import type { GrowingTree } from './tree.ts';

/** Entries that wait to be durable; beyond it appending is refused, since the disk does not keep up. */
const APPENDS_WAITING_MAX = 8192;
/** Entries written with one fdatasync. */
const BATCH_ENTRIES_MAX = 1024;
/** Full tiles kept in memory; beyond it they are written before more entries are taken. */
const UNWRITTEN_BYTES_MAX = 4 * 1024 * 1024;

export interface LogOptions {
  /** The log's folder, opened. */
  folder: DurableFolder;
  /** Key of the log; its name is the origin until an entry sets another. */
  signer: Signer;
  /** The origin that an entry switches to, or undefined for all others. */
  originSetBy(entry: Buffer): string | undefined;
  /** How long a durable entry may wait to be signed; `undefined`: until `publish()` is called. */
  publishWithinMs: number | undefined;
  /** Called once, when the disk failed. */
  onFailed(error: WorldError): void;
  /** Called after each new checkpoint. */
  onPublished(published: Published): void;
}

interface Waiting {
  record: Record;
  resolve(index: number): void;
  reject(error: unknown): void;
}

export class Log {
  readonly #options: LogOptions;
  readonly #journal: Journal;
  readonly #tree: GrowingTree;
  readonly #publisher: Publisher;
  #origin: string;
  #isHeld = false;
  #failure: WorldError | undefined;
  #isClosed = false;
  #queue: Waiting[] = [];
  #signedWaiters: { index: number; resolve(): void; reject(error: unknown): void }[] = [];
  #committing: Promise<void> | undefined;
  /** Whatever writes to the disk beside the journal: one at a time. */
  #writing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(
    options: LogOptions,
    parts: { journal: Journal; tree: GrowingTree; publisher: Publisher; origin: string },
  ) {
    this.#options = options;
    this.#journal = parts.journal;
    this.#tree = parts.tree;
    this.#publisher = parts.publisher;
    this.#origin = parts.origin;
  }

  /**
   * Throws WorldError `ledger-damaged` when what is on the disk is less than what was signed, or differs from it, and WorldError `ledger-failed`
   * when the disk can't be read or written.
   */
  static async open(options: LogOptions): Promise<Log> {
    const { folder } = options;
    try {
      // What a killed process renamed and did not sync is about to be believed.
      await folder.sync('.');
      const intent = await readIntent(folder);
      const { journal, start, records } = await Journal.open(folder);
      const tree = await restoreTree(folder, start);
      const { verifier } = options.signer;
      const { originSetBy } = options;
      const origin = replay(tree, records, intent, { root: folder.root, origin: verifier.name, originSetBy });
      return new Log(options, {
        journal,
        tree,
        publisher: await Publisher.open(folder, options.signer, intent),
        origin,
      });
    } catch (error) {
      throw error instanceof UserError || error instanceof WorldError ? error : failure(folder, error);
    }
  }

  /** Entries that are durable. */
  get size(): number {
    return this.#journal.size;
  }

  get origin(): string {
    return this.#origin;
  }

  get published(): Published | undefined {
    return this.#publisher.published;
  }

  get failure(): WorldError | undefined {
    return this.#failure;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** From now on entries become durable but nothing is signed. Resolves when no signing is under way any more. */
  async hold(): Promise<void> {
    this.#isHeld = true;
    while (this.#writing !== undefined) await this.#writing.catch(() => undefined);
  }

  release(): void {
    this.#isHeld = false;
    if (this.#isBehind()) this.#schedule();
  }

  /** Resolves with the entry's index when it is durable. Rejects with a WorldError: nothing may then be taken as recorded. */
  append(entry: Buffer): Promise<number> {
    const refusal = this.#refusal(this.#queue.length);
    if (refusal !== undefined) return Promise.reject(refusal);
    if (entry.length === 0 || entry.length > ENTRY_BYTES_MAX)
      return Promise.reject(new Error(`an entry has 1 to ${ENTRY_BYTES_MAX} bytes, not ${entry.length}`));
    return new Promise((resolve, reject) => {
      this.#queue.push({ record: recordOf(entry), resolve, reject });
      this.#committing ??= this.#commitAll().finally(() => {
        this.#committing = undefined;
      });
    });
  }

  #refusal(waiting: number): WorldError | undefined {
    if (this.#failure !== undefined) return this.#failure;
    if (this.#isClosed) return new WorldError('ledger-failed', 'the ledger is closed');
    if (waiting < APPENDS_WAITING_MAX) return undefined;
    return new WorldError('ledger-busy', `${waiting} entries wait already: the disk does not keep up with the ledger`);
  }

  async #commitAll(): Promise<void> {
    // What is appended together shares one fdatasync.
    await Promise.resolve();
    while (this.#queue.length > 0 && this.#failure === undefined) {
      const batch = this.#queue.slice(0, BATCH_ENTRIES_MAX);
      let index = this.#journal.size;
      try {
        await this.#journal.append(batch.map(({ record }) => record));
      } catch (error) {
        this.fail(error);
        return;
      }
      this.#queue.splice(0, batch.length);
      for (const { record, resolve } of batch) {
        this.#origin = this.#options.originSetBy(record.entry) ?? this.#origin;
        this.#tree.append(record.entry, record.leafHash);
        resolve(index++);
      }
      this.#schedule();
      if (this.#tree.unwrittenBytes > UNWRITTEN_BYTES_MAX) await this.#write().catch(() => undefined);
    }
  }

  #schedule(): void {
    if (this.#options.publishWithinMs === undefined || this.#isClosed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      // A failure is told by onFailed.
      this.#write().catch(() => undefined);
    }, this.#options.publishWithinMs);
  }

  /** Signs and publishes all that is durable when it is called; while held it only writes tiles. Rejects when the disk fails. */
  async publish(): Promise<Published | undefined> {
    // One that is under way may have begun before the last entry.
    if (this.#writing !== undefined) await this.#writing;
    await this.#write();
    return this.published;
  }

  /** Resolves when a signed checkpoint covers the entry; rejects when the log fails or is closed before. */
  signed(index: number): Promise<void> {
    if (index < (this.published?.size ?? 0)) return Promise.resolve();
    const refusal = this.#refusal(this.#signedWaiters.length);
    if (refusal !== undefined) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      this.#signedWaiters.push({ index, resolve, reject });
      if (!this.#isHeld) this.#write().catch(() => undefined);
    });
  }

  #isBehind(): boolean {
    return (this.published?.size ?? 0) < this.#tree.size;
  }

  #write(): Promise<void> {
    return this.#alone(async () => {
      const snapshot = this.#tree.snapshot();
      if (this.#isHeld || !this.#isBehind()) {
        await this.#publisher.writeTiles(snapshot);
        this.#tree.written(snapshot);
        return;
      }
      await this.#publisher.publish(snapshot, this.#origin);
      this.#tree.written(snapshot);
      await this.#journal.dropBelow(snapshot.size);
      this.#tellPublished();
    });
  }

  /** Runs when nothing else is writing; a caller that finds a run under way shares it. */
  #alone(run: () => Promise<void>): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    this.#writing ??= run()
      .catch((error: unknown) => {
        throw this.fail(error);
      })
      .finally(() => {
        this.#writing = undefined;
        // Who came while it ran may wait for a later entry.
        if (this.#signedWaiters.length > 0 && !this.#isHeld && this.#isBehind()) this.#write().catch(() => undefined);
      });
    return this.#writing;
  }

  #tellPublished(): void {
    const published = this.published!;
    const waiters = this.#signedWaiters;
    this.#signedWaiters = waiters.filter(({ index }) => index >= published.size);
    for (const { index, resolve } of waiters) if (index < published.size) resolve();
    this.#options.onPublished(published);
  }

  /** The signed note over the empty tree, which is consistent with every other: asks a witness what it has seen. */
  emptyNote(): string {
    return signNote(checkpointText(emptyCheckpoint(this.#origin)), renamed(this.#options.signer, this.#origin));
  }

  /** Adds cosignature lines, verified by the caller, to the checkpoint they are of, if it still is the published one. */
  async addCosignatures(of: Checkpoint, lines: readonly string[]): Promise<void> {
    while (this.#writing !== undefined) await this.#writing.catch(() => undefined);
    await this.#alone(() => this.#publisher.addCosignatures(of, lines));
  }

  /** Ends the log in this process: for faults of the disk that were seen beside it. Gives the first fault. */
  fail(error: unknown): WorldError {
    if (this.#failure === undefined) {
      this.#failure = failure(this.#options.folder, error);
      clearTimeout(this.#timer);
      for (const { reject } of [...this.#queue.splice(0), ...this.#signedWaiters.splice(0)]) reject(this.#failure);
      this.#options.onFailed(this.#failure);
    }
    return this.#failure;
  }

  /** Signs what is durable, unless held or failed, and ends. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#committing;
    await this.publish().catch(() => undefined);
    clearTimeout(this.#timer);
    const closed = new WorldError('ledger-failed', 'the ledger was closed');
    for (const { reject } of this.#signedWaiters.splice(0)) reject(closed);
    await this.#journal.close();
  }
}

function failure({ root }: DurableFolder, error: unknown): WorldError {
  return new WorldError('ledger-failed', `the ledger in ${root} stopped: ${messageOf(error)}`, { cause: error });
}
