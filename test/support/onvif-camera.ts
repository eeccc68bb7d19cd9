/**
 * A simulated ONVIF camera: SOAP 1.2 over HTTP with WS-UsernameToken digests that it checks (nonce, age by its own clock), and WS-Discovery
 * over multicast. `answers` replaces what it says to one action, for cameras that lie.
 */
import { createHash } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const DISCOVERY = { group: '239.255.255.250', port: 3702 };
/** As cameras with replay protection have it. */
const TOKEN_AGE_MS_MAX = 10_000;

interface SimulatedStream {
  token: string;
  encoding: string;
  widthPx: number;
  heightPx: number;
  frameRate: number;
  uri: string;
}

export interface OnvifCameraOptions {
  user?: string;
  password?: string;
  /** Its clock less the box's. */
  clockOffsetMs?: number;
  streams: SimulatedStream[];
  /** By action, e.g. GetProfiles: writes the whole answer itself. */
  answers?: Record<string, (response: ServerResponse) => void>;
}

export interface OnvifCamera extends AsyncDisposable {
  /** HOST:PORT */
  readonly address: string;
  readonly port: number;
  /** Actions that it was asked for, in order; `!` before those with a wrong or no password. */
  readonly asked: string[];
  /** All request bodies. */
  readonly bodies: string[];
  clockOffsetMs: number;
  ntp: string | undefined;
}

