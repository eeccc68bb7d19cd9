/**
 * Camera URLs: checked, resolved from text, file or environment, and registered as secrets before anyone can log them.
 * No message made here holds any part of a network URL.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../base/errors.ts';
import { registerSecret, registerUrlSecrets } from '../base/secrets.ts';
import { type CameraSettings, SOURCE, SOURCE_FORMS } from './schema.ts';
import { parseSource } from './source-url.ts';

type Source = CameraSettings['source'];

/** What is wrong and what to do; as in `Problem`, without a place. */
export interface Fault {
  what: string;
  fix: string;
}

/** What is wrong with a URL that the schema's pattern let through, or undefined. */
function sourceFault(url: string): Fault | undefined {
  if (!/^(rtsps?|https?):/i.test(url)) return faultOf(() => parseSource(url));
  const escapes = 'In a user name or password write %2F for /, %3A for :, %3F for ?, %23 for # and %40 for @.';
  if (!URL.canParse(url)) return { what: 'the URL has no valid host or port', fix: escapes };
  const place = /^[a-z]+:\/\/[^/?#]*(.*)/is.exec(url)?.[1] ?? '';
  // `rtsp://admin:12/ab@10.0.0.5/` and `rtsp://admin:p@ss/w#rd@10.0.0.5/` parse as hosts `admin` and `ss`: the rest of the password would be
  // sent and shown as a path. So would a URL in a URL.
  if (place.includes('@') || /^[^?]*:\/\//.test(place)) {
    return {
      what: 'the URL has a password or an @ after its host',
      fix: `${escapes} After the host write %40 for @ and %3A for :.`,
    };
  }
  return undefined;
}

/** Its messages are without credentials, and only those of sources without any come here. */
function faultOf(parse: () => unknown): Fault | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const fix = error.fix ?? `write ${SOURCE_FORMS}`;
    return { what: error.message, fix: `${fix.charAt(0).toUpperCase()}${fix.slice(1)}.` };
  }
}

/** Registers what is secret in a camera or push URL. The last path segment of RTMP and WHIP targets is a stream key. */
export function registerTarget(url: string): void {
  registerUrlSecrets(url);
  const streamKey = /^(?:rtmps?|whips?):\/\/[^?#]*\/([^/?#]{8,})\/?(?:[?#]|$)/i.exec(url)?.[1];
  if (streamKey !== undefined) registerSecret(streamKey);
}

/** The URL without user, password and, for network URLs, query: what may travel in settings. Still a valid source or target. */
export function withoutCredentials(url: string): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(url) || url.startsWith('file:')) return url;
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1').replace(/[?#].*$/s, '');
}

/** `file:PATH` made absolute against `baseDir`; other URLs as they are. */
export function absoluteFileUrl(url: string, baseDir: string): string {
  const [, file = '', query = ''] = /^file:([^?]*)(.*)$/s.exec(url) ?? [];
  return file === '' || file.startsWith('/') ? url : `file:${path.resolve(baseDir, file)}${query}`;
}

/** Reads a source's URL. Never rejects: the fault names the variable or file, never what it holds. */
export async function resolveSource(
  source: Source,
  baseDir: string,
  env: NodeJS.ProcessEnv,
): Promise<{ url: string } | Fault> {
  const read = await readSource(source, baseDir, env);
  if (typeof read !== 'string') return read;
  registerTarget(read);
  return sourceFault(read) ?? { url: absoluteFileUrl(read, baseDir) };
}

async function readSource(source: Source, baseDir: string, env: NodeJS.ProcessEnv): Promise<string | Fault> {
  if (typeof source === 'string') return source;
  if ('env' in source) {
    const url = env[source.env]?.trim();
    if (!url) {
      return {
        what: `the environment variable ${source.env} is ${url === undefined ? 'not set' : 'empty'}`,
        fix: `Set ${source.env} to the camera's URL, for a service with EnvironmentFile= in its unit.`,
      };
    }
    return checked(url, `the environment variable ${source.env}`);
  }
  const file = path.resolve(baseDir, source.file);
  try {
    const url = (await readFile(file, 'utf8')).split(/\r?\n/, 1)[0]?.trim();
    return url
      ? checked(url, file)
      : { what: `the first line of ${file} is empty`, fix: "Put the camera's URL there." };
  } catch (error) {
    return {
      what: `${file} can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`,
      fix: "Create it with the camera's URL on its first line, readable by the user that runs Garim.",
    };
  }
}

function checked(url: string, where: string): string | Fault {
  registerTarget(url);
  if (SOURCE.test(url)) return url;
  return { what: `${where} does not hold a camera URL`, fix: `Write ${SOURCE_FORMS} there.` };
}
