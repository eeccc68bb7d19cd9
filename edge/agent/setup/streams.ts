/** Where a camera's streams are, and which of them are taken into account. Pure: opens nothing. */
import { UserError } from '../../base/errors.ts';
import type { DeviceAddress, DeviceStream } from '../../camera/find/messages.ts';
import type { PlannedCamera } from './ask.ts';

/** One stream that could be filtered. Holds credentials: never log it. */
export interface Candidate {
  url: string;
  /** For people, e.g. `MainStream H264 1920x1080`. */
  shown: string;
  /** 0 until known. */
  widthPx: number;
  heightPx: number;
  /** 0 until known. */
  frameRate: number;
}

/** The streams are on another host than the camera: only the installer can know whether that is right. */
export class StreamsElsewhere extends UserError {
  readonly host: string;

  constructor(message: string, host: string, fix: string) {
    super(message, { fix });
    this.host = host;
  }
}

/** `HOST`, `HOST:PORT` or `http(s)://HOST:PORT/PATH`. */
export function addressOf(onvif: string): DeviceAddress {
  const url = new URL(/^https?:\/\//.test(onvif) ? onvif : `http://${onvif}`);
  const isTls = url.protocol === 'https:';
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port),
    path: url.pathname === '/' ? '/onvif/device_service' : url.pathname,
    isTls,
  };
}

/**
 * Streams of a device that Garim can take, largest picture first. What the device says is checked: a stream on another host is refused unless
 * the installer named that host, since the camera's password goes there. `hosts`: the camera's name as it was typed, and its addresses.
 * @throws UserError when there is none
 */
export function candidatesOf(
  camera: Pick<PlannedCamera, 'name' | 'user' | 'password' | 'streamHost'>,
  hosts: readonly string[],
  streams: readonly DeviceStream[],
): Candidate[] {
  const at = `cameras.${camera.name}`;
  const [host] = hosts;
  const refusals: string[] = [];
  let elsewhere: string | undefined;
  const candidates = streams.flatMap((stream): Candidate[] => {
    const shown = [stream.name, stream.encoding, stream.widthPx > 0 ? `${stream.widthPx}x${stream.heightPx}` : '']
      .filter((text) => text !== '')
      .join(' ');
    const { uri } = stream;
    if (uri === undefined || !/^rtsps?:\/\//i.test(uri) || !URL.canParse(uri)) {
      refusals.push(`${shown}: the camera gives no rtsp:// address for it`);
      return [];
    }
    const url = new URL(uri);
    const streamHost = url.hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
    if (![...hosts, camera.streamHost].some((allowed) => allowed?.toLowerCase() === streamHost)) {
      elsewhere ??= streamHost;
      refusals.push(`${shown}: the camera at ${host} says that it is at ${streamHost}`);
      return [];
    }
    url.username = encodeURIComponent(camera.user);
    url.password = encodeURIComponent(camera.password);
    const { widthPx, heightPx, frameRate } = stream;
    return [{ url: url.href, shown, widthPx, heightPx, frameRate }];
  });
  if (candidates.length === 0) {
    const why = refusals.length === 0 ? 'the camera tells of no video stream' : refusals.join('; ');
    if (elsewhere === undefined) {
      const fix = `Write ${at}.url with the address of the stream, as the camera's manual has it.`;
      throw new UserError(`${at}.onvif: ${why}.`, { fix });
    }
    const fix = `If the streams really come from there (a recorder), write ${at}.streamHost: ${elsewhere}. Else check what answers at ${host}.`;
    throw new StreamsElsewhere(`${at}.onvif: ${why}.`, elsewhere, fix);
  }
  return candidates.sort((a, b) => b.widthPx * b.heightPx - a.widthPx * a.heightPx);
}

/** The one candidate of a URL that was typed; user and password are put in where the URL has none. */
export function candidateOf({ user, password }: Pick<PlannedCamera, 'user' | 'password'>, typed: string): Candidate {
  const isNetwork = /^(rtsps?|https?):\/\//i.test(typed);
  const hasLogin = /^[a-z]+:\/\/[^/?#]*@/i.test(typed);
  let url = typed;
  if (isNetwork && !hasLogin && user !== '' && URL.canParse(typed)) {
    const parts = new URL(typed);
    parts.username = encodeURIComponent(user);
    parts.password = encodeURIComponent(password);
    url = parts.href;
  }
  return { url, shown: 'the stream of the URL', widthPx: 0, heightPx: 0, frameRate: 0 };
}
