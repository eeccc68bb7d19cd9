/**
 * The clip to measure with: a real one where there is one, else the simulated street. Made once, in the system's folder for temporary
 * files, coded as cameras code: H.264 without B-frames, a key frame every two seconds.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createStreet } from '../../edge/camera/capture/simulated/street.ts';
import { createSurface } from '../../edge/camera/draw/surface.ts';
import { ClipWriter } from '../../edge/camera/encode/clip-writer.ts';
import { Redactor } from '../../edge/camera/redact/redactor.ts';
import { sharedData } from '../../test/support/shared.ts';

export const FRAME_RATE = 25;
const SECONDS = 12;
/** The real clip, of 13 s, is shown so often: in a shorter one the time in which V8 compiles what is hot, once in a process's life, counts. */
const REAL_TIMES = 4;
const BIT_RATE = 6_000_000;

export interface Clip {
  path: string;
  /** One line for a person. */
  description: string;
}

/** Finds or makes the default clip. `ffmpeg`: its path, when there is one. */
export async function defaultClip(ffmpeg: string | undefined, widthPx: number, heightPx: number): Promise<Clip> {
  const folder = path.join(tmpdir(), 'garim-bench');
  mkdirSync(folder, { recursive: true });
  const real = sharedData && path.join(sharedData, 'videos', 'tollgate_cars_720p.mp4');
  const isReal = ffmpeg !== undefined && real !== undefined && existsSync(real);
  const name = isReal ? `tollgate-${REAL_TIMES}-times` : 'street';
  const file = path.join(folder, `${name}-${widthPx}x${heightPx}-${FRAME_RATE}.mp4`);
  if (!existsSync(file)) {
    const unfinished = `${file}.${process.pid}.mp4`;
    if (isReal) scaleReal(ffmpeg, real, unfinished, widthPx, heightPx);
    else await drawStreet(unfinished, widthPx, heightPx);
    renameSync(unfinished, file);
  }
  const what = isReal ? `cars at a toll gate (real, ${REAL_TIMES} times)` : 'the simulated street';
  return { path: file, description: `${what}, ${widthPx}x${heightPx}, ${FRAME_RATE} frames/s` };
}

function scaleReal(ffmpeg: string, from: string, to: string, widthPx: number, heightPx: number): void {
  const scale = `scale=${widthPx}:${heightPx}:flags=bicubic`;
  const coding = [
    '-c:v',
    'libx264',
    '-preset',
    'veryfast',
    '-b:v',
    `${BIT_RATE}`,
    '-bf',
    '0',
    '-g',
    `${2 * FRAME_RATE}`,
  ];
  const times = ['-stream_loop', `${REAL_TIMES - 1}`];
  const input = ['-v', 'error', '-nostdin', '-y', ...times, '-r', `${FRAME_RATE}`, '-i', from];
  execFileSync(ffmpeg, [...input, '-an', '-vf', scale, ...coding, to], { stdio: 'inherit' });
}

async function drawStreet(file: string, widthPx: number, heightPx: number): Promise<void> {
  const street = await createStreet({ widthPx, heightPx, frameRate: FRAME_RATE });
  const surface = createSurface(widthPx, heightPx);
  using redactor = new Redactor('solid'); // makes frames of drawn pictures; nothing is covered here
  const writer = new ClipWriter(file, FRAME_RATE);
  try {
    for (let index = 0; index < SECONDS * FRAME_RATE; index++) {
      street.renderInto(index, surface);
      await writer.write(redactor.fromSurface(surface, Math.round((index * 1e6) / FRAME_RATE), 0));
    }
    await writer.finish();
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}
