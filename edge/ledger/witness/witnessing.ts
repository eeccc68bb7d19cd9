/**
 * The box's side of witnessing: asks at start what the witnesses have seen, lets the log sign only then, and has every checkpoint
 * cosigned. Witnesses are served side by side and waited for by nobody; one that fails is tried again with backoff.
 *
 * What is found out, and what follows:
 * - a witness has seen more than this disk holds: the disk was rolled back. The log stops signing and opens an epoch (`rollback`).
 * - a witness has seen another history of the same size or less, and can show it with our signature: a copy of the disk is in use
 *   elsewhere. The same (`fork`). Without our signature the witness is at fault, and only said to be.
 * - no witness answers: entries become durable and are not signed until one does. Once one has answered, later silence does not
 *   stop signing.
 *
 * A witness could claim a size that is not true. It then costs us an epoch, which names the witness, and at most EPOCHS_PER_RUN_MAX.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../base/errors.ts';
import type { Log as Logger } from '../../base/log.ts';
import { RepeatLog } from '../../base/log.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { verifyConsistency } from '../merkle.ts';
import type { Verifier } from '../note.ts';
import type { Published } from '../publisher.ts';
import type { LogReader } from '../reader.ts';
import type { WitnessClient } from './client.ts';

const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 60_000;
const EPOCHS_PER_RUN_MAX = 4;

/** The log as it is seen from here. */
export interface WitnessedLog {
  readonly published: Published | undefined;
  /** Under its present origin. */
  readonly verifier: Verifier;
  readonly reader: LogReader;
  wallMs(): number;
  emptyNote(): string;
  release(): void;
  hold(): Promise<void>;
  addCosignatures(of: Checkpoint, lines: readonly string[]): Promise<void>;
  openEpoch(found: Found): Promise<void>;
}

/** What a witness has seen that this disk does not hold. */
export interface Found {
  reason: 'rollback' | 'fork';
  witness: { name: string; size: number; root?: Buffer };
}

export interface Cosigned {
  size: number;
  /** POSIX time in seconds, as the witness says. */
  timestampS: number;
  /** How far our clock may be from that at most, milliseconds: their time is in whole seconds, and the answer was on its way. */
  offsetMsMax: number;
}

class Lost extends Error {
  readonly found: Found;

  constructor(found: Found) {
    super(found.reason);
    this.found = found;
  }
}

export class Witnessing {
  readonly #log: WitnessedLog;
  readonly #clients: readonly WitnessClient[];
  readonly #logger: Logger;
  readonly #faults: RepeatLog;
  readonly #cosigned = new Map<string, Cosigned>();
  readonly #stop = new AbortController();
  #loops: Promise<void>[] = [];
  /** Woken by each new checkpoint. */
  #wake: (() => void)[] = [];
  #epochs = 0;
  /** One at a time: two witnesses may find out the same. */
  #opening: Promise<void> | undefined;

  constructor(log: WitnessedLog, clients: readonly WitnessClient[], logger: Logger) {
    this.#log = log;
    this.#clients = clients;
    this.#logger = logger;
    this.#faults = new RepeatLog(logger, 'fault of a witness');
  }

  /** The log must be held. It is released when the first witness has confirmed that nothing is lost. */
  start(): void {
    this.#loops = this.#clients.map((client) => this.#serve(client));
  }

