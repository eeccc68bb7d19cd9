/**
 * Verifies a whole log from its public files, and its details as far as their keys are there: every entry against its tile, every tile
 * against the ones below, the root against the signed checkpoint, every leaf against its schema. Believes nothing that it has not computed.
 */
import { WorldError } from '../base/errors.ts';
import { type DetailBatch, Details } from './detail.ts';
import type { DurableFolder } from './durable.ts';
import { baseOrigin, originSetBy } from './epoch.ts';
import { readJournal } from './journal.ts';
import { decodeLeaf, type Kind, type Leaf } from './leaf.ts';
import { HASH_BYTES, hashLeaf } from './merkle.ts';
import { parseVerifier, renamedVerifier, type Verifier, verifyNote } from './note.ts';
import { LogReader, type SignedCheckpoint } from './reader.ts';
import { TILE_WIDTH, tilePath, widthIn } from './tile.ts';
import { GrowingTree, type TileFile } from './tree.ts';
import { windowName } from './window.ts';

/** Faults that are told; a damaged disk may have thousands. */
const FAULTS_MAX = 20;

export interface AuditOptions {
  folder: DurableFolder;
  /** The log's key, from elsewhere; without it the log's first leaf is asked, which proves only that the log agrees with itself. */
  key?: Verifier;
  /** Witnesses that must have cosigned. */
  witnesses: readonly Verifier[];
}

export interface Audit {
  checkpoint: SignedCheckpoint | undefined;
  /** Key that the checkpoint was verified with. */
  vkey: string | undefined;
  /** Leaves by kind. */
  kinds: ReadonlyMap<Kind, number>;
  /** Entries that are durable and not signed yet. */
  unsigned: number;
  /** Sealed records that were opened and match their leaves. */
  details: number;
  faults: readonly string[];
}

class Faults {
  readonly list: string[] = [];
  #more = 0;

  add(fault: string): void {
    if (this.list.length < FAULTS_MAX) this.list.push(fault);
    else this.#more++;
  }

  all(): string[] {
    return this.#more === 0 ? this.list : [...this.list, `and ${this.#more} more`];
  }
}

/** Throws only when the disk can't be read: whatever is wrong with the log is a fault in the answer. */
export async function auditLog(options: AuditOptions): Promise<Audit> {
  const faults = new Faults();
  const reader = new LogReader(options.folder.disk, options.folder.root);
  const checkpoint = await reader.checkpoint();
  const leaves = new LeafAudit(faults, await DetailAudit.open(options.folder, faults));
  const audit = { checkpoint, kinds: leaves.kinds, unsigned: 0 };
  if (checkpoint === undefined) {
    faults.add('there is no checkpoint, or it is damaged');
    return { ...audit, vkey: undefined, details: 0, faults: faults.all() };
  }
  const tree = await auditTree(reader, checkpoint, leaves, faults);
  if (!tree.root().equals(checkpoint.root))
    faults.add('the entries are not those of the checkpoint: its root is another');
  const vkey = auditSignatures(checkpoint, options, leaves, faults);
  return {
    ...audit,
    vkey,
    unsigned: await auditJournal(options.folder, reader, checkpoint.size, faults),
    details: leaves.details.finish(),
    faults: faults.all(),
  };
}

async function auditTree(
  reader: LogReader,
  { size }: SignedCheckpoint,
  leaves: LeafAudit,
  faults: Faults,
): Promise<GrowingTree> {
  const tree = GrowingTree.empty();
  for (let at = 0; at < size; at += TILE_WIDTH) {
    const hashes = await reader.tile({ level: 0, index: at / TILE_WIDTH, width: widthIn(size, 0, at / TILE_WIDTH) });
    if (hashes === undefined) faults.add(`the tile of entry ${at} is missing or damaged`);
    let entries: Buffer[];
    try {
      entries = await reader.bundle(at, size);
    } catch (error) {
      if (!(error instanceof WorldError)) throw error;
      faults.add(`entries from ${at} on are missing or damaged`);
      return tree;
    }
    for (const [i, entry] of entries.entries()) {
      const hash = hashLeaf(entry);
      if (hashes !== undefined && !hash.equals(hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES)))
        faults.add(`entry ${at + i} is not what its tile says`);
      leaves.add(at + i, entry);
      tree.append(entry, hash);
    }
    const snapshot = tree.snapshot();
    for (const file of snapshot.full) await auditTile(reader, file, faults);
    tree.written(snapshot);
  }
  for (const file of tree.snapshot().partial) await auditTile(reader, file, faults);
  return tree;
}

async function auditTile(reader: LogReader, { name, bytes }: TileFile, faults: Faults): Promise<void> {
  const found = await reader.tile(name);
  if (found === undefined) faults.add(`${tilePath(name)} is missing or damaged`);
  else if (!found.equals(bytes)) faults.add(`${tilePath(name)} does not follow from the entries`);
}

