/** Views of a frame's planes, so that a kernel can paint luma, planar chroma and interleaved chroma with the same loop. */
import { AV_PIX_FMT_NV12, AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUVJ420P } from 'node-av/constants';
import type { Frame } from 'node-av/lib';

/** One component: sample (x, y) is `data[offset + y * strideBytes + x * stepBytes]`. Owns nothing; valid while the frame lives. */
export interface Plane {
  data: Uint8Array;
  offset: number;
  strideBytes: number;
  stepBytes: number;
  widthPx: number;
  heightPx: number;
  /** Luma pixels per sample, 1 or 2, horizontally and vertically. */
  subsampling: 1 | 2;
  isLuma: boolean;
}

/** Formats that can be painted and encoded as they are; all others are converted to yuv420p first. */
export function isPaintable(format: number): boolean {
  return format === AV_PIX_FMT_YUV420P || format === AV_PIX_FMT_YUVJ420P || format === AV_PIX_FMT_NV12;
}

/** The three components of a paintable frame. */
export function planesOf(frame: Frame): Plane[] {
  const data = frame.data;
  const strides = frame.linesize;
  if (data === null || !isPaintable(frame.format)) throw new TypeError('frame is not paintable');
  const plane = (index: number, offset: number, stepBytes: number, subsampling: 1 | 2): Plane => ({
    data: data[index]!,
    offset,
    strideBytes: strides[index]!,
    stepBytes,
    widthPx: Math.ceil(frame.width / subsampling),
    heightPx: Math.ceil(frame.height / subsampling),
    subsampling,
    isLuma: index === 0,
  });
  return frame.format === AV_PIX_FMT_NV12
    ? [plane(0, 0, 1, 1), plane(1, 0, 2, 2), plane(1, 1, 2, 2)]
    : [plane(0, 0, 1, 1), plane(1, 0, 1, 2), plane(2, 0, 1, 2)];
}
