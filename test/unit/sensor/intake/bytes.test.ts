/** Goal: bytes become lines, and packets stay bounded, however they are cut. Method: properties over all cuts, and packets that lie about their length. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LineSplitter } from '../../../../edge/sensor/intake/lines.ts';
import { PacketLimit } from '../../../../edge/sensor/intake/packet-limit.ts';

const pieces = (bytes: Buffer, cuts: readonly number[]): Buffer[] => {
  const at = [0, ...[...cuts].map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
};

test('lines are the same wherever the bytes are cut, and never longer than the bound', () => {
  const line = fc.string({ maxLength: 20, unit: fc.constantFrom('a', 'b', ' ', 'é') });
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat()), fc.boolean(), (lines, cuts, hasReturn) => {
      const taken: string[] = [];
      let tooLong = 0;
      const splitter = new LineSplitter(
        12,
        (each) => taken.push(Buffer.from(each).toString()),
        () => tooLong++,
      );
      const end = hasReturn ? '\r\n' : '\n';
      for (const piece of pieces(Buffer.from(lines.map((each) => each + end).join('')), cuts)) splitter.push(piece);
      splitter.end();
      const fits = (each: string): boolean => Buffer.byteLength(each) <= 12;
      assert.deepEqual(
        taken,
        lines.filter((each) => each !== '' && fits(each)),
      );
      assert.equal(tooLong, lines.filter((each) => !fits(each)).length);
    }),
    { numRuns: 1000 },
  );
});

function packet(type: number, body: Buffer): Buffer {
  const length: number[] = [];
  let rest = body.length;
  do {
    length.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.concat([Buffer.from([type, ...length]), body]);
}

async function through(chunks: readonly Buffer[], max: number): Promise<Buffer | string> {
  const limit = new PacketLimit(max);
  const out: Buffer[] = [];
  const done = new Promise<string | undefined>((resolve) => {
    limit.on('data', (data: Buffer) => out.push(data));
    limit.once('error', (error) => resolve(error.message));
    limit.once('end', () => resolve(undefined));
  });
  for (const chunk of chunks) limit.write(chunk);
  limit.end();
  return (await done) ?? Buffer.concat(out);
}

test('packets within the bound pass as they are, a PUBLISH beyond it is cut to the bound', async () => {
  const size = fc.integer({ min: 0, max: 500 });
  await fc.assert(
    fc.asyncProperty(fc.array(size, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 20 }), async (sizes, cuts) => {
      const bodies = sizes.map((bytes, index) => Buffer.alloc(bytes, index + 1));
      const sent = Buffer.concat(bodies.map((body) => packet(0x32, body)));
      const wanted = Buffer.concat(bodies.map((body) => packet(0x32, body.subarray(0, 200))));
      assert.deepEqual(await through(pieces(sent, cuts), 200), wanted);
    }),
    { numRuns: 50 },
  );
});

test('any other packet beyond the bound, and what is no MQTT, break the connection', async () => {
  assert.match(String(await through([packet(0x20, Buffer.alloc(300))], 200)), /too large/);
  assert.match(String(await through([Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0x01])], 200)), /no MQTT/);
});
