/**
 * From a file, the command line and the environment to one valid configuration, or to a UserError that lists every problem.
 *
 * Owns the order of precedence: command line, then file, then defaults. What it returns holds camera credentials in `sources`
 * only; every secret it met is registered with base/secrets before it returns or throws.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, UserError } from '../base/errors.ts';
import { authorityFault } from './client-tls.ts';
import { type ConfigDocument, type Located, linesOf, parseConfigText } from './document.ts';
import { configGuide } from './expect.ts';
import { type ResolvedHub, resolveHub } from './hub.ts';
import { type ResolvedIntake, readSecret, resolveIntake, TOKEN } from './intake.ts';
import { type Problem, problemsOf, showPath } from './problems.ts';
import { type Config, configSchema, NAME } from './schema.ts';
import { absoluteFileUrl, registerTarget, resolveSource, withoutCredentials } from './source.ts';

export const DEFAULT_FILE = 'garim.yaml';

export interface LoadOptions {
  /** From --config. */
  file?: string;
  /** `NAME=URL`, from --camera. One that the file names too takes only its source from here. */
  cameras: readonly string[];
  /** HOST:PORT */
  http?: string;
  /** HOST:PORT */
  rtsp?: string;
  state?: string;
  logLevel?: string;
  env: NodeJS.ProcessEnv;
  /** Where `garim.yaml` is looked for and relative paths begin; the working directory. */
  cwd?: string;
}

export interface LoadedConfig {
  /** Paths are absolute; camera URLs that were written as text are without credentials. Push targets keep theirs. */
  config: Config;
  /** Camera name to URL with credentials. Never log it. */
  sources: Record<string, string>;
  /** Sensor name to where its messages come from, with credentials. Never log it. */
  intakes: Record<string, ResolvedIntake>;
  /** Hub name to where releases go, with credentials. Never log it. */
  hubs: Record<string, ResolvedHub>;
  /** With it the city's desk has tokens made for people. Never log it. */
  deskToken?: string;
  /** Where it came from, for the log. */
  origin: string;
  /** Absolute; unset where there is no file. */
  file?: string;
}

/** Loads and checks everything, sources included. Throws a UserError with one line per problem. */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const { loaded, sourceProblems } = await readConfig(options);
  if (sourceProblems.length > 0) throw new UserError(sourceProblems.join('\n'));
  return loaded;
}

/**
 * As `loadConfig`, but sources that can't be resolved on this machine are listed rather than thrown: a file can be checked where
 * its secrets are not. Such cameras are absent from `sources`.
 */
export async function readConfig(options: LoadOptions): Promise<{ loaded: LoadedConfig; sourceProblems: string[] }> {
  const cwd = options.cwd ?? process.cwd();
  const file = await readConfigFile(options.file, cwd);
  const overlay = overlayOf(options, file === undefined);
  const problems: Located[] = file?.document.problems ?? [];
  const refusal = (): UserError => new UserError(linesOf(problems, file?.name).join('\n'));
  if (file !== undefined && file.document.value === undefined) throw refusal();

  const locate = (problem: Problem): Located => {
    const flag = overlay.flagOf(problem.path);
    const text = `${flag ?? showPath(problem.path)}: ${problem.what}. ${problem.fix}`;
    return { text, place: flag === undefined ? file?.document.place(problem.path, problem.at) : undefined };
  };
  const parsed = configSchema.safeParse(overlay.apply(file === undefined ? {} : file.document.value), {
    reportInput: true,
  });
  if (!parsed.success) problems.push(...problemsOf(parsed.error.issues, configGuide).map(locate));
  else if (Object.keys(parsed.data.cameras).length + Object.keys(parsed.data.sensors).length === 0) {
    problems.push(
      locate({
        path: ['cameras'],
        at: 'key',
        what: 'no camera and no sensor is named',
        fix: 'Write NAME: and below it source: URL, or source: simulated for a drawn street.',
      }),
    );
  }
  if (!parsed.success || problems.length > 0) throw refusal();

  const config = parsed.data;
  const sources: Record<string, string> = {};
  const sourceProblems: Located[] = [];
  for (const [name, camera] of Object.entries(config.cameras)) {
    for (const target of camera.push) registerTarget(target);
    const baseDir = file === undefined || overlay.flagOf(['cameras', name, 'source']) ? cwd : file.dir;
    const resolved = await resolveSource(camera.source, baseDir, options.env);
    if ('url' in resolved) sources[name] = resolved.url;
    else {
      // What stands in the file is wrong on every machine; a variable or another file may be absent on this one only.
      const isInText = typeof camera.source === 'string';
      (isInText ? problems : sourceProblems).push(
        locate({ path: ['cameras', name, 'source'], at: 'value', ...resolved }),
      );
    }
    if (typeof camera.source === 'string') {
      camera.source = withoutCredentials(absoluteFileUrl(camera.source, baseDir));
    } else if ('file' in camera.source) camera.source.file = path.resolve(baseDir, camera.source.file);
    if (camera.tls !== undefined) {
      camera.tls.ca = path.resolve(file?.dir ?? cwd, camera.tls.ca);
      const fault = await authorityFault(camera.tls.ca);
      if (fault !== undefined) {
        sourceProblems.push(locate({ path: ['cameras', name, 'tls', 'ca'], at: 'value', ...fault }));
        delete sources[name];
      }
    }
    if (camera.segments !== undefined) camera.segments.dir = path.resolve(file?.dir ?? cwd, camera.segments.dir);
  }
  const intakes: Record<string, ResolvedIntake> = {};
  for (const [name, { intake }] of Object.entries(config.sensors)) {
    const resolved = await resolveIntake(intake, file?.dir ?? cwd, options.env);
    if ('kind' in resolved) intakes[name] = resolved;
    else {
      const problem: Problem = { path: ['sensors', name, 'intake'], at: 'value', ...resolved };
      (resolved.isLocal ? sourceProblems : problems).push(locate(problem));
    }
  }
  const hubs: Record<string, ResolvedHub> = {};
  for (const [name, settings] of Object.entries(config.hubs)) {
    const resolved = await resolveHub(settings, file?.dir ?? cwd, options.env);
    if ('kind' in resolved) hubs[name] = resolved;
    else {
      const problem: Problem = { path: ['hubs', name], at: 'value', ...resolved };
      (resolved.isLocal ? sourceProblems : problems).push(locate(problem));
    }
  }
  const { deskToken: secret } = config.choices;
  const deskToken =
    secret === undefined ? undefined : await readSecret(secret, file?.dir ?? cwd, options.env, TOKEN, 'a token');
  if (typeof deskToken === 'object')
    (deskToken.isLocal ? sourceProblems : problems).push(
      locate({ path: ['choices', 'deskToken'], at: 'value', ...deskToken }),
    );
  const absolute = (name: string): string => path.resolve(file?.dir ?? cwd, name);
  if (typeof config.policy === 'string') config.policy = absolute(config.policy);
  else if (config.policy !== undefined) config.policy.trust = absolute(config.policy.trust);
  for (const { tls } of [config.http, config.rtsp]) {
    if (tls !== undefined) Object.assign(tls, { cert: absolute(tls.cert), key: absolute(tls.key) });
  }
  if (config.use.policies !== undefined) config.use.policies = absolute(config.use.policies);
  if (problems.length > 0) throw new UserError(linesOf([...problems, ...sourceProblems], file?.name).join('\n'));
  const isStateInFile = options.state === undefined && hasState(file?.document.value);
  config.state = path.resolve(isStateInFile ? (file?.dir ?? cwd) : cwd, config.state);
  const origin = originOf(options, file);
  const loaded: LoadedConfig = {
    config,
    sources,
    intakes,
    hubs,
    ...(typeof deskToken === 'string' ? { deskToken } : {}),
    origin,
  };
  if (file !== undefined) loaded.file = path.resolve(cwd, file.name);
  return { loaded, sourceProblems: linesOf(sourceProblems, file?.name) };
}

