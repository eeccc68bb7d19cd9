/**
 * Goal: files become messages, in bounded memory, and damage costs what is damaged and no more. Method: files written here, whole, cut at
 * every byte, with lines and cells that are too long, of the wrong encoding or kind, and in chunks of one byte.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { UserError } from '../../../../edge/base/errors.ts';
import { MESSAGE_BYTES_MAX } from '../../../../edge/base/limits.ts';
import { csvItems } from '../../../../edge/sensor/formats/csv.ts';
import { gpxItems } from '../../../../edge/sensor/formats/gpx.ts';
import { messagesOf } from '../../../../edge/sensor/formats/index.ts';
import type { FileItem } from '../../../../edge/sensor/formats/item.ts';
import { jsonItems } from '../../../../edge/sensor/formats/json.ts';
import { ndjsonItems } from '../../../../edge/sensor/formats/lines.ts';
import { pcapItems } from '../../../../edge/sensor/formats/pcap.ts';
import { pcapHeader, pcapRecord, probe, radiotap } from '../../../support/pcap.ts';
import { TempDir } from '../../../support/temp.ts';

type Reader = (chunks: AsyncIterable<Uint8Array>) => AsyncGenerator<FileItem>;

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Messages as text, and what was dropped as `reason unit at`. */
async function summary(items: AsyncIterable<FileItem>): Promise<string[]> {
  const lines: string[] = [];
  for await (const item of items) {
    if (item.kind === 'message') lines.push(Buffer.from(item.bytes).toString());
    else if (item.kind === 'dropped') lines.push(`dropped ${item.reason} ${item.at.unit} ${item.at.at}`);
    else lines.push(`damaged ${item.at.unit} ${item.at.at}`);
  }
  return lines;
}

function read(reader: Reader, content: string | Uint8Array, chunkBytes = 7): Promise<string[]> {
  return summary(reader(chunksOf(Buffer.from(content), chunkBytes)));
}

const gpx: Reader = (chunks) => gpxItems(chunks, 't');

describe('NDJSON', () => {
  test('one message a line, whatever its end; empty lines are none', async () => {
    assert.deepEqual(await read(ndjsonItems, '{"a":1}\r\n\n{"b":2}\n{"c'), ['{"a":1}', '{"b":2}', '{"c']);
    assert.deepEqual(await read(ndjsonItems, '{"a":1}\r\n\n{"b":2}\n', 1), ['{"a":1}', '{"b":2}']);
  });

  test('a line over the limit is dropped with its number, and the next goes on', async () => {
    const fits = 'x'.repeat(MESSAGE_BYTES_MAX);
    const content = `${fits}\n${fits}y\n{"a":1}\n${fits}y`;
    for (const chunkBytes of [1000, 1 << 20]) {
      const items = await read(ndjsonItems, content, chunkBytes);
      assert.deepEqual(items, [fits, 'dropped too-large line 2', '{"a":1}', 'dropped too-large line 4']);
    }
  });
});

describe('JSON', () => {
  test('one object, objects in a row, and elements of an array', async () => {
    for (const chunkBytes of [1, 5, 1000]) {
      assert.deepEqual(await read(jsonItems, '{"a":\n{"b":"}\\"]"}}', chunkBytes), ['{"a":\n{"b":"}\\"]"}}']);
      assert.deepEqual(await read(jsonItems, '{"a":1}\n{"b":[2]}', chunkBytes), ['{"a":1}', '{"b":[2]}']);
      assert.deepEqual(await read(jsonItems, ' [{"a":1},\n {"b":[{}]}]\n', chunkBytes), ['{"a":1}', '{"b":[{}]}']);
    }
    assert.deepEqual(await read(jsonItems, '[]'), []);
  });

  test('a cut-off document gives what came before, and says where the rest begins', async () => {
    assert.deepEqual(await read(jsonItems, '[{"a":1},{"b":2'), ['{"a":1}', 'damaged byte 9']);
    assert.deepEqual(await read(jsonItems, '[{"a":1}'), ['{"a":1}', 'damaged byte 8']);
    assert.deepEqual(await read(jsonItems, '[{"a":1}, 7]'), ['{"a":1}', 'damaged byte 10']);
    assert.deepEqual(await read(jsonItems, '[{"a":1}] {"b":1}'), ['{"a":1}', 'damaged byte 10']);
  });

  test('an object over the limit is dropped, and the next goes on', async () => {
    const large = `{"a":"${'x'.repeat(MESSAGE_BYTES_MAX)}"}`;
    assert.deepEqual(await read(jsonItems, `[${large},{"b":1}]`, 1000), ['dropped too-large byte 1', '{"b":1}']);
  });
});

