/** Files of a folder that a running process may be writing in. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Path and content of each file below. A file that vanishes meanwhile, as one that is renamed into place does, is left out. */
export function bytesBelow(folder: string): [file: string, content: Buffer][] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry): [string, Buffer][] => {
      const file = path.join(entry.parentPath, entry.name);
      try {
        return [[file, readFileSync(file)]];
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
        throw error;
      }
    });
}

/** The same, as UTF-8. */
export const filesBelow = (folder: string): [file: string, content: string][] =>
  bytesBelow(folder).map(([file, content]) => [file, content.toString()]);
