/**
 * Probe requests of a pcap capture, one message each: `{"time", "mac", "ssid", "rssi"}`. Format: draft-ietf-opsawg-pcap (both byte orders,
 * micro- and nanoseconds). Other frames are dropped and counted.
 */
import { UserError } from '../../base/errors.ts';
import { damagedAt, droppedAt, type FileItem, messageOf } from './item.ts';
import { probeRequestOf } from './probe-request.ts';

const HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;

/** The largest snapshot length that tcpdump writes. */
const FRAME_BYTES_MAX = 262_144;

const LINKTYPE_IEEE802_11 = 105;
const LINKTYPE_IEEE802_11_RADIOTAP = 127;

const LINKTYPES = new Map<number, { hasRadiotap: boolean }>([
  [LINKTYPE_IEEE802_11, { hasRadiotap: false }],
  [LINKTYPE_IEEE802_11_RADIOTAP, { hasRadiotap: true }],
]);

interface Kind {
  isLittleEndian: boolean;
  /** Units of a record's second time field in a millisecond. */
  fractionsPerMs: number;
}

/** By the first four bytes. */
const KINDS = new Map<number, Kind>([
  [0xa1b2c3d4, { isLittleEndian: false, fractionsPerMs: 1e3 }],
  [0xd4c3b2a1, { isLittleEndian: true, fractionsPerMs: 1e3 }],
  [0xa1b23c4d, { isLittleEndian: false, fractionsPerMs: 1e6 }],
  [0x4d3cb2a1, { isLittleEndian: true, fractionsPerMs: 1e6 }],
]);

export function isPcap(head: Uint8Array): boolean {
  return head.byteLength >= 4 && KINDS.has(new DataView(head.buffer, head.byteOffset).getUint32(0));
}

/** Throws a UserError for a capture of another kind of link. */
export async function* pcapItems(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<FileItem> {
  const bytes = new ByteReader(chunks);
  const header = await bytes.read(HEADER_BYTES);
  const kind = header === undefined ? undefined : KINDS.get(header.getUint32(0));
  if (header === undefined || kind === undefined) {
    yield damagedAt('the file ends inside its header', 'byte', 0);
    return;
  }
  // The upper bits hold the length of the checksum.
  const link = LINKTYPES.get(header.getUint32(20, kind.isLittleEndian) & 0xffff);
  if (link === undefined) {
    throw new UserError('The capture holds no raw 802.11 frames.', {
      fix: 'Capture in monitor mode with radiotap headers (link type 127).',
    });
  }
  for (;;) {
    const startsAt = bytes.position;
    const record = await bytes.read(RECORD_HEADER_BYTES);
    if (record === undefined) {
      if (bytes.remaining > 0) yield damagedAt('the file ends inside a record that begins here', 'byte', startsAt);
      return;
    }
    const size = record.getUint32(8, kind.isLittleEndian);
    if (size > FRAME_BYTES_MAX) {
      yield damagedAt('a record here claims a size that can not be', 'byte', startsAt);
      return;
    }
    const ms =
      record.getUint32(0, kind.isLittleEndian) * 1e3 + record.getUint32(4, kind.isLittleEndian) / kind.fractionsPerMs;
    const frame = await bytes.read(size);
    if (frame === undefined) {
      yield damagedAt('the file ends inside a record that begins here', 'byte', startsAt);
      return;
    }
    const probe = probeRequestOf(frame, link.hasRadiotap);
    yield probe === undefined
      ? droppedAt('malformed', 'byte', startsAt)
      : messageOf({ time: Math.floor(ms), ...probe });
  }
}

/** Reads exact numbers of bytes from chunks of any size. */
class ByteReader {
  /** Bytes read so far. */
  position = 0;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #held: Uint8Array = new Uint8Array();

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Bytes left over at the end of the stream, after a read that gave undefined. */
  get remaining(): number {
    return this.#held.byteLength;
  }

  /** Undefined when the stream ends before. */
  async read(size: number): Promise<DataView | undefined> {
    while (this.#held.byteLength < size) {
      const { done, value } = await this.#chunks.next();
      if (done === true) return undefined;
      this.#held = this.#held.byteLength === 0 ? value : Buffer.concat([this.#held, value]);
    }
    const view = new DataView(this.#held.buffer, this.#held.byteOffset, size);
    this.#held = this.#held.subarray(size);
    this.position += size;
    return view;
  }
}
