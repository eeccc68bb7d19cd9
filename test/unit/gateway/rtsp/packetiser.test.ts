import assert from 'node:assert/strict';
import { test } from 'node:test';
import { H264Packetiser, type PacketisedUnit } from '../../../../edge/gateway/rtsp/packetiser.ts';
import { annexB, Depacketiser, parseRtp } from '../../../support/rtp.ts';

const OPTIONS = { payloadType: 96, ssrc: 0xdeadbeef, firstSequence: 0xfffe, packetBytesMax: 100 };

function packetsOf({ bytes, ends }: PacketisedUnit): Buffer[] {
  return ends.map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end));
}

function nal(type: number, bytes: number): Buffer {
  return Buffer.alloc(bytes, 0xaa).fill(0x60 | type, 0, 1);
}

test('carries small NAL units whole and cuts large ones, with one marker and a sequence that wraps', () => {
  const nals = [nal(7, 20), nal(8, 6), nal(5, 88), nal(5, 89), nal(1, 1000)];
  const packetiser = new H264Packetiser(OPTIONS);
  const packets = packetsOf(packetiser.packetise(annexB(...nals), 0xfffffff0)).map(parseRtp);
  const depacketiser = new Depacketiser();
  for (const packet of packets) depacketiser.push(packet);
  assert.deepEqual(depacketiser.units, [{ timestamp: 0xfffffff0, nals }]);
  assert.deepEqual(
    packets.map((packet) => packet.isMarked),
    packets.map((_, index) => index === packets.length - 1),
  );
  assert.equal(packets[0]?.sequence, 0xfffe);
  assert.equal(packets[2]?.sequence, 0);
  assert.equal(packetiser.nextSequence, (0xfffe + packets.length) & 0xffff);
  assert.ok(packets.every((packet) => packet.payload.length + 12 <= 100 && packet.ssrc === 0xdeadbeef));
  assert.deepEqual(packetiser.sent, {
    packets: packets.length,
    octets: packets.reduce((sum, packet) => sum + packet.payload.length, 0),
  });
});

test('puts a frame header before each packet for RTP over TCP', () => {
  const { bytes, ends } = new H264Packetiser({ ...OPTIONS, interleavedChannel: 6 }).packetise(annexB(nal(5, 300)), 1);
  let at = 0;
  for (const end of ends) {
    assert.deepEqual([bytes[at], bytes[at + 1], bytes.readUInt16BE(at + 2)], [0x24, 6, end - at - 4]);
    at = end;
  }
  assert.equal(at, bytes.length);
});

test('leaves out NAL units whose type RTP uses for itself, and sends nothing for an empty unit', () => {
  const packetiser = new H264Packetiser(OPTIONS);
  const { ends } = packetiser.packetise(annexB(nal(28, 10), nal(1, 10)), 1);
  assert.equal(ends.length, 1);
  assert.deepEqual(packetiser.packetise(Buffer.alloc(0), 2).ends, []);
});
