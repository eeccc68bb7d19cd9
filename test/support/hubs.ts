/**
 * Hubs to test against, on loopback and a free port each: a strict NGSI-LD broker and a CloudEvents endpoint. Each can be
 * told to refuse or to fail, and remembers what it took.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TestHub extends AsyncDisposable {
  url: string;
  /** Ids of releases or entities that were taken, repeats left out, in the order of their first arrival. */
  taken(): string[];
  /** Payloads as they arrived. */
  payloads: unknown[];
  /** Status for the next requests; undefined takes them. */
  answer: { status: number } | undefined;
}

interface HttpHubOptions {
  path: string;
  contentType: string;
  token: string;
  /** Ids of what was posted, or what is wrong with it. */
  check(body: unknown): string[] | { fault: string };
}

async function startHttpHub(options: HttpHubOptions): Promise<TestHub> {
  const ids = new Set<string>();
  const hub = { answer: undefined as TestHub['answer'], payloads: [] as unknown[] };
  const server = createServer((request, response) => {
    void (async () => {
      const text = await textOf(request);
      const say = (status: number, fault = ''): void => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ title: fault }));
      };
      if (hub.answer !== undefined) return say(hub.answer.status, 'told to');
      if (request.method !== 'POST' || request.url !== options.path) return say(404, 'no such path');
      if (request.headers.authorization !== `Bearer ${options.token}`) return say(401, 'token');
      if (request.headers['content-type'] !== options.contentType) return say(415, 'content type');
      const body: unknown = JSON.parse(text);
      const found = options.check(body);
      if ('fault' in found) return say(400, found.fault);
      hub.payloads.push(body);
      for (const id of found) ids.add(id);
      return say(201);
    })();
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(hub, {
    url: `http://127.0.0.1:${port}`,
    taken: () => [...ids],
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

export function startCloudEventsHub(token: string): Promise<TestHub> {
  return startHttpHub({
    path: '/events',
    contentType: 'application/cloudevents+json',
    token,
    check(body) {
      const event = body as Record<string, unknown>;
      for (const name of ['id', 'source', 'type']) {
        if (typeof event[name] !== 'string' || event[name] === '') return { fault: `${name} is missing` };
      }
      if (event['specversion'] !== '1.0') return { fault: 'specversion' };
      const bad = Object.keys(event).find((name) => !/^[a-z0-9]{1,20}$/.test(name));
      return bad === undefined ? [String(event['id'])] : { fault: `${bad} is no attribute name` };
    },
  });
}

/** What ETSI GS CIM 009 asks of a batch of normalised entities. */
export function startNgsiLdHub(token: string): Promise<TestHub> {
  return startHttpHub({
    path: '/ngsi-ld/v1/entityOperations/upsert',
    contentType: 'application/ld+json',
    token,
    check(body) {
      if (!Array.isArray(body) || body.length === 0) return { fault: 'not a batch of entities' };
      for (const entity of body as Record<string, unknown>[]) {
        const fault = entityFault(entity);
        if (fault !== undefined) return { fault };
      }
      const ids = (body as { id: string }[]).map(({ id }) => id);
      return new Set(ids).size === ids.length ? ids : { fault: 'an entity twice in one batch' };
    },
  });
}

function entityFault(entity: Record<string, unknown>): string | undefined {
  const { id, type, '@context': context, ...attributes } = entity;
  if (typeof id !== 'string' || !/^urn:ngsi-ld:[A-Za-z]+:\S+$/.test(id)) return 'id is no URN';
  if (typeof type !== 'string' || !id.startsWith(`urn:ngsi-ld:${type}:`)) return 'type and id differ';
  if (!Array.isArray(context) || !String(context.at(-1)).includes('ngsi-ld-core-context')) return 'no core context';
  for (const [name, attribute] of Object.entries(attributes)) {
    if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name)) return `${name} is no attribute name`;
    const { type: kind, value } = attribute as { type?: unknown; value?: unknown };
    if (kind !== 'Property' && kind !== 'GeoProperty') return `${name} has no type`;
    if (value === undefined || value === null) return `${name} has no value`;
    if (kind === 'GeoProperty' && !isPoint(value)) return `${name} is no point`;
  }
  return undefined;
}

function isPoint(value: unknown): boolean {
  const { type, coordinates } = value as { type?: unknown; coordinates?: unknown };
  if (type !== 'Point' || !Array.isArray(coordinates) || coordinates.length !== 2) return false;
  const [lon, lat] = coordinates as number[];
  return Math.abs(lon ?? 999) <= 180 && Math.abs(lat ?? 999) <= 90;
}
