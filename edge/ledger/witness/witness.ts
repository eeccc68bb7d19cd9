/**
 * A witness: remembers the largest checkpoint it has seen of each log, and cosigns only what is consistent with it. It knows nothing of
 * HTTP. Owns its folder: the key, and one signed note per origin.
 *
 * A log is trusted by its key. Under the same key it may open epochs (epoch.ts), each an origin of its own; they are few, and each is
 * logged, since it says that a box has lost entries.
 *
 * Checkpoints are taken one after the other: comparing with the last one and storing the new one must not be cut apart.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { WorldError } from '../../base/errors.ts';
import type { Log as Logger } from '../../base/log.ts';
import { type Checkpoint, parseCheckpoint } from '../checkpoint.ts';
import type { Disk } from '../disk.ts';
import { DurableFolder } from '../durable.ts';
import { baseOrigin } from '../epoch.ts';
import { loadSigner } from '../keys.ts';
import { EMPTY_ROOT, verifyConsistency } from '../merkle.ts';
import { cosign, type Note, parseNote, renamedVerifier, type Signer, type Verifier, verifyNote } from '../note.ts';
import { parseAddCheckpoint, SIZE_TYPE } from './request.ts';

/** A box whose disk fails this often needs a new disk. It bounds what the holder of one key can make a witness store. */
const EPOCHS_PER_LOG_MAX = 64;
/** Requests that wait for their turn; each takes a flush of the disk. */
const WAITING_MAX = 64;

const KEY_FILE = 'witness.key';

export interface Answer {
  status: 200 | 400 | 403 | 404 | 409 | 422 | 500 | 503;
  body: string;
  contentType: string;
}

export interface WitnessOptions {
  disk: Disk;
  /** Folder of the witness. */
  dir: string;
  name: string;
  /** Keys of the logs that it watches; the name is the origin. */
  logs: readonly Verifier[];
  clock: Clock;
  log: Logger;
}

export class Witness {
  readonly #folder: DurableFolder;
  readonly #options: WitnessOptions;
  readonly #signer: Signer;
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  private constructor(folder: DurableFolder, options: WitnessOptions, signer: Signer) {
    this.#folder = folder;
    this.#options = options;
    this.#signer = signer;
  }

