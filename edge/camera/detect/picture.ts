/**
 * From a decoded frame to the small RGB picture that the detector sees: one swscale pass into a frame of our own, whose plane is viewed
 * once (see redact/frame-pool.ts for why), then copied row by row into the buffer that is transferred to the worker.
 */
import { AV_PIX_FMT_RGB24, type AVPixelFormat, SWS_AREA } from 'node-av/constants';
import { Frame, SoftwareScaleContext } from 'node-av/lib';
import { type Letterbox, letterboxSize } from './letterbox.ts';
import type { DetectorPicture } from './port.ts';

interface Scaling {
  from: string;
  scaler: SoftwareScaleContext;
  letterbox: Letterbox;
  small: Frame;
  pixels: Buffer;
  strideBytes: number;
}

export class PictureMaker implements Disposable {
  readonly #longSidePx: number;
  readonly #takeBuffer: (lengthBytes: number) => Uint8Array<ArrayBuffer>;
  #scaling: Scaling | undefined;

  /** `takeBuffer`: where the memory of pictures comes from; by default each is new. */
  constructor(longSidePx: number, takeBuffer = (lengthBytes: number) => new Uint8Array(lengthBytes)) {
    this.#longSidePx = longSidePx;
    this.#takeBuffer = takeBuffer;
  }

  /** Scales the frame; undefined for a format that libswscale can't read. The frame is only read. */
  make(frame: Frame): { picture: DetectorPicture; letterbox: Letterbox } | undefined {
    const scaling = this.#scalingFor(frame);
    if (scaling === undefined) return undefined;
    const { scaler, letterbox, small, pixels, strideBytes } = scaling;
    if (scaler.scaleFrameSync(small, frame) < 0) return undefined;
    const rgb = this.#takeBuffer(letterbox.widthPx * letterbox.heightPx * 3);
    const rowBytes = letterbox.widthPx * 3;
    const contentBytes = letterbox.contentWidthPx * 3;
    for (let y = 0; y < letterbox.contentHeightPx; y++) {
      pixels.copy(rgb, y * rowBytes, y * strideBytes, y * strideBytes + contentBytes);
      rgb.fill(0, y * rowBytes + contentBytes, (y + 1) * rowBytes);
    }
    rgb.fill(0, letterbox.contentHeightPx * rowBytes);
    return { picture: { rgb, ...letterbox }, letterbox };
  }

  [Symbol.dispose](): void {
    this.#scaling?.scaler.freeContext();
    this.#scaling?.small.free();
    this.#scaling = undefined;
  }

  #scalingFor({ width, height, format }: Frame): Scaling | undefined {
    const from = `${width}x${height}/${format}`;
    if (this.#scaling?.from === from) return this.#scaling;
    this[Symbol.dispose]();
    const letterbox = letterboxSize(width, height, this.#longSidePx);
    const { contentWidthPx: w, contentHeightPx: h } = letterbox;
    const small = new Frame();
    small.alloc();
    small.format = AV_PIX_FMT_RGB24;
    small.width = w;
    small.height = h;
    const pixels = small.getBuffer() < 0 ? undefined : small.data?.[0];
    if (pixels === undefined) {
      small.free();
      return undefined;
    }
    const scaler = new SoftwareScaleContext();
    // Area averaging: the same cost as bilinear here, and no aliasing that would eat the edges of small plates.
    scaler.getContext(width, height, format as AVPixelFormat, w, h, AV_PIX_FMT_RGB24, SWS_AREA);
    this.#scaling = { from, scaler, letterbox, small, pixels, strideBytes: small.linesize[0]! };
    return this.#scaling;
  }
}
