/**
 * Bounds what an MQTT broker can make us hold. The client's parser gathers a whole packet before anybody sees it, and a packet may have 256 MB.
 * Here a PUBLISH beyond the bound is cut short on its way in: its header is rewritten and the rest never stored, so that it arrives
 * as a message that is too large, is counted and acknowledged, and the broker does not send it for ever. Any other packet beyond the
 * bound breaks the connection.
 *
 * Packets: a type byte, the remaining length (1 to 4 bytes of 7 bits, the last without its high bit), then that many bytes
 * (MQTT 3.1.1 and 5, section 2.1).
 */
import { Transform, type TransformCallback } from 'node:stream';

const PUBLISH = 3;
const LENGTH_BYTES_MAX = 4;

export class PacketLimit extends Transform {
  readonly #remainingBytesMax: number;
  /** Of the packet that is passing. */
  #passBytes = 0;
  #dropBytes = 0;
  #header: number[] = [];

  constructor(remainingBytesMax: number) {
    super();
    this.#remainingBytesMax = remainingBytesMax;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#passBytes > 0) {
        const end = Math.min(chunk.length, at + this.#passBytes);
        this.push(chunk.subarray(at, end));
        this.#passBytes -= end - at;
        at = end;
      } else if (this.#dropBytes > 0) {
        const end = Math.min(chunk.length, at + this.#dropBytes);
        this.#dropBytes -= end - at;
        at = end;
      } else {
        const fault = this.#headerByte(chunk[at++]!);
        if (fault !== undefined) {
          done(new Error(fault));
          return;
        }
      }
    }
    done();
  }

  #headerByte(byte: number): string | undefined {
    this.#header.push(byte);
    const [type = 0, ...length] = this.#header;
    if (length.length === 0 || (byte & 0x80) !== 0) {
      return length.length < LENGTH_BYTES_MAX ? undefined : 'the broker sent what is no MQTT';
    }
    const bytes = length.reduce((sum, each, index) => sum + (each & 0x7f) * 128 ** index, 0);
    this.#header = [];
    if (bytes > this.#remainingBytesMax && type >> 4 !== PUBLISH) return 'the broker sent a packet that is too large';
    this.#passBytes = Math.min(bytes, this.#remainingBytesMax);
    this.#dropBytes = bytes - this.#passBytes;
    this.push(Buffer.from([type, ...lengthBytes(this.#passBytes)]));
    return undefined;
  }
}

function lengthBytes(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; ) {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low | 0x80 : low);
    if (rest === 0) return bytes;
  }
}
