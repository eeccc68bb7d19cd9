/**
 * RTSP 1.0 server (RFC 2326): the feeds, to whoever has a password. Owns the listening socket, all connections and all sessions.
 *
 * Without a right digest answer nothing is told, not even which feeds exist. Each viewer stands alone: one that is slow, broken or
 * hostile loses its own connection, counted with a reason, and the others go on.
 */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, Server as TlsServer } from 'node:tls';
import { systemClock } from '../../base/clock.ts';
import { messageOf, UserError } from '../../base/errors.ts';
import { RepeatLog } from '../../base/log.ts';
import { parseListen } from '../../config/listen.ts';
import type { ServerOptions } from '../server-options.ts';
import { tellTransports } from '../transport.ts';
import { type ConnectionDependencies, RtspConnection } from './connection.ts';
import { CONNECTIONS_MAX, HANDSHAKE_MS_MAX, SWEEP_INTERVAL_MS } from './limits.ts';
import { SessionTable } from './session-table.ts';

export interface RtspServer {
  /** Where it listens; the host without brackets. */
  readonly address: { host: string; port: number };
  /** For connections that come from now on; with TLS only. Throws when it can't be used, and the old one stays. */
  useCertificate(tls: { cert: string; key: string }): void;
  /** Ends all sessions and connections and gives all ports back. */
  close(): Promise<void>;
}

/** Rejects with a UserError when it can't listen there. */
export async function startRtspServer(options: ServerOptions): Promise<RtspServer> {
  const { credentials, damper, desk, feeds, log, metrics, slots } = options;
  const sessions = new SessionTable(metrics, log);
  const dependencies: ConnectionDependencies = {
    feeds,
    credentials,
    metrics,
    clock: options.clock ?? systemClock,
    sessions,
    damper,
    slots,
    desk,
    log,
    faults: new RepeatLog(log, 'RTSP viewers dropped'),
  };
  const connections = new Set<RtspConnection>();
  const serve = (socket: Socket): void => {
    const connection = new RtspConnection(socket, dependencies);
    connections.add(connection);
    socket.once('close', () => connections.delete(connection));
    void connection.serve();
  };
  const { tls } = options;
  const server: Server =
    tls === undefined
      ? createServer(serve)
      : createTlsServer({ ...tls, handshakeTimeout: HANDSHAKE_MS_MAX }, serve).on('tlsClientError', (error) =>
          dependencies.faults.add(error),
        );
  server.maxConnections = CONNECTIONS_MAX;
  tellTransports(server, options.onConnection);
  server.on('drop', () => {
    metrics.viewerDropped('rtsp', '', 'too-many-connections');
    dependencies.faults.add('too many connections');
  });
  const address = await listen(server, options.listen);
  server.on('error', (error) => dependencies.faults.add(error));
  const sweeper = setInterval(() => {
    for (const connection of connections) connection.sweep();
    sessions.sweep();
  }, SWEEP_INTERVAL_MS);
  log.info({ host: address.host, port: address.port }, 'RTSP server is listening');
  return {
    address,
    useCertificate: (renewed) => {
      if (server instanceof TlsServer) server.setSecureContext(renewed);
    },
    close: async () => {
      clearInterval(sweeper);
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      sessions.endAll();
      for (const connection of connections) connection.close();
      await closed;
    },
  };
}

async function listen(server: Server, listenOn: string): Promise<RtspServer['address']> {
  try {
    server.listen(parseListen(listenOn));
    await once(server, 'listening');
  } catch (error) {
    throw new UserError(`RTSP can't listen on ${listenOn}: ${messageOf(error)}`, {
      fix: 'set rtsp.listen to a free HOST:PORT of this machine',
      cause: error,
    });
  }
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('a TCP server without a TCP address');
  return { host: bound.address, port: bound.port };
}
