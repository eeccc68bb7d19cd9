/** Reads a file that the command line names. */
import { readFile } from 'node:fs/promises';
import { messageOf, UserError } from '../base/errors.ts';

/** Throws UserError when it can't be read. */
export async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UserError(`${file} can't be read: ${code ?? messageOf(error)}.`, {
      fix: 'Check the path.',
      cause: error,
    });
  }
}