export async function startOnvifCamera(options: OnvifCameraOptions): Promise<OnvifCamera> {
  const nonces = new Set<string>();
  const camera = {
    address: '',
    port: 0,
    asked: [] as string[],
    bodies: [] as string[],
    clockOffsetMs: options.clockOffsetMs ?? 0,
    ntp: undefined as string | undefined,
  };
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      camera.bodies.push(body);
      const action = /<(?:\w+:)?Body\b[^>]*>\s*<(?:\w+:)?(\w+)/.exec(body)?.[1] ?? '';
      const isOpen = action === 'GetSystemDateAndTime' || options.user === undefined;
      const isKnown = isOpen || isRightToken(body, options, nonces, Date.now() + camera.clockOffsetMs);
      camera.asked.push(isKnown ? action : `!${action}`);
      if (!isKnown) return respond(response, 400, fault('ter:NotAuthorized', 'Sender not Authorized'));
      const own = options.answers?.[action];
      if (own !== undefined) return own(response);
      respond(response, ...answerTo(action, body, camera, options));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  camera.port = (server.address() as AddressInfo).port;
  camera.address = `127.0.0.1:${camera.port}`;
  return Object.assign(camera, {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

function isRightToken(
  body: string,
  { user, password = '' }: OnvifCameraOptions,
  nonces: Set<string>,
  nowMs: number,
): boolean {
  const element = (name: string): string => new RegExp(`<(?:\\w+:)?${name}\\b[^>]*>([^<]*)<`).exec(body)?.[1] ?? '';
  const [nonce, created] = [element('Nonce'), element('Created')];
  if (nonce === '' || nonces.has(nonce) || Math.abs(Date.parse(created) - nowMs) > TOKEN_AGE_MS_MAX) return false;
  const digest = createHash('sha1')
    .update(Buffer.from(nonce, 'base64'))
    .update(created)
    .update(password)
    .digest('base64');
  const name = element('Username').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
  if (name !== user || element('Password') !== digest) return false;
  nonces.add(nonce);
  return true;
}

function answerTo(
  action: string,
  body: string,
  camera: { port: number; clockOffsetMs: number; ntp: string | undefined },
  { streams }: OnvifCameraOptions,
): [number, string] {
  const service = `http://127.0.0.1:${camera.port}/onvif`;
  const now = new Date(Date.now() + camera.clockOffsetMs);
  switch (action) {
    case 'GetSystemDateAndTime':
      return [
        200,
        envelope(`<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType>
          <tt:DaylightSavings>false</tt:DaylightSavings><tt:TimeZone><tt:TZ>UTC0</tt:TZ></tt:TimeZone><tt:UTCDateTime>
          <tt:Time><tt:Hour>${now.getUTCHours()}</tt:Hour><tt:Minute>${now.getUTCMinutes()}</tt:Minute><tt:Second>${now.getUTCSeconds()}</tt:Second></tt:Time>
          <tt:Date><tt:Year>${now.getUTCFullYear()}</tt:Year><tt:Month>${now.getUTCMonth() + 1}</tt:Month><tt:Day>${now.getUTCDate()}</tt:Day></tt:Date>
          </tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>`),
      ];
    case 'SetSystemDateAndTime': {
      const number = (name: string): number => Number(new RegExp(`<${name}>(\\d+)<`).exec(body)?.[1]);
      const given = Date.UTC(
        number('Year'),
        number('Month') - 1,
        number('Day'),
        number('Hour'),
        number('Minute'),
        number('Second'),
      );
      camera.clockOffsetMs = Number.isNaN(given) ? 0 : given - Date.now();
      return [200, envelope('<tds:SetSystemDateAndTimeResponse/>')];
    }
    case 'SetNTP':
      camera.ntp = /<(?:IPv4Address|DNSname)[^>]*>([^<]*)</.exec(body)?.[1];
      return [200, envelope('<tds:SetNTPResponse/>')];
    case 'GetServices':
      return [
        200,
        envelope(
          `<tds:GetServicesResponse>${[
            ['http://www.onvif.org/ver10/device/wsdl', `${service}/device_service`],
            ['http://www.onvif.org/ver10/media/wsdl', `${service}/media_service`],
          ]
            .map(
              ([space, at]) => `<tds:Service><tds:Namespace>${space}</tds:Namespace><tds:XAddr>${at}</tds:XAddr>
              <tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service>`,
            )
            .join('')}</tds:GetServicesResponse>`,
        ),
      ];
    case 'GetDeviceInformation':
      return [
        200,
        envelope(`<tds:GetDeviceInformationResponse><tds:Manufacturer>Example</tds:Manufacturer><tds:Model>Street 4</tds:Model>
          <tds:FirmwareVersion>1.2</tds:FirmwareVersion><tds:SerialNumber>7</tds:SerialNumber><tds:HardwareId>h</tds:HardwareId>
          </tds:GetDeviceInformationResponse>`),
      ];
    case 'GetProfiles':
      return [200, envelope(`<trt:GetProfilesResponse>${streams.map(profileOf).join('')}</trt:GetProfilesResponse>`)];
    case 'GetStreamUri': {
      const token = /<ProfileToken>([^<]*)</.exec(body)?.[1];
      const stream = streams.find((candidate) => candidate.token === token);
      if (stream === undefined) return [400, fault('ter:NoProfile', 'no such profile')];
      return [
        200,
        envelope(`<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>${stream.uri.replaceAll('&', '&amp;')}</tt:Uri>
          <tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot>
          <tt:Timeout>PT0S</tt:Timeout></trt:MediaUri></trt:GetStreamUriResponse>`),
      ];
    }
    default:
      return [400, fault('ter:ActionNotSupported', 'Optional Action Not Implemented')];
  }
}

function profileOf({ token, encoding, widthPx, heightPx, frameRate }: SimulatedStream): string {
  return `<trt:Profiles token="${token}" fixed="true"><tt:Name>${token}</tt:Name>
    <tt:VideoSourceConfiguration token="vsc"><tt:Name>vsc</tt:Name><tt:UseCount>2</tt:UseCount><tt:SourceToken>vs</tt:SourceToken>
    <tt:Bounds x="0" y="0" width="${widthPx}" height="${heightPx}"/></tt:VideoSourceConfiguration>
    <tt:VideoEncoderConfiguration token="ve-${token}"><tt:Name>${token}</tt:Name><tt:UseCount>1</tt:UseCount>
    <tt:Encoding>${encoding}</tt:Encoding><tt:Resolution><tt:Width>${widthPx}</tt:Width><tt:Height>${heightPx}</tt:Height></tt:Resolution>
    <tt:Quality>4</tt:Quality><tt:RateControl><tt:FrameRateLimit>${frameRate}</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval>
    <tt:BitrateLimit>4096</tt:BitrateLimit></tt:RateControl><tt:SessionTimeout>PT60S</tt:SessionTimeout>
    </tt:VideoEncoderConfiguration></trt:Profiles>`;
}

export function envelope(body: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
    <SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" xmlns:tds="http://www.onvif.org/ver10/device/wsdl"
    xmlns:trt="http://www.onvif.org/ver10/media/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema"
    xmlns:ter="http://www.onvif.org/ver10/error"><SOAP-ENV:Body>${body}</SOAP-ENV:Body></SOAP-ENV:Envelope>`;
}

function fault(code: string, text: string): string {
  return envelope(`<SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Sender</SOAP-ENV:Value><SOAP-ENV:Subcode>
    <SOAP-ENV:Value>${code}</SOAP-ENV:Value></SOAP-ENV:Subcode></SOAP-ENV:Code>
    <SOAP-ENV:Reason><SOAP-ENV:Text xml:lang="en">${text}</SOAP-ENV:Text></SOAP-ENV:Reason></SOAP-ENV:Fault>`);
}

function respond(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'Content-Type': 'application/soap+xml; charset=utf-8' }).end(body);
}

export interface Announced {
  id: string;
  name: string;
  /** Where it says that its device service is. */
  url: string;
}

/** Answers WS-Discovery probes on the loopback interface for some devices. `raw` datagrams are sent before. */
export async function announce(devices: readonly Announced[], raw: readonly Buffer[] = []): Promise<AsyncDisposable> {
  const socket: Socket = createSocket({ type: 'udp4', reuseAddr: true });
  socket.on('message', (message, { address, port }) => {
    const text = message.toString('utf8');
    const id = /<(?:\w+:)?MessageID\b[^>]*>([^<]+)</.exec(text)?.[1];
    if (id === undefined || !/Probe/.test(text)) return;
    for (const datagram of raw) socket.send(datagram, port, address);
    for (const device of devices) socket.send(probeMatch(device, id), port, address);
  });
  socket.bind(DISCOVERY.port);
  await once(socket, 'listening');
  socket.addMembership(DISCOVERY.group, '127.0.0.1');
  return {
    async [Symbol.asyncDispose]() {
      socket.close();
      await once(socket, 'close');
    },
  };
}

export function probeMatch({ id, name, url }: Announced, relatesTo: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope"
    xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"
    xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><SOAP-ENV:Header><wsa:MessageID>uuid:${id}-answer</wsa:MessageID>
    <wsa:RelatesTo>${relatesTo}</wsa:RelatesTo>
    <wsa:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</wsa:Action></SOAP-ENV:Header><SOAP-ENV:Body>
    <d:ProbeMatches><d:ProbeMatch><wsa:EndpointReference><wsa:Address>urn:uuid:${id}</wsa:Address></wsa:EndpointReference>
    <d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/${encodeURIComponent(name)}</d:Scopes>
    <d:XAddrs>${url}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches></SOAP-ENV:Body></SOAP-ENV:Envelope>`;
}