describe('CSV', () => {
  test('rows become objects of text; empty cells are left out; the delimiter is found', async () => {
    const rows = ['{"time":"1","mac":"a"}', '{"time":"2","mac":"b, \\"c\\""}', '{"mac":"d"}'];
    assert.deepEqual(await read(csvItems, 'time,mac\n1,a\n2,"b, ""c"""\n,d\n'), rows);
    assert.deepEqual(await read(csvItems, 'time;mac\r\n1;a\r\n2;"b, ""c"""\r\n;d'), rows);
    assert.deepEqual(await read(csvItems, 'time\tmac\n1\ta\n2\t"b, ""c"""\n\td\n'), rows);
  });

  test('a bad row costs itself only', async () => {
    const content = Buffer.concat([
      Buffer.from('a,b\n1,2\n3\n4,5,6\n7,"8\n9,x"y\n10,"z"q\n11,'),
      Buffer.from([0xff]),
      Buffer.from(`\n12,${'x'.repeat(MESSAGE_BYTES_MAX)}\n13,14\n`),
    ]);
    assert.deepEqual((await read(csvItems, content, 500)).toSorted(), [
      'dropped malformed line 3',
      'dropped malformed line 4',
      'dropped malformed line 5',
      'dropped malformed line 6',
      'dropped malformed line 7',
      'dropped not-utf8 line 8',
      'dropped too-large line 9',
      '{"a":"1","b":"2"}',
      '{"a":"13","b":"14"}',
    ]);
  });

  test('rows keep their lines over many batches', async () => {
    const rows = Array.from({ length: 1000 }, (_, index) => `${index},"x"`);
    rows[700] = '700';
    const items = await read(csvItems, `n,x\n${rows.join('\n')}`, 999);
    assert.equal(items.length, 1000);
    assert.equal(items.filter((item) => item.startsWith('{')).length, 999);
    assert.ok(items.includes('dropped malformed line 702'));
  });

  test('a column named like a prototype is a column', async () => {
    assert.deepEqual(await read(csvItems, '__proto__,a\n1,2\n'), ['{"__proto__":"1","a":"2"}']);
  });

  test('no header that can be read', async () => {
    assert.deepEqual(await read(csvItems, '"a,b\n1,2\n'), ['damaged line 1']);
    assert.deepEqual(await read(csvItems, `${'a,'.repeat(300)}\n`), ['damaged line 1']);
  });
});

describe('GPX', () => {
  const head =
    '<?xml version="1.0" encoding="UTF-8"?><gpx version="1.1"><metadata><time>2020-01-01T00:00:00Z</time></metadata>';
  const points =
    '<wpt lat="9" lon="9"><time>2020-01-01T00:00:00Z</time></wpt><trk><name>Kim</name><trkseg>' +
    '<trkpt lat="1" lon="2"><ele>3</ele><time> 2020-01-01T00:00:01Z </time><name>home</name></trkpt><trkpt lat="3" lon="4"/>';
  const messages = [
    '{"trace":"t","lat":"1","lon":"2","time":"2020-01-01T00:00:01Z"}',
    '{"trace":"t","lat":"3","lon":"4"}',
  ];

  test('track points and nothing else', async () => {
    for (const chunkBytes of [1, 10, 10_000]) {
      assert.deepEqual(await read(gpx, `${head}${points}</trkseg></trk></gpx>`, chunkBytes), messages);
    }
  });

  test('a name in another encoding costs nothing', async () => {
    const latin = Buffer.from(
      `<?xml version="1.0" encoding="ISO-8859-1"?><gpx>${points}</trkseg></trk></gpx>`.replace('Kim', 'K\u00fc'),
      'latin1',
    );
    assert.deepEqual(await read(gpx, latin), messages);
  });

  test('a cut-off file gives its points and says so', async () => {
    const items = await read(gpx, head + points);
    assert.deepEqual(items, [...messages, `damaged byte ${(head + points).length}`]);
  });

  test('document types, entities, depth and endless text are refused', async () => {
    const refused = async (content: string | Uint8Array): Promise<void> => {
      const items = await read(gpx, content, 8192);
      assert.equal(items.length, 1, items.join());
      assert.match(items[0] ?? '', /^damaged byte /);
    };
    await refused('<!DOCTYPE gpx [<!ENTITY a "b">]><gpx><trk>&a;</trk></gpx>');
    await refused('<gpx><trk>&a;</trk></gpx>');
    await refused(`<gpx>${'<a>'.repeat(100)}`);
    await refused(`<gpx>${'x'.repeat(600_000)}`);
    await refused(`<gpx a="${'x'.repeat(600_000)}`);
    await refused('<gpx></gpy>');
  });
});

