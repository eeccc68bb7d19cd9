/**
 * RTP packets for H.264 (RFC 3550, RFC 6184 packetization-mode 1): single NAL unit packets and FU-A, marker on the last packet
 * of an access unit. Owns the sequence number and the counts that sender reports tell.
 *
 * All packets of a unit are laid into one new buffer, each after a `$` header when they go over TCP, so that a unit costs one copy
 * and one write. Nothing is kept between units.
 */
import { nalType, splitNals } from '../../base/annexb.ts';

export interface PacketiserOptions {
  payloadType: number;
  ssrc: number;
  /** 0 to 65,535. */
  firstSequence: number;
  /** RTP header included, `$` header not. */
  packetBytesMax: number;
  /** Set for RTP over TCP: the channel to put into the `$` header of each packet. */
  interleavedChannel?: number | undefined;
}

export interface PacketisedUnit {
  /** All packets, back to back. */
  bytes: Buffer;
  /** Where each packet ends in `bytes`; each begins where the one before ends. */
  ends: number[];
}

const RTP_HEADER_BYTES = 12;
export const INTERLEAVED_HEADER_BYTES = 4;

const FU_HEADER_BYTES = 2;
const NAL_FU_A = 28;
/** Types from here on mean RTP payload structures, so a NAL unit that claims one can't be carried. */
const NAL_TYPE_FIRST_RESERVED = 24;

export class H264Packetiser {
  readonly #options: PacketiserOptions;
  readonly #headroomBytes: number;
  #sequence: number;
  #packets = 0;
  #octets = 0;

  constructor(options: PacketiserOptions) {
    this.#options = options;
    this.#headroomBytes = options.interleavedChannel === undefined ? 0 : INTERLEAVED_HEADER_BYTES;
    this.#sequence = options.firstSequence;
  }

  /** Sequence number of the next packet. */
  get nextSequence(): number {
    return this.#sequence;
  }

  /** Packets and payload octets so far, modulo 2^32 as RTCP counts them. */
  get sent(): { packets: number; octets: number } {
    return { packets: this.#packets >>> 0, octets: this.#octets % 2 ** 32 };
  }

  packetise(annexB: Uint8Array, rtpTimestamp: number): PacketisedUnit {
    const nals = splitNals(annexB).filter((nal) => nalType(nal) < NAL_TYPE_FIRST_RESERVED);
    const payloadMax = this.#options.packetBytesMax - RTP_HEADER_BYTES;
    const perPacketBytes = this.#headroomBytes + RTP_HEADER_BYTES;
    let totalBytes = 0;
    for (const nal of nals) {
      const fragments = fragmentsOf(nal.length, payloadMax);
      totalBytes += nal.length + fragments * perPacketBytes;
      if (fragments > 1) totalBytes += fragments * FU_HEADER_BYTES - 1;
    }
    const bytes = Buffer.allocUnsafe(totalBytes);
    const ends: number[] = [];
    let at = 0;
    for (const [index, nal] of nals.entries()) {
      const isLastNal = index === nals.length - 1;
      if (nal.length <= payloadMax) {
        at = this.#writeHeader(bytes, at, nal.length, isLastNal, rtpTimestamp);
        bytes.set(nal, at);
        at += nal.length;
        ends.push(at);
      } else {
        at = this.#writeFragments(bytes, at, nal, isLastNal, rtpTimestamp, ends);
      }
    }
    return { bytes, ends };
  }

  #writeFragments(
    bytes: Buffer,
    from: number,
    nal: Uint8Array,
    isLastNal: boolean,
    rtpTimestamp: number,
    ends: number[],
  ) {
    const nalHeader = nal[0]!;
    const indicator = (nalHeader & 0xe0) | NAL_FU_A;
    const chunkMax = this.#options.packetBytesMax - RTP_HEADER_BYTES - FU_HEADER_BYTES;
    let at = from;
    for (let offset = 1; offset < nal.length; offset += chunkMax) {
      const end = Math.min(nal.length, offset + chunkMax);
      const isEnd = end === nal.length;
      at = this.#writeHeader(bytes, at, FU_HEADER_BYTES + end - offset, isEnd && isLastNal, rtpTimestamp);
      bytes[at++] = indicator;
      bytes[at++] = (offset === 1 ? 0x80 : 0) | (isEnd ? 0x40 : 0) | (nalHeader & 0x1f);
      bytes.set(nal.subarray(offset, end), at);
      at += end - offset;
      ends.push(at);
    }
    return at;
  }

  #writeHeader(bytes: Buffer, from: number, payloadBytes: number, isMarked: boolean, rtpTimestamp: number): number {
    const { interleavedChannel, payloadType, ssrc } = this.#options;
    let at = from;
    if (interleavedChannel !== undefined) {
      bytes[at] = 0x24;
      bytes[at + 1] = interleavedChannel;
      bytes.writeUInt16BE(RTP_HEADER_BYTES + payloadBytes, at + 2);
      at += INTERLEAVED_HEADER_BYTES;
    }
    bytes[at] = 0x80;
    bytes[at + 1] = (isMarked ? 0x80 : 0) | payloadType;
    bytes.writeUInt16BE(this.#sequence, at + 2);
    bytes.writeUInt32BE(rtpTimestamp, at + 4);
    bytes.writeUInt32BE(ssrc, at + 8);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#packets++;
    this.#octets += payloadBytes;
    return at + RTP_HEADER_BYTES;
  }
}

function fragmentsOf(nalBytes: number, payloadMax: number): number {
  if (nalBytes <= payloadMax) return 1;
  return Math.ceil((nalBytes - 1) / (payloadMax - FU_HEADER_BYTES));
}
