/** RTSP 1.0 requests and responses (RFC 2326) as values, and the text of a response. */

export interface RtspRequest {
  /** As sent; methods are case-sensitive. */
  method: string;
  uri: string;
  version: string;
  /** Names in lower case; values of repeated headers are joined with `, `. */
  headers: ReadonlyMap<string, string>;
  body: Buffer;
}

const REASONS = {
  200: 'OK',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  451: 'Parameter Not Understood',
  454: 'Session Not Found',
  455: 'Method Not Valid in This State',
  457: 'Invalid Range',
  459: 'Aggregate Operation Not Allowed',
  461: 'Unsupported Transport',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  505: 'RTSP Version Not Supported',
  551: 'Option Not Supported',
} as const;

type RtspStatus = keyof typeof REASONS;

export interface RtspResponse {
  status: RtspStatus;
  headers?: ReadonlyArray<readonly [name: string, value: string]>;
  body?: { type: string; text: string };
}

export const METHODS = [
  'OPTIONS',
  'DESCRIBE',
  'SETUP',
  'PLAY',
  'PAUSE',
  'TEARDOWN',
  'GET_PARAMETER',
  'SET_PARAMETER',
] as const;

export type RtspMethod = (typeof METHODS)[number];

/** Methods of RFC 2326 that a server of live feeds does not offer; anything else is not RTSP. */
export const METHODS_REFUSED: ReadonlySet<string> = new Set(['ANNOUNCE', 'RECORD', 'REDIRECT']);

export function isMethod(text: string): text is RtspMethod {
  return (METHODS as readonly string[]).includes(text);
}

/** The bytes of a response. `cseq` is undefined when the request had none that could be read. */
export function formatResponse(response: RtspResponse, cseq: string | undefined): Buffer {
  const lines = [`RTSP/1.0 ${response.status} ${REASONS[response.status]}`];
  if (cseq !== undefined) lines.push(`CSeq: ${cseq}`);
  lines.push('Server: Garim');
  for (const [name, value] of response.headers ?? []) lines.push(`${name}: ${value}`);
  if (response.body === undefined) return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
  lines.push(`Content-Type: ${response.body.type}`, `Content-Length: ${Buffer.byteLength(response.body.text)}`);
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${response.body.text}`);
}
