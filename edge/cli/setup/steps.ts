/**
 * The steps of `garim setup`, the same for an answers file and for a terminal. Nothing is written before every camera has given a filtered
 * picture; the configuration comes last, so that what it names is there.
 */
import { access, chown, readdir, readFile, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { boxCertificate, ownFilesIn } from '../../agent/certificate/own.ts';
import { askCamera } from '../../agent/setup/ask.ts';
import { type CameraEntry, compose } from '../../agent/setup/compose.ts';
import { publishConfig } from '../../agent/setup/publish.ts';
import type { Clock } from '../../base/clock.ts';
import { writeDurably } from '../../base/durable-file.ts';
import { UserError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { setDeviceClock } from '../../camera/find/finder.ts';
import { type LoadedConfig, readConfig } from '../../config/load.ts';
import { openCredentialStore } from '../../gateway/auth/store.ts';
import { type CheckResult, ok, warn } from '../doctor/check.ts';
import type { System } from '../doctor/system.ts';
import type { Plan } from './answers.ts';
import { type TriedCamera, throwAll, tryCameras } from './cameras.ts';
import { type BoxClock, boxClock, cameraClock, unsetClock } from './clocks.ts';

export interface SetupOptions {
  /** As the user wrote it. */
  configFile: string;
  /** From --state. */
  state: string | undefined;
  /** Starts a new configuration; the present one is kept under another name. */
  replace: boolean;
  env: NodeJS.ProcessEnv;
  system: System;
  clock: Clock;
  log: Log;
  say(line: string): void;
  /** Called before the password is stored, since it can't be shown again. */
  showFirstUser(created: { user: string; password: string }): void;
  /** Whether the filtered picture shows what it should; without it every picture is taken. */
  confirmPicture?: (name: string, file: string) => Promise<boolean>;
}

interface Place {
  configFile: string;
  stateDir: string;
  /** As it stands in the configuration. */
  stateText: string;
  existing: { text: string; mode: number; loaded: LoadedConfig } | undefined;
}

/** Returns the checklist. @throws UserError that names the key, setting or file at fault; nothing is configured then */
export async function setUp(plan: Plan, options: SetupOptions): Promise<CheckResult[]> {
  const place = await placeOf(options);
  const known = new Set(Object.keys(place.existing?.loaded.config.cameras ?? {}));
  const results: CheckResult[] = [];
  const wanted = plan.cameras.filter(({ name }) => !known.has(name));
  for (const { name } of plan.cameras) {
    if (known.has(name)) results.push(ok(`camera ${name}`, 'is in the configuration already and stays as it is'));
  }
  if (plan.cameras.length + known.size === 0) {
    throw new UserError('cameras: no camera is named.', { fix: 'Name one; garim setup --find lists what answers.' });
  }

  const asked = [];
  const faults: UserError[] = [];
  for (const planned of wanted) {
    options.say(`asking ${planned.name} ...`);
    try {
      asked.push(await askCamera(planned, options.log));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      faults.push(error);
    }
  }
  throwAll(faults);
  const tried = await tryCameras(asked, { ...options, stateDir: place.stateDir, measure: plan.measure });
  for (const camera of tried) results.push(await showPicture(camera, place, options));

  const clock = await boxClock(options.system, plan.time.box);
  results.push(clock.result, ...(await setClocks(tried, plan, clock, options)));
  results.push(await firstUser(plan, place, options));
  const tls = await certificate(plan, place, options, results);
  results.push(...(await writeConfig(plan, tried, tls, place, options)));
  await giveToOwner(place.stateDir);
  return results;
}

/** Names of the cameras that the configuration has. @throws UserError when it is not valid */
export async function configuredCameras(options: SetupOptions): Promise<string[]> {
  return Object.keys((await placeOf(options)).existing?.loaded.config.cameras ?? {});
}

async function placeOf({ configFile, state, replace, env }: SetupOptions): Promise<Place> {
  const full = path.resolve(configFile);
  const isThere = await access(full).then(
    () => true,
    () => false,
  );
  let existing: Place['existing'];
  if (isThere && !replace) {
    const { loaded } = await readConfig({ file: full, cameras: [], env });
    existing = { text: await readFile(full, 'utf8'), mode: (await stat(full)).mode & 0o777, loaded };
  }
  if (state !== undefined) {
    return { configFile: full, stateDir: path.resolve(state), stateText: path.resolve(state), existing };
  }
  const stateDir = existing?.loaded.config.state ?? path.join(path.dirname(full), 'state');
  return { configFile: full, stateDir, stateText: existing === undefined ? 'state' : stateDir, existing };
}

async function showPicture(camera: TriedCamera, { stateDir }: Place, options: SetupOptions): Promise<CheckResult> {
  const { planned, picture, choice, device } = camera;
  const { name } = planned;
  const file = path.join(stateDir, 'setup', `${name}.jpg`);
  await writeDurably(file, picture.jpeg);
  if (options.confirmPicture !== undefined && !(await options.confirmPicture(name, file))) {
    throw new UserError(`cameras.${name}: its picture was not accepted; nothing was configured.`, {
      fix: 'Choose another camera or stream, and repeat.',
    });
  }
  const about = device === undefined || device.name === '' ? '' : `${device.name}, `;
  const detail = `${about}${picture.description} (${choice.why}); filtered picture: ${file}`;
  if (picture.state === 'live') return ok(`camera ${name}`, detail);
  return warn(`camera ${name}`, `${detail}; it is covered whole`, picture.advice || 'Run garim doctor.');
}

async function setClocks(
  tried: readonly TriedCamera[],
  { time }: Plan,
  { isRight }: BoxClock,
  { log }: SetupOptions,
): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const { planned, device } of tried) {
    if (device === undefined) continue;
    const isToBeSet = time.cameras === 'set';
    if (isToBeSet && !isRight && time.ntp === undefined) {
      results.push(unsetClock(planned.name));
      continue;
    }
    const set = isToBeSet ? () => setDeviceClock(device.login, time.ntp, { log }) : undefined;
    results.push(await cameraClock(planned.name, device.clockOffsetMs, set));
  }
  return results;
}

