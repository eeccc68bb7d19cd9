/**
 * Messages by HTTP POST to `/NAME`, with a bearer token. A listener of the sensor process's own: at the agent's HTTP server the agent would see
 * raw readings. Sensors with the same address share one listener.
 *
 * A body is one message; with `application/x-ndjson` it is one a line. Answers: 202 with how many were taken, 401 (also for a name that
 * is not there), 413 too large, 422 not readable by the adapter, 429 too fast.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Backoff } from '../../base/backoff.ts';
import { messageOf } from '../../base/errors.ts';
import { MESSAGE_BYTES_MAX } from '../../base/limits.ts';
import type { ResolvedIntake } from '../../config/intake.ts';
import { parseListen } from '../../config/listen.ts';
import type { IntakeDropReason } from '../reading.ts';
import { LineSplitter } from './lines.ts';
import type { Intake, IntakeSink, IntakeState } from './port.ts';

/** Senders at once; gateways keep one connection each. */
const CONNECTIONS_MAX = 64;
const HEADER_BYTES_MAX = 8 * 1024;
const REQUEST_MS_MAX = 30_000;
/** A batch: it is read line by line, so this bounds time and not memory. */
const BODY_BYTES_MAX = 4 * 1024 * 1024;
/** Wrong tokens per second, of all senders together: beyond it even right ones wait. */
const WRONG_TOKENS_PER_S_MAX = 10;

type WebhookSettings = Extract<ResolvedIntake, { kind: 'webhook' }>;

interface Route {
  name: string;
  tokenDigest: Buffer;
  sink: IntakeSink;
}

/** All listeners of the process. */
export class Webhooks {
  readonly #listeners = new Map<string, Listener>();

  open(name: string, settings: WebhookSettings, sink: IntakeSink): Intake & { readonly port: number | undefined } {
    const { listen, token } = settings;
    let listener = this.#listeners.get(listen);
    if (listener === undefined) {
      listener = new Listener(settings);
      this.#listeners.set(listen, listener);
    }
    const shared = listener;
    shared.routes.set(name, { name, tokenDigest: digestOf(token), sink });
    return {
      get state() {
        return shared.state;
      },
      get port() {
        return shared.port;
      },
      close: async () => {
        shared.routes.delete(name);
        if (shared.routes.size > 0) return;
        if (this.#listeners.get(listen) === shared) this.#listeners.delete(listen);
        await shared.close();
      },
    };
  }
}

class Listener {
  readonly routes = new Map<string, Route>();
  readonly state: IntakeState = { state: 'connecting', lastError: '' };
  readonly #server: Server;
  readonly #backoff = new Backoff();
  #timer: NodeJS.Timeout | undefined;
  #wrongTokens = { atS: 0, count: 0 };
  #isClosed = false;

  constructor({ listen, tls }: WebhookSettings) {
    const options = {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: REQUEST_MS_MAX,
      requestTimeout: REQUEST_MS_MAX,
      connectionsCheckingInterval: 5_000,
    };
    const serve = (request: IncomingMessage, response: ServerResponse): void => {
      request.on('error', () => {});
      response.on('error', () => {});
      this.#serve(request, response).catch(() => response.destroy());
    };
    this.#server = tls === undefined ? createServer(options, serve) : createTlsServer({ ...options, ...tls }, serve);
    this.#server.maxConnections = CONNECTIONS_MAX;
    this.#server.on('listening', () => Object.assign(this.state, { state: 'connected', lastError: '' }));
    this.#server.on('error', (error) => {
      Object.assign(this.state, { state: 'lost', lastError: `cannot listen on ${listen}: ${messageOf(error)}` });
      if (!this.#isClosed) this.#timer = setTimeout(() => this.#listen(listen), this.#backoff.nextMs());
    });
    this.#listen(listen);
  }

