/** A small H.264 depacketiser (RFC 6184), strict: it throws on whatever a sender must not do. */

export interface RtpPacket {
  isMarked: boolean;
  payloadType: number;
  sequence: number;
  timestamp: number;
  ssrc: number;
  payload: Buffer;
}

export function parseRtp(data: Buffer): RtpPacket {
  if (data.length <= 12 || data[0] !== 0x80) throw new Error('not a plain RTP packet');
  return {
    isMarked: (data[1]! & 0x80) !== 0,
    payloadType: data[1]! & 0x7f,
    sequence: data.readUInt16BE(2),
    timestamp: data.readUInt32BE(4),
    ssrc: data.readUInt32BE(8),
    payload: data.subarray(12),
  };
}

export interface ReceivedUnit {
  timestamp: number;
  nals: Buffer[];
}

/** Puts access units together from packets in order. */
export class Depacketiser {
  readonly units: ReceivedUnit[] = [];
  #nals: Buffer[] = [];
  #fragments: Buffer[] | undefined;
  #expected: number | undefined;

  push(packet: RtpPacket): void {
    if (this.#expected !== undefined && packet.sequence !== this.#expected) {
      throw new Error(`packet ${packet.sequence} instead of ${this.#expected}`);
    }
    this.#expected = (packet.sequence + 1) & 0xffff;
    const type = packet.payload[0]! & 0x1f;
    if (type === 28) this.#pushFragment(packet.payload);
    else if (type >= 1 && type <= 23 && this.#fragments === undefined) this.#nals.push(packet.payload);
    else throw new Error(`payload type ${type} out of place`);
    if (!packet.isMarked) return;
    if (this.#fragments !== undefined) throw new Error('marker inside a fragmented NAL unit');
    this.units.push({ timestamp: packet.timestamp, nals: this.#nals });
    this.#nals = [];
  }

  #pushFragment(payload: Buffer): void {
    const header = payload[1]!;
    const isStart = (header & 0x80) !== 0;
    const isEnd = (header & 0x40) !== 0;
    if (isStart && isEnd) throw new Error('a NAL unit in a single fragment');
    if (isStart !== (this.#fragments === undefined)) throw new Error('fragment out of order');
    if (payload.length <= 2) throw new Error('empty fragment');
    this.#fragments ??= [Buffer.from([(payload[0]! & 0xe0) | (header & 0x1f)])];
    this.#fragments.push(payload.subarray(2));
    if (!isEnd) return;
    this.#nals.push(Buffer.concat(this.#fragments));
    this.#fragments = undefined;
  }
}

export function annexB(...nals: Buffer[]): Buffer {
  return Buffer.concat(nals.flatMap((nal) => [Buffer.from([0, 0, 0, 1]), nal]));
}
