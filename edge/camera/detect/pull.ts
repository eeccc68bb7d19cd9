/**
 * Fetches one model of the manifest into the store. Nothing that is not exactly the manifest's bytes keeps a name: the download goes
 * to a temporary file, is cut off at the manifest's size, and is renamed only after its digest matched and it was written through.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, UserError, WorldError } from '../../base/errors.ts';
import type { ModelEntry } from './manifest.ts';
import type { ModelStore } from './store.ts';

const PULL_MS_MAX = 10 * 60_000;

/** Path of the file. Rejects with UserError (can't be pulled), WorldError `source-unreachable` or `model-digest-mismatch`. */
export async function pullModel(store: ModelStore, name: string): Promise<string> {
  const entry = store.entryOf(name);
  const { url } = entry.source;
  if (url === undefined) {
    throw new UserError(`model ${name} can't be pulled (${entry.source.description})`, {
      fix: `put ${entry.file} into a folder of GARIM_MODELS`,
    });
  }
  const target = path.join(store.pullDir, entry.file);
  const temporary = `${target}.${process.pid}.part`;
  await mkdir(store.pullDir, { recursive: true });
  try {
    await download(entry, url, temporary);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    if (!(error instanceof WorldError && error.code === 'source-unreachable')) throw error;
    const byHand = `on a box without network, put ${entry.file} into ${store.pullDir}`;
    throw new WorldError(error.code, `${error.message}; ${byHand}`, { cause: error });
  }
  return target;
}

async function download(entry: ModelEntry, url: string, file: string): Promise<void> {
  const { name, sizeBytes, sha256 } = entry;
  const body = await bodyOf(name, url);
  const hash = createHash('sha256');
  let gotBytes = 0;
  await using handle = await open(file, 'w');
  try {
    for await (const chunk of body) {
      gotBytes += chunk.length;
      if (gotBytes > sizeBytes) break;
      hash.update(chunk);
      await handle.writeFile(chunk);
    }
  } catch (error) {
    throw new WorldError('source-unreachable', `${url} broke off after ${gotBytes} bytes: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const found = hash.digest('hex');
  if (gotBytes !== sizeBytes) {
    const got = gotBytes > sizeBytes ? `more than ${sizeBytes}` : String(gotBytes);
    throw refused(`${url} is not model ${name}: it has ${got} bytes instead of ${sizeBytes}`);
  }
  if (found !== sha256) throw refused(`${url} is not model ${name}: expected sha256 ${sha256}, found ${found}`);
  await handle.sync();
}

async function bodyOf(name: string, url: string): Promise<AsyncIterable<Uint8Array>> {
  let response: Response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(PULL_MS_MAX) });
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
    throw new WorldError('source-unreachable', `model ${name} can't be fetched from ${url}: ${cause}`, {
      cause: error,
    });
  }
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new WorldError('source-unreachable', `model ${name} can't be fetched from ${url}: status ${response.status}`);
  }
  return response.body;
}

function refused(message: string): WorldError {
  return new WorldError('model-digest-mismatch', `${message}; nothing was kept`);
}
