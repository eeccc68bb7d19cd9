/**
 * What one camera would cost on this box: the network at several sizes, decoding, encoding, and the whole path from file to file. Measured
 * on a short clip of the simulated street of the camera's size and rate; all times are CPU times of one core, so that other work on the
 * box disturbs less than it would the clock's.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { WorldError } from '../../base/errors.ts';
import { openCapture } from '../capture/open.ts';
import type { CaptureOptions } from '../capture/port.ts';
import { createStreet } from '../capture/simulated/street.ts';
import { redactClip } from '../clip/redact-clip.ts';
import { letterboxSize } from '../detect/letterbox.ts';
import type { Detector } from '../detect/port.ts';
import { tilesOf, tilesPerSide } from '../detect/tiles.ts';
import { createSurface } from '../draw/surface.ts';
import { ClipWriter } from '../encode/clip-writer.ts';
import { Redactor } from '../redact/redactor.ts';

/** Long sides of the look at the whole frame that are tried. */
export const SIZES_PX = [416, 640, 960] as const;
const FRAMES = 50;
/** Drawn ahead and shown in turn, so that drawing is not measured. */
const DRAWN_MAX = 10;
const INFERENCES = 15;
const STALL_MS = 30_000;
const CONNECT_MS_MAX = 15_000;

export interface CameraSize {
  widthPx: number;
  heightPx: number;
  frameRate: number;
}

/** Milliseconds of one core. */
export interface BoxCost {
  /** One inference of the whole frame, by its long side. */
  wholeMs: Record<(typeof SIZES_PX)[number], number>;
  /** One inference of a tile beside a look of 640; undefined where the frame has none. */
  tileMs: number | undefined;
  /** One frame. */
  decodeMs: number;
  encodeMs: number;
  /** One frame through everything but inference: decoding, tracking, painting, encoding. */
  restMs: number;
}

/** Connects for a moment. @throws WorldError when the camera does not answer in time */
export async function sizeOfCamera(options: Pick<CaptureOptions, 'url' | 'transport' | 'ca'>): Promise<CameraSize> {
  const capture = openCapture({ ...options, pacing: 'live' });
  let error = `no answer within ${CONNECT_MS_MAX / 1000} s`;
  const late = sleep(CONNECT_MS_MAX, 'late' as const, { ref: false });
  try {
    for (;;) {
      const event = await Promise.race([capture.next(), late]);
      if (event === 'late' || event.kind === 'ended') throw new WorldError('source-unreachable', error);
      if (event.kind === 'connected') return event.info;
      if (event.kind === 'lost') ({ error } = event);
      else event.frame[Symbol.dispose]();
    }
  } finally {
    await capture.close();
  }
}

export async function measureBox(detector: Detector, size: CameraSize): Promise<BoxCost> {
  const dir = await mkdtemp(path.join(os.tmpdir(), `garim-tune-${process.pid}-`));
  try {
    const clip = path.join(dir, 'street.mp4');
    const encodeMs = await writeClip(clip, size);
    const decodeMs = (await cpuMs(() => decode(clip))) / FRAMES;
    const { widthPx, heightPx } = size;
    const wholeMs = { 416: 0, 640: 0, 960: 0 };
    for (const px of SIZES_PX) wholeMs[px] = await inferenceMs(detector, letterboxSize(widthPx, heightPx, px));
    const perSide = tilesPerSide(widthPx, heightPx, 640);
    const tile = perSide > 1 ? tilesOf(widthPx, heightPx, 640, perSide)[0] : undefined;
    const tileMs = tile && (await inferenceMs(detector, tile.letterbox));
    let looksMs = 0;
    const counted: Detector = {
      state: detector.state,
      async detect(picture, timeoutMs) {
        const before = process.cpuUsage();
        const verdict = await detector.detect(picture, timeoutMs);
        // The clock counts waiting for a busy core, the process's CPU time counts its other threads: the smaller is nearer.
        if (verdict.kind === 'detected') looksMs += Math.min(verdict.inferenceMs, totalMs(process.cpuUsage(before)));
        return verdict;
      },
      close: () => Promise.resolve(),
    };
    const allMs = await cpuMs(() =>
      redactClip(clip, path.join(dir, 'out.mp4'), {
        detector: counted,
        look: 'blur',
        onFrame: async () => {},
        signal: new AbortController().signal,
      }),
    );
    return { wholeMs, tileMs, decodeMs, encodeMs, restMs: Math.max(decodeMs + encodeMs, (allMs - looksMs) / FRAMES) };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Returns the CPU time of a frame, milliseconds. */
async function writeClip(file: string, { widthPx, heightPx, frameRate }: CameraSize): Promise<number> {
  const street = await createStreet({ widthPx, heightPx, frameRate });
  const surfaces = Array.from({ length: DRAWN_MAX }, (_, index) => {
    const surface = createSurface(widthPx, heightPx);
    street.renderInto(index, surface);
    return surface;
  });
  const writer = new ClipWriter(file, frameRate);
  using redactor = new Redactor('solid'); // makes frames of drawn pictures; nothing is covered here
  const totalMs = await cpuMs(async () => {
    for (let index = 0; index < FRAMES; index++) {
      // There and back, so that what moves never jumps.
      const turn = index % (2 * DRAWN_MAX - 2);
      const surface = surfaces[turn < DRAWN_MAX ? turn : 2 * DRAWN_MAX - 2 - turn]!;
      await writer.write(redactor.fromSurface(surface, Math.round((index * 1e6) / frameRate), 0));
    }
    await writer.finish();
  });
  return totalMs / FRAMES;
}

async function decode(file: string): Promise<void> {
  const capture = openCapture({
    url: pathToFileURL(file).href,
    transport: 'tcp',
    pacing: 'unpaced',
    motionVectors: true,
  });
  for (;;) {
    const event = await capture.next();
    if (event.kind === 'ended') break;
    if (event.kind === 'frame') event.frame[Symbol.dispose]();
  }
  await capture.close();
}

/** Of several on a grey picture, the median. */
async function inferenceMs(detector: Detector, letterbox: ReturnType<typeof letterboxSize>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < INFERENCES; i++) {
    const rgb = new Uint8Array(letterbox.widthPx * letterbox.heightPx * 3).fill(112);
    const before = process.cpuUsage();
    const verdict = await detector.detect({ rgb, ...letterbox }, STALL_MS);
    if (verdict.kind !== 'detected')
      throw new WorldError('model-unusable', `the network gave no answer: ${verdict.detail}`);
    times.push(Math.min(verdict.inferenceMs, totalMs(process.cpuUsage(before))));
  }
  return times.sort((a, b) => a - b)[times.length >> 1]!;
}

async function cpuMs(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  return totalMs(process.cpuUsage(before));
}

const totalMs = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1000;
