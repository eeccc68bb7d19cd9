/**
 * The disk as the ledger sees it: few operations, each of which says what a power cut may take back. Real disks are `node:fs`; the tests
 * bring one that loses, tears and reorders whatever was not synced.
 */
import { constants, type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises';

export interface AppendFile {
  /** Until `datasync()` has returned, a power cut may keep none, some or damaged bytes of it. */
  append(bytes: Uint8Array): Promise<void>;
  datasync(): Promise<void>;
  /** Cuts the file to this many bytes; durable after `datasync()`. */
  truncate(bytes: number): Promise<void>;
  close(): Promise<void>;
}

export interface Disk {
  /** The whole file, or undefined when there is none. */
  read(file: string): Promise<Buffer | undefined>;
  /** Names in a folder, in no order; empty when there is no folder. */
  list(folder: string): Promise<string[]>;
  /** In bytes, or undefined when there is no such file. */
  sizeOf(file: string): Promise<number | undefined>;
  /** Makes one folder; false when it is there already. Its name is durable after `syncFolder()` of the folder above. */
  makeFolder(folder: string): Promise<boolean>;
  /** Writes a new file, or a leftover's place, and syncs its content. Its name is durable after `syncFolder()`. */
  writeFile(file: string, bytes: Uint8Array): Promise<void>;
  /** Overwrites the beginning of a file in place, and syncs it. */
  overwrite(file: string, bytes: Uint8Array): Promise<void>;
  /** Opens at the end, and makes the file when there is none. */
  openAppend(file: string): Promise<AppendFile>;
  /** Atomic; durable after `syncFolder()` of the target's folder. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file, or does nothing when there is none. */
  remove(file: string): Promise<void>;
  /** Removes a folder with all that is in it. */
  removeFolder(folder: string): Promise<void>;
  syncFolder(folder: string): Promise<void>;
  /** Bytes that a user may still write. */
  freeBytes(folder: string): Promise<number>;
}

/** Only the box's user may read what is not public; what is public is served, not shared as files. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

export const nodeDisk: Disk = {
  read: (file) => readFile(file).catch(undefinedWhenAbsent),
  list: async (folder) => (await readdir(folder).catch(undefinedWhenAbsent)) ?? [],
  sizeOf: async (file) => (await stat(file).catch(undefinedWhenAbsent))?.size,
  makeFolder: async (folder) => {
    try {
      await mkdir(folder, { mode: FOLDER_MODE });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  },
  writeFile: (file, bytes) =>
    withHandle(file, 'w', async (handle) => {
      await handle.writeFile(bytes);
      await handle.sync();
    }),
  overwrite: (file, bytes) =>
    withHandle(file, 'r+', async (handle) => {
      await handle.write(bytes, 0, bytes.length, 0);
      await handle.sync();
    }),
  openAppend: async (file) => {
    const handle = await open(file, 'a', FILE_MODE);
    return {
      append: (bytes) => handle.appendFile(bytes),
      datasync: () => handle.datasync(),
      truncate: (bytes) => handle.truncate(bytes),
      close: () => handle.close(),
    };
  },
  rename,
  remove: (file) => rm(file, { force: true }),
  removeFolder: (folder) => rm(folder, { force: true, recursive: true }),
  syncFolder: (folder) => withHandle(folder, constants.O_RDONLY, (handle) => handle.sync()),
  freeBytes: async (folder) => {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  },
};

async function withHandle(file: string, flags: string | number, use: (handle: FileHandle) => Promise<void>) {
  const handle = await open(file, flags, FILE_MODE);
  try {
    await use(handle);
  } finally {
    await handle.close();
  }
}

function undefinedWhenAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
}
