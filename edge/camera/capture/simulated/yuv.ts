/** From the street's RGB to what cameras deliver: yuv420p, BT.709, limited range; converted off the main thread. */
import {
  AV_PIX_FMT_RGB24,
  AV_PIX_FMT_YUV420P,
  AVCOL_PRI_BT709,
  AVCOL_RANGE_JPEG,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT709,
  AVCOL_SPC_RGB,
  AVCOL_TRC_BT709,
} from 'node-av/constants';
import { FFmpegError, Frame, type Rational, SoftwareScaleContext } from 'node-av/lib';
import type { Surface } from '../../draw/surface.ts';

export class YuvConverter implements Disposable {
  readonly #scaler: SoftwareScaleContext;

  constructor() {
    this.#scaler = new SoftwareScaleContext();
    this.#scaler.allocContext();
  }

  /** A new frame that the caller frees. `surface` may be painted on again at once. One call at a time. */
  async convert(surface: Surface, timeBase: Rational, pts: bigint): Promise<Frame> {
    const { widthPx: width, heightPx: height, rgb } = surface;
    using source = Frame.fromVideoBuffer(Buffer.from(rgb.buffer), { width, height, format: AV_PIX_FMT_RGB24 });
    source.colorSpace = AVCOL_SPC_RGB;
    source.colorRange = AVCOL_RANGE_JPEG;
    source.colorPrimaries = AVCOL_PRI_BT709;
    source.colorTrc = AVCOL_TRC_BT709;
    const frame = new Frame();
    try {
      frame.alloc();
      frame.width = width;
      frame.height = height;
      frame.format = AV_PIX_FMT_YUV420P;
      frame.colorSpace = AVCOL_SPC_BT709;
      frame.colorRange = AVCOL_RANGE_MPEG;
      frame.colorPrimaries = AVCOL_PRI_BT709;
      frame.colorTrc = AVCOL_TRC_BT709;
      FFmpegError.throwIfError(frame.getBuffer(), 'allocate a frame');
      FFmpegError.throwIfError(await this.#scaler.scaleFrame(frame, source), 'convert a street frame');
      frame.timeBase = timeBase;
      frame.pts = pts;
    } catch (error) {
      frame.free();
      throw error;
    }
    return frame;
  }

  [Symbol.dispose](): void {
    this.#scaler.freeContext();
  }
}
