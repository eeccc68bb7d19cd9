/** Raw frames made of numbers, and captures that replay them. */
import { AV_PIX_FMT_YUV420P, type AVPixelFormat, Frame } from 'node-av';
import { systemClock } from '../../edge/base/clock.ts';
import type { Capture, CaptureEvent } from '../../edge/camera/capture/port.ts';
import type { Detection, Detector, DetectorPicture, Verdict } from '../../edge/camera/detect/port.ts';
import { RawFrame } from '../../edge/camera/frame.ts';

export interface FrameSpec {
  widthPx?: number;
  heightPx?: number;
  format?: AVPixelFormat;
  /** Value of every luma sample, or one per sample. */
  luma?: number | ((x: number, y: number) => number);
}

export function makeFrame(seq: number, ptsUs: number, spec: FrameSpec = {}): RawFrame {
  const { widthPx = 320, heightPx = 192, format = AV_PIX_FMT_YUV420P, luma = 200 } = spec;
  const av = new Frame();
  av.alloc();
  av.format = format;
  av.width = widthPx;
  av.height = heightPx;
  av.getBuffer();
  const [y, ...chroma] = av.data!;
  const stride = av.linesize[0]!;
  for (let row = 0; row < heightPx; row++) {
    if (typeof luma === 'number') y!.fill(luma, row * stride, row * stride + widthPx);
    else for (let x = 0; x < widthPx; x++) y![row * stride + x] = luma(x, row);
  }
  for (const plane of chroma) plane.fill(90);
  return new RawFrame(av, seq, ptsUs, systemClock.monotonicMs());
}

/** Luma of one sample of a frame that lives. */
export const lumaAt = (av: Frame, x: number, y: number): number => av.data![0]![y * av.linesize[0]! + x]!;

/** Replays events; after the last it answers `ended`. Pauses between events let other work run, as a camera would. */
export class ScriptedCapture implements Capture {
  readonly counts = { framesDecoded: 0, framesDropped: 0, decodeErrors: 0, reconnects: 0 };
  readonly #events: (() => CaptureEvent)[];
  readonly #pauseMs: number;
  isClosed = false;

  constructor(events: (() => CaptureEvent)[], pauseMs = 0) {
    this.#events = events;
    this.#pauseMs = pauseMs;
  }

  /** Frames 40 ms apart. */
  static ofFrames(specs: FrameSpec[], pauseMs = 0): ScriptedCapture {
    return new ScriptedCapture(
      specs.map((spec, i) => () => ({ kind: 'frame' as const, frame: makeFrame(i, i * 40_000, spec) })),
      pauseMs,
    );
  }

  async next(): Promise<CaptureEvent> {
    await new Promise((resolve) => setTimeout(resolve, this.#pauseMs));
    return this.isClosed ? { kind: 'ended' } : (this.#events.shift()?.() ?? { kind: 'ended' });
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

/** A detector that a function answers for; `undefined` is a missing answer. */
export class ScriptedDetector implements Detector {
  readonly state = { state: 'ready' as const, models: ['scripted'], digests: [], advice: '' };
  readonly #answer: (call: number, picture: DetectorPicture) => Promise<Detection[] | Verdict> | Detection[] | Verdict;
  calls = 0;

  constructor(
    answer: (call: number, picture: DetectorPicture) => Promise<Detection[] | Verdict> | Detection[] | Verdict,
  ) {
    this.#answer = answer;
  }

  async detect(picture: DetectorPicture): Promise<Verdict> {
    const answer = await this.#answer(this.calls++, picture);
    return Array.isArray(answer) ? { kind: 'detected', detections: answer, inferenceMs: 1 } : answer;
  }

  async close(): Promise<void> {}
}