async function firstUser(plan: Plan, { stateDir }: Place, options: SetupOptions): Promise<CheckResult> {
  let made: string | undefined;
  const store = await openCredentialStore({
    stateDir,
    env: {},
    firstUser: plan.user && { user: plan.user.name, password: plan.user.password },
    showFirstUser: (created) => {
      made = created.user;
      if (plan.user === undefined) options.showFirstUser(created);
    },
  });
  if (made !== undefined) return ok('user', `${made} was made`);
  if (store.hasUser) return ok('user', 'there are users already; they stay');
  return warn('user', 'users.json lists nobody', 'Set GARIM_USER and GARIM_PASSWORD, or delete it and repeat.');
}

async function certificate(
  { certificate: wanted, certificateNames }: Plan,
  { stateDir, existing }: Place,
  { clock }: SetupOptions,
  results: CheckResult[],
): Promise<{ cert: string; key: string } | undefined> {
  const configured = existing?.loaded.config.http.tls;
  if (configured !== undefined && path.dirname(configured.cert) !== ownFilesIn(stateDir).dir) {
    results.push(ok('certificate', `${configured.cert}, as it was configured`));
    return configured;
  }
  if (wanted === 'none' && configured === undefined) {
    const fix = 'Listen on 127.0.0.1 only, or leave certificate: none out.';
    results.push(warn('certificate', 'none: passwords and pictures cross the network in the clear', fix));
    return undefined;
  }
  const { cert, key, fingerprint, validTo, state } = await boxCertificate(stateDir, certificateNames, clock);
  const until = validTo.toISOString().slice(0, 10);
  results.push(ok('certificate', `${state}, valid until ${until}; SHA-256 ${fingerprint}`));
  return { cert, key };
}

async function writeConfig(
  plan: Plan,
  tried: readonly TriedCamera[],
  tls: { cert: string; key: string } | undefined,
  place: Place,
  { replace, env, clock, configFile: shown }: SetupOptions,
): Promise<CheckResult[]> {
  const { configFile, stateDir, stateText, existing } = place;
  const results: CheckResult[] = [];
  const dir = path.dirname(configFile);
  const asWritten = (file: string): string => (path.isAbsolute(stateText) ? file : path.relative(dir, file));
  const cameras: CameraEntry[] = [];
  for (const { planned, candidates, choice } of tried) {
    const { url } = candidates[choice.index]!;
    const isSecret = /^(rtsps?|https?):/i.test(url);
    const file = path.join(stateDir, 'sources', `${planned.name}.url`);
    if (isSecret) {
      const old = await readFile(file, 'utf8').catch(() => undefined);
      if (old !== undefined && old.trim() !== url)
        results.push(ok('sources', `${file} was of an earlier setup and is replaced`));
      await writeDurably(file, `${url}\n`);
    }
    cameras.push({
      name: planned.name,
      sourceFile: asWritten(file),
      sourceText: isSecret ? undefined : url,
      transport: planned.transport,
      detect: choice.proposal?.detect,
      delayMs: choice.proposal?.delayMs,
      why: `${candidates[choice.index]!.shown}: ${choice.why}`,
    });
  }
  const { text, kept, added } = compose(existing?.text, {
    cameras,
    httpListen: plan.http.listen,
    rtspListen: plan.rtsp.listen,
    tls: tls && { cert: asWritten(tls.cert), key: asWritten(tls.key) },
    tlsForRtsp: plan.tlsForRtsp,
    state: stateText,
  });
  if (existing !== undefined && added.length === 0) {
    return [...results, ok('configuration', `${shown} has it all and stays as it is${keptText(kept)}`)];
  }
  const names = cameras.map(({ name }) => name);
  await publishConfig(configFile, { text, mode: existing?.mode ?? 0o644, cameras: names }, env, async () => {
    if (replace) await keepOld(configFile, clock, results);
  });
  return [...results, ok('configuration', `${shown}: wrote ${added.join(', ')}${keptText(kept)}`)];
}

function keptText(kept: readonly string[]): string {
  return kept.length === 0 ? '' : `; kept as they were: ${kept.join(', ')}`;
}

async function keepOld(file: string, clock: Clock, results: CheckResult[]): Promise<void> {
  const stamp = new Date(clock.wallMs()).toISOString().replaceAll(/[-:]|\..*/g, '');
  try {
    await rename(file, `${file}.${stamp}`);
    results.push(ok('configuration', `the one before is ${file}.${stamp}`));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Where root sets a box up, the service that runs as somebody else must be able to read what root made. */
async function giveToOwner(stateDir: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(stateDir);
  if (uid === 0) return;
  const give = (file: string): Promise<void> => chown(file, uid, gid).catch(() => {}); // not all are always there
  await give(path.join(stateDir, 'users.json'));
  for (const folder of ['sources', 'setup', 'tls']) {
    const dir = path.join(stateDir, folder);
    await give(dir);
    for (const name of await readdir(dir).catch(() => [])) await give(path.join(dir, name));
  }
}
