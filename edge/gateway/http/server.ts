/**
 * The HTTP side of the gateway: console, API, metrics, snapshots and WebSockets. Owns its listening socket and every connection.
 *
 * Always holds: nothing but `/healthz`, the login form with its two files, what is public of the record (`record.ts`, `public/`) and people's
 * choices (`choices/routes.ts`) is answered without credentials; a path is matched as it stands in the request, never decoded or resolved; every
 * answer carries the security headers. Load beyond a limit is refused.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { systemClock } from '../../base/clock.ts';
import { messageOf, UserError } from '../../base/errors.ts';
import { VIEWERS_MAX } from '../../base/limits.ts';
import { parseListen } from '../../config/listen.ts';
import { pullerId } from '../../config/use.ts';
import type { PeoplesChoices } from '../choices/port.ts';
import { ChoiceRoutes } from '../choices/routes.ts';
import { type Asset, loadAssets } from '../console/assets.ts';
import { PublicPages } from '../public/handler.ts';
import type { Inquiries } from '../public/port.ts';
import type { ServerOptions } from '../server-options.ts';
import { tellTransports } from '../transport.ts';
import { holdUse } from '../use/held.ts';
import { Authenticator } from './authenticate.ts';
import { isOwnOrigin } from './headers.ts';
import { Login } from './login.ts';
import { askedOfRequest, PullRoutes } from './pulls.ts';
import { type PublicRecord, RecordPages } from './record.ts';
import {
  refusePull,
  refuseUpgrade,
  respond,
  respondAsset,
  respondJson,
  respondUnknown,
  respondWait,
  retryAfter,
} from './respond.ts';
import { type SetupPort, SetupRoutes } from './setup.ts';
import { Sockets } from './sockets.ts';
import { type AgentHealth, type SensorDirectory, statusOf, summaryOf } from './status.ts';
import { Viewers } from './viewers.ts';

export interface HttpServerOptions extends ServerOptions {
  /** Asked for each answer that needs it; cheap. */
  health: () => AgentHealth;
  /** The public record. */
  record: PublicRecord;
  /** Where cameras may be set up from the console. */
  setup?: SetupPort;
  /** Where sensors are configured. */
  sensors?: SensorDirectory;
  /** What anybody may ask of it. */
  inquiries?: Inquiries;
  /** Where somebody keeps what people chose. Without a token of the desk no tokens are made. */
  choices?: { keeper: PeoplesChoices; deskToken: string | undefined };
  /** Prometheus text format. */
  renderMetrics: () => Promise<string>;
}

export interface HttpServer {
  readonly address: { host: string; port: number };
  /** For connections that come from now on; with TLS only. Throws when it can't be used, and the old one stays. */
  useCertificate(tls: { cert: string; key: string }): void;
  /** Ends all connections; resolves when the port is free. */
  close(): Promise<void>;
}

/** Pages, scrapers and viewers together; a browser opens about six per page. */
const CONNECTIONS_MAX = 512;
const HEADER_BYTES_MAX = 16 * 1024;
const REQUEST_MS_MAX = 15_000;
const URL_CHARS_MAX = 1024;
/** Close code of a WebSocket whose use was not admitted for its next window. */
const USE_LAPSED = 4403;
const PUBLIC_ASSETS = new Set(['/app.css', '/icon.svg']);

