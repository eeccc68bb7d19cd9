/**
 * A disk in memory that records every change, and can be cut off after any of them: what was not synced by then is then kept, lost, torn or
 * replaced by garbage, each piece by itself and in any order, as a real disk may do. Renames are atomic; all else is not.
 */
import path from 'node:path';
import type { Disk } from '../../edge/ledger/disk.ts';

type Change =
  | { op: 'write'; node: number; at: number; bytes: Buffer }
  | { op: 'truncate'; node: number; bytes: number }
  | { op: 'sync'; node: number }
  | { op: 'link'; folder: number; name: string; node: number; isFolder: boolean }
  | { op: 'unlink'; folder: number; name: string }
  | { op: 'sync-folder'; folder: number }
  | { op: 'note'; text: string };

interface Folder {
  names: Map<string, number>;
}

type Nodes = Map<number, Folder | { bytes: Buffer }>;

/** Gives a number from 0 to below n: what becomes of one piece. */
export type Choose = (n: number) => number;

const ROOT = 0;

export class LosingDisk implements Disk {
  readonly changes: Change[] = [];
  /** As it was when the power came on. */
  readonly #before: Nodes;
  readonly #now: Nodes;
  #nextNode: number;
  freeBytesNow: number = Number.MAX_SAFE_INTEGER;
  /** Called before each change; throws to let it fail. */
  onChange: (op: Change['op']) => void = () => {};

  constructor(before: Nodes = new Map([[ROOT, { names: new Map() }]])) {
    this.#before = before;
    this.#now = clone(before);
    this.#nextNode = Math.max(...before.keys()) + 1;
  }

  /** Lets the test find in the sequence what was promised when. */
  note(text: string): void {
    this.changes.push({ op: 'note', text });
  }

  /** What is on the disk after a power cut behind the first `count` changes. */
  cutAfter(count: number, choose: Choose): LosingDisk {
    const nodes = clone(this.#before);
    const writes = new Map<number, Change[]>();
    const links = new Map<number, Change[]>();
    const add = (map: Map<number, Change[]>, key: number, change: Change) =>
      map.set(key, [...(map.get(key) ?? []), change]);
    for (const change of this.changes.slice(0, count)) {
      if (change.op === 'link' && !nodes.has(change.node))
        nodes.set(change.node, change.isFolder ? { names: new Map() } : { bytes: Buffer.alloc(0) });
      if (change.op === 'write' || change.op === 'truncate') add(writes, change.node, change);
      else if (change.op === 'link' || change.op === 'unlink') add(links, change.folder, change);
      else if (change.op === 'sync') {
        for (const done of writes.get(change.node) ?? []) apply(nodes, done);
        writes.delete(change.node);
      } else if (change.op === 'sync-folder') {
        for (const done of links.get(change.folder) ?? []) apply(nodes, done);
        links.delete(change.folder);
      }
    }
    for (const pending of writes.values()) for (const change of pending) applyInPart(nodes, change, choose);
    for (const pending of links.values()) for (const change of pending) if (choose(2) === 0) apply(nodes, change);
    return new LosingDisk(nodes);
  }

  #change(change: Change): void {
    this.onChange(change.op);
    this.changes.push(change);
    apply(this.#now, change);
  }

  #find(file: string): number | undefined {
    let node: number | undefined = ROOT;
    for (const name of file.split('/').filter((part) => part !== '')) {
      const folder: Nodes extends Map<number, infer N> ? N | undefined : never = this.#now.get(node);
      node = folder !== undefined && 'names' in folder ? folder.names.get(name) : undefined;
      if (node === undefined) return undefined;
    }
    return node;
  }

