/**
 * The record of one box: leaves into the log, details under their keys, checkpoints to the witnesses. What the rest of the agent uses.
 *
 * How much an answer of `append` is worth:
 * - `durable`: on the disk; no crash loses it. Not yet signed.
 * - `signed`: a published checkpoint covers it; from then on it can't be left out without being found out.
 * - witnessed: `state().cosigned` says up to which size. Nothing waits for it, since a network may be down for days.
 *
 * When the disk fails, the ledger is over for this process: every append rejects, and `onFailed` is called once, so that feeds can be
 * covered (no evidence, no feed). Nothing is buffered beyond the bounds of log.ts.
 *
 * Disk: about twice a leaf's size while it is in the journal, then its size and 35 bytes. A checkpoint, at most one a second and only when
 * there is something new, also rewrites the tiles that are not full: up to 150 kB, on average half of it. Appending is refused below the disk's reserve
 * (detail.ts); tiles are never rotated, since a log that drops its past proves nothing.
 */
import path from 'node:path';
import type { Clock } from '../base/clock.ts';
import { messageOf, UserError, WorldError } from '../base/errors.ts';
import type { Log as Logger } from '../base/log.ts';
import { type DetailBatch, requireReserve } from './detail.ts';
import { type Disk, nodeDisk } from './disk.ts';
import { DurableFolder } from './durable.ts';
import { entriesOf } from './entries.ts';
import { baseOrigin, originSetBy } from './epoch.ts';
import { readIntent } from './intent.ts';
import { loadSigner } from './keys.ts';
import { decodeLeaf, encodeLeaf, type Kind, type Leaf } from './leaf.ts';
import { lockFolder } from './lock.ts';
import { Log } from './log.ts';
import { type Answer, lookUp, type Query } from './lookup.ts';
import { renamedVerifier, type Signer } from './note.ts';
import { requireOwn } from './own.ts';
import { formatProof } from './proof.ts';
import { LogReader, type PublicFile } from './reader.ts';
import { Sealing } from './sealing.ts';
import { instantOf, type Window } from './window.ts';
import { WitnessClient } from './witness/client.ts';
import { witnessed } from './witness/witnessed-log.ts';
import { type Cosigned, type WitnessedLog, Witnessing } from './witness/witnessing.ts';

/** Folder of the ledger in the state folder. */
export const LEDGER_FOLDER = 'ledger';
const KEY_FILE = 'log.key';
/** A durable leaf waits at most this long for its checkpoint: together they cost some ten flushes of the disk. */
const PUBLISH_WITHIN_MS = 1_000;
/** Free space is looked at this often at most. */
const RESERVE_CHECK_MS = 1_000;

export interface LedgerOptions {
  stateDir: string;
  /** Name of the box in its leaves, e.g. `urn:box:7f3a`. */
  box: string;
  /** Name of the log, at best the URL under which it is served, without its scheme. For good: the first leaf holds it. */
  origin: string;
  /** Version of this software, for the first leaf. */
  software: string;
  witnesses: readonly { url: string; vkey: string }[];
  clock: Clock;
  log: Logger;
  /** Called once, when nothing can be recorded any more. */
  onFailed(error: WorldError): void;
  disk?: Disk;
}

type Own = 'genesis' | 'epoch' | 'shred' | 'retention';
type Body<K extends Kind> = { [P in K]: Omit<Leaf<P>, 'v' | 'box'> }[K];
/** A leaf without what the ledger knows itself. */
export type LeafBody = Body<Exclude<Kind, Own>>;

export interface LedgerState {
  /** Durable leaves. */
  size: number;
  /** Leaves under the published checkpoint. */
  signed: number;
  origin: string;
  /** Key by which the present checkpoint is verified. */
  vkey: string;
  /** True until a witness confirmed that nothing is lost; nothing new is signed meanwhile. */
  isHeld: boolean;
  /** By witness. */
  cosigned: ReadonlyMap<string, Cosigned>;
  detailBytes: number;
  failure: WorldError | undefined;
}

export class Ledger {
  readonly #options: LedgerOptions;
  readonly #folder: DurableFolder;
  readonly #signer: Signer;
  readonly #log: Log;
  readonly #reader: LogReader;
  readonly #witnessing: Witnessing;
  readonly #sealing: Sealing;
  readonly #unlock: () => Promise<void>;
  #reserveCheckedMs = Number.NEGATIVE_INFINITY;

