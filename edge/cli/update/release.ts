/** A release: which packages belong together, by digest, under a number that only rises, signed by the city. */
import { createHash, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { messageOf, UserError } from '../../base/errors.ts';
import { seal, unseal } from '../../policy/envelope.ts';

const PAYLOAD_TYPE = 'application/vnd.garim.release+json';
/** Read whole, to be digested and written as one piece. Twice the size of the largest. */
const PACKAGE_BYTES_MAX = 512 * 1024 * 1024;

const releaseSchema = z.strictObject({
  v: z.literal(1),
  sequence: z.int().positive(),
  packages: z
    .array(
      z.strictObject({
        file: z.string().regex(/^[a-z0-9][A-Za-z0-9.+~_-]{0,200}\.deb$/),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .min(1)
    .max(8),
});
export type Release = z.infer<typeof releaseSchema>;

/** The signed text. Throws UserError when a file can't be read or has no name that a package may have. */
export async function sealRelease(files: readonly string[], sequence: number, key: KeyObject): Promise<string> {
  const packages = await Promise.all(
    files.map(async (file) => ({ file: path.basename(file), sha256: digestOf(await readPackage(file)) })),
  );
  const parsed = releaseSchema.safeParse({ v: 1, sequence, packages });
  if (!parsed.success)
    throw new UserError('a release is a number from 1 on, and files that end in .deb', { fix: 'Check both.' });
  return seal(PAYLOAD_TYPE, Buffer.from(JSON.stringify(parsed.data)), key);
}

/** Throws UserError unless the key signed it. */
export function openRelease(text: string, key: KeyObject, name: string): Release {
  const payload = unseal(text, PAYLOAD_TYPE, key, name);
  const parsed = releaseSchema.safeParse(JSON.parse(payload.toString('utf8')));
  if (!parsed.success) {
    throw new UserError(`${name}: signed, and of a form that this version does not know.`, {
      fix: 'Take a release in between.',
    });
  }
  return parsed.data;
}

/** The packages' bytes, each with the digest that was signed: what is checked is what is installed. Throws UserError. */
export async function readPackages(release: Release, dir: string): Promise<{ file: string; bytes: Buffer }[]> {
  return Promise.all(
    release.packages.map(async ({ file, sha256 }) => {
      const bytes = await readPackage(path.join(dir, file));
      if (digestOf(bytes) !== sha256)
        throw new UserError(`${file} is not the package that was signed.`, { fix: 'Copy it again.' });
      return { file, bytes };
    }),
  );
}

async function readPackage(file: string): Promise<Buffer> {
  try {
    const bytes = await readFile(file);
    if (bytes.length <= PACKAGE_BYTES_MAX) return bytes;
  } catch (error) {
    throw new UserError(`${file} can't be read: ${messageOf(error)}`, {
      fix: 'Put the packages beside the signed release.',
      cause: error,
    });
  }
  throw new UserError(`${file} is too large for a package.`, { fix: 'Give a package of Garim.' });
}

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
