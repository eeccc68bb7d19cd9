/**
 * Files that a power cut leaves whole or absent: written under `tmp/`, synced, renamed, and their folder synced. All temporary files of
 * one ledger lie in one folder, which is emptied when it is opened.
 */
import path from 'node:path';
import type { Disk } from './disk.ts';

/** Files under way at once: enough for one flush of the disk to serve several. */
const WRITES_AT_ONCE_MAX = 8;

export class DurableFolder {
  readonly disk: Disk;
  readonly root: string;
  /** Folders known to be durable; bounded, since they are few per million entries. */
  readonly #folders = new Set<string>();
  #count = 0;

  constructor(disk: Disk, root: string) {
    this.disk = disk;
    this.root = root;
  }

  /** Makes the folder itself. */
  async make(): Promise<void> {
    await this.#makeRoot();
  }

  /** Makes the folder and empties `tmp/`: nobody else may be writing. */
  async open(): Promise<void> {
    await this.#ensureFolder('tmp');
    for (const name of await this.disk.list(this.at('tmp'))) await this.disk.remove(this.at('tmp', name));
  }

  at(...names: string[]): string {
    return path.join(this.root, ...names);
  }

  read(name: string): Promise<Buffer | undefined> {
    return this.disk.read(this.at(name));
  }

  /** After this, the file is there with these bytes, whatever happens. */
  async write(name: string, bytes: Uint8Array | string): Promise<void> {
    await this.writeAll([{ path: name, bytes: Buffer.from(bytes) }]);
  }

  /** The same for many files; each folder is synced once. */
  async writeAll(files: readonly { path: string; bytes: Uint8Array }[]): Promise<void> {
    for (let at = 0; at < files.length; at += WRITES_AT_ONCE_MAX) {
      // Settled, so that nothing is under way any more when a fault is reported.
      const writes = await Promise.allSettled(
        files.slice(at, at + WRITES_AT_ONCE_MAX).map((file) => this.#place(file)),
      );
      const failed = writes.find((write) => write.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    }
    for (const folder of new Set(files.map((file) => path.dirname(file.path)))) await this.sync(folder);
  }

  sync(folder: string): Promise<void> {
    return this.disk.syncFolder(this.at(folder));
  }

  async #place({ path: name, bytes }: { path: string; bytes: Uint8Array }): Promise<void> {
    const partial = this.at('tmp', String(++this.#count));
    await this.#ensureFolder(path.dirname(name));
    await this.disk.writeFile(partial, bytes);
    await this.disk.rename(partial, this.at(name));
  }

  /** Makes a folder below the root, and all above it, durable. */
  async #ensureFolder(folder: string): Promise<void> {
    if (this.#folders.has(folder)) return;
    const names = folder === '.' ? [] : folder.split('/');
    await this.#makeRoot();
    let above = this.root;
    for (const name of names) {
      const below = path.join(above, name);
      await this.disk.makeFolder(below);
      // Also when it was there: whoever made it may not have got to syncing it.
      await this.disk.syncFolder(above);
      above = below;
    }
    this.#folders.add(folder);
  }

  async #makeRoot(): Promise<void> {
    if (this.#folders.has('.')) return;
    const missing: string[] = [];
    for (let folder = this.root; ; folder = path.dirname(folder)) {
      missing.unshift(folder);
      if (
        path.dirname(folder) === folder ||
        (await this.disk.list(path.dirname(folder))).includes(path.basename(folder))
      )
        break;
    }
    for (const folder of missing) {
      await this.disk.makeFolder(folder);
      await this.disk.syncFolder(path.dirname(folder));
    }
    this.#folders.add('.');
  }

  /** Makes a folder below the root durable, for files that are appended to. */
  folder(name: string): Promise<void> {
    return this.#ensureFolder(name);
  }
}
