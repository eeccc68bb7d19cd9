/** A log of plain texts, for tests of what does not depend on leaves. */
import { generateKeyPairSync } from 'node:crypto';
import type { Disk } from '../../edge/ledger/disk.ts';
import { DurableFolder } from '../../edge/ledger/durable.ts';
import { Log } from '../../edge/ledger/log.ts';
import { type Signer, signerOf } from '../../edge/ledger/note.ts';

export function newSigner(name: string, kind: 'log' | 'cosigner' = 'log'): Signer {
  const { privateKey } = generateKeyPairSync('ed25519');
  return signerOf(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), name, kind);
}

/** `origin:NAME` as an entry switches the origin. Nothing is published but by `publish()`. */
export async function openTestLog(disk: Disk, dir: string, signer: Signer): Promise<Log> {
  const folder = new DurableFolder(disk, dir);
  await folder.open();
  return Log.open({
    folder,
    signer,
    originSetBy: (entry) =>
      entry.subarray(0, 7).equals(Buffer.from('origin:')) ? entry.toString().slice(7) : undefined,
    publishWithinMs: undefined,
    onFailed: () => {},
    onPublished: () => {},
  });
}
