/**
 * Goal: no file, however damaged, stops the reader of files by anything but a stated refusal, and how it is cut into chunks does not matter.
 * Method: valid files with bytes overwritten, removed and repeated, read in chunks of two sizes.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MESSAGE_BYTES_MAX } from '../../../edge/base/limits.ts';
import { csvItems } from '../../../edge/sensor/formats/csv.ts';
import { gpxItems } from '../../../edge/sensor/formats/gpx.ts';
import type { FileItem } from '../../../edge/sensor/formats/item.ts';
import { jsonItems } from '../../../edge/sensor/formats/json.ts';
import { ndjsonItems } from '../../../edge/sensor/formats/lines.ts';
import { pcapItems } from '../../../edge/sensor/formats/pcap.ts';
import { pcapHeader, pcapRecord, probe, radiotap } from '../../support/pcap.ts';

type Reader = (chunks: AsyncIterable<Uint8Array>) => AsyncGenerator<FileItem>;

const record = pcapRecord(Buffer.concat([radiotap(-61), probe('daa119000001', { ssid: 'cafe' })]), 1_700_000_000, 5);

const FILES: Record<string, { reader: Reader; content: Buffer; patches: string[] }> = {
  ndjson: {
    reader: ndjsonItems,
    content: Buffer.from('{"a":1}\n{"b":[2]}\r\n{"c":"x"}'),
    patches: ['\n', '\r\n', '\0'],
  },
  json: {
    reader: jsonItems,
    content: Buffer.from('[{"a":"}\\"]"},{"b":[{"c":{}}]},\n{"d":1}]'),
    patches: ['"', '\\', '{', '}', '[', ']', ',', '7'],
  },
  csv: {
    reader: csvItems,
    content: Buffer.from('time;mac;name\n1;aa;"x;""y"""\n2;;\n3;bb;z\n'),
    patches: ['"', ';', '\n', '\r', ',', '""', '\ufeff'],
  },
  gpx: {
    reader: (chunks) => gpxItems(chunks, 't'),
    content: Buffer.from(
      '<?xml version="1.0"?><gpx><trk><trkseg><trkpt lat="1" lon="2"><time>x</time></trkpt></trkseg></trk></gpx>',
    ),
    patches: ['<', '>', '"', '&amp;', '&x;', '<![CDATA[', '<!--', '<!DOCTYPE a>', '<trkpt>', '</time>', '<time>'],
  },
  pcap: {
    reader: pcapItems,
    content: Buffer.concat([pcapHeader(), record, record]),
    patches: ['\0', '\0\0\0\0', '\x7f', '\x40'],
  },
};

async function read(reader: Reader, bytes: Uint8Array, chunkBytes: number): Promise<FileItem[]> {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  }
  const items: FileItem[] = [];
  for await (const item of reader(chunks())) items.push(item);
  return items;
}

/** What stays the same however a file is cut into chunks. Where damage was noticed does not. */
function essence(items: readonly FileItem[]): string[] {
  return items.map((item) => {
    if (item.kind === 'message') return `message ${Buffer.from(item.bytes).toString('latin1')}`;
    return item.kind === 'dropped' ? `${item.reason} ${item.at.unit} ${item.at.at}` : 'damaged';
  });
}

for (const [name, { reader, content, patches }] of Object.entries(FILES)) {
  test(`${name}: damaged files`, async () => {
    const patch = fc.oneof(
      fc.constantFrom(...patches).map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
    );
    const edit = fc.tuple(fc.nat(content.length), fc.nat(6), patch);
    // The first bytes of a capture say what it is; whoever opens a file has looked at them.
    const safe = name === 'pcap' ? 24 : 0;
    const damaged = fc.array(edit, { maxLength: 5 }).map((edits) => {
      let bytes = content;
      for (const [at, removed, added] of edits) {
        const start = Math.max(safe, at);
        bytes = Buffer.concat([bytes.subarray(0, start), added, bytes.subarray(start + removed)]);
      }
      return bytes;
    });
    await fc.assert(
      fc.asyncProperty(damaged, fc.integer({ min: 1, max: 9 }), async (bytes, chunkBytes) => {
        const items = await read(reader, bytes, chunkBytes);
        assert.deepEqual(essence(items), essence(await read(reader, bytes, 1 << 16)));
        assert.ok(items.every((item) => item.kind !== 'message' || item.bytes.byteLength <= MESSAGE_BYTES_MAX));
        assert.ok(items.every((item, at) => item.kind !== 'damaged' || at === items.length - 1));
      }),
      { numRuns: 400 },
    );
  });
}
