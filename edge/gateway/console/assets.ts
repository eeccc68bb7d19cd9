/**
 * The console's static files, read once at start. A request picks one by exact match of its path in a table, so no path of a
 * request ever reaches the file system.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../base/errors.ts';

export interface Asset {
  body: Buffer;
  contentType: string;
  etag: string;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** By file name, e.g. `app.js`; the player of the preview is `jsmpeg-player.js`. */
export async function loadAssets(): Promise<ReadonlyMap<string, Asset>> {
  const dir = path.join(import.meta.dirname, 'app');
  const assets = new Map<string, Asset>();
  let names: string[];
  try {
    names = await readdir(dir);
  } catch (error) {
    throw new UserError('the console’s files are missing beside the program', {
      fix: 'run npm run build',
      cause: error,
    });
  }
  for (const name of names) {
    const contentType = CONTENT_TYPES[path.extname(name)];
    if (contentType !== undefined) assets.set(name, asset(await readFile(path.join(dir, name)), contentType));
  }
  const player = fileURLToPath(import.meta.resolve('@cycjimmy/jsmpeg-player'));
  assets.set('jsmpeg-player.js', asset(await readFile(player), 'text/javascript; charset=utf-8'));
  return assets;
}

function asset(body: Buffer, contentType: string): Asset {
  return { body, contentType, etag: `"${createHash('sha256').update(body).digest('base64url')}"` };
}
