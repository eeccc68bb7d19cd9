/** Where the public weights and evaluation data are, when they are there. Tests that need them say so by name when they skip. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../edge/base/paths.ts';

const root = process.env['GARIM_SHARED'] ?? path.join(packageRoot, '..', 'shared');

export const sharedModels: string | undefined = existsSync(path.join(root, 'models'))
  ? path.join(root, 'models')
  : undefined;
export const sharedData: string | undefined = existsSync(path.join(root, 'data')) ? path.join(root, 'data') : undefined;

/** For `test(name, { skip: needs(sharedData, 'evaluation data') }, ...)`. */
export function needs(found: unknown, what: string): string | false {
  return found ? false : `needs ${what}, not found on this machine`;
}
