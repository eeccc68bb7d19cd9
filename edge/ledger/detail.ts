/**
 * Exact values behind a leaf's `detail`: salted, and encrypted under a key per window and term of retention. Once the key is
 * gone the leaf's digest can't be matched with guesses any more, since the salt is gone with it.
 *
 * Order. Sealing: key file durable -> record appended and synced -> its digest may stand in a leaf. Shredding: key overwritten in place and
 * synced -> records removed -> `shred` leaf durable -> the empty key file removed. A crash in between is made good at the next pass, since
 * the key file is still there; at worst a second `shred` leaf says the same.
 *
 * Limits: an overwritten key may live on in old blocks of flash, and no key here is wrapped by a TPM. Records have a budget in bytes; beyond
 * it, or below the disk's reserve, sealing is refused.
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import canonicalize from 'canonicalize';
import { WorldError } from '../base/errors.ts';
import { AheadBatches } from './ahead.ts';
import type { DurableFolder } from './durable.ts';
import { HASH_BYTES, sha256 } from './merkle.ts';
import { msOf, parseWindowName, spanOf, type Window, windowName } from './window.ts';

const KEYS = 'detail-key';
const RECORDS = 'detail';
const DEK_BYTES = 32;
const SALT_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Values of one window are some numbers; this bounds what a fault of ours could write. */
const VALUES_BYTES_MAX = 64 * 1024;
/** Free bytes that the ledger leaves to the rest of the box. */
const DISK_RESERVE_BYTES_MIN = 64 * 1024 * 1024;

/** Records under one key: one window, and one time at which they must be gone. */
export interface DetailBatch {
  window: Window;
  /** To the minute, UTC. */
  expires: string;
}

type Told = (batch: DetailBatch, key: string) => Promise<unknown>;

interface Sealed {
  digest: string;
  values: unknown;
}