  /** There is something new to have cosigned. */
  published(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  /** By witness: the newest checkpoint that it cosigned, since the start of this process. */
  get cosigned(): ReadonlyMap<string, Cosigned> {
    return this.#cosigned;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.published();
    for (const client of this.#clients) client.close();
    await Promise.all(this.#loops);
  }

  async #serve(client: WitnessClient): Promise<void> {
    let retryMs = RETRY_MS_MIN;
    let confirmed = '';
    let seen = 0;
    while (!this.#stop.signal.aborted) {
      await this.#opening;
      const origin = this.#log.verifier.name;
      try {
        if (confirmed !== origin) {
          seen = await this.#firstSeen(client);
          // Its history is compared before the log may sign; without a history there is nothing to compare.
          if (seen > 0) seen = await this.#submit(client, seen);
          if (origin !== this.#log.verifier.name) continue;
          confirmed = origin;
          this.#logger.info({ witness: client.name, size: seen }, 'a witness confirmed the ledger');
          this.#log.release();
        }
        const { published } = this.#log;
        if (published !== undefined && published.size > seen && published.origin === origin)
          seen = await this.#submit(client, seen);
        else await this.#nextCheckpoint();
        retryMs = RETRY_MS_MIN;
      } catch (error) {
        if (error instanceof Lost) {
          // Another witness may have found it out first.
          if (origin === this.#log.verifier.name) await this.#openEpoch(error.found);
        } else {
          this.#faults.add(error);
          await this.#pause(retryMs * (0.5 + Math.random() / 2));
          retryMs = Math.min(RETRY_MS_MAX, 2 * retryMs);
        }
      }
    }
  }

  /** Asks with the checkpoint of the empty tree, which says nothing. Throws Lost when it is more than we hold. */
  async #firstSeen(client: WitnessClient): Promise<number> {
    const answer = await client.addCheckpoint({ oldSize: 0, proof: [], note: Buffer.from(this.#log.emptyNote()) });
    if (answer.is === 'inconsistent') throw new Error(`witness ${client.name} calls the empty log inconsistent`);
    const size = answer.is === 'conflict' ? answer.size : 0;
    await this.#requireHeld(client, size);
    return size;
  }

  /** Has the published checkpoint cosigned, from the size that the witness has seen on. Gives the size that it has seen then. */
  async #submit(client: WitnessClient, seen: number, isFirst = true): Promise<number> {
    const published = this.#log.published;
    if (published === undefined) return seen;
    const { size, root } = published;
    const proof = await this.#log.reader.consistency(seen, size);
    const askedMs = this.#log.wallMs();
    const answer = await client.addCheckpoint({ oldSize: seen, proof, note: Buffer.from(published.note) });
    const answeredMs = this.#log.wallMs();
    if (answer.is === 'cosigned') {
      await this.#log.addCosignatures(published, [answer.line]);
      const { timestampS } = answer;
      const [firstMs, lastMs] = [1_000 * timestampS, 1_000 * timestampS + 999];
      const offsetMsMax = Math.max(Math.abs(answeredMs - firstMs), Math.abs(lastMs - askedMs));
      this.#cosigned.set(client.name, { size, timestampS, offsetMsMax });
      return size;
    }
    if (answer.is === 'conflict') {
      await this.#requireHeld(client, answer.size);
      // An answer of before got lost on its way, or the witness forgot.
      if (isFirst) return this.#submit(client, answer.size, false);
      throw new Error(`witness ${client.name} contradicts itself`);
    }
    const other = await client.seen(this.#log.verifier);
    if (other === undefined || other.size > size)
      throw new Error(`witness ${client.name} finds a consistent log inconsistent`);
    const bridge = other.size === 0 ? [] : await this.#log.reader.consistency(other.size, size);
    if (verifyConsistency({ oldSize: other.size, oldRoot: other.root, size, root }, bridge))
      throw new Error(`witness ${client.name} finds a consistent log inconsistent`);
    throw new Lost({ reason: 'fork', witness: { name: client.name, size: other.size, root: other.root } });
  }

  async #requireHeld(client: WitnessClient, size: number): Promise<void> {
    if (size <= (this.#log.published?.size ?? 0)) return;
    const shown = await client.seen(this.#log.verifier);
    const witness = { name: client.name, size, ...(shown?.size === size ? { root: shown.root } : {}) };
    throw new Lost({ reason: 'rollback', witness });
  }

  async #openEpoch(found: Found): Promise<void> {
    if (this.#opening !== undefined) return this.#opening;
    await this.#log.hold();
    if (this.#epochs >= EPOCHS_PER_RUN_MAX) {
      this.#logger.error(
        { witness: found.witness.name },
        'the ledger is not signed: a witness finds fault with every epoch',
      );
      await this.#pause(RETRY_MS_MAX);
      return;
    }
    this.#epochs++;
    this.#logger.error(
      {
        witness: found.witness.name,
        seen: found.witness.size,
        held: this.#log.published?.size ?? 0,
        reason: found.reason,
      },
      'a witness has seen what this disk does not hold: the ledger opens an epoch',
    );
    this.#opening = this.#log
      .openEpoch(found)
      .catch((error: unknown) => this.#logger.error(`no epoch could be opened: ${messageOf(error)}`))
      .finally(() => {
        this.#opening = undefined;
        // The others wait for checkpoints of the old origin.
        this.published();
      });
    await this.#opening;
  }

  /** Until the next checkpoint, or the end. */
  #nextCheckpoint(): Promise<void> {
    if (this.#stop.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  /** Cut short by the end. */
  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }
}
