/** How RTP and RTCP of one viewer reach it: the port that a session sends through, and its form inside the RTSP connection. */
import type { Socket } from 'node:net';
import { VIEWER_BACKLOG_BYTES_MAX } from '../../base/limits.ts';
import { RTP_PACKET_BYTES_MAX_TCP } from './limits.ts';
import { INTERLEAVED_HEADER_BYTES, type PacketisedUnit } from './packetiser.ts';

export interface MediaTransport {
  /** Value of the `Transport` header of the SETUP response, without the SSRC. */
  readonly header: string;
  readonly packetBytesMax: number;
  /** Set when packets need a `$` header. */
  readonly interleavedChannel: number | undefined;
  /** `full`: the viewer is VIEWER_BACKLOG_BYTES_MAX behind; nothing was sent. */
  sendUnit(unit: PacketisedUnit): 'sent' | 'full';
  sendReport(rtcp: Buffer): void;
  /** Gives ports back once what was sent before is out. */
  close(): void;
}

export class InterleavedTransport implements MediaTransport {
  readonly packetBytesMax = RTP_PACKET_BYTES_MAX_TCP;
  readonly interleavedChannel: number;
  readonly rtcpChannel: number;
  readonly #socket: Socket;

  constructor(socket: Socket, channels: readonly [rtp: number, rtcp: number]) {
    this.#socket = socket;
    [this.interleavedChannel, this.rtcpChannel] = channels;
  }

  get header(): string {
    return `RTP/AVP/TCP;unicast;interleaved=${this.interleavedChannel}-${this.rtcpChannel}`;
  }

  sendUnit(unit: PacketisedUnit): 'sent' | 'full' {
    if (this.#socket.writableLength > VIEWER_BACKLOG_BYTES_MAX) return 'full';
    if (this.#socket.writable) this.#socket.write(unit.bytes);
    return 'sent';
  }

  sendReport(rtcp: Buffer): void {
    if (!this.#socket.writable) return;
    const header = Buffer.alloc(INTERLEAVED_HEADER_BYTES);
    header[0] = 0x24;
    header[1] = this.rtcpChannel;
    header.writeUInt16BE(rtcp.length, 2);
    this.#socket.write(Buffer.concat([header, rtcp]));
  }

  close(): void {
    // The connection owns the socket.
  }
}
