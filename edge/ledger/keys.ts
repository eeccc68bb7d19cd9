/** Private Ed25519 keys as PKCS #8 PEM files of mode 0600. Only this module reads or makes them. */
import { generateKeyPairSync } from 'node:crypto';
import { UserError } from '../base/errors.ts';
import type { DurableFolder } from './durable.ts';
import { type Signer, signerOf } from './note.ts';

/**
 * The key in the file; with `isNew`, a new one in its place. Throws UserError when it is missing or damaged: a log without its key can't
 * go on, and another key must not sign in its name.
 */
export async function loadSigner(
  folder: DurableFolder,
  options: { file: string; name: string; kind: 'log' | 'cosigner'; isNew: boolean },
): Promise<Signer> {
  const { file, name, kind, isNew } = options;
  if (isNew) {
    const { privateKey } = generateKeyPairSync('ed25519');
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    await folder.write(file, pem);
    return signerOf(pem, name, kind);
  }
  const pem = await folder.read(file);
  const fix = `restore it from a backup, or move ${folder.root} away to begin anew`;
  if (pem === undefined) throw new UserError(`the key ${folder.at(file)} is missing`, { fix });
  try {
    return signerOf(pem.toString('utf8'), name, kind);
  } catch (error) {
    if (error instanceof UserError) throw error;
    // The parser's message is of no use, and must not quote the key.
    throw new UserError(`the key ${folder.at(file)} is damaged`, { fix });
  }
}