  /** Makes a key at first start. Throws UserError for a bad name or key, WorldError when the folder can't be written. */
  static async open(options: WitnessOptions): Promise<Witness> {
    const folder = new DurableFolder(options.disk, options.dir);
    try {
      await folder.open();
      const isNew = (await folder.read(KEY_FILE)) === undefined;
      if (isNew && (await folder.disk.list(folder.at('seen'))).length > 0)
        throw new WorldError(
          'ledger-damaged',
          `${folder.at(KEY_FILE)} is missing, and the witness has cosigned with it`,
        );
      const signer = await loadSigner(folder, { file: KEY_FILE, name: options.name, kind: 'cosigner', isNew });
      return new Witness(folder, options, signer);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined || error instanceof WorldError) throw error;
      throw new WorldError('disk-failed', `cannot use ${options.dir}`, { cause: error });
    }
  }

  /** The key by which its cosignatures are known. */
  get vkey(): string {
    return this.#signer.verifier.vkey;
  }

  async addCheckpoint(body: Buffer): Promise<Answer> {
    if (this.#waiting >= WAITING_MAX) return answer(503, 'busy, try again\n');
    this.#waiting++;
    const turn = this.#turn.then(() => this.#add(body));
    this.#turn = turn.catch(() => undefined);
    try {
      return await turn;
    } catch (error) {
      this.#options.log.error({ err: error }, 'a checkpoint could not be stored');
      return answer(500, 'the checkpoint could not be stored\n');
    } finally {
      this.#waiting--;
    }
  }

  /** The newest checkpoint of the log whose origin has this digest, with the log's signature and ours. */
  async seen(originDigest: string): Promise<Buffer | undefined> {
    for (const { name } of this.#options.logs) {
      const bytes = await this.#folder.read(`seen/${digest(name)}/${originDigest}`);
      if (bytes !== undefined) return bytes;
    }
    return undefined;
  }

  /** The checks in the order of the specification. */
  async #add(body: Buffer): Promise<Answer> {
    const request = parseAddCheckpoint(body);
    const note = request && parseNote(request.note);
    const checkpoint = note && parseCheckpoint(note.text);
    if (request === undefined || note === undefined || checkpoint === undefined)
      return answer(400, 'malformed request\n');

    const { origin, size, root } = checkpoint;
    const base = this.#options.logs.filter(({ name }) => name === baseOrigin(origin));
    if (base.length === 0) return answer(404, 'this witness does not know the log\n');
    const keys = base.map((verifier) => renamedVerifier(verifier, origin));
    const signed = verifyNote(note, keys);
    if (signed === undefined || signed.length === 0) return answer(403, 'no valid signature of the log\n');

    if (request.oldSize > size) return answer(400, 'the old size is larger than the new one\n');
    const known = await this.#known(origin);
    if (request.oldSize !== (known?.size ?? 0)) return answer(409, `${known?.size ?? 0}\n`, SIZE_TYPE);

    if (!isConsistent({ size, root }, known, request.oldSize, request.proof)) {
      this.#options.log.error({ origin, size, seen: known?.size ?? 0 }, 'a log shows another history than before');
      return answer(422, 'the checkpoint is not consistent with what this witness has seen\n');
    }
    if (known === undefined && !(await this.#hasRoom(origin))) return answer(404, 'too many epochs of this log\n');
    return answer(
      200,
      await this.#remember(
        note,
        signed.map(({ line }) => line),
        checkpoint,
      ),
    );
  }

  /** Whatever key the log had then: a box that lost its key, too, must not get a fresh start under the same origin. */
  async #known(origin: string): Promise<Checkpoint | undefined> {
    const file = seenFile(origin);
    const bytes = await this.#folder.read(file);
    if (bytes === undefined) return undefined;
    const note = parseNote(bytes);
    const checkpoint = note && parseCheckpoint(note.text);
    if (checkpoint?.origin !== origin || (verifyNote(note!, [this.#signer.verifier])?.length ?? 0) !== 1)
      throw new WorldError('ledger-damaged', `${this.#folder.at(file)} is damaged`);
    return checkpoint;
  }

  async #hasRoom(origin: string): Promise<boolean> {
    if (origin === baseOrigin(origin)) return true;
    const epochs = await this.#folder.disk.list(this.#folder.at('seen', digest(baseOrigin(origin))));
    this.#options.log.warn({ origin }, 'a log opened an epoch: it has lost entries that it had signed');
    return epochs.length <= EPOCHS_PER_LOG_MAX;
  }

  async #remember({ text }: Note, lines: readonly string[], { origin }: Checkpoint): Promise<string> {
    const cosignature = cosign(text, Math.floor(this.#options.clock.wallMs() / 1000), this.#signer);
    await this.#folder.write(seenFile(origin), `${text}\n${lines.join('')}${cosignature}`);
    return cosignature;
  }
}

function isConsistent(
  { size, root }: Pick<Checkpoint, 'size' | 'root'>,
  known: Checkpoint | undefined,
  oldSize: number,
  proof: readonly Buffer[],
): boolean {
  if (size === 0) return root.equals(EMPTY_ROOT) && proof.length === 0;
  if (known === undefined || oldSize === 0) return proof.length === 0;
  return verifyConsistency({ oldSize, oldRoot: known.root, size, root }, proof);
}

function seenFile(origin: string): string {
  return `seen/${digest(baseOrigin(origin))}/${digest(origin)}`;
}

/** How the protocol names an origin in a path. */
export function digest(origin: string): string {
  return createHash('sha256').update(origin).digest('hex');
}

function answer(status: Answer['status'], body: string, contentType = 'text/plain; charset=utf-8'): Answer {
  return { status, body, contentType };
}
