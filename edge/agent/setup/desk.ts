/**
 * Setting the box up from the console: finds cameras, tries one, and adds the one that was tried; asks a time server, takes a certificate, and gives the
 * user who does it another name and password. Implements the gateway's port.
 *
 * One question at a time. What was tried last waits here, with its credentials, to be added or replaced by the next; the browser gets its name and
 * its filtered picture. A camera that is added is filtered from the next start on.
 */
import { X509Certificate } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { systemClock } from '../../base/clock.ts';
import { writeDurably } from '../../base/durable-file.ts';
import { messageOf, UserError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { registerSecret, registerUrlSecrets } from '../../base/secrets.ts';
import { searchDevices } from '../../camera/find/finder.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { cameraSchema, NAME } from '../../config/schema.ts';
import type { CredentialStore } from '../../gateway/auth/store.ts';
import { tryCamera } from '../camera-trial.ts';
import type { CertificateKeeper } from '../certificate/keeper.ts';
import { ownFilesIn } from '../certificate/own.ts';
import { askCamera, cameraFault, type PlannedCamera } from './ask.ts';
import { type BoxClock, type BoxClockParts, boxClock, timeRequest } from './box-clock.ts';
import { certificateRequest, checkedPair, day } from './certificate.ts';
import { type ChecklistItem, type ChecklistParts, checklistOf, signOf, signsIn } from './checklist.ts';
import { compose, type Wanted } from './compose.ts';
import { publishConfig } from './publish.ts';
import type { Candidate } from './streams.ts';

const SEARCH_MS = 4_000;

/** No files and devices: what the box has of its own is for whoever may log in to it. */
const requestSchema = z.strictObject({
  name: z.string().regex(NAME, 'use lower-case letters, digits and hyphens'),
  address: z
    .string()
    .regex(/^(?:(?:rtsps?|https?):\/\/)?[0-9A-Za-z._:@%[\]~!$&'()*+,;=?/-]{1,500}$/, 'write an address or a URL')
    .refine((text) => URL.canParse(text.includes('://') ? text : `http://${text}`), 'write an address or a URL'),
  user: z.string().max(64),
  password: z.string().max(256),
  stream: z.enum(['main', 'sub']),
  streamHost: z.string().regex(/^[0-9A-Za-z.:_-]{0,253}$/, 'write a host name or address'),
});

const userRequest = z.strictObject({ name: z.string(), password: z.string() });

export interface DeskOptions {
  loaded: LoadedConfig;
  env: NodeJS.ProcessEnv;
  log: Log;
  checklist: ChecklistParts;
  time: BoxClockParts;
  certificates: CertificateKeeper;
  users: Pick<CredentialStore, 'change'>;
  /** Entry of the camera process; tests bring their own. */
  cameraProcess?: URL | undefined;
}

interface Tried {
  name: string;
  candidate: Candidate;
  jpeg: Uint8Array;
}

export class SetupDesk {
  readonly #options: DeskOptions;
  #tried: Tried | undefined;
  readonly #added = new Set<string>();

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /** The filtered picture of the camera that was tried last. */
  get picture(): { name: string; jpeg: Uint8Array } | undefined {
    return this.#tried;
  }

  checklist(): { wallMs: number; canWrite: boolean; items: ChecklistItem[]; signs: string[] } {
    const { checklist, loaded } = this.#options;
    const canWrite = loaded.file !== undefined && isWritable(path.dirname(loaded.file));
    return { wallMs: systemClock.wallMs(), canWrite, items: checklistOf(checklist), signs: signsIn(checklist) };
  }

  sign(camera: string): string | undefined {
    return signOf(this.#options.checklist, camera);
  }

  async find(): Promise<{ devices: { address: string; name: string }[]; leftOut: string[] }> {
    const interfaces = Object.entries(networkInterfaces())
      .filter(([, list]) => list?.some(({ family, internal }) => family === 'IPv4' && !internal))
      .map(([name]) => name);
    const { devices, leftOut } = await searchDevices(interfaces, SEARCH_MS, { log: this.#options.log });
    const shown = devices.map((device) => {
      if (device.via === 'mdns') {
        return { address: `rtsp://${device.host}:${device.port}/${device.path.replace(/^\//, '')}`, name: device.name };
      }
      const { host, port, path: at, isTls } = device.address;
      return { address: `${isTls ? 'https' : 'http'}://${host}:${port}${at}`, name: device.name };
    });
    return { devices: shown, leftOut };
  }

  /** @throws UserError that says what is wrong with the request or the camera */
  async try(body: unknown): Promise<{ name: string; description: string; stream: string; advice: string }> {
    this.#tried = undefined;
    const planned = this.#plannedOf(body);
    const { loaded, log, cameraProcess } = this.#options;
    const { candidates } = await askCamera(planned, log);
    const candidate = candidates.at(planned.stream === 'sub' ? -1 : 0)!;
    const trial = await tryCamera({
      name: planned.name,
      settings: cameraSchema.parse({ source: 'simulated', transport: planned.transport }),
      sourceUrl: candidate.url,
      stateDir: loaded.config.state,
      log,
      ...(cameraProcess !== undefined && { cameraProcess }),
    });
    if (trial.outcome === 'failed') {
      throw cameraFault(planned, trial.reason === 'source-unauthorised', trial.why);
    }
    this.#tried = { name: planned.name, candidate, jpeg: trial.jpeg };
    const { description, advice } = trial;
    return { name: planned.name, description, stream: candidate.shown, advice: trial.state === 'live' ? '' : advice };
  }

  /** Adds the camera that was tried last. @throws UserError when it can't be written down */
  async add(): Promise<{ name: string }> {
    const tried = this.#tried;
    if (tried === undefined) throw new UserError('no camera was tried', { fix: 'Try it first.' });
    const { name, candidate } = tried;
    const urlFile = path.join(this.#options.loaded.config.state, 'sources', `${name}.url`);
    const camera = {
      name,
      sourceFile: urlFile,
      sourceText: undefined,
      transport: 'tcp' as const,
      detect: undefined,
      delayMs: undefined,
      why: `${candidate.shown}, added in the console`,
    };
    const added = await this.#write({ cameras: [camera] }, () => writeDurably(urlFile, `${candidate.url}\n`));
    if (!added) throw new UserError(`${name} is in the configuration already`, { fix: 'Choose another name.' });
    this.#added.add(name);
    this.#tried = undefined;
    return { name };
  }

  /** @throws UserError when the request or the server named in it is at fault, WorldError when the box does not take it */
  async time(body: unknown): Promise<BoxClock> {
    return boxClock(parsed(timeRequest, body).server, this.#options.time);
  }

  /**
   * The box's own certificate, or one that somebody brings, served from now on where `http.tls` names the box's own place, and from the next start
   * on where it names none. @throws UserError when it won't do, or can't be written down
   */
  async certificate(body: unknown): Promise<{ fingerprint: string; until: string; names: string; isServed: boolean }> {
    const request = parsed(certificateRequest, body);
    const { loaded, certificates } = this.#options;
    const { http, state } = loaded.config;
    const own = ownFilesIn(state);
    if (http.tls !== undefined && path.resolve(http.tls.cert) !== path.resolve(own.cert)) {
      const fix = 'Put the new one (and its key) there; it is taken up within a minute.';
      throw new UserError(`http.tls.cert names ${http.tls.cert}, which is not the box's own place`, { fix });
    }
    const pair = request.kind === 'own' ? undefined : checkedPair(request, systemClock.wallMs());
    const isServed = http.tls !== undefined;
    if (isServed) await certificates.replaceOwn(pair);
    else {
      const tls = { cert: own.cert, key: own.key };
      const written = await this.#write({ cameras: [], tls }, () => certificates.replaceOwn(pair));
      if (!written) throw new UserError('http.tls was configured meanwhile', { fix: 'Start Garim again, and repeat.' });
    }
    const { fingerprint256, validTo, subjectAltName } = new X509Certificate(await readFile(own.cert));
    return {
      fingerprint: fingerprint256,
      until: day(validTo),
      names: (subjectAltName ?? '').replaceAll(/(DNS|IP Address):/g, ''),
      isServed,
    };
  }

  /** @throws UserError that names what is at fault, WorldError when it can't be written */
  async user(user: string, body: unknown): Promise<{ name: string }> {
    const wanted = parsed(userRequest, body);
    const { agreements, pullers } = this.#options.loaded.config.use;
    const isNamed = user in pullers || Object.values(agreements).some(({ puller }) => puller === user);
    if (wanted.name !== user && isNamed) {
      const fix = 'Keep the name, or change it there first.';
      throw new UserError(`name: ${user} has agreements by this name (use.agreements, use.pullers)`, { fix });
    }
    await this.#options.users.change(user, wanted);
    return { name: wanted.name };
  }

  /** False when the configuration has it already. `before`: what it names is there before it does. @throws UserError when it can't be written */
  async #write(wanted: Wanted, before: () => Promise<void>): Promise<boolean> {
    const { loaded, env } = this.#options;
    const { file } = loaded;
    if (file === undefined) {
      throw new UserError('Garim runs without a configuration file', {
        fix: 'Make one with garim setup, and start it with that.',
      });
    }
    try {
      const { text, added } = compose(await readFile(file, 'utf8'), wanted);
      if (added.length === 0) return false;
      await before();
      const cameras = wanted.cameras.map(({ name }) => name);
      await publishConfig(file, { text, mode: (await stat(file)).mode & 0o777, cameras }, env);
      return true;
    } catch (error) {
      if (error instanceof UserError) throw error;
      throw new UserError(`${file} can't be written: ${messageOf(error)}`, { fix: byHand(file, wanted), cause: error });
    }
  }

  #plannedOf(body: unknown): PlannedCamera {
    const { name, address, user, password, stream, streamHost } = parsed(requestSchema, body);
    if (this.#options.loaded.config.cameras[name] !== undefined || this.#added.has(name)) {
      throw new UserError(`${name} is in the configuration already`, { fix: 'Choose another name.' });
    }
    registerSecret(password);
    registerUrlSecrets(address);
    const isStream = /^rtsps?:\/\//i.test(address);
    return {
      name,
      from: isStream ? { url: address } : { onvif: address },
      user,
      password,
      stream,
      streamHost: streamHost === '' ? undefined : streamHost,
      transport: 'tcp',
    };
  }
}

function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new UserError(`${issue?.path.join('.') || 'the request'}: ${issue?.message ?? 'not understood'}`);
}

/** A folder. */
function isWritable(dir: string): boolean {
  try {
    accessSync(dir, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** What somebody does who may write the file. */
function byHand(file: string, { tls }: Wanted): string {
  if (tls === undefined) return `Where the service may not write it, run as root: garim setup --config ${file}`;
  return `Where the service may not write it, write as root: http: { tls: { cert: ${tls.cert}, key: ${tls.key} } }, and start Garim again. The certificate lies there already.`;
}