  get port(): number | undefined {
    return (this.#server.address() as AddressInfo | null)?.port;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #listen(listen: string): void {
    const { host, port } = parseListen(listen);
    this.#server.listen(port, host);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = (status: number, body: object = {}, headers: Record<string, string> = {}): void => {
      // What is left of a refused body is not read: the connection ends with the answer.
      const rest = request.complete ? headers : { ...headers, Connection: 'close' };
      response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...rest });
      response.end(JSON.stringify(body));
    };
    if (request.method !== 'POST') return answer(405, { error: 'post messages here' }, { Allow: 'POST' });
    if (this.#tooManyWrong()) return answer(429, { error: 'too many wrong tokens' }, { 'Retry-After': '1' });
    const route = this.#routeOf(request);
    if (route === undefined) return answer(401, { error: 'wrong name or token' }, { 'WWW-Authenticate': 'Bearer' });
    const { sink } = route;
    const isBatch = /^application\/x-ndjson\b/i.test(request.headers['content-type'] ?? '');
    const bytesMax = isBatch ? BODY_BYTES_MAX : MESSAGE_BYTES_MAX;
    if (Number(request.headers['content-length'] ?? 0) > bytesMax) {
      sink.dropped('too-large');
      return answer(413, { error: `more than ${bytesMax} bytes` });
    }
    const waitMs = sink.waitMs();
    if (waitMs > 0) {
      sink.dropped('rate');
      return answer(429, { error: 'too fast' }, { 'Retry-After': String(Math.ceil(waitMs / 1000)) });
    }
    const outcome = isBatch ? await readBatch(request, sink) : await readMessage(request, sink);
    if (outcome === undefined) {
      sink.dropped('too-large');
      return answer(413, { error: `more than ${bytesMax} bytes` });
    }
    const { taken, refused } = outcome;
    answer(isBatch || taken > 0 ? 202 : 422, { taken, refused });
  }

  /** Compared in constant time, also where the name does not exist. */
  #routeOf({ url = '', headers }: IncomingMessage): Route | undefined {
    const token = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
    const route = this.routes.get(url.slice(1));
    const isRight = timingSafeEqual(digestOf(token), route?.tokenDigest ?? Buffer.alloc(32));
    if (route !== undefined && isRight) return route;
    this.#wrongTokens.count++;
    return undefined;
  }

  #tooManyWrong(): boolean {
    const nowS = Math.floor(performance.now() / 1000);
    if (this.#wrongTokens.atS !== nowS) this.#wrongTokens = { atS: nowS, count: 0 };
    return this.#wrongTokens.count >= WRONG_TOKENS_PER_S_MAX;
  }
}

interface Outcome {
  taken: number;
  refused: Partial<Record<IntakeDropReason, number>>;
}

class Tally implements Outcome {
  taken = 0;
  readonly refused: Outcome['refused'] = {};

  add(verdict: 'taken' | IntakeDropReason): void {
    if (verdict === 'taken') this.taken++;
    else this.refused[verdict] = (this.refused[verdict] ?? 0) + 1;
  }
}

async function readMessage(request: IncomingMessage, sink: IntakeSink): Promise<Outcome | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > MESSAGE_BYTES_MAX) return undefined;
    chunks.push(chunk as Buffer);
  }
  const tally = new Tally();
  tally.add(sink.take(Buffer.concat(chunks)));
  return tally;
}

async function readBatch(request: IncomingMessage, sink: IntakeSink): Promise<Outcome | undefined> {
  const tally = new Tally();
  const lines = new LineSplitter(
    MESSAGE_BYTES_MAX,
    (line) => tally.add(sink.take(line)),
    () => {
      sink.dropped('too-large');
      tally.add('too-large');
    },
  );
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > BODY_BYTES_MAX) return undefined;
    lines.push(chunk as Buffer);
    const waitMs = sink.waitMs();
    if (waitMs > 0) await sleep(waitMs);
  }
  lines.end();
  return tally;
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
