/**
 * The product's two ways to look at a single picture, as `garim redact` does at a still and as a camera does at one frame. Thresholds are
 * applied after the look, so that many can be tried on one.
 */
import { AV_PIX_FMT_RGB24 } from 'node-av/constants';
import { Frame } from 'node-av/lib';
import { WorldError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { OnnxDetector } from '../detect/detector.ts';
import { toFrame } from '../detect/letterbox.ts';
import { PictureMaker } from '../detect/picture.ts';
import type { Detection, Verdict } from '../detect/port.ts';
import { unseenZones } from '../detect/second/zones.ts';
import { type ModelStore, type Thresholds, thresholdsOf } from '../detect/store.ts';
import { isCounted, LIVE_RULES, LIVE_THRESHOLD_OFFSET, STILL_THRESHOLD_OFFSET } from '../detect/thresholds.ts';
import { type CoverPlan, planCover } from '../redact/plan.ts';
import { chooseBoxes, lookAtPicture } from '../still/find.ts';
import type { RawPicture } from '../still/raw-picture.ts';
import { coverBoxes } from '../still/redact-still.ts';
import { Tracker } from '../track/tracker.ts';
import { LIVE } from './live.ts';
import { openNetwork } from './network.ts';

const STALL_MS = 30_000;

export interface Looked {
  /** In pixels of the picture, weak ones too. */
  detections: Detection[];
  inferenceMs: number;
}

export interface PictureLook extends AsyncDisposable {
  readonly models: readonly string[];
  /** The manifest's. */
  readonly thresholds: Thresholds;
  /** Rejects with WorldError when the network gives no answer. */
  look(picture: RawPicture): Promise<Looked>;
  /** What would be covered, with these thresholds. */
  plan(detections: readonly Detection[], picture: RawPicture, thresholds: Thresholds): CoverPlan;
}

export interface LookOptions {
  store: ModelStore;
  log: Log;
  /** How far below the manifest's the thresholds will be set that `plan` is asked for; 0 or less. */
  lowestOffset: number;
}

/** @throws WorldError when there is no model */
export async function openStillLook({ store, log, lowestOffset }: LookOptions): Promise<PictureLook> {
  const detector = await openNetwork({ store, log, thresholdOffset: STILL_THRESHOLD_OFFSET + lowestOffset });
  return {
    ...namesOf(detector, store),
    look: async (picture) => answerOf(await lookAtPicture(picture, detector)),
    plan: (detections, picture, thresholds) => coverBoxes(chooseBoxes(detections, picture, thresholds), picture),
    [Symbol.asyncDispose]: () => detector.close(),
  };
}

/** One frame that is seen once. @throws WorldError when there is no model */
export async function openLiveLook({ store, log, lowestOffset }: LookOptions): Promise<PictureLook> {
  const detector = await openNetwork({ store, log, thresholdOffset: LIVE_THRESHOLD_OFFSET + lowestOffset });
  const pictures = new PictureMaker(LIVE.detect.longSidePx);
  return {
    ...namesOf(detector, store),
    async look(picture) {
      const frame = frameOf(picture);
      const made = pictures.make(frame);
      frame.free();
      if (made === undefined) throw new Error('a picture could not be scaled');
      const { detections, inferenceMs } = answerOf(await detector.detect(made.picture, STALL_MS));
      return { detections: toFrame(detections, made.letterbox, picture.widthPx, picture.heightPx), inferenceMs };
    },
    plan(detections, { widthPx, heightPx }, thresholds) {
      const tracker = new Tracker();
      tracker.picture = { widthPx, heightPx };
      tracker.update(
        0,
        detections.filter((d) => isCounted(d, { widthPx, heightPx }, thresholds, LIVE_RULES)),
      );
      const tracked = tracker.regionsAt(0);
      return planCover(tracked, [], widthPx, heightPx, unseenZones(tracked, [], LIVE.secondOpinion, widthPx));
    },
    async [Symbol.asyncDispose]() {
      pictures[Symbol.dispose]();
      await detector.close();
    },
  };
}

function namesOf(detector: OnnxDetector, store: ModelStore): Pick<PictureLook, 'models' | 'thresholds'> {
  const { models } = detector.state;
  return { models, thresholds: thresholdsOf(store, models) };
}

type Answer = Verdict | Awaited<ReturnType<typeof lookAtPicture>>;

function answerOf(answer: Answer): Looked {
  if (answer.kind !== 'unavailable') return answer;
  throw new WorldError('model-unusable', `the network gave no answer: ${answer.detail}`);
}

/** The picture as a frame of a camera. */
function frameOf({ rgb, widthPx, heightPx }: RawPicture): Frame {
  const frame = new Frame();
  frame.alloc();
  frame.format = AV_PIX_FMT_RGB24;
  frame.width = widthPx;
  frame.height = heightPx;
  const plane = frame.getBuffer() < 0 ? undefined : frame.data?.[0];
  if (plane === undefined) throw new Error('no memory for a picture');
  const strideBytes = frame.linesize[0]!;
  const rowBytes = widthPx * 3;
  for (let y = 0; y < heightPx; y++) plane.set(rgb.subarray(y * rowBytes, (y + 1) * rowBytes), y * strideBytes);
  return frame;
}
