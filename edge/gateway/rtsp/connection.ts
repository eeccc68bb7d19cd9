/**
 * One RTSP connection: owns its socket and the sessions interleaved in it.
 *
 * Requests are answered one after another; while one is being answered nothing more is read, so a viewer that floods fills its own
 * buffers. What can't be parsed, or a viewer that does not read, ends this connection only.
 */
import { isIPv6, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import { VIEWER_BACKLOG_BYTES_MAX } from '../../base/limits.ts';
import type { RepeatLog } from '../../base/log.ts';
import type { ServerOptions } from '../server-options.ts';
import { type AuthResult, ConnectionAuthenticator } from './authenticator.ts';
import type { TransportOffer } from './headers.ts';
import { CONNECTION_IDLE_MS } from './limits.ts';
import {
  formatResponse,
  isMethod,
  METHODS_REFUSED,
  type RtspMethod,
  type RtspRequest,
  type RtspResponse,
} from './message.ts';
import { type Outcome, PUBLIC_HEADER, perform } from './methods.ts';
import { type ParseFault, RtspParser } from './parser.ts';
import { ViewerSession } from './session.ts';
import type { SessionTable } from './session-table.ts';
import { InterleavedTransport, type MediaTransport } from './transport.ts';
import { openUdpTransport } from './udp-transport.ts';
import { ConnectionUses } from './use.ts';

export interface ConnectionDependencies extends Required<Omit<ServerOptions, 'listen' | 'tls' | 'onConnection'>> {
  sessions: SessionTable;
  /** Faults of viewers, at most one line a second. */
  faults: RepeatLog;
}

/** Why a connection or session was ended by the server: the reason label of the metric for dropped viewers. */
type DropReason =
  | ParseFault
  | 'unknown-channel'
  | 'backlog'
  | 'timeout'
  | 'unreachable'
  | 'use-lapsed'
  | 'auth-refused'
  | 'internal';

export class RtspConnection {
  readonly #socket: Socket;
  readonly #dependencies: ConnectionDependencies;
  readonly #auth: ConnectionAuthenticator;
  readonly #gone = new AbortController();
  /** Sessions that this connection speaks for. */
  readonly #sessions = new Set<ViewerSession>();
  /** Channels and their session; a session's end leaves its channels known, since reports may still be under way. */
  readonly #channels = new Map<number, ViewerSession>();
  readonly #uses: ConnectionUses;
  #lastUsedMs: number;
  #isClosing = false;

  constructor(socket: Socket, dependencies: ConnectionDependencies) {
    this.#socket = socket;
    this.#dependencies = dependencies;
    this.#lastUsedMs = dependencies.clock.monotonicMs();
    this.#auth = new ConnectionAuthenticator(addressOf(socket.remoteAddress), {
      ...dependencies,
      pause: (ms) => this.#pause(ms),
    });
    this.#uses = new ConnectionUses(dependencies.desk);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000);
    socket.on('error', () => {});
    socket.once('close', () => this.#onClose());
  }

  /** Serves until the connection ends; never rejects. */
  async serve(): Promise<void> {
    try {
      const parser = new RtspParser();
      for await (const chunk of this.#socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        parser.push(chunk);
        for (let item = parser.next(); item !== undefined; item = parser.next()) {
          if (item.type === 'fault') this.#refuse(item.fault);
          else if (item.type === 'frame') this.#onFrame(item.channel, item.payload);
          else await this.#onRequest(item.request);
          if (this.#isClosing || this.#socket.destroyed) return;
        }
      }
      this.#socket.destroy();
    } catch (error) {
      // A socket that breaks off ends the iteration with an error; anything else is our own.
      if (this.#socket.destroyed) return;
      this.#dependencies.log.error({ err: error }, 'RTSP connection failed');
      this.#drop(undefined, 'internal');
    }
  }

  /** To be called about once a second. */
  sweep(): void {
    const idleMs = this.#dependencies.clock.monotonicMs() - this.#lastUsedMs;
    const isIdle = idleMs > CONNECTION_IDLE_MS && [...this.#sessions].every((session) => session.state === 'ended');
    if (this.#isClosing || isIdle) this.#socket.destroy();
  }

  close(): void {
    this.#socket.destroy();
  }

  async #onRequest(request: RtspRequest): Promise<void> {
    const cseq = request.headers.get('cseq');
    if (cseq === undefined || !/^\d{1,10}$/.test(cseq)) this.#reply({ response: { status: 400 } }, undefined);
    else this.#reply(await this.#answer(request), cseq);
  }

  async #answer(request: RtspRequest): Promise<Outcome> {
    const { method, headers } = request;
    if (request.version !== 'RTSP/1.0') return { response: { status: 505 } };
    const required = headers.get('require') ?? headers.get('proxy-require');
    if (required !== undefined) return { response: { status: 551, headers: [['Unsupported', required]] } };
    // Tells nothing that is not in the source code, and players send it before they have been asked for a password.
    if (method === 'OPTIONS' && !headers.has('session')) return { response: { status: 200, headers: [PUBLIC_HEADER] } };
    const auth = await this.#auth.authenticate(request);
    if (auth.type !== 'authenticated') return { response: this.#unauthorised(auth) };
    this.#lastUsedMs = this.#dependencies.clock.monotonicMs();
    if (!isMethod(method)) {
      const status = METHODS_REFUSED.has(method) ? 405 : 501;
      return { response: { status, headers: [['Allow', PUBLIC_HEADER[1]]] } };
    }
    return await this.#perform(method, request, auth.user);
  }

  #unauthorised(auth: Exclude<AuthResult, { type: 'authenticated' }>): RtspResponse {
    if (auth.type === 'challenge') {
      return { status: 401, headers: auth.wwwAuthenticate.map((value) => ['WWW-Authenticate', value] as const) };
    }
    this.#count(undefined, 'auth-refused');
    this.#isClosing = true;
    return { status: 401, headers: [['Connection', 'close']] };
  }

  async #perform(method: RtspMethod, request: RtspRequest, user: string): Promise<Outcome> {
    try {
      return await perform(method, request, {
        feeds: this.#dependencies.feeds,
        user,
        isIPv6: isIPv6(addressOf(this.#socket.localAddress)),
        findSession: (id, owner) => this.#findSession(id, owner),
        openSession: (feedName, owner, offer) => this.#openSession(feedName, owner, offer),
        endSession: (session) => this.#endSession(session),
        mayPull: (feedName, uri) => this.#uses.check(user, feedName, uri),
        pause: (ms) => this.#pause(ms),
      });
    } catch (error) {
      this.#dependencies.log.error({ err: error }, `RTSP ${method} failed`);
      return { response: { status: 500 } };
    }
  }

  #reply({ response, after }: Outcome, cseq: string | undefined): void {
    if (!this.#socket.writable) return;
    this.#socket.write(formatResponse(response, cseq));
    after?.();
    if (this.#isClosing) this.#socket.end();
    // Twice what a session may lag behind: more is somebody who asks and never reads.
    else if (this.#socket.writableLength > 2 * VIEWER_BACKLOG_BYTES_MAX) this.#drop(undefined, 'backlog');
  }

  #onFrame(channel: number, payload: Buffer): void {
    const session = this.#channels.get(channel);
    if (session === undefined) this.#refuse('unknown-channel');
    else session.onReport(payload);
  }

  /** Input that no viewer sends: says so, and closes. */
  #refuse(reason: DropReason): void {
    this.#count(undefined, reason);
    this.#isClosing = true;
    this.#reply({ response: { status: 400, headers: [['Connection', 'close']] } }, undefined);
  }

  #findSession(id: string, user: string): ViewerSession | undefined {
    const session = this.#dependencies.sessions.get(id);
    if (session === undefined || session.user !== user) return undefined;
    if (!this.#sessions.has(session)) {
      if (!session.expires) return undefined;
      this.#control(session);
    }
    return session;
  }

  async #openSession(
    feedName: string,
    user: string,
    offer: TransportOffer,
  ): Promise<ViewerSession | 'full' | 'refused'> {
    const { clock, feeds, metrics, sessions, slots } = this.#dependencies;
    // Datagrams would go in the clear beside a connection that is not.
    if (offer.kind === 'udp' && this.#socket instanceof TLSSocket) return 'refused';
    const slot = slots.take();
    if (slot === undefined) return 'full';
    let session: ViewerSession | undefined;
    try {
      const transport =
        offer.kind === 'tcp'
          ? this.#interleaved(offer.channels)
          : await openUdpTransport({
              localAddress: addressOf(this.#socket.localAddress),
              viewerAddress: addressOf(this.#socket.remoteAddress),
              clientPorts: offer.clientPorts,
              onReport: (rtcp) => session?.onReport(rtcp),
              onUnreachable: () => session?.onUnreachable(),
            });
      if (transport === undefined) return offer.kind === 'tcp' ? 'refused' : 'full';
      if (this.#socket.destroyed) {
        transport.close();
        return 'full';
      }
      session = new ViewerSession({
        feedName,
        user,
        expires: offer.kind === 'udp',
        feeds,
        metrics,
        clock,
        transport,
        slot,
        use: this.#uses.of(user, feedName),
        onDrop: (dropped, reason) => this.#drop(dropped, reason),
      });
      sessions.add(session);
      this.#control(session);
      if (transport instanceof InterleavedTransport) {
        this.#channels.set(transport.interleavedChannel, session);
        this.#channels.set(transport.rtcpChannel, session);
      }
      return session;
    } finally {
      if (session === undefined) slot[Symbol.dispose]();
    }
  }

  #interleaved(wanted: readonly [number, number] | undefined): MediaTransport | undefined {
    const isTaken = (channel: number): boolean =>
      this.#channels.has(channel) && this.#channels.get(channel)?.state !== 'ended';
    if (wanted !== undefined && !wanted.some(isTaken)) return new InterleavedTransport(this.#socket, wanted);
    for (let channel = 0; channel < 256; channel += 2) {
      if (!isTaken(channel) && !isTaken(channel + 1)) {
        return new InterleavedTransport(this.#socket, [channel, channel + 1]);
      }
    }
    return undefined;
  }

  #control(session: ViewerSession): void {
    this.#sessions.add(session);
    session.controllers++;
  }

  #endSession(session: ViewerSession): void {
    this.#dependencies.sessions.end(session);
    if (this.#sessions.delete(session)) session.controllers--;
  }

  /** Ends one session, or all of this connection, because of what the viewer does or fails to do. */
  #drop(session: ViewerSession | undefined, reason: DropReason): void {
    this.#count(session, reason);
    if (session !== undefined) this.#endSession(session);
    if (session?.expires !== true) this.#socket.resetAndDestroy();
  }

  #count(session: ViewerSession | undefined, reason: DropReason): void {
    const feedName = session?.feedName ?? [...this.#sessions][0]?.feedName ?? '';
    this.#dependencies.metrics.viewerDropped('rtsp', feedName, reason);
    this.#dependencies.faults.add(reason);
  }

  async #pause(ms: number): Promise<void> {
    // Rejects when the connection goes first, which is as good a reason to go on.
    await sleep(ms, undefined, { signal: this.#gone.signal }).catch(() => {});
  }

  #onClose(): void {
    this.#gone.abort();
    for (const session of this.#sessions) {
      session.controllers--;
      if (!session.expires) this.#dependencies.sessions.end(session);
    }
    this.#sessions.clear();
  }
}

/** Without the prefix of IPv4 addresses on an IPv6 socket. */
function addressOf(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:(?=\d+\.)/, '');
}
