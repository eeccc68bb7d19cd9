/** Runs one side of the comparison once, each in a process of its own, so that peaks of memory and CPU times stand apart. */
import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { CAMERA_NODE_FLAGS } from '../../edge/agent/camera-supervisor.ts';
import { ENCODER_THREADS, X264_OPTIONS } from '../../edge/camera/encode/encoder.ts';
import type { CameraSettings } from '../../edge/config/schema.ts';
import { FRAME_RATE } from './clip.ts';
import { DEFAULT_SETTINGS } from './settings.ts';
import type { Sample } from './usage.ts';

export function findFfmpeg(): string | undefined {
  for (const folder of (process.env['PATH'] ?? '').split(path.delimiter)) {
    const file = path.join(folder, 'ffmpeg');
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {}
  }
  return undefined;
}

/** Decodes and encodes with the options of our encoder; `-benchmark` prints the process's own rusage. */
export async function runFfmpeg(ffmpeg: string, clip: string): Promise<Sample> {
  const { bitrateKbps, keyFrameIntervalMs } = DEFAULT_SETTINGS.encode;
  const gop = Math.round((FRAME_RATE * keyFrameIntervalMs) / 1000);
  const x264 = Object.entries(X264_OPTIONS).flatMap(([key, value]) => [`-${key}`, value]);
  const rate = ['-maxrate', `${bitrateKbps}k`, '-bufsize', `${bitrateKbps}k`, '-g', `${gop}`, '-bf', '0'];
  const threads = ['-threads', `${ENCODER_THREADS}`];
  const { stderr } = await promisify(execFile)(ffmpeg, [
    ...['-hide_banner', '-nostdin', '-benchmark', '-threads', '2', '-i', clip, '-an', '-fps_mode', 'passthrough'],
    ...['-c:v', 'libx264', ...threads, ...x264, '-flags', '+low_delay', ...rate, '-f', 'null', '-'],
  ]);
  const number = (pattern: RegExp): number => {
    const found = [...stderr.matchAll(pattern)].at(-1)?.[1];
    if (found === undefined) throw new Error(`ffmpeg printed nothing like ${pattern}:\n${stderr.slice(-2000)}`);
    return Number(found);
  };
  return {
    frames: number(/frame=\s*(\d+)/g),
    wallS: number(/rtime=([\d.]+)s/g),
    cpuS: number(/utime=([\d.]+)s/g) + number(/stime=([\d.]+)s/g),
    peakMb: number(/maxrss=(\d+)(?:kB|KiB)/g) / 1024,
  };
}

/** A child of ours: `filter` is the product's path, `plain` the same libav without a filter. */
export async function runChild(side: 'filter' | 'plain', clip: string, settings: CameraSettings): Promise<Sample> {
  const child = fork(path.join(import.meta.dirname, 'child.js'), [side, clip, JSON.stringify(settings)], {
    execArgv: ['--enable-source-maps', ...CAMERA_NODE_FLAGS],
  });
  let answer: Sample | undefined;
  child.on('message', (message) => {
    answer = message as Sample;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (answer === undefined) throw new Error(`the ${side} side ended with code ${code} and without a result`);
  return answer;
}
