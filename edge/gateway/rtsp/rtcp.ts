/** RTCP compound packets (RFC 3550): sender report, source description and goodbye are written; receiver reports are recognised. */

const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const SOURCE_DESCRIPTION = 202;
const GOODBYE = 203;
const SDES_CNAME = 1;
const NTP_UNIX_OFFSET_S = 2_208_988_800;

export interface SenderInfo {
  ssrc: number;
  /** Wall-clock time that `rtpTimestamp` stands for. */
  wallMs: number;
  rtpTimestamp: number;
  packets: number;
  octets: number;
}

/** Sender report and SDES; with `isGoodbye` a BYE too. `cname` is random ASCII of at most 255 bytes and says nothing about the host. */
export function senderReport(info: SenderInfo, cname: string, isGoodbye: boolean): Buffer {
  const report = Buffer.alloc(28);
  writeHeader(report, 0, SENDER_REPORT);
  report.writeUInt32BE(info.ssrc, 4);
  const seconds = Math.floor(info.wallMs / 1000);
  report.writeUInt32BE((seconds + NTP_UNIX_OFFSET_S) % 2 ** 32, 8);
  report.writeUInt32BE(Math.floor(((info.wallMs - seconds * 1000) / 1000) * 2 ** 32), 12);
  report.writeUInt32BE(info.rtpTimestamp, 16);
  report.writeUInt32BE(info.packets, 20);
  report.writeUInt32BE(info.octets, 24);
  const parts = [report, sourceDescription(info.ssrc, cname)];
  if (isGoodbye) parts.push(goodbye(info.ssrc));
  return Buffer.concat(parts);
}

function sourceDescription(ssrc: number, cname: string): Buffer {
  const text = Buffer.from(cname, 'ascii');
  // The item list ends with at least one zero byte and is padded to 32 bits.
  const itemBytes = Math.ceil((2 + text.length + 1) / 4) * 4;
  const packet = Buffer.alloc(8 + itemBytes);
  writeHeader(packet, 1, SOURCE_DESCRIPTION);
  packet.writeUInt32BE(ssrc, 4);
  packet[8] = SDES_CNAME;
  packet[9] = text.length;
  text.copy(packet, 10);
  return packet;
}

function goodbye(ssrc: number): Buffer {
  const packet = Buffer.alloc(8);
  writeHeader(packet, 1, GOODBYE);
  packet.writeUInt32BE(ssrc, 4);
  return packet;
}

function writeHeader(packet: Buffer, count: number, type: number): void {
  packet[0] = 0x80 | count;
  packet[1] = type;
  packet.writeUInt16BE(packet.length / 4 - 1, 2);
}

/** True for a well-formed compound packet that begins with a report, which is what a viewer that is alive sends. Never throws. */
export function isReceiverReport(data: Buffer): boolean {
  const type = data[1];
  if (type !== RECEIVER_REPORT && type !== SENDER_REPORT) return false;
  let at = 0;
  while (at < data.length) {
    if (at + 4 > data.length || data[at]! >> 6 !== 2) return false;
    at += 4 * (data.readUInt16BE(at + 2) + 1);
  }
  return at === data.length;
}
