/** Files of a folder that a running process may be writing in. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Path and content (as UTF-8) of each file below. A file that vanishes meanwhile, as one that is renamed into place does, is left out. */
export function filesBelow(folder: string): [file: string, content: string][] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry): [string, string][] => {
      const file = path.join(entry.parentPath, entry.name);
      try {
        return [[file, readFileSync(file, 'utf8')]];
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
        throw error;
      }
    });
}
