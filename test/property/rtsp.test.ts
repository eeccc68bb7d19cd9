import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseAuthorization } from '../../edge/gateway/rtsp/digest.ts';
import { isLiveRange, parseTarget, parseTransport } from '../../edge/gateway/rtsp/headers.ts';
import { H264Packetiser } from '../../edge/gateway/rtsp/packetiser.ts';
import { type RtspItem, RtspParser } from '../../edge/gateway/rtsp/parser.ts';
import { isReceiverReport } from '../../edge/gateway/rtsp/rtcp.ts';
import { annexB, Depacketiser, parseRtp } from '../support/rtp.ts';

function parseChunks(chunks: Buffer[]): RtspItem[] {
  const parser = new RtspParser();
  const items: RtspItem[] = [];
  for (const chunk of chunks) {
    parser.push(chunk);
    for (let item = parser.next(); item !== undefined; item = parser.next()) items.push(item);
  }
  return items;
}

function cut(bytes: Buffer, cuts: number[]): Buffer[] {
  const at = [0, ...cuts.map((share) => Math.floor(share * bytes.length)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

/** Bytes that look like RTSP often enough to reach each state of the parser. */
const piece = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  fc
    .constantFrom('OPTIONS * RTSP/1.0\r\n', 'PLAY rtsp://h/a RTSP/1.0\n', 'CSeq: 1\r\n', '\r\n', '\n', 'A:b\r\n')
    .map((text) => Buffer.from(text)),
  fc.integer({ min: 0, max: 6000 }).map((bytes) => Buffer.from(`Content-Length: ${bytes}\r\n\r\n`)),
  fc.integer({ min: 0, max: 9000 }).map((bytes) => Buffer.alloc(bytes, 'x')),
  fc.tuple(fc.nat(255), fc.nat(5000)).map(([channel, bytes]) => {
    const frame = Buffer.alloc(4 + bytes);
    frame.set([0x24, channel, bytes >> 8, bytes & 0xff]);
    return frame;
  }),
);

test('the parser never throws, and what comes out does not depend on the chunks', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.array(share, { maxLength: 20 }), (pieces, cuts) => {
      const bytes = Buffer.concat(pieces);
      assert.deepEqual(parseChunks(cut(bytes, cuts)), parseChunks([bytes]));
    }),
    { numRuns: 300 },
  );
});

test('readers of headers and reports never throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      parseAuthorization(`Digest ${text}`);
      parseTarget(`rtsp://${text}`);
      parseTransport(text);
      isLiveRange(text);
      isReceiverReport(Buffer.from(text));
    }),
  );
});

test('any NAL units come back whole from packets of any size', () => {
  // No zero bytes in the payload: an encoder's emulation prevention keeps start codes out, and this need not be imitated here.
  const nal = fc
    .tuple(
      fc.integer({ min: 1, max: 23 }),
      fc.nat(3),
      fc.integer({ min: 0, max: 20_000 }),
      fc.integer({ min: 1, max: 255 }),
    )
    .map(([type, importance, bytes, fill]) =>
      Buffer.concat([Buffer.from([(importance << 5) | type]), Buffer.alloc(bytes, fill)]),
    );
  fc.assert(
    fc.property(
      fc.array(nal, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 15, max: 2000 }),
      fc.nat(0xffff),
      fc.option(fc.nat(255), { nil: undefined }),
      (nals, packetBytesMax, firstSequence, interleavedChannel) => {
        const options = { payloadType: 96, ssrc: 1, firstSequence, packetBytesMax, interleavedChannel };
        const { bytes, ends } = new H264Packetiser(options).packetise(annexB(...nals), 42);
        const depacketiser = new Depacketiser();
        let at = 0;
        for (const end of ends) {
          const packet = bytes.subarray(at + (interleavedChannel === undefined ? 0 : 4), end);
          assert.ok(packet.length <= packetBytesMax);
          depacketiser.push(parseRtp(packet));
          at = end;
        }
        assert.equal(at, bytes.length);
        assert.deepEqual(depacketiser.units, [{ timestamp: 42, nals }]);
      },
    ),
    { numRuns: 150 },
  );
});