/** Throws UserError when `listen` can't be bound. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const gateway = new Gateway(options, await loadAssets());
  const bounds = {
    maxHeaderSize: HEADER_BYTES_MAX,
    headersTimeout: REQUEST_MS_MAX,
    requestTimeout: REQUEST_MS_MAX,
    keepAliveTimeout: 10_000,
    connectionsCheckingInterval: 5_000,
  };
  const { tls } = options;
  const server =
    tls === undefined ? createServer(bounds) : createTlsServer({ ...bounds, ...tls, handshakeTimeout: REQUEST_MS_MAX });
  server.maxConnections = CONNECTIONS_MAX;
  tellTransports(server, options.onConnection);
  server.on('request', (request, response) => void gateway.handle(request, response));
  server.on('upgrade', (request, stream, head) => void gateway.upgrade(request, stream, head));
  await listen(server, options.listen);
  const address = server.address() as AddressInfo;
  return {
    address: { host: address.address, port: address.port },
    useCertificate: (renewed) => {
      if (server instanceof TlsServer) server.setSecureContext(renewed);
    },
    async close() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      gateway.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listen(server: Server, where: string): Promise<void> {
  const { host, port } = parseListen(where);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const fix = 'choose another address with --http HOST:PORT or http.listen';
      reject(new UserError(`cannot listen on ${where} for HTTP: ${messageOf(error)}`, { fix, cause: error }));
    });
    server.listen(port, host, resolve);
  });
}

class Gateway {
  readonly #options: HttpServerOptions;
  readonly #assets: ReadonlyMap<string, Asset>;
  readonly #authenticator: Authenticator;
  readonly #login: Login;
  readonly #choices: ChoiceRoutes | undefined;
  readonly #sockets: Sockets;
  readonly #viewers: Viewers;
  readonly #record: RecordPages;
  readonly #setup: SetupRoutes | undefined;
  readonly #pulls: PullRoutes;
  readonly #publicPages: PublicPages | undefined;
  #isClosed = false;

  constructor(options: HttpServerOptions, assets: ReadonlyMap<string, Asset>) {
    const { feeds, credentials, damper, slots, metrics, log, clock = systemClock, choices } = options;
    const loginPage = assets.get('login.html');
    if (loginPage === undefined) throw new Error('login.html is missing among the console’s files');
    this.#options = options;
    this.#assets = assets;
    this.#authenticator = new Authenticator(credentials, damper, clock);
    this.#login = new Login(this.#authenticator, loginPage);
    this.#choices =
      choices === undefined
        ? undefined
        : new ChoiceRoutes({ choices: choices.keeper, deskToken: choices.deskToken, clock });
    this.#pulls = new PullRoutes(options);
    this.#sockets = new Sockets((id) => this.#authenticator.sessions.use(id) !== undefined);
    this.#setup =
      options.setup &&
      new SetupRoutes(options.setup, {
        verify: (user, password, address) => this.#authenticator.verify(user, password, address),
        changed: (request, user, name) => {
          for (const id of this.#authenticator.forget(user)) this.#sockets.endSession(id);
          return this.#login.startSession(request, name);
        },
      });
    this.#record = new RecordPages(options.record);
    this.#publicPages = options.inquiries === undefined ? undefined : new PublicPages(options.inquiries);
    this.#viewers = new Viewers({ feeds, slots, metrics, clock, log, status: () => this.#status() });
  }

  close(): void {
    this.#isClosed = true;
    this.#sockets.close();
  }

  /** Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A connection that breaks is the client's business.
    request.on('error', () => {});
    response.on('error', () => {});
    try {
      await this.#route(request, response);
    } catch (error) {
      if (!request.complete && request.destroyed) return;
      this.#options.log.error({ err: error }, 'a request failed');
      if (!response.headersSent) respond(response, { status: 500, body: 'internal error\n' });
      else response.destroy();
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pathname = pathOf(request);
    const { method } = request;
    if (method !== 'GET' && method !== 'POST') {
      return respond(response, { status: 405, body: 'method not allowed\n', headers: { Allow: 'GET, POST' } });
    }
    if (pathname === undefined) return respond(response, { status: 414, body: 'address too long\n' });
    const key = `${method} ${pathname}`;
    if (key === 'GET /login') return this.#login.showForm(response);
    if (key === 'POST /login') return this.#login.submit(request, response);
    if (key === 'POST /logout') {
      const ended = this.#login.logout(request, response);
      if (ended !== undefined) this.#sockets.endSession(ended);
      return;
    }
    const choice = this.#choices?.find(key);
    if (choice !== undefined) return choice(request, response);
    const asset = method === 'GET' ? this.#asset(pathname) : undefined;
    if (asset !== undefined && PUBLIC_ASSETS.has(pathname)) return respondAsset(request, response, asset);
    const isKnown = async (): Promise<boolean> => (await this.#authenticator.identify(request)).outcome === 'known';
    if (await this.#publicPages?.handle(request, response, pathname, isKnown)) return;

    if (method === 'GET' && this.#record.owns(pathname)) return this.#record.answer(pathname, response);

    const who = await this.#authenticator.identify(request);
    if (key === 'GET /healthz') return this.#healthz(response, who.outcome === 'known');
    if (who.outcome === 'wait') return respondWait(response, who.waitMs);
    if (who.outcome === 'unknown') return respondUnknown(request, response);
    if (asset !== undefined) return respondAsset(request, response, asset);
    if (await this.#setup?.serve(key, request, response, who.identity.user)) return;
    if (key === 'GET /api/cameras') return respondJson(response, this.#status());
    if (key === 'GET /metrics') {
      const body = await this.#options.renderMetrics();
      return respond(response, { status: 200, body, contentType: 'text/plain; version=0.0.4; charset=utf-8' });
    }
    if (await this.#pulls.serve(key, request, response, who.identity.user)) return;
    respond(response, { status: 404, body: 'not found\n' });
  }

  async upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> {
    stream.on('error', () => stream.destroy());
    try {
      const who = await this.#authenticator.identify(request);
      if (this.#isClosed) return void stream.destroy();
      if (who.outcome === 'wait') return refuseUpgrade(stream, 429, 'Too Many Requests', retryAfter(who.waitMs));
      if (who.outcome === 'unknown') return refuseUpgrade(stream, 401, 'Unauthorized');
      if (!isOwnOrigin(request.headers)) return refuseUpgrade(stream, 403, 'Forbidden');
      const { desk } = this.#options;
      const served = this.#viewers.find(pathOf(request) ?? '');
      if (served === 'not-found') return refuseUpgrade(stream, 404, 'Not Found');
      if (served === 'unavailable' || this.#sockets.size >= 2 * VIEWERS_MAX) {
        return refuseUpgrade(stream, 503, 'Service Unavailable');
      }
      const { user, sessionId } = who.identity;
      const { use, serve } = served;
      if (use === undefined) return this.#sockets.accept(request, stream, head, sessionId, serve);
      const pull = { ...use, kind: 'camera', puller: pullerId(user), asked: askedOfRequest(request) } as const;
      const admission = await desk.pull(pull);
      if (this.#isClosed) return void stream.destroy();
      if (!admission.admitted) return refusePull(stream, admission.reason);
      this.#sockets.accept(request, stream, head, sessionId, (socket) => {
        const lapsed = (): void => socket.close(USE_LAPSED, 'not admitted any more');
        const held = holdUse(desk, pull, admission.untilMs, lapsed);
        const viewer = serve(socket);
        return {
          [Symbol.dispose]: () => {
            held[Symbol.dispose]();
            viewer[Symbol.dispose]();
          },
        };
      });
    } catch (error) {
      this.#options.log.error({ err: error }, 'a WebSocket request failed');
      stream.destroy();
    }
  }

  #asset(pathname: string): Asset | undefined {
    if (pathname === '/') return this.#assets.get('index.html');
    if (pathname === '/setup' && this.#setup !== undefined) return this.#assets.get('setup.html');
    if (pathname.endsWith('.html')) return undefined;
    return this.#assets.get(pathname.slice(1));
  }

  #healthz(response: ServerResponse, withDetails: boolean): void {
    const { feeds, health } = this.#options;
    const agent = health();
    const status = summaryOf(feeds, agent);
    const cameras = Object.fromEntries(feeds.list().map((feed) => [feed.name, feed.health?.state ?? 'starting']));
    const states = this.#options.sensors
      ?.list()
      .map(({ name, report }) => [name, report?.intake.state ?? 'connecting']);
    const sensors = states === undefined ? {} : { sensors: Object.fromEntries(states) as Record<string, string> };
    const body = withDetails ? { status, cameras, ...sensors } : { status };
    respondJson(response, body, status === 'stopping' ? 503 : 200);
  }

  #status() {
    const { feeds, sensors, health } = this.#options;
    return statusOf(feeds, sensors, health(), this.#viewers.preview);
  }
}

/** The path as it was sent, without query; undefined when it is absurdly long. */
function pathOf(request: IncomingMessage): string | undefined {
  const url = request.url ?? '';
  if (url.length > URL_CHARS_MAX) return undefined;
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}
