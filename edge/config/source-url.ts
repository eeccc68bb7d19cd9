/** Which source a URL means. Pure: opens nothing. */
import { fileURLToPath } from 'node:url';
import { UserError } from '../base/errors.ts';
import { redactUrl } from '../base/secrets.ts';
import { parseSimulated, type SimulatedSource } from './simulated.ts';

export type Source =
  /** RTSP or RTSPS; the URL with credentials, as given. */
  | { kind: 'rtsp'; url: string }
  /** Motion JPEG over HTTP (`multipart/x-mixed-replace`); the URL with credentials, as given. */
  | { kind: 'http'; url: string }
  | { kind: 'v4l2'; device: string }
  | { kind: 'file'; path: string; loop: boolean }
  | ({ kind: 'simulated' } & SimulatedSource);

export type LibavSource = Exclude<Source, { kind: 'simulated' }>;

const KNOWN = 'use rtsp://, rtsps://, http(s):// (MJPEG), v4l2:/dev/videoN, file:PATH or simulated';

/** @throws UserError that names the URL (without credentials) when it means no source that is known. */
export function parseSource(url: string): Source {
  if (/^simulated(?:[:?]|$)/.test(url)) return { kind: 'simulated', ...parseSimulated(url) };
  // One letter before a colon is no scheme that anybody uses: such a text is a path.
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(url)?.[1]?.toLowerCase();
  switch (scheme) {
    case 'rtsp':
    case 'rtsps':
      return { kind: 'rtsp', url: checked(url) };
    case 'http':
    case 'https':
      return { kind: 'http', url: checked(url) };
    case 'v4l2': {
      const device = url.slice('v4l2:'.length).replace(/^\/\/(?=\/)/, '');
      if (!device.startsWith('/')) throw bad(url, 'names no device', 'write the whole path, e.g. v4l2:/dev/video0');
      return { kind: 'v4l2', device };
    }
    case 'file':
    case undefined:
      return parseFile(url, scheme !== undefined);
    default:
      throw bad(url, `has the unknown scheme ${scheme}:`, KNOWN);
  }
}

function parseFile(url: string, hasScheme: boolean): Source {
  const cut = url.indexOf('?');
  const query = cut === -1 ? '' : url.slice(cut + 1);
  let filePath = cut === -1 ? url : url.slice(0, cut);
  if (hasScheme) {
    const isUrl = filePath.startsWith('file://');
    try {
      filePath = isUrl ? fileURLToPath(filePath) : filePath.slice('file:'.length);
    } catch (cause) {
      throw bad(url, 'is no valid file URL', 'write file:PATH', cause);
    }
  }
  if (filePath === '') throw bad(url, 'names no file', KNOWN);
  let loop = false;
  for (const [key, value] of new URLSearchParams(query)) {
    if (key !== 'loop' || (value !== '0' && value !== '1')) {
      throw bad(url, `has the unknown option ${key}=${value}`, 'the only option of a file is loop=1');
    }
    loop = value === '1';
  }
  return { kind: 'file', path: filePath, loop };
}

function checked(url: string): string {
  if (!URL.canParse(url) || new URL(url).hostname === '') {
    throw bad(
      url,
      'names no host',
      'write SCHEME://HOST[:PORT]/PATH; percent-encode special characters in the password',
    );
  }
  return url;
}

function bad(url: string, what: string, fix: string, cause?: unknown): UserError {
  return new UserError(`source "${redactUrl(url)}" ${what}`, cause === undefined ? { fix } : { fix, cause });
}
