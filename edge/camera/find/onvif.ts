/**
 * Asks one ONVIF device for its clock, what it is, and its streams. A password goes out as a digest only (WS-UsernameToken, else HTTP
 * digest), and only to the host and port that were asked for: of the addresses that the device names, the paths alone are taken.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Duplex } from 'node:stream';
import { promisify } from 'node:util';
import type { Cam } from 'onvif';
import { messageOf } from '../../base/errors.ts';
import { Cam as OnvifCam } from './library.ts';
import {
  cleaned,
  type DeviceAddress,
  type DeviceFacts,
  type DeviceStream,
  type FailureReason,
  STREAMS_MAX,
} from './messages.ts';

/** Of one answer, headers included: a recorder's profiles take about 200 KB. */
export const ANSWER_BYTES_MAX = 1024 * 1024;
const ANSWER_MS_MAX = 8_000;

const TOO_LARGE = `its answer is larger than ${ANSWER_BYTES_MAX / 1024} KiB`;

interface Login {
  address: DeviceAddress;
  user: string;
  password: string;
}

export class DeviceFailure extends Error {
  readonly reason: FailureReason;

  constructor(reason: FailureReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Rejects with a DeviceFailure. */
export async function askDevice(login: Login): Promise<DeviceFacts> {
  const cam = open(login);
  const clockOffsetMs = await readClock(cam);
  await findServices(cam);
  const about = (await call(cam, cam.getDeviceInformation)) as Record<string, unknown> | undefined;
  const profiles = await call(cam, cam.getProfiles);
  const streams: DeviceStream[] = [];
  for (const profile of Array.isArray(profiles) ? profiles.slice(0, STREAMS_MAX) : []) {
    const stream = streamOf(profile);
    if (stream === undefined) continue;
    const answer = (await call(cam, (done: Done) =>
      cam.getStreamUri({ protocol: 'RTSP', profileToken: stream.token }, done),
    )) as { uri?: unknown } | undefined;
    const uri = typeof answer?.uri === 'string' ? answer.uri.trim() : undefined;
    streams.push(uri === undefined ? stream : { ...stream, uri });
  }
  return {
    manufacturer: cleaned(about?.['manufacturer']),
    model: cleaned(about?.['model']),
    ...(clockOffsetMs !== undefined && { clockOffsetMs }),
    streams,
  };
}

/** Rejects with a DeviceFailure. Resolves with what `askDevice` tells of the clock, read again. */
export async function setClock(login: Login, ntp: string | undefined): Promise<number | undefined> {
  const cam = open(login);
  await readClock(cam);
  await findServices(cam);
  if (ntp !== undefined) {
    const isAddress = /^[0-9.]+$/.test(ntp);
    const server = isAddress ? { type: 'IPv4', ipv4Address: ntp } : { type: 'DNS', dnsName: ntp };
    await call(cam, (done: Done) => cam.setNTP({ fromDHCP: false, ...server } as never, done));
  }
  const time = ntp === undefined ? { dateTimeType: 'Manual', dateTime: new Date() } : { dateTimeType: 'NTP' };
  await call(cam, (done: Done) => cam.setSystemDateAndTime(time as never, done));
  return readClock(cam);
}

type Done = (error: Error | null, data?: unknown, xml?: string) => void;

function open({ address, user, password }: Login): Cam {
  return new OnvifCam({
    hostname: address.host,
    port: address.port,
    path: address.path,
    useSecure: address.isTls,
    // Cameras make their certificates themselves; the password is not sent, only a digest of it.
    secureOpts: { rejectUnauthorized: false },
    username: escapeXml(user),
    password,
    timeout: ANSWER_MS_MAX,
    preserveAddress: true,
    autoconnect: false,
    agent: address.isTls ? new BoundedTlsAgent() : new BoundedAgent(),
  });
}

/** The library puts the name into its XML as it is. */
function escapeXml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };
  return text.replaceAll(/[&<>"']/g, (character) => entities[character]!);
}

/** Seconds are all that a device tells, so half of one is added; undefined when it does not tell the time. */
async function readClock(cam: Cam): Promise<number | undefined> {
  const [date, xml] = await new Promise<[unknown, string]>((resolve, reject) => {
    cam.getSystemDateAndTime((error, value, text) => {
      if (error) reject(failureOf(error));
      else resolve([value, text ?? '']);
    });
  });
  // Without a time in the answer the library gives the box's own.
  if (!(date instanceof Date) || Number.isNaN(date.getTime()) || !/(UTC|Local)DateTime/.test(xml)) return undefined;
  return date.getTime() + 500 - Date.now();
}

async function findServices(cam: Cam): Promise<void> {
  try {
    await call(cam, (done: Done) => cam.getServices(true, done));
  } catch (error) {
    if (error instanceof DeviceFailure && error.reason !== 'refused' && error.reason !== 'not-onvif') throw error;
    await call(cam, cam.getCapabilities);
  }
}

async function call(cam: Cam, action: (done: Done) => void): Promise<unknown> {
  try {
    return await promisify(action as (done: (error: Error | null, value?: unknown) => void) => void).call(cam);
  } catch (error) {
    throw failureOf(error);
  }
}

function failureOf(error: unknown): DeviceFailure {
  const message = messageOf(error);
  const { code } = error as NodeJS.ErrnoException;
  if (message === TOO_LARGE) return new DeviceFailure('too-large', message);
  if (/not ?authori[sz]ed|unauthori[sz]ed|digest authentication|failed.?authentication/i.test(message)) {
    return new DeviceFailure('unauthorised', 'it refuses this user and password');
  }
  if (message === 'Network timeout') {
    return new DeviceFailure('unreachable', `no answer within ${ANSWER_MS_MAX / 1000} s`);
  }
  if (/^ONVIF SOAP Fault/.test(message)) return new DeviceFailure('refused', cleaned(message));
  if (typeof code === 'string' && /^E[A-Z_]+$/.test(code)) return new DeviceFailure('unreachable', code);
  return new DeviceFailure('not-onvif', 'it does not answer as an ONVIF device does');
}

function streamOf(profile: unknown): DeviceStream | undefined {
  const {
    $,
    name,
    videoEncoderConfiguration: encoder,
  } = profile as Record<string, Record<string, unknown> | undefined>;
  const token = cleaned($?.['token']);
  // A profile without an encoder shows nothing, e.g. one for audio or metadata.
  if (token === '' || typeof encoder !== 'object') return undefined;
  const { resolution, rateControl, encoding } = encoder as Record<string, Record<string, unknown> | undefined>;
  return {
    token,
    name: cleaned(name),
    encoding: cleaned(encoding),
    widthPx: count(resolution?.['width'], 32_768),
    heightPx: count(resolution?.['height'], 32_768),
    frameRate: count(rateControl?.['frameRateLimit'], 1000),
  };
}

function count(value: unknown, max: number): number {
  const whole = Math.round(Number(value));
  return whole > 0 && whole <= max ? whole : 0;
}

/** Ends a connection whose answer is larger than any honest one; the client would collect all of it. */
function bound(socket: Duplex | null | undefined): Duplex {
  if (!socket) throw new Error('the agent gave no connection');
  let bytes = 0;
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) socket.destroy(new Error(TOO_LARGE));
  });
  return socket;
}

class BoundedAgent extends HttpAgent {
  override createConnection(...args: Parameters<HttpAgent['createConnection']>): Duplex {
    return bound(super.createConnection(...args));
  }
}

class BoundedTlsAgent extends HttpsAgent {
  override createConnection(...args: Parameters<HttpsAgent['createConnection']>): Duplex {
    return bound(super.createConnection(...args));
  }
}
