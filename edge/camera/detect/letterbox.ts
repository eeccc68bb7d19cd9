/** How a frame fits the detector's picture: scaled to its long side, top-left, padded right and bottom to multiples of 32. */
import type { Box } from './port.ts';

export interface Letterbox {
  /** Multiples of 32. */
  widthPx: number;
  heightPx: number;
  /** Part that holds the scaled frame. */
  contentWidthPx: number;
  contentHeightPx: number;
}

const STEP_PX = 32;

/** Size of the picture for a frame; `longSidePx` is what the frame's longer side becomes, larger or smaller. */
export function letterboxSize(frameWidthPx: number, frameHeightPx: number, longSidePx: number): Letterbox {
  const scale = longSidePx / Math.max(frameWidthPx, frameHeightPx);
  const contentWidthPx = Math.max(1, Math.round(frameWidthPx * scale));
  const contentHeightPx = Math.max(1, Math.round(frameHeightPx * scale));
  return {
    widthPx: Math.ceil(contentWidthPx / STEP_PX) * STEP_PX,
    heightPx: Math.ceil(contentHeightPx / STEP_PX) * STEP_PX,
    contentWidthPx,
    contentHeightPx,
  };
}

/** Boxes of the picture as boxes of the frame, clipped to it. */
export function toFrame<T extends Box>(
  detections: readonly T[],
  letterbox: Pick<Letterbox, 'contentWidthPx' | 'contentHeightPx'>,
  frameWidthPx: number,
  frameHeightPx: number,
): T[] {
  const scaleX = frameWidthPx / letterbox.contentWidthPx;
  const scaleY = frameHeightPx / letterbox.contentHeightPx;
  const out: T[] = [];
  for (const detection of detections) {
    const clipped = clipBox(detection, scaleX, scaleY, frameWidthPx, frameHeightPx);
    if (clipped !== undefined) out.push({ ...detection, ...clipped });
  }
  return out;
}

/** The box scaled and cut to `0..widthPx`, `0..heightPx`; undefined when nothing of it is inside. */
export function clipBox(box: Box, scaleX: number, scaleY: number, widthPx: number, heightPx: number): Box | undefined {
  const left = Math.max(0, box.x * scaleX);
  const top = Math.max(0, box.y * scaleY);
  const w = Math.min(widthPx, (box.x + box.w) * scaleX) - left;
  const h = Math.min(heightPx, (box.y + box.h) * scaleY) - top;
  return w > 0 && h > 0 ? { x: left, y: top, w, h } : undefined;
}
