/** Pure readers of the request URL and of the `Transport` and `Range` headers. None of them throws. */

/** What a request URL points at: a whole feed or its one track. `authority` is `host[:port]` without user and password. */
export interface RtspTarget {
  scheme: 'rtsp' | 'rtsps';
  authority: string;
  feed: string;
  isTrack: boolean;
}

/** `a=control` of the one video track. */
export const TRACK = 'trackID=0';

const URL_PARTS = /^(rtsps?):\/\/(?:[^/?#@]*@)?(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?(\/[^?#]*)?(?:\?[^#]*)?$/i;
const PATH = /^\/([a-z0-9][a-z0-9-]{0,62})(\/[^/]*)?\/?$/;

/** Undefined when the URL is not `rtsp://HOST[:PORT]/FEED[/][TRACK]`, or rtsps:// and the same. */
export function parseTarget(uri: string): RtspTarget | undefined {
  const url = URL_PARTS.exec(uri);
  const path = PATH.exec(url?.[4] ?? '');
  const rest = path?.[2] ?? '';
  if (url === null || path === null) return undefined;
  if (rest !== '' && rest !== '/' && rest !== `/${TRACK}`) return undefined;
  return {
    scheme: url[1]?.toLowerCase() === 'rtsps' ? 'rtsps' : 'rtsp',
    authority: `${url[2]}${url[3] ?? ''}`,
    feed: path[1] ?? '',
    isTrack: rest === `/${TRACK}`,
  };
}

export function feedUrl(target: RtspTarget): string {
  return `${target.scheme}://${target.authority}/${target.feed}/`;
}

/** One transport that a viewer offers and this server can serve. */
export type TransportOffer =
  | { kind: 'tcp'; channels: readonly [rtp: number, rtcp: number] | undefined }
  | { kind: 'udp'; clientPorts: readonly [rtp: number, rtcp: number] };

/** The first usable transport of a `Transport` header, in the viewer's order of preference; undefined when there is none (461). */
export function parseTransport(header: string): TransportOffer | undefined {
  for (const text of header.split(',')) {
    const offer = parseOffer(text);
    if (offer !== undefined) return offer;
  }
  return undefined;
}

function parseOffer(text: string): TransportOffer | undefined {
  const [protocol = '', ...parameters] = text.split(';').map((part) => part.trim());
  const values = new Map<string, string>();
  for (const parameter of parameters) {
    const equals = parameter.indexOf('=');
    const name = (equals === -1 ? parameter : parameter.slice(0, equals)).toLowerCase();
    values.set(name, equals === -1 ? '' : parameter.slice(equals + 1));
  }
  if (values.has('multicast')) return undefined;
  if (!/^"?play"?$/i.test(values.get('mode') ?? 'play')) return undefined;
  switch (protocol.toUpperCase()) {
    case 'RTP/AVP/TCP': {
      const range = values.get('interleaved');
      if (range === undefined) return { kind: 'tcp', channels: undefined };
      const channels = parsePair(range, 255);
      return channels === undefined ? undefined : { kind: 'tcp', channels };
    }
    case 'RTP/AVP':
    case 'RTP/AVP/UDP': {
      // RFC 2326 makes multicast the default, but players leave `unicast` out; the ports tell what they mean.
      const clientPorts = parsePair(values.get('client_port') ?? '', 65_535);
      return clientPorts === undefined || clientPorts[0] < 1024 ? undefined : { kind: 'udp', clientPorts };
    }
    default:
      return undefined;
  }
}

function parsePair(text: string, max: number): [number, number] | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (match === null) return undefined;
  const first = Number(match[1]);
  const second = match[2] === undefined ? first + 1 : Number(match[2]);
  return first === second || first > max || second > max ? undefined : [first, second];
}

/** True when a live feed can serve the range: any open start, since each of them means "from now". */
export function isLiveRange(header: string): boolean {
  return /^npt\s*=\s*(now|[\d.:]+)\s*-\s*(?:;.*)?$/i.test(header.trim());
}