describe('pcap', () => {
  const frame = Buffer.concat([radiotap(-61), probe('daa119000001', { ssid: 'cafe' })]);
  const message = '{"time":1700000000123,"mac":"daa119000001","ssid":"cafe","rssi":-61}';

  test('both byte orders, micro- and nanoseconds, any chunks', async () => {
    for (const bigEndian of [false, true]) {
      for (const nanoseconds of [false, true]) {
        const fraction = nanoseconds ? 123_456_789 : 123_456;
        const record = pcapRecord(frame, 1_700_000_000, fraction, bigEndian);
        const capture = Buffer.concat([pcapHeader({ bigEndian, nanoseconds }), record, record]);
        for (const chunkBytes of [1, 33, 10_000])
          assert.deepEqual(await read(pcapItems, capture, chunkBytes), [message, message]);
      }
    }
  });

  test('without radiotap there is no signal; the wildcard has no name; HT control is skipped', async () => {
    const bare = pcapRecord(probe('daa119000001', { hasHtControl: true }), 1_700_000_000, 123_000);
    const items = await read(pcapItems, Buffer.concat([pcapHeader({ linktype: 105 }), bare]));
    assert.deepEqual(items, ['{"time":1700000000123,"mac":"daa119000001"}']);
  });

  test('other frames and damaged ones are dropped, one by one', async () => {
    const beacon = Buffer.concat([radiotap(-61), probe('daa119000001', { type: 0x80 })]);
    const badChecksum = Buffer.concat([radiotap(-61, 0x40), probe('daa119000001')]);
    const longName = Buffer.concat([radiotap(-61), probe('daa119000001', { ssid: 'x'.repeat(33) })]);
    // Cut inside the name: it might have ended in `_nomap`.
    const cutName = frame.subarray(0, frame.indexOf('cafe') + 2);
    const bad = [beacon, badChecksum, longName, cutName, Buffer.alloc(0), Buffer.alloc(5), radiotap(-61)];
    const capture = Buffer.concat([
      pcapHeader(),
      ...[...bad, frame].map((one) => pcapRecord(one, 1_700_000_000, 123_000)),
    ]);
    const items = await read(pcapItems, capture);
    assert.equal(items.length, bad.length + 1);
    assert.ok(items.slice(0, -1).every((item) => item.startsWith('dropped malformed byte ')));
    assert.equal(items.at(-1), message);
    assert.equal(items[0], 'dropped malformed byte 24');
  });

  test('cut at any byte: whole records stay, the place of the torn one is named', async () => {
    const record = pcapRecord(frame, 1_700_000_000, 123_456);
    const capture = Buffer.concat([pcapHeader(), record, record]);
    for (let size = 1; size < capture.length; size += 1) {
      const items = await read(pcapItems, capture.subarray(0, size), 50);
      if (size < 24) assert.deepEqual(items, ['damaged byte 0']);
      else {
        const whole = Math.floor((size - 24) / record.length);
        const isTorn = (size - 24) % record.length !== 0;
        const expected = [
          ...Array<string>(whole).fill(message),
          ...(isTorn ? [`damaged byte ${24 + whole * record.length}`] : []),
        ];
        assert.deepEqual(items, expected, `cut at ${size}`);
      }
    }
  });

  test('a frame cut or flipped at any byte never throws, and never gives more than its fields', async () => {
    for (let at = 0; at < frame.length; at += 1) {
      for (const flipped of [0x00, 0x7f, 0xff]) {
        const damaged = Buffer.from(frame);
        damaged[at] = flipped;
        const records = [damaged, frame.subarray(0, at)].map((one) => pcapRecord(one, 1_700_000_000, 0));
        for (const item of await read(pcapItems, Buffer.concat([pcapHeader(), ...records]), 4096)) {
          assert.match(
            item,
            /^dropped malformed byte \d+$|^\{"time":\d+,"mac":"[0-9a-f]{12}"(,"ssid":".*")?(,"rssi":-?\d+)?\}$/,
          );
        }
      }
    }
  });

  test('a size that can not be ends the reading; another kind of link is refused', async () => {
    const record = pcapRecord(frame, 1_700_000_000, 0);
    record.writeUInt32LE(0x7fff_ffff, 8);
    assert.deepEqual(await read(pcapItems, Buffer.concat([pcapHeader(), record])), ['damaged byte 24']);
    await assert.rejects(read(pcapItems, pcapHeader({ linktype: 1 })), UserError);
  });
});

