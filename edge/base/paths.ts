import { existsSync } from 'node:fs';
import path from 'node:path';

/** Folder that holds package.json: the compiled code runs from `dist/`, and models and console files lie beside it. */
export const packageRoot: string = (() => {
  let dir = import.meta.dirname;
  while (!existsSync(path.join(dir, 'package.json'))) {
    const parent = path.dirname(dir);
    if (parent === dir) throw new Error('package.json not found above the running code');
    dir = parent;
  }
  return dir;
})();
