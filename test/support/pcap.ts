/** Captures of 802.11 frames, byte by byte, for the tests of the reader. */

interface CaptureOptions {
  bigEndian?: boolean;
  nanoseconds?: boolean;
  linktype?: number;
}

export function pcapHeader({ bigEndian = false, nanoseconds = false, linktype = 127 }: CaptureOptions = {}): Buffer {
  const header = Buffer.alloc(24);
  const put = (value: number, at: number) =>
    bigEndian ? header.writeUInt32BE(value, at) : header.writeUInt32LE(value, at);
  put(nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, 0);
  put(65_535, 16);
  put(linktype, 20);
  return header;
}

export function pcapRecord(frame: Buffer, seconds: number, fraction: number, bigEndian = false): Buffer {
  const header = Buffer.alloc(16);
  for (const [index, value] of [seconds, fraction, frame.length, frame.length].entries()) {
    if (bigEndian) header.writeUInt32BE(value, index * 4);
    else header.writeUInt32LE(value, index * 4);
  }
  return Buffer.concat([header, frame]);
}

/** Radiotap with TSFT, flags, rate, channel and signal, and a second word of presence bits: all alignments are met. */
export function radiotap(signalDbm: number, flags = 0): Buffer {
  const header = Buffer.alloc(32);
  header.writeUInt16LE(32, 2);
  header.writeUInt32LE(0x8000_002f, 4);
  header.writeUInt32LE(0, 8);
  // 12: TSFT needs 8-byte alignment, so it stands at 16.
  header.writeBigUInt64LE(123n, 16);
  header.writeUInt8(flags, 24);
  header.writeUInt8(2, 25);
  header.writeUInt16LE(2412, 26);
  header.writeUInt16LE(0x00a0, 28);
  header.writeInt8(signalDbm, 30);
  return header;
}

interface ProbeOptions {
  ssid?: string | Buffer;
  /** First byte of frame control; 0x40 is a probe request. */
  type?: number;
  hasHtControl?: boolean;
}

export function probe(mac: string, { ssid = '', type = 0x40, hasHtControl = false }: ProbeOptions = {}): Buffer {
  const header = Buffer.alloc(24, 0xff);
  header.writeUInt8(type, 0);
  header.writeUInt8(hasHtControl ? 0x80 : 0, 1);
  Buffer.from(mac, 'hex').copy(header, 10);
  const name = Buffer.from(ssid);
  // A supported-rates element follows; a vendor's comes first, so that the name is looked for.
  const vendor = Buffer.from([0xdd, 3, 1, 2, 3]);
  const control = Buffer.alloc(hasHtControl ? 4 : 0);
  return Buffer.concat([header, control, vendor, Buffer.from([0, name.length]), name, Buffer.from([1, 1, 2])]);
}