  #folderOf(file: string): number {
    const folder = this.#find(path.dirname(file));
    if (folder === undefined) throw Object.assign(new Error(`ENOENT: ${file}`), { code: 'ENOENT' });
    return folder;
  }

  #make(file: string, isFolder: boolean): number {
    const node = this.#nextNode++;
    this.#now.set(node, isFolder ? { names: new Map() } : { bytes: Buffer.alloc(0) });
    this.#change({ op: 'link', folder: this.#folderOf(file), name: path.basename(file), node, isFolder });
    return node;
  }

  #bytes(node: number | undefined): Buffer | undefined {
    const found = node === undefined ? undefined : this.#now.get(node);
    return found !== undefined && 'bytes' in found ? found.bytes : undefined;
  }

  async read(file: string): Promise<Buffer | undefined> {
    const bytes = this.#bytes(this.#find(file));
    return bytes && Buffer.from(bytes);
  }

  async list(folder: string): Promise<string[]> {
    const node = this.#find(folder);
    const found = node === undefined ? undefined : this.#now.get(node);
    return found !== undefined && 'names' in found ? [...found.names.keys()] : [];
  }

  async sizeOf(file: string): Promise<number | undefined> {
    return this.#bytes(this.#find(file))?.length;
  }

  async makeFolder(folder: string): Promise<boolean> {
    if (this.#find(folder) !== undefined) return false;
    this.#make(folder, true);
    return true;
  }

  async writeFile(file: string, bytes: Uint8Array): Promise<void> {
    const node = this.#find(file) ?? this.#make(file, false);
    if (this.#bytes(node)!.length > 0) this.#change({ op: 'truncate', node, bytes: 0 });
    this.#change({ op: 'write', node, at: 0, bytes: Buffer.from(bytes) });
    this.#change({ op: 'sync', node });
  }

  async overwrite(file: string, bytes: Uint8Array): Promise<void> {
    const node = this.#find(file)!;
    this.#change({ op: 'write', node, at: 0, bytes: Buffer.from(bytes) });
    this.#change({ op: 'sync', node });
  }

  async openAppend(file: string) {
    const node = this.#find(file) ?? this.#make(file, false);
    return {
      append: async (bytes: Uint8Array) =>
        this.#change({ op: 'write', node, at: this.#bytes(node)!.length, bytes: Buffer.from(bytes) }),
      datasync: async () => this.#change({ op: 'sync', node }),
      truncate: async (bytes: number) => this.#change({ op: 'truncate', node, bytes }),
      close: async () => {},
    };
  }

  async rename(from: string, to: string): Promise<void> {
    const node = this.#find(from)!;
    const isFolder = 'names' in this.#now.get(node)!;
    this.#change({ op: 'link', folder: this.#folderOf(to), name: path.basename(to), node, isFolder });
    this.#change({ op: 'unlink', folder: this.#folderOf(from), name: path.basename(from) });
  }

  async remove(file: string): Promise<void> {
    if (this.#find(file) !== undefined)
      this.#change({ op: 'unlink', folder: this.#folderOf(file), name: path.basename(file) });
  }

  async removeFolder(folder: string): Promise<void> {
    await this.remove(folder);
  }

  async syncFolder(folder: string): Promise<void> {
    const node = this.#find(folder);
    if (node === undefined) throw Object.assign(new Error(`ENOENT: ${folder}`), { code: 'ENOENT' });
    this.#change({ op: 'sync-folder', folder: node });
  }

  async freeBytes(): Promise<number> {
    return this.freeBytesNow;
  }
}

function clone(nodes: Nodes): Nodes {
  return new Map(
    [...nodes].map(([id, node]) => [
      id,
      'names' in node ? { names: new Map(node.names) } : { bytes: Buffer.from(node.bytes) },
    ]),
  );
}

function apply(nodes: Nodes, change: Change): void {
  if (change.op === 'write' || change.op === 'truncate') {
    const file = nodes.get(change.node) as { bytes: Buffer };
    if (change.op === 'truncate') file.bytes = file.bytes.subarray(0, change.bytes);
    else {
      const bytes = Buffer.alloc(Math.max(file.bytes.length, change.at + change.bytes.length));
      file.bytes.copy(bytes);
      change.bytes.copy(bytes, change.at);
      file.bytes = bytes;
    }
  } else if (change.op === 'link') (nodes.get(change.folder) as Folder).names.set(change.name, change.node);
  else if (change.op === 'unlink') (nodes.get(change.folder) as Folder).names.delete(change.name);
}

/** What becomes of one change that was not synced: all, none, the beginning, the end behind zeroes, or garbage of its length. */
function applyInPart(nodes: Nodes, change: Change, choose: Choose): void {
  const fate = choose(5);
  if (fate === 0) apply(nodes, change);
  if (fate <= 1 || change.op !== 'write') return;
  const { bytes } = change;
  const at = choose(bytes.length + 1);
  if (fate === 2) apply(nodes, { ...change, bytes: bytes.subarray(0, at) });
  else if (fate === 3) apply(nodes, { ...change, at: change.at + at, bytes: bytes.subarray(at) });
  else apply(nodes, { ...change, bytes: Buffer.from(bytes.map(() => choose(256))) });
}
