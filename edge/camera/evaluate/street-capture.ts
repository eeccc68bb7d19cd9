/** The simulated street as a capture that remembers its truth, and the detector that answers with it. */
import { AV_PIX_FMT_RGB24, AV_PIX_FMT_YUV420P, SWS_BILINEAR } from 'node-av/constants';
import { Frame, SoftwareScaleContext } from 'node-av/lib';
import { systemClock } from '../../base/clock.ts';
import type { Capture, CaptureEvent } from '../capture/port.ts';
import type { Street, StreetTruth } from '../capture/simulated/street.ts';
import type { Detection, Detector, DetectorPicture, Verdict } from '../detect/port.ts';
import { createSurface } from '../draw/surface.ts';
import { RawFrame } from '../frame.ts';
import { drawBarcode, readBarcode } from './barcode.ts';

export type TruthObject = StreetTruth['objects'][number];

/** An object counts where so much of it shows, and from this height on. */
const VISIBLE_MIN = 0.25;
const HEIGHT_PX_MIN = 8;

/** Whether it is to be covered on this frame. */
export const counts = (o: TruthObject): o is TruthObject & { label: 'face' | 'plate' } =>
  (o.label === 'face' || o.label === 'plate') && o.visible >= VISIBLE_MIN && o.h >= HEIGHT_PX_MIN;

/** Frames of the street, as fast as they are pulled. */
export class StreetCapture implements Capture {
  readonly counts = { framesDecoded: 0, framesDropped: 0, decodeErrors: 0, reconnects: 0 };
  readonly truths: StreetTruth[] = [];
  readonly #street: Street;
  readonly #frames: number;
  readonly #isNumbered: boolean;
  #next = -1;

  /** `isNumbered`: each frame has its number drawn in, for the detector that knows the truth. */
  constructor(street: Street, frames: number, isNumbered: boolean) {
    this.#street = street;
    this.#frames = frames;
    this.#isNumbered = isNumbered;
  }

  async next(): Promise<CaptureEvent> {
    await new Promise((resolve) => setImmediate(resolve));
    const { widthPx, heightPx, frameRate } = this.#street.options;
    if (this.#next < 0) {
      this.#next = 0;
      return { kind: 'connected', info: { codec: 'simulated', widthPx, heightPx, frameRate } };
    }
    if (this.#next >= this.#frames) return { kind: 'ended' };
    const index = this.#next++;
    const surface = createSurface(widthPx, heightPx);
    this.truths.push(this.#street.renderInto(index, surface));
    if (this.#isNumbered) drawBarcode(surface, index);
    const av = new Frame();
    av.alloc();
    av.format = AV_PIX_FMT_YUV420P;
    av.width = widthPx;
    av.height = heightPx;
    av.getBuffer();
    using scaler = new SoftwareScaleContext();
    scaler.getContext(widthPx, heightPx, AV_PIX_FMT_RGB24, widthPx, heightPx, AV_PIX_FMT_YUV420P, SWS_BILINEAR);
    scaler.scaleSync([Buffer.from(surface.rgb.buffer)], [widthPx * 3], 0, heightPx, av.data!, av.linesize);
    const frame = new RawFrame(av, index, Math.round((index * 1e6) / frameRate), systemClock.monotonicMs());
    return { kind: 'frame', frame };
  }

  async close(): Promise<void> {}
}

/** Answers with the truth of the frame whose number it reads, and knows nothing of any other frame. */
export class TruthDetector implements Detector {
  readonly state = { state: 'ready' as const, models: ['truth'], digests: [], advice: '' };
  readonly #capture: StreetCapture;
  readonly #widthPx: number;

  constructor(capture: StreetCapture, widthPx: number) {
    this.#capture = capture;
    this.#widthPx = widthPx;
  }

  async detect(picture: DetectorPicture): Promise<Verdict> {
    const index = readBarcode(picture.rgb, picture.widthPx, picture.contentWidthPx);
    const truth = index === undefined ? undefined : this.#capture.truths[index];
    if (truth === undefined)
      return { kind: 'unavailable', reason: 'detector-unavailable', detail: 'frame number unreadable' };
    const scale = picture.contentWidthPx / this.#widthPx;
    const detections = truth.objects.filter(counts).map(
      ({ label, x, y, w, h }): Detection => ({
        label,
        score: 1,
        x: x * scale,
        y: y * scale,
        w: w * scale,
        h: h * scale,
      }),
    );
    return { kind: 'detected', detections, inferenceMs: 1 };
  }

  async close(): Promise<void> {}
}
