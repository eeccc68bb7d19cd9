/** From a decoded frame to the grey picture that the marker is looked for in: one swscale pass into a frame of our own (see detect/picture.ts). */
import { AV_PIX_FMT_GRAY8, type AVPixelFormat, SWS_AREA } from 'node-av/constants';
import { Frame, SoftwareScaleContext } from 'node-av/lib';
import type { GreyPicture } from './find.ts';

/** Larger frames are scaled down to it. A marker is read from about 14 pixels on. */
const LONG_SIDE_PX_MAX = 1_280;

interface Scaling {
  from: string;
  scaler: SoftwareScaleContext;
  small: Frame;
  pixels: Buffer;
}

export class LumaMaker implements Disposable {
  #scaling: Scaling | undefined;

  /** Undefined for a format that libswscale can't read. The frame is only read. */
  make(frame: Frame): GreyPicture | undefined {
    const scaling = this.#scalingFor(frame);
    if (scaling === undefined || scaling.scaler.scaleFrameSync(scaling.small, frame) < 0) return undefined;
    const { width: widthPx, height: heightPx } = scaling.small;
    const strideBytes = scaling.small.linesize[0]!;
    const luma = new Uint8Array(widthPx * heightPx);
    for (let y = 0; y < heightPx; y++)
      scaling.pixels.copy(luma, y * widthPx, y * strideBytes, y * strideBytes + widthPx);
    return { luma, widthPx, heightPx };
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
    this.#scaling = { from, scaler, small, pixels };
    return this.#scaling;
  }
}
