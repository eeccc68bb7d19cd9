/** How connections of other machines are protected on their way: counted, for the record. */
import type { Server as HttpServer } from 'node:http';
import type { Server, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** `mutual`: TLS 1.3, and the other side has shown a certificate too. */
export type Transport = 'mutual' | 'tls' | 'plain';

/** Tells of each connection that comes over a network; what stays on this machine is not one. */
export function tellTransports(server: Server | HttpServer, tell: ((transport: Transport) => void) | undefined): void {
  if (tell === undefined) return;
  const told = (socket: Socket): void => {
    if (!isLoopback(socket.remoteAddress)) tell(transportOf(socket));
  };
  // A TLS server says `connection` of a socket that may never become a connection.
  const isTls = 'setSecureContext' in server;
  server.on(isTls ? 'secureConnection' : 'connection', told);
}

function transportOf(socket: Socket): Transport {
  if (!(socket instanceof TLSSocket)) return 'plain';
  return socket.authorized && socket.getProtocol() === 'TLSv1.3' ? 'mutual' : 'tls';
}

/** An address that is gone already is taken for another machine's. */
function isLoopback(address: string | undefined): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address ?? '');
}
