/**
 * The parts of the path, one after the other in this process, each timed by itself. Nothing overlaps here and no other stage runs, so CPU
 * times are the stages' own; their sum is what the filter must cost, and what the real pipeline costs beyond it is its own overhead.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { AV_FRAME_DATA_MOTION_VECTORS } from 'node-av/constants';
import { rootLog } from '../../edge/base/log.ts';
import { openCapture } from '../../edge/camera/capture/open.ts';
import { createOnnxDetector } from '../../edge/camera/detect/detector.ts';
import { toFrame } from '../../edge/camera/detect/letterbox.ts';
import { PictureMaker } from '../../edge/camera/detect/picture.ts';
import { openModelStore } from '../../edge/camera/detect/store.ts';
import type { RawFrame } from '../../edge/camera/frame.ts';
import { Output } from '../../edge/camera/output.ts';
import { planCover } from '../../edge/camera/redact/plan.ts';
import { Redactor } from '../../edge/camera/redact/redactor.ts';
import { carryBox, MotionField, type MotionFrame } from '../../edge/camera/track/motion.ts';
import { Tracker } from '../../edge/camera/track/tracker.ts';
import { DEFAULT_SETTINGS } from './settings.ts';

export type Stages = Record<string, { calls: number; cpuMs: number; wallMs: number; perFrameMs: number }>;

const TIMEOUT_MS = 30_000;
/** Frames that wait, as in the delay line: motion vectors of these are at hand. */
const WAITING = 6;
/** Frames decoded before they are worked on, and the pause in which the decoder runs into its bound: it would be measured too. */
const BATCH = 40;
const QUIET_MS = 150;

export async function measureStages(clip: string): Promise<Stages> {
  rootLog.level = 'error';
  const sums = new Map<string, { calls: number; cpuUs: number; wallMs: number }>();
  const measure = async <T>(name: string, work: () => T | Promise<T>): Promise<T> => {
    const cpu = process.cpuUsage();
    const from = performance.now();
    const result = await work();
    const wallMs = performance.now() - from;
    const { user, system } = process.cpuUsage(cpu);
    const sum = sums.get(name) ?? { calls: 0, cpuUs: 0, wallMs: 0 };
    sums.set(name, { calls: sum.calls + 1, cpuUs: sum.cpuUs + user + system, wallMs: sum.wallMs + wallMs });
    return result;
  };
  const frames = await decodeOnly(clip, measure);
  await filterSerially(clip, measure);
  return Object.fromEntries(
    [...sums].map(([name, { calls, cpuUs, wallMs }]) => [
      name,
      { calls, cpuMs: cpuUs / 1000 / calls, wallMs: wallMs / calls, perFrameMs: cpuUs / 1000 / frames },
    ]),
  );
}

type Measure = <T>(name: string, work: () => T | Promise<T>) => Promise<T>;

/** Decoding alone, with and without motion vectors, as the frames' mean. */
async function decodeOnly(clip: string, measure: Measure): Promise<number> {
  let frames = 0;
  for (const motionVectors of [false, true]) {
    const capture = openCapture({ url: `file:${clip}`, transport: 'tcp', pacing: 'unpaced', motionVectors });
    frames = 0;
    await measure(motionVectors ? 'decode all, vectors' : 'decode all', async () => {
      for (let event = await capture.next(); event.kind !== 'ended'; event = await capture.next()) {
        if (event.kind !== 'frame') continue;
        frames++;
        event.frame[Symbol.dispose]();
      }
    });
    await capture.close();
  }
  return frames;
}

async function filterSerially(clip: string, measure: Measure): Promise<void> {
  const { detect, look, encode } = DEFAULT_SETTINGS;
  const detector = createOnnxDetector({ store: openModelStore({ stateDir: 'state', env: process.env }), log: rootLog });
  await detector.settled();
  const capture = openCapture({ url: `file:${clip}`, transport: 'tcp', pacing: 'unpaced', motionVectors: true });
  using pictures = new PictureMaker(detect.longSidePx);
  using redactor = new Redactor(look);
  const tracker = new Tracker();
  const output = new Output({ encode, log: rootLog, send: () => true });
  const waiting: { frame: RawFrame; motion: MotionFrame }[] = [];
  let dueMs = 0;
  const releaseOldest = async (): Promise<void> => {
    const { frame, motion } = waiting.shift()!;
    const plan = await measure('plan', () =>
      planCover(tracker.regionsAt(motion.ms), [], frame.widthPx, frame.heightPx),
    );
    const filtered = await measure('copy and paint', () => redactor.redact(frame, plan).frame);
    await measure('encode', () => output.write(filtered));
  };
  const take = async (frame: RawFrame): Promise<void> => {
    const ms = frame.ptsUs / 1000;
    waiting.push({ frame, motion: motionOf(frame, ms) });
    if (ms >= dueMs) {
      dueMs = ms + detect.intervalMs - 1;
      const made = (await measure('scale picture', () => pictures.make(frame.av)))!;
      const verdict = await measure('inference', () => detector.detect(made.picture, TIMEOUT_MS));
      if (verdict.kind !== 'detected') throw new Error(verdict.detail);
      const detections = toFrame(verdict.detections, made.letterbox, frame.widthPx, frame.heightPx);
      const motion = waiting.map((w) => w.motion);
      await measure('track', () => tracker.update(ms, detections, (box, from, to) => carryBox(motion, box, from, to)));
    }
    if (waiting.length > WAITING) await releaseOldest();
  };
  for (let isEnded = false; !isEnded; ) {
    const batch: RawFrame[] = [];
    while (batch.length < BATCH && !isEnded) {
      const event = await capture.next();
      if (event.kind === 'connected') output.frameRate = event.info.frameRate;
      if (event.kind === 'frame') batch.push(event.frame);
      isEnded = event.kind === 'ended';
    }
    await sleep(QUIET_MS);
    for (const frame of batch) await take(frame);
  }
  while (waiting.length > 0) await releaseOldest();
  await capture.close();
  await output.close();
  await detector.close();
}

function motionOf(frame: RawFrame, ms: number): MotionFrame {
  let read: MotionField | null | undefined;
  return {
    ms,
    field: () => {
      if (read === undefined) {
        const vectors = frame.av.getSideData(AV_FRAME_DATA_MOTION_VECTORS);
        read = vectors && new MotionField(vectors, frame.widthPx, frame.heightPx);
      }
      return read ?? undefined;
    },
  };
}
