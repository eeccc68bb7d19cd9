/**
 * Setting cameras up from the console: finds them, tries one, and adds the one that was tried. Implements the gateway's port.
 *
 * One question at a time. What was tried last waits here, with its credentials, to be added or replaced by the next; the browser gets its name and
 * its filtered picture. A camera that is added is filtered from the next start on.
 */
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
import { tryCamera } from '../camera-trial.ts';
import { askCamera, cameraFault, type PlannedCamera } from './ask.ts';
import { type ChecklistItem, type ChecklistParts, checklistOf, signOf, signsIn } from './checklist.ts';
import { compose } from './compose.ts';
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

export interface DeskOptions {
  loaded: LoadedConfig;
  env: NodeJS.ProcessEnv;
  log: Log;
  checklist: ChecklistParts;
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

  checklist(): { wallMs: number; items: ChecklistItem[]; signs: string[] } {
    const { checklist } = this.#options;
    return { wallMs: systemClock.wallMs(), items: checklistOf(checklist), signs: signsIn(checklist) };
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
    const { loaded, env } = this.#options;
    const { file } = loaded;
    if (file === undefined) {
      throw new UserError('Garim runs without a configuration file', {
        fix: 'Make one with garim setup, and start it with that.',
      });
    }
    const { name, candidate } = tried;
    try {
      const urlFile = path.join(loaded.config.state, 'sources', `${name}.url`);
      await writeDurably(urlFile, `${candidate.url}\n`);
      const camera = {
        name,
        sourceFile: urlFile,
        sourceText: undefined,
        transport: 'tcp' as const,
        detect: undefined,
        delayMs: undefined,
        why: `${candidate.shown}, added in the console`,
      };
      const { text, added } = compose(await readFile(file, 'utf8'), { cameras: [camera] });
      if (added.length === 0)
        throw new UserError(`${name} is in the configuration already`, { fix: 'Choose another name.' });
      await publishConfig(file, { text, mode: (await stat(file)).mode & 0o777, cameras: [name] }, env);
    } catch (error) {
      if (error instanceof UserError) throw error;
      const fix = `Where the service may not write it, run as root: garim setup --config ${file}`;
      throw new UserError(`${file} can't be written: ${messageOf(error)}`, { fix, cause: error });
    }
    this.#added.add(name);
    this.#tried = undefined;
    return { name };
  }

  #plannedOf(body: unknown): PlannedCamera {
    const parsed = requestSchema.safeParse(body);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      throw new UserError(`${issue?.path.join('.') || 'the request'}: ${issue?.message ?? 'not understood'}`);
    }
    const { name, address, user, password, stream, streamHost } = parsed.data;
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