function auditSignatures(
  { origin, note }: SignedCheckpoint,
  { key, witnesses }: AuditOptions,
  leaves: LeafAudit,
  faults: Faults,
): string | undefined {
  const own = leaves.genesis?.key;
  const base = key ?? (own === undefined ? undefined : parseOwnKey(own));
  if (leaves.origin !== origin)
    faults.add(`the checkpoint is of ${origin}, and the entries of ${leaves.origin ?? 'nobody'}`);
  if (base === undefined) {
    faults.add('there is no key to verify the checkpoint with');
    return undefined;
  }
  if (base.name !== baseOrigin(origin)) faults.add(`the checkpoint is of ${origin}, and the key of ${base.name}`);
  if (own !== undefined && own !== base.vkey) faults.add('the first leaf names another key');
  const verifier = renamedVerifier(base, origin);
  const valid = verifyNote(note, [verifier, ...witnesses]);
  if (valid === undefined) faults.add('a signature of the checkpoint is wrong');
  if (valid?.some((signature) => signature.verifier === verifier) !== true)
    faults.add('the checkpoint is not signed by the key of the log');
  for (const witness of witnesses)
    if (valid?.some((signature) => signature.verifier === witness) !== true)
      faults.add(`the checkpoint is not cosigned by ${witness.name}`);
  return verifier.vkey;
}

function parseOwnKey(vkey: string): Verifier | undefined {
  try {
    return parseVerifier(vkey);
  } catch {
    return undefined;
  }
}

/** What the journal still holds must be what the bundles hold; gives how many entries are not signed yet. */
async function auditJournal(folder: DurableFolder, reader: LogReader, size: number, faults: Faults): Promise<number> {
  const { start, records } = await readJournal(folder.disk, folder.at('journal'));
  let bundle: Buffer[] = [];
  for (let index = start; index < Math.min(size, start + records.length); index++) {
    if (index % TILE_WIDTH === 0 || bundle.length === 0) bundle = await reader.bundle(index, size).catch(() => []);
    if (bundle[index % TILE_WIDTH]?.equals(records[index - start]!.entry) === false)
      faults.add(`entry ${index} is another in the journal`);
  }
  return Math.max(0, start + records.length - size);
}

/** Leaf by leaf: schema, order, and the origin that applies. */
class LeafAudit {
  readonly kinds = new Map<Kind, number>();
  readonly details: DetailAudit;
  genesis: Leaf<'genesis'> | undefined;
  origin: string | undefined;
  readonly #faults: Faults;

  constructor(faults: Faults, details: DetailAudit) {
    this.#faults = faults;
    this.details = details;
  }

  add(index: number, entry: Buffer): void {
    const decoded = decodeLeaf(entry);
    if ('fault' in decoded) {
      this.#faults.add(`entry ${index} is no leaf: ${decoded.fault}`);
      return;
    }
    const { leaf } = decoded;
    this.kinds.set(leaf.kind, (this.kinds.get(leaf.kind) ?? 0) + 1);
    if ((leaf.kind === 'genesis') !== (index === 0))
      this.#faults.add(
        index === 0 ? 'the first entry does not say whose log it is' : `entry ${index} begins the log again`,
      );
    if (leaf.kind === 'genesis' && index === 0) {
      this.genesis = leaf;
      this.origin = leaf.origin;
    }
    if (leaf.kind === 'epoch') {
      if (leaf.previous.origin !== this.origin || baseOrigin(leaf.origin) !== baseOrigin(this.origin ?? ''))
        this.#faults.add(`entry ${index} opens an epoch of another log`);
      this.origin = originSetBy(entry);
    }
    if (leaf.box !== (this.genesis?.box ?? leaf.box)) this.#faults.add(`entry ${index} is of another box`);
    this.details.add(index, leaf);
  }
}

/** Digests in leaves against the records that can still be opened, and windows without a key against `shred` leaves. */
class DetailAudit {
  readonly #faults: Faults;
  /** Digests of the windows whose keys are there. */
  readonly #open: Map<string, Set<string>>;
  /** Windows that leaves name and that have no key: they must be shredded. */
  readonly #gone = new Map<string, number>();
  #matched = 0;

  private constructor(faults: Faults, open: Map<string, Set<string>>) {
    this.#faults = faults;
    this.#open = open;
  }

  static async open(folder: DurableFolder, faults: Faults): Promise<DetailAudit> {
    const open = new Map<string, Set<string>>();
    for (const batch of await Details.batchesIn(folder)) await addDigests(folder, batch, open);
    return new DetailAudit(faults, open);
  }

  add(index: number, leaf: Leaf): void {
    if (leaf.kind === 'shred') this.#gone.delete(windowName(leaf.window));
    if (!('detail' in leaf) || leaf.detail === undefined) return;
    const name = windowName(leaf.window);
    if (this.#open.get(name)?.has(leaf.detail) === true) this.#matched++;
    else if (!this.#gone.has(name)) this.#gone.set(name, index);
  }

  finish(): number {
    for (const [name, index] of this.#gone)
      this.#faults.add(`the details of entry ${index}, window ${name}, are neither there nor shredded on record`);
    return this.#matched;
  }
}

async function addDigests(folder: DurableFolder, batch: DetailBatch, open: Map<string, Set<string>>): Promise<void> {
  const records = await Details.readBatch(folder, batch);
  if (records === undefined) return;
  const name = windowName(batch.window);
  const digests = open.get(name) ?? new Set();
  for (const { digest } of records) digests.add(digest);
  open.set(name, digests);
}
