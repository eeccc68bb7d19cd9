/** From a decoded frame to the small RGB picture that the detector sees: one swscale pass, straight into the buffer that is transferred. */
import { AV_PIX_FMT_RGB24, type Frame, SoftwareScaleContext, SWS_AREA } from 'node-av';
import { type Letterbox, letterboxSize } from './letterbox.ts';
import type { DetectorPicture } from './port.ts';

export class PictureMaker implements Disposable {
  readonly #longSidePx: number;
  #current: { from: string; scaler: SoftwareScaleContext; letterbox: Letterbox } | undefined;

  constructor(longSidePx: number) {
    this.#longSidePx = longSidePx;
  }

  /** Scales the frame; undefined for a format that libswscale can't read. The frame is only read. */
  make(frame: Frame): { picture: DetectorPicture; letterbox: Letterbox } | undefined {
    const { width, height, format } = frame;
    const from = `${width}x${height}/${format}`;
    if (this.#current?.from !== from) {
      this[Symbol.dispose]();
      const letterbox = letterboxSize(width, height, this.#longSidePx);
      const scaler = new SoftwareScaleContext();
      const { contentWidthPx: w, contentHeightPx: h } = letterbox;
      // Area averaging: the same cost as bilinear here, and no aliasing that would eat the edges of small plates.
      scaler.getContext(width, height, format as never, w, h, AV_PIX_FMT_RGB24, SWS_AREA);
      this.#current = { from, scaler, letterbox };
    }
    const { scaler, letterbox } = this.#current;
    const rgb = new Uint8Array(letterbox.widthPx * letterbox.heightPx * 3);
    const target = Buffer.from(rgb.buffer);
    const status = scaler.scaleSync(frame.data!, frame.linesize, 0, height, [target], [letterbox.widthPx * 3]);
    return status < 0 ? undefined : { picture: { rgb, ...letterbox }, letterbox };
  }

  [Symbol.dispose](): void {
    this.#current?.scaler.freeContext();
    this.#current = undefined;
  }
}
