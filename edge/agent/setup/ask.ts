/** A camera that shall be set up: asked for its streams, and what is said when that fails. */
import { lookup } from 'node:dns/promises';
import { UserError, WorldError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { askDevice, type DeviceLogin } from '../../camera/find/finder.ts';
import { resolveSource } from '../../config/source.ts';
import { addressOf, type Candidate, candidateOf, candidatesOf } from './streams.ts';

/** With its secrets. Never log it. */
export interface PlannedCamera {
  name: string;
  from: { onvif: string } | { url: string };
  user: string;
  password: string;
  stream: 'auto' | 'main' | 'sub';
  streamHost: string | undefined;
  transport: 'tcp' | 'udp';
}

/** A camera that was asked. Holds credentials: never log it. */
export interface AskedCamera {
  planned: PlannedCamera;
  candidates: Candidate[];
  /** Set for ONVIF cameras. */
  device: { login: DeviceLogin; clockOffsetMs: number | undefined; name: string } | undefined;
}

/** @throws UserError that names the key of the answers file that is at fault */
export async function askCamera(planned: PlannedCamera, log: Log): Promise<AskedCamera> {
  const at = `cameras.${planned.name}`;
  if ('url' in planned.from) {
    const candidate = candidateOf(planned, planned.from.url);
    const resolved = await resolveSource(candidate.url, process.cwd(), {});
    if (!('url' in resolved)) throw new UserError(`${at}.url: ${resolved.what}.`, { fix: resolved.fix });
    return { planned, candidates: [{ ...candidate, url: resolved.url }], device: undefined };
  }
  const login = { address: addressOf(planned.from.onvif), user: planned.user, password: planned.password };
  try {
    const facts = await askDevice(login, { log });
    const candidates = candidatesOf(planned, await hostsOf(login.address.host), facts.streams);
    const name = [facts.manufacturer, facts.model].filter((text) => text !== '').join(' ');
    return { planned, candidates, device: { login, clockOffsetMs: facts.clockOffsetMs, name } };
  } catch (error) {
    if (!(error instanceof WorldError)) throw error;
    throw cameraFault(planned, error.code === 'source-unauthorised', error.message);
  }
}

/** The name and what it means here: a camera that is asked by its name gives streams by its address. */
async function hostsOf(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true }).catch(() => []);
  return [host, ...found.map(({ address }) => address)];
}

/** What went wrong with a camera, by the key that is likely at fault. */
export function cameraFault({ name, from, user }: PlannedCamera, isUnauthorised: boolean, message: string): UserError {
  const key = 'url' in from ? 'url' : 'onvif';
  if (!isUnauthorised) {
    const fix = `Check cameras.${name}.${key}, cable and power, and that the camera has ${key === 'url' ? 'RTSP' : 'ONVIF'} switched on.`;
    return new UserError(`cameras.${name}.${key}: ${message}`, { fix });
  }
  const setting = user === '' && key === 'onvif' ? 'user' : key === 'url' && user === '' ? 'url' : 'password';
  return new UserError(`cameras.${name}.${setting}: ${message}`, {
    fix: `Check cameras.${name}.user and cameras.${name}.password. Some cameras have users of their own for ONVIF, and lock a user for some minutes after wrong passwords.`,
  });
}
