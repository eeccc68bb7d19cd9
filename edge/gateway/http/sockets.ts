/**
 * The WebSockets of one HTTP server: upgrade, heartbeat, and their count. A request comes here only after it was authenticated and
 * its origin checked. Owns every open socket: one that does not answer pings, whose session ended, or that sends more than it has
 * reason to, is cut.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';

/** Also the time within which a socket notices that its session expired. */
const HEARTBEAT_MS = 15_000;
/** Viewers have nothing to say. */
const MESSAGE_BYTES_MAX = 256;

interface Entry {
  readonly socket: WebSocket;
  readonly sessionId: string | undefined;
  answered: boolean;
}

export class Sockets {
  readonly #server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    clientTracking: false,
    maxPayload: MESSAGE_BYTES_MAX,
  });
  readonly #open = new Set<Entry>();
  readonly #heartbeat: NodeJS.Timeout;

  /** `isSessionLive` is asked at each heartbeat, which also keeps the session of an open page from going idle. */
  constructor(isSessionLive: (sessionId: string) => boolean) {
    this.#heartbeat = setInterval(() => {
      for (const entry of this.#open) {
        const expired = entry.sessionId !== undefined && !isSessionLive(entry.sessionId);
        if (expired) entry.socket.close(4401, 'session ended');
        else if (!entry.answered) entry.socket.terminate();
        else {
          entry.answered = false;
          entry.socket.ping();
        }
      }
    }, HEARTBEAT_MS);
    this.#heartbeat.unref();
  }

  get size(): number {
    return this.#open.size;
  }

  accept(
    request: IncomingMessage,
    stream: Duplex,
    head: Buffer,
    sessionId: string | undefined,
    serve: (socket: WebSocket) => Disposable,
  ): void {
    this.#server.handleUpgrade(request, stream, head, (socket) => {
      const entry: Entry = { socket, sessionId, answered: true };
      this.#open.add(entry);
      socket.on('pong', () => {
        entry.answered = true;
      });
      // What goes wrong on a viewer's connection is the viewer's; `close` follows and cleans up.
      socket.on('error', () => socket.terminate());
      const served = serve(socket);
      socket.on('close', () => {
        this.#open.delete(entry);
        served[Symbol.dispose]();
      });
    });
  }

  endSession(sessionId: string): void {
    for (const entry of this.#open) {
      if (entry.sessionId === sessionId) entry.socket.close(4401, 'session ended');
    }
  }

  /** Says goodbye and cuts at once: a viewer that is gone must not hold up a shutdown. */
  close(): void {
    clearInterval(this.#heartbeat);
    for (const entry of this.#open) {
      entry.socket.close(1001, 'stopping');
      entry.socket.terminate();
    }
  }
}
