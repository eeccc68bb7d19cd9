/** From a decoded frame to the grey picture that the marker is looked for in: one swscale pass into a frame of our own (see detect/picture.ts). */
import { AV_PIX_FMT_GRAY8, type AVPixelFormat, SWS_AREA } from 'node-av/constants';
import { Frame, SoftwareScaleContext } from 'node-av/lib';
import type { GreyPicture } from './outlines.ts';

/** Larger frames are scaled down to it. A marker is read from about 14 pixels on. */
const LONG_SIDE_PX_MAX = 1_280;

interface Scaling {
  from: string;
  scaler: SoftwareScaleContext;
  small: Frame;
  pixels: Buffer;
  /** What `make()` gives; another thread reads it where it lies. */
  picture: GreyPicture;
}

export class LumaMaker implements Disposable {
  #scaling: Scaling | undefined;

  /** Undefined for a format that libswscale can't read. The frame is only read; the picture is valid until the next call. */
  make(frame: Frame): GreyPicture | undefined {
    const scaling = this.#scalingFor(frame);
    if (scaling === undefined || scaling.scaler.scaleFrameSync(scaling.small, frame) < 0) return undefined;
    const { luma, widthPx, heightPx } = scaling.picture;
    const strideBytes = scaling.small.linesize[0]!;
    for (let y = 0; y < heightPx; y++)
      scaling.pixels.copy(luma, y * widthPx, y * strideBytes, y * strideBytes + widthPx);
    return scaling.picture;
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
    const scale = Math.min(1, LONG_SIDE_PX_MAX / Math.max(width, height));
    const small = new Frame();
    small.alloc();
    small.format = AV_PIX_FMT_GRAY8;
    small.width = Math.max(1, Math.round(width * scale));
    small.height = Math.max(1, Math.round(height * scale));
    const pixels = small.getBuffer() < 0 ? undefined : small.data?.[0];
    if (pixels === undefined) {
      small.free();
      return undefined;
    }
    const scaler = new SoftwareScaleContext();
    scaler.getContext(width, height, format as AVPixelFormat, small.width, small.height, AV_PIX_FMT_GRAY8, SWS_AREA);
    const luma = new Uint8Array(new SharedArrayBuffer(small.width * small.height));
    const picture = { luma, widthPx: small.width, heightPx: small.height };
    this.#scaling = { from, scaler, small, pixels, picture };
    return this.#scaling;
  }
}
