/**
 * Looks for cameras: WS-Discovery (ONVIF) and mDNS (`_rtsp._tcp`), on the interfaces that are named. What answers is taken at the address
 * that it answered from: an answer that names only other hosts would have the installer send a password there.
 */
import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Bonjour } from 'bonjour-service';
import { Discovery } from './library.ts';
import { cleaned, type DeviceAddress, type FromFinder } from './messages.ts';

export async function discover(
  interfaces: readonly string[],
  waitMs: number,
  send: (message: FromFinder) => void,
): Promise<void> {
  Discovery.on('error', (error) =>
    send({ type: 'left-out', why: cleaned(error instanceof Error ? error.message : error) }),
  );
  Discovery.on('device', (device, { address }) => send(onvifDevice(device, address)));
  const bonjours: Bonjour[] = [];
  for (const name of interfaces) {
    const own = networkInterfaces()[name]?.find(({ family }) => family === 'IPv4');
    if (own === undefined) {
      send({ type: 'left-out', why: `there is no interface ${cleaned(name)} with an IPv4 address` });
      continue;
    }
    Discovery.probe({ device: name, resolve: false, timeout: waitMs });
    // Bound to all addresses, since a socket that is bound to one gets no multicast.
    const options = { interface: own.address, bind: '0.0.0.0' };
    const bonjour = new Bonjour(options as unknown as ConstructorParameters<typeof Bonjour>[0], (error: unknown) =>
      send({ type: 'left-out', why: cleaned(`mDNS: ${error instanceof Error ? error.message : ''}`) }),
    );
    bonjours.push(bonjour);
    bonjour.find({ type: 'rtsp' }, (service) => send(mdnsDevice(service)));
  }
  await sleep(waitMs);
  for (const bonjour of bonjours) bonjour.destroy();
}

function onvifDevice(device: unknown, sender: string): FromFinder {
  const match = (device as { probeMatches?: { probeMatch?: Record<string, unknown> } })?.probeMatches?.probeMatch;
  const addresses = textOf(match?.['XAddrs'])
    .split(/\s+/)
    .map((url) => addressOf(url))
    .filter((address) => address !== undefined);
  const address = addresses.find(({ host }) => host === sender);
  if (address === undefined) {
    return { type: 'left-out', why: cleaned(`${sender}: its answer names no address of its own`) };
  }
  const endpoint = match?.['endpointReference'] as Record<string, unknown> | undefined;
  const scopes = textOf(match?.['scopes']).split(/\s+/);
  const name = ['name', 'hardware'].map((kind) => scopeOf(scopes, kind)).find((text) => text !== '') ?? '';
  const id = cleaned(textOf(endpoint?.['address'])) || sender;
  return { type: 'found', device: { via: 'onvif', id, name: cleaned(name), address } };
}

/** Undefined when it is no HTTP URL. */
function addressOf(text: string): DeviceAddress | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, port, pathname } = new URL(text);
  if (protocol !== 'http:' && protocol !== 'https:') return undefined;
  const isTls = protocol === 'https:';
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (isTls ? 443 : 80) : Number(port),
    path: pathname,
    isTls,
  };
}

function scopeOf(scopes: readonly string[], kind: string): string {
  const prefix = `onvif://www.onvif.org/${kind}/`;
  const scope = scopes.find((text) => text.startsWith(prefix));
  try {
    return decodeURIComponent(scope?.slice(prefix.length) ?? '').replaceAll('_', ' ');
  } catch {
    return '';
  }
}

/** Elements with attributes come as objects. */
function textOf(value: unknown): string {
  if (typeof value === 'object' && value !== null) return textOf((value as Record<string, unknown>)['_']);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function mdnsDevice(service: {
  name: string;
  port: number;
  txt?: unknown;
  referer?: { address: string } | undefined;
}): FromFinder {
  const host = service.referer?.address ?? '';
  const path = textOf((service.txt as Record<string, unknown> | undefined)?.['path']);
  const name = cleaned(service.name);
  return {
    type: 'found',
    device: { via: 'mdns', id: `${name} ${host}`.slice(0, 200), name, host, port: service.port, path: cleaned(path) },
  };
}
