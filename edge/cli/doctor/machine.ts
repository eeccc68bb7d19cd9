/** Checks of the box itself: Node, CPU, memory, clock, core dumps, the optional ffmpeg binary. */
import { type Check, type CheckResult, fail, ok, warn } from './check.ts';
import type { System } from './system.ts';

const NODE_MIN = [20, 19] as const;

/** What one camera process takes at 1080p, with room; the agent takes about half of it. */
const MEMORY_PER_CAMERA_BYTES = 400 * 2 ** 20;
const MEMORY_AGENT_BYTES = 200 * 2 ** 20;

export const checkNode: Check = async ({ system }) => {
  const [major = 0, minor = 0] = system.nodeVersion.split('.').map(Number);
  if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) return ok('node', system.nodeVersion);
  return fail('node', `${system.nodeVersion} is too old`, `Install Node ${NODE_MIN.join('.')} or newer.`);
};

export const checkCpu: Check = async ({ system }) => {
  const info = (await system.readText('/proc/cpuinfo')) ?? '';
  const cores = system.cpus.length;
  const model = system.cpus[0]?.model.trim() || system.arch;
  const flags = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(info)?.[1]?.split(/\s+/) ?? [];
  const vectors = flags.includes('avx2') ? 'AVX2' : flags.includes('asimd') || flags.includes('neon') ? 'NEON' : '';
  const detail = `${cores} × ${model}${vectors === '' ? '' : `, ${vectors}`}`;
  if (vectors === '' && flags.length > 0) {
    return warn(
      'cpu',
      `${detail}, neither AVX2 nor NEON`,
      'Expect slow detection: lower detect.longSidePx, or use a newer CPU.',
    );
  }
  if (cores < 2) return warn('cpu', detail, 'Use at least 2 cores for a 1080p camera, or lower its resolution.');
  return ok('cpu', detail);
};

export const checkMemory: Check = async ({ system, loaded }) => {
  const cameras = Object.keys(loaded.config.cameras).length;
  const wantedBytes = MEMORY_AGENT_BYTES + cameras * MEMORY_PER_CAMERA_BYTES;
  const detail = `${mib(system.memoryTotalBytes)}, about ${mib(wantedBytes)} wanted for ${cameras} camera${cameras === 1 ? '' : 's'} at 1080p`;
  if (system.memoryTotalBytes >= wantedBytes) return ok('memory', detail);
  return warn('memory', detail, 'Use fewer cameras or lower resolutions on this box, or add memory.');
};

export const checkClock: Check = ({ system }) => clockOf(system);

/** `ok` as well where nobody can tell whether the clock is synchronised. */
export async function clockOf(system: System): Promise<CheckResult> {
  const now = new Date(system.wallMs());
  const detail = now.toISOString();
  const year = now.getUTCFullYear();
  if (year < 2025 || year > 2099) {
    return fail('clock', `${detail} can't be right`, 'Set the clock, and keep it with NTP: timedatectl set-ntp true.');
  }
  const known = await isSynchronised(system);
  if (known === true) return ok('clock', `${detail}, synchronised`);
  if (known === undefined) return ok('clock', `${detail}, synchronisation not known`);
  return warn('clock', `${detail}, not synchronised`, 'Keep it with NTP: timedatectl set-ntp true.');
}

/** Undefined where nobody can tell. */
export async function isSynchronised(system: System): Promise<boolean | undefined> {
  const answer = await system.run('timedatectl', ['show', '--property=NTPSynchronized', '--value']);
  const word = 'output' in answer ? answer.output.trim() : '';
  return word === 'yes' ? true : word === 'no' ? false : undefined;
}

/** A core dump of a camera process holds raw pictures and the camera's password. */
export const checkCoreDumps: Check = async ({ system }) => {
  const limits = await system.readText('/proc/self/limits');
  const soft = /^Max core file size\s+(\S+)/m.exec(limits ?? '')?.[1];
  if (soft === undefined) return ok('core dumps', 'limit not known on this system');
  if (soft === '0') return ok('core dumps', 'off');
  return warn(
    'core dumps',
    'on: a dump would hold raw pictures and camera passwords',
    'Start Garim with LimitCORE=0 in its systemd unit, or after ulimit -c 0.',
  );
};

/** Only the JSMpeg preview needs the binary. */
export const checkFfmpeg: Check = async ({ system }): Promise<CheckResult> => {
  const answer = await system.run('ffmpeg', ['-hide_banner', '-version']);
  const version = 'output' in answer ? /^ffmpeg version (\S+)/.exec(answer.output)?.[1] : undefined;
  if (version !== undefined) return ok('ffmpeg', `${version}, for the preview of panels without MSE`);
  return warn(
    'ffmpeg',
    'no ffmpeg binary: the preview is off',
    'Install ffmpeg if panels without MSE are to be served.',
  );
};

export function mib(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