function originOf(options: LoadOptions, file: ConfigFile | undefined): string {
  if (file === undefined)
    return options.cameras.length > 0 ? 'the command line' : 'built-in defaults: one simulated camera';
  return options.file === undefined ? `${file.name}, found in the working directory` : file.name;
}

interface ConfigFile {
  /** As the user wrote it. */
  name: string;
  /** Relative paths in it begin here. */
  dir: string;
  document: ConfigDocument;
}

async function readConfigFile(given: string | undefined, cwd: string): Promise<ConfigFile | undefined> {
  const name = given ?? DEFAULT_FILE;
  const full = path.resolve(cwd, name);
  let text: string;
  try {
    text = await readFile(full, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (given === undefined && code === 'ENOENT') return undefined;
    throw new UserError(`${name}: the configuration can't be read: ${code ?? messageOf(error)}.`, {
      fix: code === 'ENOENT' ? 'Check the path.' : 'Make it readable for the user that runs Garim.',
      cause: error,
    });
  }
  return { name, dir: path.dirname(full), document: parseConfigText(text) };
}

interface Overlay {
  apply(value: unknown): unknown;
  /** The option that set the setting at a path, or undefined. */
  flagOf(path: readonly PropertyKey[]): string | undefined;
}

/** Lays the command line over a file's value. Without a file and without cameras there is the simulated street. */
function overlayOf(options: LoadOptions, isWithoutFile: boolean): Overlay {
  const cameras = new Map(options.cameras.map(parseCameraOption));
  if (isWithoutFile && cameras.size === 0) cameras.set('street', 'simulated');
  const settings: [PropertyKey[], string | undefined, string][] = [
    [['http', 'listen'], options.http, '--http'],
    [['rtsp', 'listen'], options.rtsp, '--rtsp'],
    [['state'], options.state, '--state'],
    [['log', 'level'], options.logLevel, '--log-level'],
    ...[...cameras].map(([name, url]): [PropertyKey[], string, string] => [
      ['cameras', name, 'source'],
      url,
      `--camera ${name}`,
    ]),
  ];
  const given = settings.filter(([, value]) => value !== undefined);
  return {
    apply: (value) => given.reduce<unknown>((result, [at, setting]) => withSetting(result, at, setting), value),
    flagOf: (at) => given.find(([own]) => own.every((key, index) => at[index] === key))?.[2],
  };
}

/** A copy with one setting changed. Whatever is no mapping is left for the schema to refuse. */
function withSetting(value: unknown, [key, ...below]: readonly PropertyKey[], setting: unknown): unknown {
  if (key === undefined) return setting;
  if (value !== undefined && (typeof value !== 'object' || value === null || Array.isArray(value))) return value;
  const old = (value ?? {}) as Record<PropertyKey, unknown>;
  return { ...old, [key]: withSetting(Object.hasOwn(old, key) ? old[key] : undefined, below, setting) };
}

/** Nothing of a malformed option is repeated: it may be a URL with a password. */
function parseCameraOption(option: string): [string, string] {
  const equals = option.indexOf('=');
  const name = option.slice(0, Math.max(equals, 0));
  const url = option.slice(equals + 1);
  registerTarget(url);
  if (!NAME.test(name) || url === '') {
    throw new UserError('--camera: not in the form NAME=URL, with a name of lower-case letters, digits and hyphens.', {
      fix: 'Write for example --camera gate=rtsp://192.0.2.7/stream1.',
    });
  }
  return [name, url];
}

function hasState(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'state');
}