  private constructor(
    options: LedgerOptions,
    parts: { folder: DurableFolder; signer: Signer; log: Log; sealing: Sealing; unlock: () => Promise<void> },
    clients: readonly WitnessClient[],
  ) {
    this.#options = options;
    this.#folder = parts.folder;
    this.#signer = parts.signer;
    this.#log = parts.log;
    this.#sealing = parts.sealing;
    this.#unlock = parts.unlock;
    this.#reader = new LogReader(this.#folder.disk, this.#folder.root);
    this.#witnessing = new Witnessing(this.#witnessed(), clients, options.log);
  }

  /**
   * Opens the ledger, or begins one. Resolves without waiting for a witness. Throws UserError when the folder holds the log of another box or
   * its key is missing, WorldError `ledger-damaged` when it is less than what was signed, `ledger-busy` when another process writes it.
   */
  static async start(options: LedgerOptions): Promise<Ledger> {
    if (baseOrigin(options.origin) !== options.origin)
      throw new UserError(`${options.origin} looks like an epoch of a log`, { fix: 'choose another origin' });
    const clients = clientsOf(options.witnesses);
    const folder = new DurableFolder(options.disk ?? nodeDisk, path.join(options.stateDir, LEDGER_FOLDER));
    await folder.make().catch((error: unknown) => {
      throw new WorldError('disk-failed', `cannot write ${folder.root}: ${messageOf(error)}`, { cause: error });
    });
    const unlock = await lockFolder(folder.root);
    try {
      await folder.open();
      const isNew =
        (await readIntent(folder)) === undefined && (await folder.disk.list(folder.at('journal'))).length === 0;
      // A key that may have signed something is never used for a log that begins anew.
      const signer = await loadSigner(folder, { file: KEY_FILE, name: options.origin, kind: 'log', isNew });
      let onPublished = (): void => {};
      const log = await Log.open({
        folder,
        signer,
        originSetBy,
        publishWithinMs: PUBLISH_WITHIN_MS,
        onFailed: options.onFailed,
        onPublished: () => onPublished(),
      });
      const sealing = await Sealing.open({
        folder,
        clock: options.clock,
        logger: options.log,
        log,
        write: (leaf) => log.append(encodeLeaf({ v: 1, box: options.box, ...leaf })),
      });
      const ledger = new Ledger(options, { folder, signer, log, sealing, unlock }, clients);
      onPublished = () => ledger.#witnessing.published();
      await ledger.#begin(clients);
      return ledger;
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  async #begin(clients: readonly WitnessClient[]): Promise<void> {
    const { origin, software, clock } = this.#options;
    if (clients.length > 0) await this.#log.hold();
    try {
      if (this.#log.size > 0) {
        const own = { origin, vkey: this.#signer.verifier.vkey };
        await requireOwn(this.#folder, own, { reader: this.#reader, signed: this.#log.published?.size ?? 0 });
      } else {
        const { vkey: key } = this.#signer.verifier;
        const witnesses = clients.map(({ verifier }) => verifier.vkey);
        await this.#write({ kind: 'genesis', at: instantOf(clock.wallMs()), origin, key, witnesses, software });
      }
    } catch (error) {
      this.#sealing.close();
      await this.#log.close();
      throw error;
    }
    if (clients.length > 0) this.#witnessing.start();
    else this.#log.release();
  }

  /**
   * Resolves with the leaf's index when it is as safe as asked. Rejects with a WorldError when it could not be recorded (`ledger-failed`,
   * `ledger-busy`, `disk-full`): what the leaf stands for must not happen then. While the log is held, `signed` waits for a witness.
   */
  async append(leaf: LeafBody, until: 'durable' | 'signed' = 'durable'): Promise<number> {
    await this.requireRoom();
    const index = await this.#write(leaf);
    if (until === 'signed') await this.#log.signed(index);
    return index;
  }

  /** Seals exact values; the digest belongs into the `detail` of the leaf that is appended next. Rejects as `append` does. */
  seal(batch: DetailBatch, values: unknown): Promise<string> {
    return this.#sealing.seal(batch, values);
  }

  /**
   * Puts what is not on record yet into the ledger's folder, in the place of what was kept before; no part of the log. It is encrypted under the
   * key of the batch, and gone with it. Durable when it resolves; after a rejection by the disk the ledger is over.
   */
  keep(batch: DetailBatch, values: unknown): Promise<void> {
    return this.#sealing.keep(batch, values);
  }

  /** What was kept last, if it is whole and its key is still there. */
  kept(): Promise<unknown> {
    return this.#sealing.kept();
  }

  /** Destroys what is sealed and outlived its time; done every minute. Gives how many. */
  shredDue(): Promise<number> {
    return this.#sealing.shredDue();
  }

  /** Destroys the keys of all details of this window before their time, each with its `shred` leaf; gives how many. It must be over, and sealed. */
  shredWindow(window: Window): Promise<number> {
    return this.#sealing.shredWindow(window);
  }

  /** Durable leaves from this index on. Throws WorldError `ledger-damaged`. */
  async *leavesFrom(index: number): AsyncGenerator<Leaf> {
    for await (const { entry } of entriesOf(this.#folder, index)) {
      const decoded = decodeLeaf(entry);
      if ('leaf' in decoded) yield decoded.leaf;
    }
  }

  #write(leaf: Body<Kind>): Promise<number> {
    return this.#log.append(encodeLeaf({ v: 1, box: this.#options.box, ...leaf } as Leaf));
  }

  /** Throws WorldError `disk-full` when the disk is below its reserve, and what ended the ledger when it has ended. */
  async requireRoom(): Promise<void> {
    if (this.#log.failure !== undefined) throw this.#log.failure;
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - this.#reserveCheckedMs < RESERVE_CHECK_MS) return;
    await this.#sealing.onDisk(requireReserve(this.#folder));
    this.#reserveCheckedMs = nowMs;
  }

  state(): LedgerState {
    const { size, published, origin, isHeld, failure } = this.#log;
    const { vkey } = renamedVerifier(this.#signer.verifier, origin);
    const { cosigned } = this.#witnessing;
    return {
      size,
      signed: published?.size ?? 0,
      origin,
      vkey,
      isHeld,
      cosigned,
      detailBytes: this.#sealing.bytes,
      failure,
    };
  }

  /** What is served to the public: the answer to a GET of `/checkpoint` or `/tile/...`, or undefined. */
  publicFile(urlPath: string): Promise<PublicFile | undefined> {
    return this.#reader.publicFile(urlPath);
  }

  /** Signed leaves about a place and a time. Throws WorldError `ledger-damaged`. */
  lookUp(query: Query): Promise<Answer> {
    return lookUp(this.#reader, this.#log.published?.size ?? 0, query);
  }

  /** As `prove`, without waiting: undefined for a leaf that the published checkpoint does not cover. */
  async proofNow(index: number): Promise<string | undefined> {
    return index < (this.#log.published?.size ?? 0) ? this.prove(index) : undefined;
  }

  /** A leaf's proof, in the format of c2sp.org/tlog-proof; waits until the leaf is signed. */
  async prove(index: number): Promise<string> {
    await this.#log.signed(index);
    const { size, note } = this.#log.published!;
    const entry = (await this.#reader.bundle(index, size))[index % 256]!;
    return formatProof({ entry, index, path: await this.#reader.inclusion(index, size), note });
  }

  #witnessed(): WitnessedLog {
    const { clock } = this.#options;
    return witnessed(this.#log, {
      signer: this.#signer,
      reader: this.#reader,
      clock,
      write: (leaf) => this.#write(leaf),
    });
  }

  /** Signs what is durable, and lets go of the folder. */
  async close(): Promise<void> {
    this.#sealing.close();
    await this.#witnessing.close();
    await this.#log.close();
    await this.#unlock();
  }
}

function clientsOf(witnesses: LedgerOptions['witnesses']): WitnessClient[] {
  const clients = witnesses.map((witness) => new WitnessClient(witness));
  const twice = clients.find(({ name }, i) => clients.findIndex((other) => other.name === name) !== i);
  if (twice === undefined) return clients;
  throw new UserError(`two witnesses are named ${twice.name}`, { fix: 'start one of them with another --name' });
}
