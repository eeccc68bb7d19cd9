import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isReceiverReport, senderReport } from '../../../../edge/gateway/rtsp/rtcp.ts';

const INFO = { ssrc: 0x01020304, wallMs: 1_500, rtpTimestamp: 0xfffffffe, packets: 7, octets: 900 };

test('writes a sender report with its source description', () => {
  const bytes = senderReport(INFO, 'abcdef0123456789', false);
  assert.deepEqual([bytes[0], bytes[1], bytes.readUInt16BE(2)], [0x80, 200, 6]);
  assert.equal(bytes.readUInt32BE(4), INFO.ssrc);
  assert.equal(bytes.readUInt32BE(8), 2_208_988_801);
  assert.equal(bytes.readUInt32BE(12), 2 ** 31);
  assert.equal(bytes.readUInt32BE(16), 0xfffffffe);
  assert.deepEqual([bytes.readUInt32BE(20), bytes.readUInt32BE(24)], [7, 900]);
  assert.deepEqual([bytes[28], bytes[29], bytes[36], bytes[37]], [0x81, 202, 1, 16]);
  assert.equal(bytes.toString('ascii', 38, 54), 'abcdef0123456789');
  assert.equal(bytes.length, 28 + 4 * (bytes.readUInt16BE(30) + 1));
});

test('ends with a goodbye when asked to', () => {
  const bytes = senderReport(INFO, 'abc', true);
  assert.deepEqual([...bytes.subarray(-8)], [0x81, 203, 0, 1, 1, 2, 3, 4]);
});

test('knows a receiver report from garbage', () => {
  const report = Buffer.alloc(8);
  report.set([0x80, 201, 0, 1]);
  assert.equal(isReceiverReport(report), true);
  assert.equal(isReceiverReport(senderReport(INFO, 'abc', true)), true);
  assert.equal(isReceiverReport(report.subarray(0, 7)), false);
  assert.equal(isReceiverReport(Buffer.concat([report, Buffer.from([1, 2])])), false);
  assert.equal(isReceiverReport(Buffer.alloc(0)), false);
  assert.equal(isReceiverReport(Buffer.from([0, 201, 0, 1, 0, 0, 0, 0])), false);
});
