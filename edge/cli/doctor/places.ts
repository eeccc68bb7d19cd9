/** Checks of what the configuration points at: cameras, ports, folders, files with secrets. */
import path from 'node:path';
import { isLoopback, parseListen } from '../../config/listen.ts';
import { type Check, type CheckResult, type DoctorContext, fail, ok, warn } from './check.ts';
import { mib } from './machine.ts';

const CONNECT_TIMEOUT_MS = 3000;
const DISK_FAIL_BYTES = 100 * 2 ** 20;
const DISK_WARN_BYTES = 1024 * 2 ** 20;
const DEFAULT_PORTS: Record<string, number> = { 'rtsp:': 554, 'rtsps:': 322, 'http:': 80, 'https:': 443 };

/** Whether each camera can be reached; not whether its password is right, which only its first picture shows. */
export const checkCameras: Check = (context) =>
  Promise.all(
    Object.entries(context.loaded.sources).map(async ([camera, url]) => {
      const name = `camera ${camera}`;
      if (url.startsWith('simulated')) return ok(name, 'simulated');
      if (url.startsWith('file:')) return fileCamera(context, name, url);
      if (url.startsWith('v4l2:')) return deviceCamera(context, name, url.slice('v4l2:'.length));
      return networkCamera(context, camera, new URL(url));
    }),
  );

async function networkCamera({ system, loaded }: DoctorContext, camera: string, url: URL): Promise<CheckResult> {
  const name = `camera ${camera}`;
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? (DEFAULT_PORTS[url.protocol] ?? 0) : Number(url.port);
  const error = await system.connect(host, port, CONNECT_TIMEOUT_MS);
  const place = `${host} port ${port}`;
  if (error === undefined && /^(rtsps|https):/.test(url.protocol) && loaded.config.cameras[camera]?.tls === undefined) {
    return warn(
      name,
      `${place} answers, and any certificate would be taken for its own`,
      `Fetch its certificate: openssl s_client -connect ${url.hostname}:${port} < /dev/null | openssl x509 > ${camera}.crt, and name it in cameras.${camera}.tls.ca.`,
    );
  }
  if (error === undefined) return ok(name, `${place} answers`);
  const fixes: Record<string, string> = {
    ECONNREFUSED: 'The device is there but does not serve this port: check the port and that RTSP or HTTP is on.',
    ENOTFOUND: 'The name is unknown: check it, or write the IP address.',
    EAI_AGAIN: "Names can't be resolved now: check DNS, or write the IP address.",
  };
  return fail(
    name,
    `${place}: ${error}`,
    fixes[error] ?? 'Check cable, power, address and firewall: ping it from this box.',
  );
}

async function fileCamera({ system }: DoctorContext, name: string, url: string): Promise<CheckResult> {
  const file = url
    .slice('file:'.length)
    .replace(/^\/\/(?=\/)/, '')
    .replace(/\?.*$/, '');
  if (await system.canAccess(file, 'read')) return ok(name, `file ${file}`);
  return fail(name, `file ${file} can't be read`, 'Check the path, and that the user that runs Garim may read it.');
}

async function deviceCamera({ system }: DoctorContext, name: string, device: string): Promise<CheckResult> {
  if (await system.canAccess(device, 'read')) return ok(name, device);
  return fail(
    name,
    `${device} can't be read`,
    'Check that the camera is plugged in, and add the user to the group video.',
  );
}

export const checkPorts: Check = ({ system, loaded: { config } }) =>
  Promise.all(
    (['http', 'rtsp'] as const).map(async (key) => {
      const { listen } = config[key];
      const { host, port } = parseListen(listen);
      const name = `port ${key}`;
      const error = await system.listen(host, port);
      if (error === undefined) {
        return ok(
          name,
          isLoopback(host) ? `${listen} is free, this box only` : `${listen} is free, open to the network`,
        );
      }
      const fixes: Record<string, string> = {
        EADDRINUSE: `If Garim is running already, all is well; else stop what uses it, or set ${key}.listen to another port.`,
        EADDRNOTAVAIL: `This box has no such address: set ${key}.listen to one that it has.`,
        EACCES: 'Ports below 1024 need a privilege: use a higher port.',
      };
      const status = error === 'EADDRINUSE' ? warn : fail;
      return status(name, `${listen}: ${error}`, fixes[error] ?? `Set ${key}.listen to another address.`);
    }),
  );

export const checkState: Check = async ({ system, loaded: { config } }) => {
  const mode = await system.modeOf(config.state);
  const place = mode === undefined ? await nearestFolder(config.state, system) : config.state;
  if (!(await system.canAccess(place, 'write'))) {
    return fail(
      'state',
      `${config.state} can't be written`,
      'Give it to the user that runs Garim, or set state to another folder.',
    );
  }
  if (mode === undefined) return ok('state', `${config.state} will be made at first start`);
  // A group may pass, for the models below, and not look around.
  if ((mode & 0o067) === 0) return ok('state', config.state);
  return warn('state', `${config.state} is open to other users of this box`, `Run chmod 700 ${config.state}.`);
};

export const checkDisk: Check = async ({ system, loaded: { config } }) => {
  const wanted = new Map<string, number>([[config.state, 0]]);
  for (const { segments } of Object.values(config.cameras)) {
    if (segments !== undefined) wanted.set(segments.dir, (wanted.get(segments.dir) ?? 0) + segments.totalMbMax * 1e6);
  }
  return Promise.all(
    [...wanted].map(async ([dir, wantedBytes]) => {
      const freeBytes = await system.freeBytes(await nearestFolder(dir, system));
      const name = `disk ${dir}`;
      const detail = `${mib(freeBytes)} free${wantedBytes === 0 ? '' : `, segments may take ${mib(wantedBytes)}`}`;
      const fix = 'Free some space, or lower segments.totalMbMax.';
      if (freeBytes < DISK_FAIL_BYTES) return fail(name, detail, fix);
      return freeBytes < Math.max(DISK_WARN_BYTES, wantedBytes) ? warn(name, detail, fix) : ok(name, detail);
    }),
  );
};

/** Files that hold camera URLs should not be open to every user of the box. */
export const checkSecretFiles: Check = async ({ system, loaded: { config } }) => {
  const files = Object.values(config.cameras).flatMap(({ source }) =>
    typeof source === 'object' && 'file' in source ? [source.file] : [],
  );
  const modes = await Promise.all(files.map((file) => system.modeOf(file)));
  return files.flatMap((file, index) =>
    ((modes[index] ?? 0) & 0o004) === 0
      ? []
      : [warn('secrets', `${file} can be read by every user of this box`, `Run chmod 640 ${file}.`)],
  );
};

/** The folder itself, or the nearest one above it that exists. */
export async function nearestFolder(dir: string, system: DoctorContext['system']): Promise<string> {
  let at = dir;
  while ((await system.modeOf(at)) === undefined && path.dirname(at) !== at) at = path.dirname(at);
  return at;
}
