/**
 * Steps 2 to 7 of the write order (log.ts): tiles, intent, signature, checkpoint, cosignatures, removal of what is superseded. Owns all
 * files of the log but the journal. Each method leaves the disk in a state from which `open()` goes on; the caller runs one at a time.
 */
import { WorldError } from '../base/errors.ts';
import { type Checkpoint, checkpointText, parseCheckpoint } from './checkpoint.ts';
import type { DurableFolder } from './durable.ts';
import { type Intent, writeIntent } from './intent.ts';
import { parseNote, renamed, type Signer, signNote, verifyNote } from './note.ts';
import { parseTilePath, TILE_WIDTH, tilePath } from './tile.ts';
import type { Snapshot, TileFile } from './tree.ts';

export interface Published extends Checkpoint {
  /** The signed note, with the cosignatures that came so far. */
  note: string;
}

export class Publisher {
  readonly #folder: DurableFolder;
  readonly #signer: Signer;
  #published: Published | undefined;

  private constructor(folder: DurableFolder, signer: Signer) {
    this.#folder = folder;
    this.#signer = signer;
  }

  /**
   * Signs the last intent again when the crash came between signing and publishing. Throws WorldError `ledger-damaged` when the checkpoint
   * says more than was to be signed.
   */
  static async open(folder: DurableFolder, signer: Signer, intent: Intent | undefined): Promise<Publisher> {
    const publisher = new Publisher(folder, signer);
    const bytes = await folder.read('checkpoint');
    if (intent === undefined) {
      if (bytes !== undefined)
        throw new WorldError(
          'ledger-damaged',
          `${folder.root}: there is a checkpoint, but the record of what was to be signed is missing`,
        );
      return publisher;
    }
    const note = bytes && parseNote(bytes);
    const found = note && parseCheckpoint(note.text);
    if (found !== undefined && found.origin === intent.origin && found.size > intent.size) {
      throw new WorldError(
        'ledger-damaged',
        `${folder.root}: the checkpoint names ${found.size} entries, and only ${intent.size} were to be signed`,
      );
    }
    const isSigned = note?.text === checkpointText(intent) && verifyNote(note, [publisher.#as(intent.origin).verifier]);
    if (bytes !== undefined && isSigned && isSigned.length > 0)
      publisher.#published = { ...intent, note: bytes.toString('utf8') };
    else await publisher.#sign(intent);
    return publisher;
  }

  get published(): Published | undefined {
    return this.#published;
  }

  /** Writes tiles that became full, signing nothing. */
  async writeTiles({ full }: Snapshot): Promise<void> {
    await this.#folder.writeAll(full);
  }

  async publish(snapshot: Snapshot, origin: string): Promise<void> {
    const intent: Intent = { origin, size: snapshot.size, root: snapshot.root };
    await this.#folder.writeAll([...snapshot.full, ...snapshot.partial]);
    await writeIntent(this.#folder, intent);
    await this.#sign(intent);
    for (const file of [...snapshot.full, ...snapshot.partial]) await this.#dropNarrower(file);
  }

  async #sign(intent: Intent): Promise<void> {
    const note = signNote(checkpointText(intent), this.#as(intent.origin));
    await this.#folder.write('checkpoint', note);
    this.#published = { ...intent, note };
  }

  #as(origin: string): Signer {
    return renamed(this.#signer, origin);
  }

  /** Adds cosignature lines, verified by the caller, to the checkpoint they are of, if it still is the published one. */
  async addCosignatures(of: Checkpoint, lines: readonly string[]): Promise<void> {
    const published = this.#published;
    if (published?.size !== of.size || published.origin !== of.origin) return;
    const nameOf = (line: string): string => line.slice(0, line.lastIndexOf(' '));
    const names = new Set(lines.map(nameOf));
    // A witness that is asked again signs another time: its newest line is kept.
    const [text, others] = splitNote(published.note);
    const kept = others.split(/(?<=\n)/).filter((line) => !names.has(nameOf(line)));
    const note = `${text}${kept.join('')}${lines.join('')}`;
    const bytes = Buffer.from(note);
    await this.#folder.writeAll([
      { path: 'checkpoint', bytes },
      { path: 'witnessed', bytes },
    ]);
    this.#published = { ...published, note };
  }

  async #dropNarrower({ name, path }: TileFile): Promise<void> {
    const { disk } = this.#folder;
    const folder = this.#folder.at(`${tilePath({ ...name, width: TILE_WIDTH })}.p`);
    if (name.width === TILE_WIDTH) {
      await disk.removeFolder(folder);
      return;
    }
    for (const width of await disk.list(folder)) {
      const other = tilePath({ ...name, width: Number(width) });
      if (other !== path && parseTilePath(other) !== undefined) await disk.remove(this.#folder.at(other));
    }
  }
}

/** The text with its empty line, and the signature lines. */
function splitNote(note: string): [string, string] {
  const cut = note.lastIndexOf('\n\n') + 2;
  return [note.slice(0, cut), note.slice(cut)];
}
