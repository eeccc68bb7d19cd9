/**
 * Decoder motion vectors: where the codec says that blocks came from. They carry a box from one frame to the next without looking at
 * pixels. Codecs cheat (a vector is what compresses well, not what moved), so a carried box is a hint that only enlarges a cover.
 *
 * Layout: libavutil `AVMotionVector` (motion_vector.h), 40 bytes little-endian: int32 source; uint8 w, h; int16 src_x, src_y, dst_x,
 * dst_y (block centres, pixels); uint64 flags; int32 motion_x, motion_y; uint16 motion_scale. `source` < 0 is a past frame.
 */
import type { Box } from '../detect/port.ts';
import { shift } from './geometry.ts';

const BYTES_PER_VECTOR = 40;
/** Fewer vectors than this inside a box say nothing. */
const VECTORS_MIN = 2;

/** Median displacement, pixels, from the previous frame to this one for what lies in `box`. `box` is on this frame (`end: 'dst'`) or the previous one. */
export function displacement(vectors: Buffer, box: Box, end: 'src' | 'dst'): { x: number; y: number } | undefined {
  const view = new DataView(vectors.buffer, vectors.byteOffset, vectors.byteLength);
  const xOffset = end === 'src' ? 6 : 10;
  const dx: number[] = [];
  const dy: number[] = [];
  for (let at = 0; at + BYTES_PER_VECTOR <= vectors.byteLength; at += BYTES_PER_VECTOR) {
    const x = view.getInt16(at + xOffset, true);
    const y = view.getInt16(at + xOffset + 2, true);
    if (x < box.x || x > box.x + box.w || y < box.y || y > box.y + box.h) continue;
    if (view.getInt32(at, true) >= 0) continue;
    dx.push(view.getInt16(at + 10, true) - view.getInt16(at + 6, true));
    dy.push(view.getInt16(at + 12, true) - view.getInt16(at + 8, true));
  }
  return dx.length < VECTORS_MIN ? undefined : { x: median(dx), y: median(dy) };
}

function median(values: number[]): number {
  values.sort((a, b) => a - b);
  return values[values.length >> 1]!;
}

/** A frame of the delay line as the carrier needs it; `vectors()` is undefined where the codec gives none (intra frames, MJPEG). */
export interface MotionFrame {
  ms: number;
  vectors(): Buffer | undefined;
}

/**
 * Carries a box from the frame at `fromMs` to each frame up to `toMs`, forwards or backwards, over `frames` (in order of time). Stops at
 * the first frame without vectors: an unknown step ends the chain.
 */
export function carryBox(frames: readonly MotionFrame[], box: Box, fromMs: number, toMs: number): Map<number, Box> {
  const carried = new Map<number, Box>();
  let current = box;
  if (toMs < fromMs) {
    for (let i = frames.length - 1; i > 0; i--) {
      const frame = frames[i]!;
      if (frame.ms > fromMs) continue;
      const previous = frames[i - 1]!;
      if (previous.ms < toMs) break;
      const vectors = frame.vectors();
      const moved = vectors && displacement(vectors, current, 'dst');
      if (!moved) break;
      current = shift(current, -moved.x, -moved.y);
      carried.set(previous.ms, current);
    }
  } else {
    for (const frame of frames) {
      if (frame.ms <= fromMs) continue;
      if (frame.ms > toMs) break;
      const vectors = frame.vectors();
      const moved = vectors && displacement(vectors, current, 'src');
      if (!moved) break;
      current = shift(current, moved.x, moved.y);
      carried.set(frame.ms, current);
    }
  }
  return carried;
}
