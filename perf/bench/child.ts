/**
 * One side of the comparison, in this process: `child.js filter CLIP SETTINGS` (capture, pipeline and output of the product, unpaced) or
 * `child.js plain CLIP SETTINGS` (the same capture and output, and no filter between them). Sends one `Sample` and ends.
 *
 * The clock runs from opening the clip to the last unit: loading Node and the models is told apart (`startS`), since a camera process
 * does it once.
 */
import { systemClock } from '../../edge/base/clock.ts';
import { rootLog } from '../../edge/base/log.ts';
import { openCapture } from '../../edge/camera/capture/open.ts';
import type { Capture } from '../../edge/camera/capture/port.ts';
import { createOnnxDetector } from '../../edge/camera/detect/detector.ts';
import type { Detector } from '../../edge/camera/detect/port.ts';
import { openModelStore } from '../../edge/camera/detect/store.ts';
import { Output } from '../../edge/camera/output.ts';
import { Pipeline } from '../../edge/camera/pipeline.ts';
import { Redactor } from '../../edge/camera/redact/redactor.ts';
import type { CameraSettings } from '../../edge/config/schema.ts';
import { cpuSince, median, peakMbNow, type Sample } from './usage.ts';

const [side, clip = '', settingsJson = ''] = process.argv.slice(2);
// From the parent: a camera process does not load the schema either.
const settings = JSON.parse(settingsJson) as CameraSettings;
rootLog.level = 'error';
const sample = side === 'filter' ? await filter() : await plain();
process.send?.(sample);
process.disconnect?.();

function openClip(motionVectors: boolean): Capture {
  return openCapture({ url: `file:${clip}`, transport: 'tcp', pacing: 'unpaced', motionVectors });
}

function openOutput(): Output {
  return new Output({ encode: settings.encode, log: rootLog, send: () => true });
}

async function filter(): Promise<Sample> {
  const detector = createOnnxDetector({ store: openModelStore({ stateDir: 'state', env: process.env }), log: rootLog });
  await detector.settled();
  if (detector.state.state !== 'ready') throw new Error(detector.state.advice);
  const startS = process.uptime();
  const cpu = process.cpuUsage();
  const loop = performance.eventLoopUtilization();
  const started = performance.now();
  const output = openOutput();
  const inferenceMs: number[] = [];
  const encodeMs: number[] = [];
  const seen = { frames: 0, wholeFrames: 0, regions: 0 };
  const pipeline = new Pipeline({
    ...settings,
    capture: openClip(true),
    detector: timed(detector, inferenceMs),
    pacing: 'unpaced',
    clock: systemClock,
    sink: {
      async frame(frame, plan) {
        const from = performance.now();
        await output.write(frame);
        encodeMs.push(performance.now() - from);
        seen.frames++;
        if (plan.kind === 'whole-frame') seen.wholeFrames++;
        else seen.regions += plan.regions.length;
      },
      connected: (info) => {
        output.frameRate = info.frameRate;
      },
      lost: (event) => {
        throw new Error(event.error);
      },
    },
  });
  await pipeline.run();
  await output.close();
  const sample: Sample = {
    frames: seen.frames,
    wallS: (performance.now() - started) / 1000,
    cpuS: cpuSince(cpu),
    peakMb: peakMbNow(),
    inside: {
      wholeFrames: seen.wholeFrames,
      verdicts: inferenceMs.length,
      regions: seen.regions,
      inferenceMsP50: median(inferenceMs),
      encodeCallMsP50: median(encodeMs),
      loopBusy: performance.eventLoopUtilization(loop).utilization,
      startS,
    },
  };
  await detector.close();
  return sample;
}

/** The detector, watched from the outside. */
function timed(detector: Detector, inferenceMs: number[]): Detector {
  return {
    get state() {
      return detector.state;
    },
    async detect(picture, timeoutMs) {
      const verdict = await detector.detect(picture, timeoutMs);
      if (verdict.kind === 'detected') inferenceMs.push(verdict.inferenceMs);
      return verdict;
    },
    takeBuffer: (lengthBytes) => detector.takeBuffer?.(lengthBytes) ?? new Uint8Array(lengthBytes),
    close: () => detector.close(),
  };
}

async function plain(): Promise<Sample> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  const capture = openClip(false);
  const output = openOutput();
  using redactor = new Redactor('blur');
  let frames = 0;
  let written: Promise<void> = Promise.resolve();
  for (;;) {
    const event = await capture.next();
    if (event.kind === 'ended') break;
    if (event.kind === 'lost') throw new Error(event.error);
    if (event.kind === 'connected') output.frameRate = event.info.frameRate;
    else {
      const { frame } = redactor.redact(event.frame, { kind: 'regions', regions: [] });
      await written;
      written = output.write(frame);
      frames++;
    }
  }
  await written;
  await output.close();
  await capture.close();
  return { frames, wallS: (performance.now() - started) / 1000, cpuS: cpuSince(cpu), peakMb: peakMbNow() };
}