export class Details {
  readonly #folder: DurableFolder;
  readonly #bytesMax: number;
  #bytes = 0;
  /** By name of the batch; those that expired and were shredded are taken out. */
  readonly #batches = new Map<string, DetailBatch>();
  /** Batches whose file was seen in this process, so that no torn tail is left before new records. */
  readonly #settled = new Set<string>();
  readonly #ahead: AheadBatches;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(folder: DurableFolder, bytesMax: number, ahead: AheadBatches) {
    this.#folder = folder;
    this.#bytesMax = bytesMax;
    this.#ahead = ahead;
  }

  /** `bytesMax`: what all records together may take. */
  static async open(folder: DurableFolder, bytesMax: number): Promise<Details> {
    const details = new Details(folder, bytesMax, await AheadBatches.open(folder));
    await folder.folder(KEYS);
    await folder.folder(RECORDS);
    for (const batch of await Details.batchesIn(folder)) details.#batches.set(batchName(batch), batch);
    for (const name of await folder.disk.list(folder.at(RECORDS)))
      details.#bytes += (await folder.disk.sizeOf(folder.at(RECORDS, name))) ?? 0;
    return details;
  }

  /**
   * Resolves with the digest for the leaf when the record is durable. Throws WorldError `disk-full` when there is no room, and `ledger-failed` when
   * the batch is shredded already.
   */
  seal(batch: DetailBatch, values: unknown): Promise<string> {
    return this.#inTurn(() => this.#seal(batch, values));
  }

  async #seal(batch: DetailBatch, values: unknown): Promise<string> {
    const text = canonicalize(values);
    if (text === undefined || text.length > VALUES_BYTES_MAX) throw new Error('details that can not be sealed');
    const { disk } = this.#folder;
    if (this.#bytes + text.length > this.#bytesMax)
      throw new WorldError('disk-full', `details of the ledger take ${this.#bytes} of ${this.#bytesMax} bytes`);
    await requireReserve(this.#folder);
    const name = batchName(batch);
    const key = (await readKey(this.#folder, name)) ?? (await this.#makeKey(name, batch));
    if (isShredded(key)) throw new WorldError('ledger-failed', `the details of ${name} are shredded already`);
    const salt = randomBytes(SALT_BYTES);
    const record = encrypt(Buffer.from(canonicalize({ salt: salt.toString('hex'), values }) ?? ''), dekOf(key), name);
    await this.#settle(name, dekOf(key));
    const file = await disk.openAppend(this.#folder.at(RECORDS, name));
    try {
      await file.append(record);
      await file.datasync();
    } finally {
      await file.close();
    }
    if (!this.#settled.has(name)) await this.#folder.sync(RECORDS);
    this.#settled.add(name);
    this.#bytes += record.length;
    return digestOf(salt, text);
  }

  /** Cuts what a crash left half written at the end. */
  async #settle(name: string, dek: Buffer): Promise<void> {
    if (this.#settled.has(name)) return;
    const path = this.#folder.at(RECORDS, name);
    const bytes = await this.#folder.disk.read(path);
    if (bytes === undefined) return;
    const { wholeBytes } = decryptAll(bytes, dek, name);
    if (wholeBytes === bytes.length) return;
    const file = await this.#folder.disk.openAppend(path);
    try {
      await file.truncate(wholeBytes);
      await file.datasync();
    } finally {
      await file.close();
    }
    this.#bytes -= bytes.length - wholeBytes;
  }

  /** Values that are not on record yet, encrypted under the key of a batch, and so gone with it. */
  async wrap(batch: DetailBatch, values: unknown): Promise<Buffer> {
    const name = batchName(batch);
    const key = await this.#inTurn(async () => (await readKey(this.#folder, name)) ?? this.#makeKey(name, batch));
    if (isShredded(key)) throw new WorldError('ledger-failed', `the details of ${name} are shredded already`);
    const record = encrypt(Buffer.from(JSON.stringify({ salt: '', values })), dekOf(key), name);
    return Buffer.concat([Buffer.from(`${name}\n`), record]);
  }

  /** What `wrap` gave, or undefined when its key is gone or it is damaged. */
  static async unwrap(folder: DurableFolder, bytes: Buffer): Promise<unknown> {
    const end = bytes.indexOf('\n');
    const batch = parseBatchName(bytes.subarray(0, Math.max(0, end)).toString('latin1'));
    const key = batch && (await readKey(folder, batchName(batch)));
    if (batch === undefined || key === undefined || isShredded(key)) return undefined;
    return decryptAll(bytes.subarray(end + 1), dekOf(key), batchName(batch)).records[0]?.values;
  }

  /** All records of a batch, or undefined when its key is gone. Changes nothing. */
  static async readBatch(folder: DurableFolder, batch: DetailBatch): Promise<Sealed[] | undefined> {
    const name = batchName(batch);
    const key = await readKey(folder, name);
    if (key === undefined || isShredded(key)) return undefined;
    return decryptAll((await folder.read(`${RECORDS}/${name}`)) ?? Buffer.alloc(0), dekOf(key), name).records;
  }

  /** Batches with a key file. */
  static async batchesIn(folder: DurableFolder): Promise<DetailBatch[]> {
    return (await folder.disk.list(folder.at(KEYS))).flatMap((name) => parseBatchName(name) ?? []);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Destroys the keys of all batches that expired by then, and of those that a clock ahead of its time dated. `told` is called with each, and must resolve when the `shred` leaf is durable.
   * Gives how many were shredded.
   */
  shredDue(nowMs: number, told: Told): Promise<number> {
    return this.#inTurn(async () => {
      const overdue = await this.#ahead.due(this.#batches, nowMs);
      return this.#shredAll(({ expires }, name) => msOf(expires) <= nowMs || overdue.has(name), told);
    });
  }

  /** The same for all batches whose window has a time in common with this one, whenever they expire. Nothing can be sealed in them after. */
  shredWindow(window: Window, told: Told): Promise<number> {
    const [startMs, endMs] = spanOf(window);
    return this.#inTurn(() =>
      this.#shredAll((batch) => {
        const [fromMs, toMs] = spanOf(batch.window);
        return fromMs < endMs && toMs > startMs;
      }, told),
    );
  }

  async #shredAll(isMeant: (batch: DetailBatch, name: string) => boolean, told: Told): Promise<number> {
    const due = [...this.#batches].filter(([name, batch]) => isMeant(batch, name));
    for (const [name, batch] of due) await this.#shred(name, batch, told);
    return due.length;
  }

  async #shred(name: string, batch: DetailBatch, told: Told): Promise<void> {
    const { disk } = this.#folder;
    const key = await readKey(this.#folder, name);
    if (key !== undefined) {
      await disk.overwrite(this.#folder.at(KEYS, name), Buffer.alloc(DEK_BYTES));
      const bytes = (await disk.sizeOf(this.#folder.at(RECORDS, name))) ?? 0;
      await disk.remove(this.#folder.at(RECORDS, name));
      await this.#folder.sync(RECORDS);
      this.#bytes -= bytes;
      this.#settled.delete(name);
      await told(batch, `sha256:${key.subarray(DEK_BYTES).toString('hex')}`);
      await disk.remove(this.#folder.at(KEYS, name));
      await this.#folder.sync(KEYS);
    }
    this.#batches.delete(name);
  }

  async #makeKey(name: string, batch: DetailBatch): Promise<Buffer> {
    const dek = randomBytes(DEK_BYTES);
    const key = Buffer.concat([dek, sha256(dek)]);
    await this.#folder.write(`${KEYS}/${name}`, key);
    this.#batches.set(name, batch);
    return key;
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(run);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

/** Throws WorldError `disk-full` when the disk is below its reserve. */
export async function requireReserve(folder: DurableFolder): Promise<void> {
  const free = await folder.disk.freeBytes(folder.root);
  if (free >= DISK_RESERVE_BYTES_MIN) return;
  throw new WorldError(
    'disk-full',
    `${folder.root}: ${free} bytes are free, and the ledger leaves ${DISK_RESERVE_BYTES_MIN}`,
  );
}

/** Key and its digest, which names it in the `shred` leaf. */
async function readKey(folder: DurableFolder, name: string): Promise<Buffer | undefined> {
  const bytes = await folder.read(`${KEYS}/${name}`);
  return bytes?.length === DEK_BYTES + HASH_BYTES ? bytes : undefined;
}

function digestOf(salt: Buffer, text: string): string {
  return `hmac-sha256:${createHmac('sha256', salt).update(text).digest('hex')}`;
}

function dekOf(key: Buffer): Buffer {
  return key.subarray(0, DEK_BYTES);
}

function isShredded(key: Buffer): boolean {
  return dekOf(key).every((byte) => byte === 0);
}

/** A record: length of what follows (32 bits), nonce, ciphertext, tag. Its batch is authenticated with it. */
function encrypt(plain: Buffer, dek: Buffer, name: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', dek, nonce).setAAD(Buffer.from(name));
  const sealed = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(sealed.length);
  return Buffer.concat([length, sealed]);
}

function decryptAll(bytes: Buffer, dek: Buffer, name: string): { records: Sealed[]; wholeBytes: number } {
  const records: Sealed[] = [];
  let at = 0;
  while (at + 4 <= bytes.length) {
    const end = at + 4 + bytes.readUInt32BE(at);
    const sealed = bytes.subarray(at + 4, end);
    if (end > bytes.length || sealed.length < NONCE_BYTES + TAG_BYTES) break;
    const decipher = createDecipheriv('aes-256-gcm', dek, sealed.subarray(0, NONCE_BYTES));
    decipher.setAAD(Buffer.from(name)).setAuthTag(sealed.subarray(-TAG_BYTES));
    let plain: Buffer;
    try {
      plain = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    } catch {
      break;
    }
    const { salt, values } = JSON.parse(plain.toString('utf8')) as { salt: string; values: unknown };
    records.push({ digest: digestOf(Buffer.from(salt, 'hex'), canonicalize(values) ?? ''), values });
    at = end;
  }
  return { records, wholeBytes: at };
}

function batchName({ window, expires }: DetailBatch): string {
  return `${windowName(window)}_${expires.replaceAll(/[-:]/g, '')}`;
}

function parseBatchName(name: string): DetailBatch | undefined {
  const [, first = '', expires = ''] = /^(.+)_(\d{8}T\d{4}Z)$/.exec(name) ?? [];
  const window = parseWindowName(first);
  const end = parseWindowName(`${expires}_PT1M`);
  return window === undefined || end === undefined ? undefined : { window, expires: end[0] };
}
