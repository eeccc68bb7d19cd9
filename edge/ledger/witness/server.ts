/** The witness over HTTP: `POST /add-checkpoint`, `GET /<sha-256 of the origin>/checkpoint`. Public by nature: signatures are what counts. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf, WorldError } from '../../base/errors.ts';
import { REQUEST_BYTES_MAX } from './request.ts';
import type { Witness } from './witness.ts';

const CONNECTIONS_MAX = 64;
const REQUEST_MS_MAX = 10_000;

export interface WitnessServer {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Rejects with WorldError when the address can't be used. */
export async function serveWitness(witness: Witness, listen: { host: string; port: number }): Promise<WitnessServer> {
  const server = createServer(
    { requestTimeout: REQUEST_MS_MAX, headersTimeout: REQUEST_MS_MAX, keepAliveTimeout: REQUEST_MS_MAX },
    (request, response) => {
      handle(witness, request, response).catch(() => response.destroy());
    },
  );
  server.maxConnections = CONNECTIONS_MAX;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(new WorldError('witness-failed', `cannot listen on ${listen.host}:${listen.port}: ${messageOf(error)}`)),
    );
    server.listen(listen.port, listen.host, resolve);
  });
  const { address, port } = server.address() as AddressInfo;
  return {
    host: address,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function handle(witness: Witness, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url === '/add-checkpoint') {
    if (request.method !== 'POST') return respond(response, 405, 'POST a checkpoint\n', { Allow: 'POST' });
    const body = await readBody(request);
    if (body === undefined) return respond(response, 413, 'too large\n', { Connection: 'close' });
    const { status, body: text, contentType } = await witness.addCheckpoint(body);
    return respond(response, status, text, { 'Content-Type': contentType });
  }
  const [, origin] = /^\/([0-9a-f]{64})\/checkpoint$/.exec(request.url ?? '') ?? [];
  const note = request.method === 'GET' && origin !== undefined ? await witness.seen(origin) : undefined;
  if (note === undefined) return respond(response, 404, 'not found\n');
  return respond(response, 200, note.toString('utf8'));
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    // Read to its end all the same, within the time of a request: whoever is cut off does not hear why.
    if (bytes <= REQUEST_BYTES_MAX) parts.push(part);
  }
  return bytes <= REQUEST_BYTES_MAX ? Buffer.concat(parts) : undefined;
}

function respond(response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...headers,
  });
  response.end(body);
}