describe('what a file is', () => {
  const read = async (name: string, content: string | Uint8Array): Promise<string[]> => {
    using dir = new TempDir();
    return await summary(messagesOf(dir.write(name, content)));
  };

  test('is told by its content', async () => {
    assert.deepEqual(await read('a.txt', '{"a":1}\n{"b":2}\n'), ['{"a":1}', '{"b":2}']);
    assert.deepEqual(await read('a.txt', '{"a":1}\nno json\n'), ['{"a":1}', 'no json']);
    assert.deepEqual(await read('a.txt', '{\n"a":1\n}\n'), ['{\n"a":1\n}']);
    assert.deepEqual(await read('a.jsonl', '{\n"a":1\n}\n'), ['{', '"a":1', '}']);
    assert.deepEqual(await read('a.txt', '[{"a":1},{"b":2}]'), ['{"a":1}', '{"b":2}']);
    assert.deepEqual(await read('a.txt', 'a;b\n1;2\n'), ['{"a":"1","b":"2"}']);
    assert.deepEqual(await read('a.csv', 'a\n1\n'), ['{"a":"1"}']);
    const capture = Buffer.concat([
      pcapHeader(),
      pcapRecord(Buffer.concat([radiotap(-1), probe('daa119000001')]), 1, 0),
    ]);
    assert.equal((await read('a.csv', capture)).length, 1);
    const points = await read('a.txt', '<gpx><trk><trkseg><trkpt lat="1" lon="2"/></trkseg></trk></gpx>');
    assert.match(points.join(), /^\{"trace":"[0-9a-f]{16}","lat":"1","lon":"2"\}$/);
    assert.deepEqual(await read('a.csv', ''), []);
  });

  test('a byte order mark is no part of it', async () => {
    assert.deepEqual(await read('a.txt', '\ufeff{"a":1}\n'), ['{"a":1}']);
    assert.deepEqual(await read('a.txt', '\ufeffa,b\n1,2\n'), ['{"a":"1","b":"2"}']);
  });

  test('what it is not is said with what to do', async () => {
    const refusals: [string | Uint8Array, RegExp][] = [
      [Buffer.from([0x0a, 0x0d, 0x0d, 0x0a, 1, 2]), /editcap/],
      [Buffer.from([0x1f, 0x8b, 8, 0]), /gunzip/],
      [Buffer.from('\ufeffa,b\n', 'utf16le'), /UTF-8/],
      [Buffer.from([0, 1, 2, 3]), /NDJSON/],
      ['just words\n', /NDJSON/],
    ];
    for (const [content, fix] of refusals) {
      await assert.rejects(
        read('a.bin', content),
        (error: unknown) => error instanceof UserError && fix.test(error.fix ?? ''),
      );
    }
    using dir = new TempDir();
    await assert.rejects(summary(messagesOf(dir.path)), UserError);
    await assert.rejects(summary(messagesOf(`${dir.path}/none.csv`)), UserError);
  });
});
