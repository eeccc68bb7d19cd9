/** What answers on the networks of this box, as a list for people. */
import os from 'node:os';
import type { Log } from '../../base/log.ts';
import { type Search, searchDevices } from '../../camera/find/finder.ts';
import type { FoundDevice } from '../../camera/find/messages.ts';

/** Devices answer a search within half a second by the standard; slow ones and lost datagrams need more. */
const SEARCH_MS = 4_000;

/** Without names: every interface with an IPv4 address but loopback. */
export function findCameras(interfaces: readonly string[] | undefined, log: Log): Promise<Search> {
  return searchDevices(interfaces ?? outerInterfaces(), SEARCH_MS, { log });
}

function outerInterfaces(): string[] {
  return Object.entries(os.networkInterfaces())
    .filter(([, list]) => list?.some(({ family, internal }) => family === 'IPv4' && !internal))
    .map(([name]) => name);
}

/** What an answers file takes: the value of `onvif`, or of `url`. */
export function addressText(device: FoundDevice): string {
  if (device.via === 'mdns') {
    const { host, port, path } = device;
    return `rtsp://${bracketed(host)}:${port}/${path.replace(/^\//, '')}`;
  }
  const { host, port, path, isTls } = device.address;
  return `${isTls ? 'https' : 'http'}://${bracketed(host)}:${port}${path}`;
}

export function searchLines({ devices, leftOut }: Search): string[] {
  return [
    ...devices.map((device) =>
      `${device.via === 'onvif' ? 'onvif' : 'url  '}  ${addressText(device)}  ${device.name}`.trimEnd(),
    ),
    ...leftOut.map((why) => `left out: ${why}`),
    ...(devices.length === 0
      ? ['nothing answered. Check cable and power, and that ONVIF is switched on in the camera.']
      : []),
  ];
}

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);
