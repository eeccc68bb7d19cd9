/** One video file through the filter: capture, pipeline, clip writer. Nothing is written under the target's name before it is whole. */
import { pathToFileURL } from 'node:url';
import { systemClock } from '../../base/clock.ts';
import { UserError } from '../../base/errors.ts';
import type { Look } from '../../config/schema.ts';
import { openCapture } from '../capture/open.ts';
import type { Detector } from '../detect/port.ts';
import type { DetectSettings } from '../detection-loop.ts';
import { ClipWriter } from '../encode/clip-writer.ts';
import { Pipeline } from '../pipeline.ts';
import type { CoverPlan } from '../redact/plan.ts';
import { statedDurationMs } from './duration.ts';
import { UprightCapture } from './upright.ts';

/**
 * Every frame up to 30 frames/s, every second one at 60: a file has no deadline, so that recall decides. At 1080p and 60 frames/s a frame costs 28 ms of CPU time when all are looked at, 23 at 40 ms and 21 at 80 or 120;
 * decoding and encoding alone cost 13.
 */
export const CLIP_DETECT: DetectSettings = { longSidePx: 640, intervalMs: 40, tiles: 'off' };

/** A file that ends this much earlier than it says breaks off, unless its frames come seldom. */
const MISSING_MS_MIN = 500;
/** The last frame may stay for so many times the longest pause between frames. */
const LAST_FRAME_GAPS_MAX = 3;

interface ClipFrame {
  index: number;
  ptsMs: number;
  widthPx: number;
  heightPx: number;
  plan: CoverPlan;
}

export interface ClipOptions {
  detector: Detector;
  look: Look;
  /** Awaited; called once per frame, in order. */
  onFrame(frame: ClipFrame): Promise<void>;
  signal: AbortSignal;
}

export interface ClipOutcome {
  frames: number;
  /** What of the file could not be read; what could is in the output. */
  damage: string | undefined;
}

/** @throws UserError when the file holds no video; WorldError when it can't be written; the signal's reason when aborted */
export async function redactClip(input: string, target: string, options: ClipOptions): Promise<ClipOutcome> {
  const { detector, look, onFrame, signal } = options;
  signal.throwIfAborted();
  const capture = new UprightCapture(
    openCapture({ url: pathToFileURL(input).href, transport: 'tcp', pacing: 'unpaced', motionVectors: true }),
  );
  let writer: ClipWriter | undefined;
  let frameRate = 25;
  let frames = 0;
  let lost: string | undefined;
  let lastMs = 0;
  let gapMs = 0;
  const pipeline = new Pipeline({
    capture,
    detector,
    look,
    masks: [],
    detect: CLIP_DETECT,
    delayMs: 0,
    pacing: 'unpaced',
    clock: systemClock,
    sink: {
      async frame(frame, plan) {
        const { widthPx, heightPx, ptsUs } = frame;
        writer ??= new ClipWriter(target, frameRate);
        await writer.write(frame);
        const ptsMs = ptsUs / 1000;
        gapMs = Math.max(gapMs, ptsMs - lastMs);
        lastMs = ptsMs;
        await onFrame({ index: frames++, ptsMs, widthPx, heightPx, plan });
      },
      connected(info) {
        frameRate = info.frameRate;
      },
      lost(event) {
        lost = event.error;
      },
    },
  });
  const stop = (): void => pipeline.stop();
  signal.addEventListener('abort', stop);
  try {
    await pipeline.run();
    signal.throwIfAborted();
    if (writer === undefined) throw new UserError(lost ?? 'it holds no video that can be read');
    await writer.finish();
    const { decodeErrors } = capture.counts;
    if (lost !== undefined) return { frames, damage: `it breaks off: ${lost}` };
    if (decodeErrors > 0) return { frames, damage: `it is damaged: ${decodeErrors} faults while decoding` };
    const missingMs = ((await statedDurationMs(input)) ?? 0) - lastMs;
    if (missingMs <= Math.max(MISSING_MS_MIN, LAST_FRAME_GAPS_MAX * gapMs)) return { frames, damage: undefined };
    const seconds = ((lastMs + missingMs) / 1000).toFixed(1);
    return { frames, damage: `it breaks off after ${(lastMs / 1000).toFixed(1)} of ${seconds} s` };
  } catch (error) {
    await writer?.abandon();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
