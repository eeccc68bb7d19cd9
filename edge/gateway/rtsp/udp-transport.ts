/**
 * RTP over UDP unicast: owns one even/odd pair of server ports for one viewer.
 *
 * Packets go to the address of the RTSP connection and nowhere else: a viewer can't aim the stream at a third party. They leave in
 * small bursts, so that a key frame does not overflow the viewer's receive buffer; when more than VIEWER_BACKLOG_BYTES_MAX wait,
 * the viewer counts as too slow.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { VIEWER_BACKLOG_BYTES_MAX } from '../../base/limits.ts';
import {
  RTP_PACKET_BYTES_MAX_UDP,
  UDP_BIND_TRIES_MAX,
  UDP_BURST_PACKETS,
  UDP_BURST_PAUSE_MS,
  UDP_PORT_FIRST,
  UDP_PORT_PAIRS,
} from './limits.ts';
import type { PacketisedUnit } from './packetiser.ts';
import type { MediaTransport } from './transport.ts';

export interface UdpOptions {
  /** Address of this machine that the viewer's RTSP connection came to. */
  localAddress: string;
  viewerAddress: string;
  clientPorts: readonly [rtp: number, rtcp: number];
  onReport(rtcp: Buffer): void;
  /** The viewer's machine says that nobody listens on its port. */
  onUnreachable(): void;
}

/** Binds a free pair; undefined when none was found. */
export async function openUdpTransport(options: UdpOptions): Promise<UdpTransport | undefined> {
  const first = Math.floor(Math.random() * UDP_PORT_PAIRS);
  for (let tries = 0; tries < UDP_BIND_TRIES_MAX; tries++) {
    const port = UDP_PORT_FIRST + 2 * ((first + tries) % UDP_PORT_PAIRS);
    const rtp = await bind(options.localAddress, port);
    if (rtp === undefined) continue;
    const rtcp = await bind(options.localAddress, port + 1);
    if (rtcp !== undefined && (await connect(rtp, options))) return new UdpTransport(rtp, rtcp, port, options);
    rtp.close();
    rtcp?.close();
  }
  return undefined;
}

async function bind(address: string, port: number): Promise<Socket | undefined> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  try {
    socket.bind({ address, port, exclusive: true });
    await once(socket, 'listening');
    return socket;
  } catch {
    socket.close();
    return undefined;
  }
}

/** Only a connected socket is told that nobody listens at the other end. */
async function connect(rtp: Socket, options: UdpOptions): Promise<boolean> {
  try {
    rtp.connect(options.clientPorts[0], options.viewerAddress);
    await once(rtp, 'connect');
    return true;
  } catch {
    return false;
  }
}

class UdpTransport implements MediaTransport {
  readonly packetBytesMax = RTP_PACKET_BYTES_MAX_UDP;
  readonly interleavedChannel = undefined;
  readonly header: string;
  readonly #rtp: Socket;
  readonly #rtcp: Socket;
  readonly #options: UdpOptions;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #pause: NodeJS.Timeout | undefined;
  #isClosing = false;

  constructor(rtp: Socket, rtcp: Socket, port: number, options: UdpOptions) {
    this.#rtp = rtp;
    this.#rtcp = rtcp;
    this.#options = options;
    const [rtpPort, rtcpPort] = options.clientPorts;
    this.header = `RTP/AVP/UDP;unicast;client_port=${rtpPort}-${rtcpPort};server_port=${port}-${port + 1}`;
    for (const socket of [rtp, rtcp]) socket.on('error', () => {});
    rtcp.on('message', (data, from) => {
      if (from.address === options.viewerAddress) options.onReport(data);
    });
  }

  sendUnit(unit: PacketisedUnit): 'sent' | 'full' {
    if (this.#queuedBytes > VIEWER_BACKLOG_BYTES_MAX) return 'full';
    let from = 0;
    for (const end of unit.ends) {
      this.#queue.push(unit.bytes.subarray(from, end));
      from = end;
    }
    this.#queuedBytes += unit.bytes.length;
    if (this.#pause === undefined) this.#sendBurst();
    return 'sent';
  }

  sendReport(rtcp: Buffer): void {
    if (!this.#isClosing) this.#rtcp.send(rtcp, this.#options.clientPorts[1], this.#options.viewerAddress, () => {});
  }

  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    clearTimeout(this.#pause);
    this.#queue = [];
    // A datagram that was handed over goes out in this turn of the loop or never.
    setImmediate(() => {
      this.#rtp.close();
      this.#rtcp.close();
    });
  }

  #sendBurst(): void {
    const burst = this.#queue.splice(0, UDP_BURST_PACKETS);
    for (const packet of burst) {
      this.#queuedBytes -= packet.length;
      this.#rtp.send(packet, (error) => {
        if (error !== null && (error as NodeJS.ErrnoException).code === 'ECONNREFUSED') this.#options.onUnreachable();
      });
    }
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      if (this.#queue.length > 0) this.#sendBurst();
    }, UDP_BURST_PAUSE_MS);
  }
}

export type { UdpTransport };
