/** Files as messages for an adapter. What a file is, its first bytes say; its name helps where they leave it open. */

import { isUtf8 } from 'node:buffer';
import type { ReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { messageOf as textOfError, UserError } from '../../base/errors.ts';
import { csvItems, delimiterOf } from './csv.ts';
import { gpxItems, traceOfFile } from './gpx.ts';
import type { FileItem } from './item.ts';
import { jsonItems } from './json.ts';
import { ndjsonItems } from './lines.ts';
import { isPcap, pcapItems } from './pcap.ts';

type Format = 'ndjson' | 'json' | 'csv' | 'gpx' | 'pcap';

const CHUNK_BYTES = 64 * 1024;
const BOM = [0xef, 0xbb, 0xbf];

/**
 * All messages of a file, in its order and in bounded memory: NDJSON, a JSON document, CSV with a header, GPX, or a pcap capture of 802.11
 * frames. Throws a UserError when the file can't be opened or is none of these.
 */
export async function* messagesOf(file: string): AsyncGenerator<FileItem> {
  const name = path.basename(file);
  const handle = await open(file).catch((error: unknown) => {
    throw new UserError(`${name} can't be opened: ${textOfError(error)}`, { fix: 'Check the path.', cause: error });
  });
  let source: ReadStream | undefined;
  try {
    if (!(await handle.stat()).isFile()) throw new UserError(`${name} is no file.`, { fix: 'Name a file.' });
    source = handle.createReadStream({ highWaterMark: CHUNK_BYTES, autoClose: false });
    const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    const first = await chunks.next();
    if (first.done === true) return;
    const head = BOM.every((byte, at) => first.value[at] === byte) ? first.value.subarray(3) : first.value;
    yield* itemsOf(formatOf(head, name), rejoin(head, chunks), name);
  } finally {
    source?.destroy();
    await handle.close();
  }
}

function itemsOf(format: Format, chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<FileItem> {
  switch (format) {
    case 'ndjson':
      return ndjsonItems(chunks);
    case 'json':
      return jsonItems(chunks);
    case 'csv':
      return csvItems(chunks);
    case 'gpx':
      return gpxItems(chunks, traceOfFile(name));
    case 'pcap':
      return pcapItems(chunks);
  }
}

async function* rejoin(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield head;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

const ELSEWHERE: readonly { starts: readonly number[]; what: string; fix: string }[] = [
  { starts: [0x0a, 0x0d, 0x0d, 0x0a], what: 'a pcapng capture', fix: 'Convert it: editcap -F pcap IN OUT.' },
  { starts: [0x1f, 0x8b], what: 'compressed', fix: 'Unpack it: gunzip.' },
  { starts: [0x50, 0x4b, 0x03, 0x04], what: 'a zip archive or a spreadsheet', fix: 'Unpack it, or save it as CSV.' },
  { starts: [0xff, 0xfe], what: 'in UTF-16', fix: 'Save it in UTF-8.' },
  { starts: [0xfe, 0xff], what: 'in UTF-16', fix: 'Save it in UTF-8.' },
];

function formatOf(head: Uint8Array, name: string): Format {
  for (const { starts, what, fix } of ELSEWHERE) {
    if (starts.every((byte, at) => head[at] === byte)) throw new UserError(`${name} is ${what}.`, { fix });
  }
  if (isPcap(head)) return 'pcap';
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString().trimStart();
  const extension = path.extname(name).toLowerCase();
  if (text.startsWith('<')) return 'gpx';
  if (text.startsWith('[')) return 'json';
  if (text.startsWith('{')) {
    const isByLine = extension === '.ndjson' || extension === '.jsonl' || isWholeJson(text.split('\n', 1)[0] ?? '');
    return isByLine ? 'ndjson' : 'json';
  }
  const header = text.split(/\r?\n/, 1)[0] ?? '';
  const isText = isUtf8(Buffer.from(header)) && !header.includes('\0') && !header.includes('\ufffd');
  if (isText && (extension === '.csv' || delimiterOf(header) !== undefined)) return 'csv';
  throw new UserError(`${name} is of no known format.`, {
    fix: 'Give NDJSON, JSON, CSV with a header, GPX, or a pcap capture.',
  });
}

function isWholeJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
